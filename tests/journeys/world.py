"""The world of a journey, as a program: a throw-away home, the leak site, the mailbox, two authorities, the web app.

It prints one JSON document a line: where everything is, then each one-time link. It obeys a word a line on its input:
`down` takes the leaked page down, `mails` prints what the mailbox got. Its end of input ends it.
"""

import json
import os
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sitr.cli.demo.authorities import local_authorities
from sitr.cli.demo.leaksite import leak_site
from sitr.cli.demo.mailbox import Mailbox
from sitr.cli.demo.photographs import find_photographs
from sitr.net import LoopbackPass, mark_throw_away


def _tell(**said: Any) -> None:
    print(json.dumps(said), flush=True)


def main() -> None:
    """Set everything up and serve until the input ends."""
    photographs = find_photographs()
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sitr-journey-")))
        home = base / "home"
        mark_throw_away(home)
        site = stack.enter_context(leak_site(photographs))
        authorities = stack.enter_context(local_authorities(base / "authorities"))
        mailbox = stack.enter_context(Mailbox())
        os.environ |= {
            "SITR_HOME": str(home), "SITR_DATABASE_URL": "", "SITR_SMTP": f"127.0.0.1:{mailbox.port}",
            "SITR_SMTP_FROM": "notices@sitr.invalid", "SITR_TSA": " ".join(f"{a.url}|{a.ca_file}" for a in authorities),
            "SITR_ACCEPT_UNCONFINED": "yes",
        }  # fmt: skip
        from sitr import wiring
        from sitr.settings import SITR
        from sitr.vault import KdfParams
        from sitr.web.serving import served_here

        leave = LoopbackPass(home, [site.port, mailbox.port, *(a.port for a in authorities)])
        services = wiring.build(SITR, loopback=leave, kdf=KdfParams(1, 64, 1))
        application = wiring.web_application(services, lambda token: _tell(token=token))
        where = stack.enter_context(served_here(application))
        _tell(base=where, page=site.url, short=site.short_url, photos=[str(p.path) for p in photographs[:2]])
        for line in sys.stdin:
            if line.strip() == "down":
                site.take_down()
                _tell(down=True)
            elif line.strip() == "mails":
                _tell(mails=[list(mail.recipients) for mail in mailbox.mails], threads=threading.active_count())


if __name__ == "__main__":
    main()
