"""Builds everything that the verbs need from outside, once, and joins it to the web app. The only room that chooses.

A room is loaded when it is first used: what looks at pictures or speaks with time authorities takes longer to load than
most commands to run.

`build` never makes a `LoopbackPass`: the demo and the tests hand one in, for a throw-away home.
"""

import fcntl
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

import django

from sitr.errors import BadInput, MissingProgram
from sitr.net import Door, LoopbackPass
from sitr.net.txt import txt_record
from sitr.settings import SITR, AuthorityAddress, Settings
from sitr.vault import PASSPHRASE_PARAMS, FolderBlobs, Identity, KdfParams

if TYPE_CHECKING:
    from sitr.cases.services import Services
    from sitr.evidence import Capture, CaptureOptions, Confinement
    from sitr.finding.exchange import Exchange
    from sitr.journal import Authority, HttpCalendars
    from sitr.takedown import Mailer

_MEMORY = Path("/dev/shm")  # noqa: S108  memory, not a disk


def build(
    settings: Settings, *, loopback: LoopbackPass | None = None, kdf: KdfParams = PASSPHRASE_PARAMS
) -> "Services":
    """The services over `settings`. Makes the home and brings its database up to date.

    `loopback` lets the door reach exactly its ports on this machine; `kdf` is what a passphrase costs.
    Raises BadInput for a knowledge folder that is none, Damaged for a signer's file that is none.
    """
    _prepare(settings)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sitr.settings")
    django.setup()
    from sitr.cases.full_disk import named_full_database
    from sitr.cases.services import Services
    from sitr.cases.tidying import tidy
    from sitr.journal import Signer
    from sitr.knowledge import load

    door = Door(_infrastructure(settings), loopback, proxy=settings.visit_proxy)
    standing = _standing(settings)
    with named_full_database(), _alone(settings.home):
        _migrate(settings.home)
        built = Services(
            home=settings.home,
            blobs=FolderBlobs(settings.home / "blobs", os.urandom),
            signer=Signer.load_or_create(settings.home / "signer" / "signer.pem"),
            door=door,
            knowledge=load(settings.knowledge),
            capture=partial(_capture, door, _Wall()),
            mailer=_mailer(settings, door),
            mail_from=settings.smtp_from or "notices@sitr.invalid",
            authorities=_authorities(settings, door),
            authority_names=tuple(a.url for a in settings.authorities),
            authority_roots=b"".join(_pem(a) or b"" for a in settings.authorities),
            now=lambda: datetime.now(UTC),
            random_bytes=os.urandom,
            memory=_MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir()),
            kdf=kdf,
            accept_unconfined=settings.accept_unconfined,
            process=process_name(os.getpid()),
            is_alive=is_alive,
            key_records=None if loopback or settings.visit_proxy else txt_record,
            standing=standing,
            standing_public=settings.standing_key or (standing.public if standing else ""),
            calendars=_calendars(settings, door),
            exchange=partial(_exchange, settings.exchanges),
            exchange_names=partial(_exchange_names, settings.exchanges),
            match_hosts=settings.match_hosts,
            desk_origins=settings.desk_origins,
        )
        tidy(built)
    return built


def web_application(
    services: "Services", announce: Callable[[str], None] | None = None, *, visits: bool = False
) -> WSGIApplication:
    """The web app over these services. `announce` is told each one-time token; the first one at once. `visits`: what is
    watched is visited from this process while somebody is unlocked in it."""
    from sitr.web.application import application
    from sitr.web.gate import Gate

    gate = Gate(announce)
    made = application(services, gate, visits=visits)
    gate.open()
    return made


class _Wall:
    """What confinement this machine offers, found out once, at the first capture: finding out starts a process."""

    def __init__(self) -> None:
        self._found: Confinement | None = None
        self._lock = threading.Lock()

    def __call__(self) -> "Confinement":
        from sitr.evidence import confinement

        with self._lock:
            self._found = self._found or confinement()
            return self._found


def _capture(door: Door, wall: _Wall, url: str, workdir: Path, options: "CaptureOptions", now: datetime) -> "Capture":
    from sitr.evidence import capture

    return capture(url, door=door, workdir=workdir, options=options, now=now, wall=wall())


def _prepare(settings: Settings) -> None:
    if settings is not SITR:
        # Django reads the database from the settings module; other settings would be half used.
        raise RuntimeError("wiring.build takes the settings of this process")
    os.umask(0o077)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)


def _infrastructure(settings: Settings) -> Sequence[tuple[str, int]]:
    named = [settings.smtp] if settings.smtp else []
    for url in (*(authority.url for authority in settings.authorities), *settings.calendars):
        parts = urlsplit(url)
        named.append((parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)))
    return named


def _mailer(settings: Settings, door: Door) -> "Mailer | None":
    if not settings.smtp:
        return None
    from sitr.takedown import SmtpMailer

    return SmtpMailer(door, *settings.smtp)


def _authorities(settings: Settings, door: Door) -> "tuple[Authority, ...]":
    if not settings.authorities:
        return ()
    from sitr.journal import HttpAuthority

    return tuple(HttpAuthority(a.url, door, _pem(a)) for a in settings.authorities)


def _calendars(settings: Settings, door: Door) -> "HttpCalendars | None":
    if not settings.calendars:
        return None
    if find_spec("opentimestamps") is None:
        raise MissingProgram("journal.no_ots")  # named and not to be had: the start says so, not some hour later
    from sitr.journal import HttpCalendars

    return HttpCalendars(settings.calendars, door)


def _exchange(file: Path, name: str) -> "Exchange":
    from sitr.finding.exchange import open_exchange

    return open_exchange(file, name, wait=time.sleep)


def _exchange_names(file: Path) -> tuple[str, ...]:
    from sitr.finding.exchange import exchange_names

    return exchange_names(file)


def _standing(settings: Settings) -> Identity | None:
    """The operator's standing key, read once: the file may be a descriptor that gives it only once.

    Raises BadInput `errors.setting` for a file that holds none, or another one than the public key that was named.
    """
    if settings.standing_key_file is None:
        return None
    try:
        lines = settings.standing_key_file.read_text(encoding="utf-8").splitlines()
        found = Identity(next(line for line in lines if line.strip() and not line.startswith("#")))
    except (OSError, UnicodeDecodeError, StopIteration, BadInput):
        raise BadInput("errors.setting", name="SITR_STANDING_KEY_FILE") from None
    if settings.standing_key not in {"", found.public}:
        raise BadInput("errors.setting", name="SITR_STANDING_KEY")
    return found


def _pem(authority: AuthorityAddress) -> bytes | None:
    return authority.ca_file.read_bytes() if authority.ca_file else None


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One process at a time brings a home up to date."""
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(home: Path) -> None:
    """Bring both databases up to date; a home that is known to be so is not asked again, which saves half a second."""
    from django.core.management import call_command

    import sitr.cases.migrations as ours

    names = sorted(path.name for path in Path(ours.__path__[0]).glob("0*.py"))
    wanted = hashlib.sha256(repr((names, SITR.database["NAME"], django.VERSION)).encode()).hexdigest()
    mark = home / ".migrated"
    if mark.exists() and mark.read_text() == wanted and _has_tables():
        return
    for alias in ("default", "keys"):
        call_command("migrate", database=alias, verbosity=0, interactive=False)
    mark.write_text(wanted)


def _has_tables() -> bool:
    from django.db import connections

    return all(connections[alias].introspection.table_names() for alias in ("default", "keys"))


def process_name(pid: int) -> str:
    """A process by its namespace, its number, and the tick at which it started, since numbers come again (proc(5))."""
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return f"{namespace}:{pid}:{stat.rpartition(')')[2].split()[19]}"


def is_alive(name: str) -> bool:
    """A process of another container (another namespace of numbers) cannot be asked after: it is taken for alive."""
    namespace, _, rest = name.partition(":")
    pid = rest.partition(":")[0]
    if not pid.isdecimal():
        return False
    return namespace != process_name(os.getpid()).partition(":")[0] or process_name(int(pid)) == name
