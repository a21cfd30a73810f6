"""`sitr demo`: sets the stage (throw-away home, leak site, time authorities, mailbox), and tells the story on it."""

import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from sitr.cli.call import Call
from sitr.cli.demo.authorities import local_authorities
from sitr.cli.demo.leaksite import leak_site
from sitr.cli.demo.mailbox import Mailbox
from sitr.cli.demo.photographs import find_photographs
from sitr.cli.demo.stage import Stage
from sitr.cli.demo.teller import Teller
from sitr.cli.showing import document_line
from sitr.errors import BadInput
from sitr.net import LoopbackPass, mark_throw_away

_RELAY = "notices@sitr.invalid"


def tell(call: Call) -> int:
    """Do the whole work; 0 when every step's own check held, else 1. Ctrl-C and SIGTERM leave nothing running."""
    begun = time.monotonic()
    keep = _folder_for_results(call.given.option("--keep"))
    signal.signal(signal.SIGTERM, _as_interrupt)
    teller = Teller(call)
    try:
        with _stage(call, keep) as stage:
            call.note(call.say("demo_begins", home=stage.home))
            import_module("sitr.cli.demo.acts").play(stage, teller)
    except BaseException:
        # It was new or empty: what is in it is of this demo, which did not come to its end.
        shutil.rmtree(keep, ignore_errors=True)
        raise
    seconds = round(time.monotonic() - begun, 1)
    document = {
        "ok": teller.ok,
        "seconds": seconds,
        "steps": teller.steps,
        "dossier": stage.dossier,
        "identity": stage.identity_file,
        "authorities": stage.authority_files,
    }
    (keep / "steps.json").write_text(document_line(document) + "\n", encoding="utf-8")
    call.answer(document, [call.say("demo_done" if teller.ok else "demo_failed", seconds=seconds, folder=keep)])
    return 0 if teller.ok else 1


def _folder_for_results(named: str | None) -> Path:
    """The folder for what is left: the named one, which must be new or empty, else a new one under ./out."""
    folder = Path(named or f"out/demo-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}").absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput("cli.file_exists", file=str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BadInput("cli.not_writable", file=str(folder)) from problem
    return folder


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _stage(call: Call, keep: Path) -> Iterator[Stage]:
    """Everything that the story needs, on this machine only; all of it ends with the block."""
    photographs = find_photographs()
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sitr-demo-")))
        home = base / "home"
        mark_throw_away(home)
        site = stack.enter_context(leak_site(photographs))
        authorities = stack.enter_context(local_authorities(base / "authorities"))
        mailbox = stack.enter_context(Mailbox())
        settings = call.wire.settings(
            {
                "SITR_HOME": str(home),
                "SITR_DATABASE_URL": "",
                "SITR_SMTP": f"127.0.0.1:{mailbox.port}",
                "SITR_SMTP_FROM": _RELAY,
                # Only its own page is opened; where a browser cannot be shut in, the capture step says so.
                "SITR_ACCEPT_UNCONFINED": "yes",
                "SITR_TSA": " ".join(f"{a.url}|{a.ca_file}" for a in authorities),
            }
        )
        # The one place outside of tests where a pass is made: the site's port, and a home that carries the mark.
        leave = LoopbackPass(home, [site.port])
        services = call.wire.services(settings, leave)
        yield Stage(
            call=call,
            services=services,
            home=home,
            base=base,
            keep=keep,
            site=site,
            mailbox=mailbox,
            photographs=photographs[:2],
            authority_files=_kept_authorities(authorities, keep),
            secret=secrets.token_urlsafe(18),
        )


def _kept_authorities(authorities: Any, keep: Path) -> list[Path]:
    """The authorities' roots beside the dossier, so that its time proofs can be judged later, too."""
    files = []
    for number, authority in enumerate(authorities, start=1):
        file = keep / f"time-authority-{number}.pem"
        shutil.copyfile(authority.ca_file, file)
        files.append(file)
    return files
