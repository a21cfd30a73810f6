"""The home and the files that settings name, looked at before anything is built on them."""

from pathlib import Path
from typing import Any

from sitr.errors import BadInput


def usable(settings: Any) -> Any:
    """The same settings. Raises BadInput `cli.home_unusable`, or `errors.setting` for a file that is not there."""
    home: Path = settings.home
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise BadInput("cli.home_unusable", folder=str(home)) from problem
    for authority in settings.authorities:
        if authority.ca_file and not authority.ca_file.is_file():
            raise BadInput("errors.setting", name="SITR_TSA")
    return settings
