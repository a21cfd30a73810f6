"""A worker that is killed while a site holds its answer back: `python watch_killed.py`. Not a test; a test starts it.

Prepares a case with a consented watch, then lets workers of their own processes visit: the first is killed by SIGKILL
in the middle, the second comes at once, the third after the lease. Writes what came of it as one JSON line.
"""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

_ROOT = str(Path(__file__).parents[2])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)


def main() -> None:
    from sitr import wiring
    from sitr.net import LoopbackPass
    from sitr.settings import SITR
    from sitr.vault import Identity, KdfParams

    services = wiring.build(SITR, kdf=KdfParams(passes=1, memory_kib=64, lanes=1))
    from tests.cases.watch_site import watch_site

    from sitr.net import Door

    key = Identity.generate()
    with watch_site(services.now) as site:
        door = Door((), LoopbackPass(SITR.home, [site.port]))
        print(json.dumps(_story(replace(services, door=door, standing=key, standing_public=key.public), site)))


def _story(services: Any, site: Any) -> dict[str, Any]:
    from django.db import connections
    from tests.cases.case_world import ADULT, SECRET, drawn

    from sitr.cases import access, journals, openings, photos, watches
    from sitr.cases.orders import LEASE

    keeper = access.set_up(services, SECRET)
    case = openings.open_case(keeper, country="DE", answers=ADULT, time_proof=False)
    photos.add_photo(keeper, case, drawn(1, 240), "mine.png")
    site.put("/a.png", drawn(1, 240), "image/png")
    watches.add(keeper, case, site.show("/page", "/a.png"))
    watches.consent(keeper, case, given=True)
    site.hold = threading.Event()
    connections.close_all()
    first = _worker(services)
    while "/page" not in site.paths():
        time.sleep(0.01)
    os.kill(first, signal.SIGKILL)
    killed = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
    site.hold.set()
    site.hold = None
    statuses, asked = [], []
    for later in (timedelta(0), LEASE + timedelta(seconds=1), LEASE + timedelta(seconds=2)):
        worker = _worker(replace(services, now=lambda later=later: _real() + later))
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]))
        asked.append(site.paths())
    taken = watches.take_in(keeper, case)
    again = watches.take_in(keeper, case)
    return {
        "killed": killed, "visits": statuses, "asked": asked, "proposed": len(taken.proposed),
        "again": len(again.proposed), "journal": journals.verify(keeper, case).ok,
    }  # fmt: skip


def _real() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _worker(services: Any) -> int:
    """A process of its own; its status is how many visits it made."""
    pid = os.fork()
    if pid:
        return pid
    from sitr.cases import orders
    from sitr.finding import Manners

    try:
        worker = orders.Worker(services.standing, services, standing=True)
        done = list(orders.run(worker, manners=Manners(gap=0.05), sleep=time.sleep))
        os._exit(len(done))
    finally:
        os._exit(99)


if __name__ == "__main__":
    main()
