"""The world of the verbs' tests: real stores and databases, ports in memory, a clock that is set, and the fixed cast.

Holder and other holder can open the case; the stranger has a home of keys here and none to the case; a wrong secret
opens nothing.
"""

import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from sitr.cases import access, holders, openings
from sitr.cases.access import Keeper
from sitr.cases.models import HolderKind
from sitr.cases.services import Services
from sitr.cli.demo.loopback import Quiet, loopback_server
from sitr.errors import OutsideSilent
from sitr.evidence import Capture, CapturedFile, CaptureOptions, Completeness, FileKind, Missing, PageImage, Problem
from sitr.evidence.captured import Confinement, Tools, Wall
from sitr.evidence.record import record_json
from sitr.finding.exchange import MemoryExchange
from sitr.journal import Signer, Stamp
from sitr.knowledge import Knowledge, load
from sitr.net import Door, LoopbackPass, mark_throw_away
from sitr.takedown import Delivery, DeliveryState, MemoryMailer
from sitr.vault import FolderBlobs, KdfParams

SECRET, OTHER_SECRET, WRONG = "six quiet green words here", "the other one's own words", "not these words at all"
ADULT = {"helping": ["self"], "safe_now": ["safe"], "status": ["public"], "age": ["adult"]}
START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
OPERATOR = "abuse@leaks.example"
FIELDS = {
    "name": "S. Demo", "identity": "S. Demo", "email": "person@sitr.invalid", "contact": "person@sitr.invalid",
    "ground": "Art. 17(1)(d): published without consent.", "recipient": OPERATOR,
}  # fmt: skip
BASIS = "gdpr_art17"
MAIL = (
    b"From: abuse@leaks.example\r\nSubject: Re: notice\r\nDate: Sat, 14 Mar 2026 10:00:00 +0000\r\n\r\nWe got it.\r\n"
)


@cache
def knowledge() -> Knowledge:
    """The bundled facts, read once a process."""
    return load(Path(__file__).parents[2] / "knowledge")


@cache
def drawn(seed: int = 1, width: int = 480, kind: str = "PNG") -> bytes:
    """A drawn picture with enough in it to be fingerprinted; each seed another one."""
    dice = np.random.default_rng(seed)
    soft, grain = (
        Image.fromarray(dice.integers(0, 255, (*cells, 3), dtype=np.uint8)).resize(
            (width, width * 3 // 4), Image.Resampling.BICUBIC
        )
        for cells in ((9, 12), (90, 120))
    )
    out = io.BytesIO()
    Image.blend(soft, grain.filter(ImageFilter.GaussianBlur(1)), 0.4).save(out, kind)
    return out.getvalue()


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    time: datetime = START

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> datetime:
        """Move on; gives the new time."""
        self.time += timedelta(**by)
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let this time pass, as who waits would."""
        self.time += timedelta(seconds=seconds)


@dataclass
class Visits:
    """A capture port: what a visit leaves, without a browser. `images` are those of the page, by address."""

    images: dict[str, bytes] = field(default_factory=dict)
    options: list[CaptureOptions] = field(default_factory=list)
    workdirs: list[Path] = field(default_factory=list)
    silent: bool = False
    text: bytes = b"a page of words"
    wacz: bytes = b"PK wacz"

    def __call__(self, url: str, work: Path, options: CaptureOptions, now: datetime) -> Capture:
        """As `sitr.evidence.capture`."""
        self.options.append(options)
        self.workdirs.append(work)
        if self.silent:
            raise OutsideSilent("evidence.no_page")
        made = {FileKind.TEXT: (self.text, "text/plain")}
        if options.pictures:
            made |= {FileKind.SCREENSHOT: (drawn(7), "image/png"), FileKind.WACZ: (self.wacz, "application/wacz")}
        images = self.images if options.pictures else {}
        taken = Capture(
            url=url, final_url=url, title="t", status=200, started=now, ended=now, pictures=options.pictures,
            redirects=(), certificates=(), addresses={}, exchanges=(), seconds={}, partial=True,
            files=tuple(_file(work, kind, data, mime) for kind, (data, mime) in made.items()),
            page_images=tuple(_image(work, number, each, data) for number, (each, data) in enumerate(images.items())),
            completeness=Completeness(2, 3, (Missing("https://cdn.example/lost.jpg", "http_404"),)),
            problems=(Problem("evidence.note_scroll"),), confinement=Confinement(Wall.NONE, "none", sandbox=False),
            tools=Tools("1", "Chromium 1", "u", "1", "1", (1, 1), "ar", "UTC", options.viewport.value),
        )  # fmt: skip
        record = _file(work, FileKind.RECORD, record_json(taken).encode(), "application/json")
        return replace(taken, files=(*taken.files, record))


def _file(work: Path, kind: FileKind, data: bytes, mime: str) -> CapturedFile:
    path = work / kind.value
    path.write_bytes(data)
    return CapturedFile(kind, path, mime, len(data), sha256(data).hexdigest())


def _image(work: Path, number: int, url: str, data: bytes) -> PageImage:
    path = work / f"image-{number}"
    path.write_bytes(data)
    return PageImage(url, (url,), ("img",), path, "image/png", len(data))


@dataclass
class TestAuthority:
    """A time authority whose word proves nothing: counts what it is asked, and falls silent when told."""

    __test__ = False
    silent: bool = False
    asked: list[bytes] = field(default_factory=list)

    def stamp(self, digest: bytes, now: datetime, nonce: int) -> Stamp:
        """As the port."""
        if self.silent:
            raise OutsideSilent("journal.authority_silent", status=503)
        self.asked.append(digest)
        return Stamp(b"tsr of " + digest, now, nonce, "1.2.3", "memory", proven=False)


@dataclass
class Site:
    """A small site on loopback: what each path answers (status, media type, body); anything else is 404."""

    port: int
    pages: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)

    def url(self, path: str) -> str:
        """The whole address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def show(self, path: str, *images: str) -> str:
        """Put up a page with these images; gives its address."""
        body = "<p>gallery</p>" + "".join(f'<img src="{each}">' for each in images)
        self.pages[path] = (200, "text/html", body.encode())
        return self.url(path)


@contextmanager
def running_site() -> Iterator[Site]:
    """The site, until the end of the block."""

    class Handler(Quiet):
        def do_GET(self) -> None:
            status, media_type, body = site.pages.get(self.path, (404, "text/html", b"not found"))
            self.reply(status, body, {"Content-Type": media_type})

    with loopback_server(Handler) as server:
        site = Site(server.server_port)
        yield site


@dataclass
class World:
    """Everything of one test. `case` can be opened by `holder` and by `other`."""

    services: Services
    clock: Clock
    post: MemoryMailer
    visits: Visits
    site: Site
    authorities: tuple[TestAuthority, ...]
    alive: set[str]
    holder: Keeper
    other: Keeper
    stranger: Keeper
    case: str
    folder: Path

    def open_case(self, *, time_proof: bool = False, **answers: list[str]) -> str:
        """A further case of the holder, of an adult unless said otherwise."""
        said = {name: chosen for name, chosen in {**ADULT, **answers}.items() if chosen}
        return openings.open_case(self.holder, country="DE", answers=said, time_proof=time_proof)

    def with_services(self, keeper: Keeper, **changed: object) -> Keeper:
        """The same holder, with other services."""
        return replace(keeper, services=replace(self.services, **changed))  # type: ignore[arg-type]


def no_name(host: str, port: int) -> tuple[str, ...]:
    """A resolver that knows addresses and no names: what is outside stays outside."""
    return (str(ip_address(host)),) if host.replace(".", "").isdigit() and port else ()


def made_world(home: Path, site: Site) -> World:
    """The services by hand, the cast, and a case with two holders."""
    mark_throw_away(home)
    clock, visits, authorities = Clock(), Visits(), (TestAuthority(silent=True), TestAuthority(silent=True))
    post = MemoryMailer(Delivery(DeliveryState.SENT, "250 ok"), [])
    alive, memory = {"this process"}, home / "memory"
    memory.mkdir()
    services = Services(
        home=home, blobs=FolderBlobs(home / "blobs", secrets.token_bytes), signer=Signer.load_or_create(home / "key"),
        door=Door((), LoopbackPass(home, [site.port]), resolver=no_name), knowledge=knowledge(), capture=visits,
        mailer=post,
        mail_from="notices@sitr.invalid", authorities=authorities, authority_roots=b"", now=clock,
        random_bytes=secrets.token_bytes, memory=memory, kdf=KdfParams(1, 8, 1), accept_unconfined=True,
        process="this process", is_alive=alive.__contains__, backups_kept=timedelta(days=14),
        exchange={"memory": MemoryExchange()}.__getitem__,
    )  # fmt: skip
    holder = access.set_up(services, SECRET)
    other = access.new_holder(services, OTHER_SECRET, HolderKind.TRUSTED)
    stranger = access.new_holder(services, "a stranger's own words", HolderKind.PERSON)
    case = openings.open_case(holder, country="DE", answers=ADULT, time_proof=True)
    holders.add_holder(holder, case, other.identity.public, secret=SECRET)
    folder = home / "out"
    folder.mkdir()
    return World(services, clock, post, visits, site, authorities, alive, holder, other, stranger, case, folder)
