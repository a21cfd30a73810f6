"""A `sitr` that tests can type at: in this process, with what it said on each stream."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sitr import cli
from sitr.settings import Settings, read

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Said:
    """What came of one call."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


class NoWire:
    """A wiring that must not be asked for anything but the settings."""

    def settings(self, overrides: Mapping[str, str]) -> Settings:
        return read({**os.environ, **overrides})

    def services(self, *_: Any) -> Any:
        raise AssertionError("this command must not build services")

    def serve(self, *_: Any) -> None:
        raise AssertionError("this command must not serve")


def typed(*argv: str, wire: Any = None, env: Mapping[str, str] | None = None) -> Said:
    """Type a command in this process. Without `env` the environment names no language."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    try:
        status = cli.run(argv, wire or NoWire(), env or {})
    finally:
        sys.stdout, sys.stderr = before
    return Said(status, out.getvalue(), err.getvalue())


def started(argv: Sequence[str], env: Mapping[str, str] | None = None, folder: Path | None = None) -> Said:
    """The same in a process of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SITR_HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "sitr", *argv],
        capture_output=True, timeout=280, check=False, env={**kept, **(env or {})}, cwd=folder,
    )  # fmt: skip
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())
