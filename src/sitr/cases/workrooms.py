"""Work folders in memory for what is in clear while a verb runs, named so that those of a killed process are found.

A folder is removed by its own verb. A killed process cannot do that: its folders carry its name, and the next start of
any Sitr of the same user clears those whose process is gone.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sitr.cases.services import Services

_PREFIX = "sitr-work-"


@contextmanager
def workroom(services: Services) -> Iterator[Path]:
    """An empty private folder in memory, which ends with the block."""
    prefix = f"{_PREFIX}{services.process.replace(':', '_')}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=services.memory) as name:
        yield Path(name)


def clear_abandoned(services: Services) -> int:
    """Remove the work folders whose process is gone; gives how many."""
    left = [folder for folder in services.memory.glob(_PREFIX + "*") if _abandoned(services, folder)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _abandoned(services: Services, folder: Path) -> bool:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
        return False
    process = folder.name.removeprefix(_PREFIX).rpartition("-")[0].replace("_", ":")
    return bool(process) and not services.is_alive(process)
