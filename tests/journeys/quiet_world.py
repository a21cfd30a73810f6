"""The web app alone in a throw-away home, as a program: for pages that need no case and no site to find copies on.

It prints one JSON document a line, as `world.py` does: where it is, then each one-time link. Its end of input ends it.
"""

import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any


def tell(**said: Any) -> None:
    """One document a line."""
    print(json.dumps(said), flush=True)


def main() -> None:
    """Serve until the input ends."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sitr-quiet-")))
        os.environ |= {"SITR_HOME": str(home), "SITR_DATABASE_URL": "", "SITR_SMTP": "", "SITR_TSA": ""}
        from sitr import wiring
        from sitr.settings import SITR
        from sitr.web.serving import served_here

        application = wiring.web_application(wiring.build(SITR), lambda token: tell(token=token))
        tell(base=stack.enter_context(served_here(application)))
        for _ in sys.stdin:
            pass


if __name__ == "__main__":
    main()
