"""What the capture tests share: the hour, a door that allows exactly the site's port, options for this machine."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sitr.evidence import Capture, CaptureOptions, Wall, confinement
from sitr.net import Door, LoopbackPass, mark_throw_away

NOW = dt.datetime(2026, 11, 22, 20, 0, tzinfo=dt.UTC)
Capturing = Callable[..., Capture]


def made_door(home: Path, *ports: int) -> Door:
    mark_throw_away(home)
    return Door(loopback=LoopbackPass(home, ports), resolver=names)


def names(host: str, port: int) -> Sequence[str]:
    """The names of the tests' own world; no look-up leaves this machine."""
    known = {"localhost": ["127.0.0.1"], "inner.example": ["127.0.0.1"], "mixed.example": ["93.184.216.34", "10.0.0.1"]}
    if host not in known:
        raise OSError("no such name")
    return known[host]


def accepted(options: CaptureOptions) -> CaptureOptions:
    """Where this machine has no namespaces the tests capture all the same, as an operator would accept it."""
    return replace(options, accept_unconfined=confinement().kind is Wall.NONE)
