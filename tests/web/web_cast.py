"""The cast of the page tests: a home with real verbs and in-memory ports, browsers that come in through the link."""

import io
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.test import Client
from PIL import Image, ImageDraw

from sitr.cases import access
from sitr.cases.models import HolderKind
from sitr.cases.services import Services
from sitr.evidence import Capture, CaptureOptions
from sitr.evidence.captured import CapturedFile, Completeness, Confinement, FileKind, Missing, Problem, Tools, Wall
from sitr.evidence.record import record_json
from sitr.journal import Signer
from sitr.knowledge import load
from sitr.net import Door
from sitr.takedown import Delivery, DeliveryState, Mail
from sitr.vault import FolderBlobs, KdfParams
from sitr.web.application import ENVIRON_KEY, Web
from sitr.web.gate import Gate
from sitr.web.sessions import Session, Sessions
from sitr.wiring import is_alive, process_name
from sitr.words import Lang

SECRET = "six quiet green words here"
ADULT = {"helping": ["self"], "safe_now": ["safe"], "device": ["private"], "status": ["public"], "age": ["adult"]}
ANSWERS = {**ADULT, "where": ["other_site"], "seen": ["seen"], "content": ["private_moment"]}
KNOWLEDGE = load(Path(__file__).parents[2] / "knowledge")


class Clock:
    """Seconds of the sessions, moved by tests."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Post:
    """A mailer that remembers what it was given and answers as the test wants."""

    answer: DeliveryState = DeliveryState.SENT
    mails: list[Mail] = field(default_factory=list)

    def send(self, mail: Mail) -> Delivery:
        """Remember, answer."""
        self.mails.append(mail)
        return Delivery(self.answer, "")


def drawn(kind: str = "PNG", size: tuple[int, int] = (900, 700)) -> bytes:
    """A drawing with enough in it to be fingerprinted."""
    image = Image.new("RGB", size, (220, 214, 200))
    pen = ImageDraw.Draw(image)
    for i in range(24):
        x, y = (i * 137) % size[0], (i * 211) % size[1]
        pen.rectangle((x, y, x + 40 + i * 5, y + 30 + i * 3), fill=(i * 9 % 255, i * 37 % 255, 90))
        pen.ellipse((y, x % size[1], y + 60, x % size[1] + 50), outline=(10, i * 10 % 255, 200), width=4)
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def visit(url: str, work: Path, options: CaptureOptions, now: datetime) -> Capture:
    """A capture port: what a visit leaves, without a browser."""
    words = f"a page\nكُتب في {now.isoformat()} by a\u202egnp.visitor"
    made = {FileKind.TEXT: (words.encode(), "text/plain")}
    if options.pictures:
        made[FileKind.SCREENSHOT] = (drawn(), "image/png")
    files = []
    for kind, (data, mime) in made.items():
        path = work / kind.value
        path.write_bytes(data)
        files.append(CapturedFile(kind, path, mime, len(data), sha256(data).hexdigest()))
    lost = (Missing("https://cdn.leaks.example/lazy-17.jpg", "http_404"), Missing("https://x.example/a", "no_answer"))
    taken = Capture(
        url=url, final_url=url, title=f"t {now.isoformat()}", status=200, started=now, ended=now,
        pictures=options.pictures, redirects=(),
        certificates=(), addresses={}, files=tuple(files), exchanges=(), page_images=(),
        completeness=Completeness(11, 13, lost), partial=True, problems=(Problem("evidence.note_scroll"),),
        confinement=Confinement(Wall.NONE, "none", sandbox=False),
        tools=Tools("1", "b", "u", "1", "1", (1, 1), "ar", "UTC", options.viewport.value), seconds={},
    )  # fmt: skip
    path = work / "record"
    path.write_text(record_json(taken))
    record = CapturedFile(FileKind.RECORD, path, "application/json", path.stat().st_size, "0" * 64)
    return replace(taken, files=(*taken.files, record))


def services(home: Path, post: Post | None = None) -> Services:
    """Services with real stores under `home` and ports that reach nobody."""
    return Services(
        home=home, blobs=FolderBlobs(home / "blobs", secrets.token_bytes), signer=Signer.load_or_create(home / "key"),
        door=Door(), knowledge=KNOWLEDGE, capture=visit, mailer=post, mail_from="notices@sitr.invalid", authorities=(),
        authority_roots=b"", now=lambda: datetime.now(UTC), random_bytes=secrets.token_bytes, memory=Path("/dev/shm"),
        kdf=KdfParams(1, 64, 1), accept_unconfined=True, process=process_name(os.getpid()), is_alive=is_alive,
    )  # fmt: skip


class Browser:
    """A browser of a test: follows no redirect by itself, keeps cookies, sends forms with their token."""

    def __init__(self, web: Web, lang: Lang = "en", host: str = "127.0.0.1:8440") -> None:
        environ: dict[str, Any] = {ENVIRON_KEY: web, "HTTP_HOST": host}
        self.client = Client(enforce_csrf_checks=True, **environ)
        self.client.cookies["lang"] = lang
        self.web = web

    def get(self, path: str, **headers: str) -> Any:
        """GET."""
        return self.client.get(path, headers=headers)

    def post(self, path: str, data: Mapping[str, Any] | None = None, *, token: bool = True) -> Any:
        """POST as our own page would send it."""
        if token and "csrftoken" not in self.client.cookies:
            self.get("/open")
        sent = dict(data or {})
        if token:
            sent["csrfmiddlewaretoken"] = self.client.cookies["csrftoken"].value
        return self.client.post(path, sent)

    def come_in(self) -> "Browser":
        """Through the one-time link."""
        answer = self.get(f"/k/{self.web.gate.token}")
        assert answer.status_code == 302
        return self

    def unlock(self) -> "Browser":
        """Type the passphrase."""
        answer = self.post("/open", {"secret": SECRET})
        assert answer.status_code == 302, answer.content.decode()
        return self

    def read(self, path: str) -> str:
        """The text of a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return str(answer.content.decode())


@dataclass
class Cast:
    """Everybody. `keeper` is the holder by the side door, for preparing a case; `browser` is theirs, unlocked."""

    web: Web
    services: Services
    clock: Clock
    post: Post
    keeper: Any
    browser: Browser

    def new_browser(self, lang: Lang = "en") -> Browser:
        """Another browser, not let in yet."""
        return Browser(self.web, lang)

    def in_language(self, lang: Lang) -> Browser:
        """The holder's browser, in this language."""
        self.browser.client.cookies["lang"] = lang
        return self.browser

    @property
    def session(self) -> Session:
        """What the server holds for the holder's browser."""
        found = self.web.sessions.find(self.browser.client.cookies["s"].value)
        assert found is not None
        return found.session

    def stranger(self) -> Browser:
        """Another holder of the same home, unlocked, with no key to the case."""
        other = access.new_holder(self.services, "another secret entirely", HolderKind.TRUSTED)
        browser = self.new_browser().come_in()
        found = self.web.sessions.find(browser.client.cookies["s"].value)
        assert found is not None
        found.session.kept, found.session.public = access.keep(other, found.key), other.identity.public
        return browser


def gathered(home: Path, *, let_in: bool = True) -> Iterator[Cast]:
    """The cast of one test, in a home where the passphrase is set."""
    post, clock = Post(), Clock()
    made = services(home, post)
    web = Web(made, Gate(), Sessions(clock))
    keeper = access.set_up(made, SECRET)
    browser = Browser(web)
    if let_in:
        browser.come_in().unlock()
    yield Cast(web, made, clock, post, keeper, browser)
