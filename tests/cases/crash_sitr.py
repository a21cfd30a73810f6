"""A `sitr` that may reach the ports named in CRASH_PORTS, in a throw-away home: `python crash_sitr.py WORDS...`.

Everything else is the program that people run. A passphrase costs little, and a visit waits seconds, not a minute.
"""

import os
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sitr import cli
from sitr.__main__ import LazyWire


class PassingWire(LazyWire):
    """As the real one, with a pass to exact ports of this machine."""

    def services(self, settings: Any, loopback: Any = None) -> Any:  # noqa: ARG002  the pass is made here
        """The services, with the pass."""
        from sitr import wiring
        from sitr.evidence import Capture, CaptureOptions
        from sitr.evidence.options import CaptureLimits
        from sitr.net import LoopbackPass
        from sitr.vault import KdfParams

        ports = [int(port) for port in os.environ["CRASH_PORTS"].split()]
        cheap = KdfParams(passes=1, memory_kib=8, lanes=1)
        built = wiring.build(settings, loopback=LoopbackPass(settings.home, ports), kdf=cheap)
        visit = built.capture

        def impatient(url: str, workdir: Path, options: CaptureOptions, now: datetime) -> Capture:
            limits = CaptureLimits(seconds=20.0, load_seconds=4.0, quiet_seconds=1.0)
            return visit(url, workdir, replace(options, limits=limits), now)

        return replace(built, capture=impatient)


if __name__ == "__main__":
    sys.exit(cli.run(sys.argv[1:], PassingWire(), os.environ))
