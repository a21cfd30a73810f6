"""The WSGI application: Django with the services, the gate and the sessions handed in through the WSGI environment.

What belongs here: joining. `wiring` builds the services and calls `application`; nothing here reads settings itself.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import django

from sitr.web.gate import Gate
from sitr.web.pace import Pace
from sitr.web.sessions import Sessions

if TYPE_CHECKING:
    from sitr.cases.matching import Follower
    from sitr.web.visiting import Visiting

ENVIRON_KEY = "sitr.web"


@dataclass(frozen=True)
class Web:
    """What every request needs: the services of wiring, the gate, the sessions, the shared index in memory (None: the
    matching service is off), the visits of the watch (None: made by `sitr watch run` alone), and how often paired
    browsers may add and receipt codes be tried (each)."""

    services: Any
    gate: Gate
    sessions: Sessions
    follower: "Follower | None" = None
    visiting: "Visiting | None" = None
    receipts: Pace = field(default_factory=lambda: Pace(20, 60.0, time.monotonic, names=65_536))
    bundles: Pace = field(default_factory=lambda: Pace(30, 600.0, time.monotonic))


def application(
    services: Any, gate: Gate, clock: Callable[[], float] = time.monotonic, *, visits: bool = False
) -> WSGIApplication:
    """The application for these services. `clock` gives seconds that only grow; it locks idle sessions. `visits`: what
    is watched is visited from this process while somebody is unlocked."""
    django.setup()
    from django.core.handlers.wsgi import WSGIHandler

    # Django would log paths, hosts and exception texts, which may hold what somebody typed. `problems` logs instead.
    logging.getLogger("django").setLevel(logging.CRITICAL + 1)
    handler = WSGIHandler()
    sessions = Sessions(clock)
    web = Web(services, gate, sessions, _follower(services), _visiting(services, sessions) if visits else None)

    def with_services(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[ENVIRON_KEY] = web
        return handler(environ, start_response)

    return with_services


def _visiting(services: Any, sessions: Sessions) -> "Visiting":
    from sitr.web.visiting import Visiting  # models: only when Django is set up

    made = Visiting(services, sessions.anyone)
    made.start()
    return made


def _follower(services: Any) -> "Follower | None":
    """The shared index, followed by a thread of this process, where the operator switched the matching service on."""
    if not services.match_hosts:
        return None
    from sitr.cases.matching import Follower  # models: only when Django is set up

    made = Follower(services)
    made.start()
    return made
