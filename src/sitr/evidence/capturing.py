"""The verb `capture`: one address in, one sealed-to-be bundle of files and facts out, whatever the page tries.

It joins the wall, the browser, the gate, the recorder and the visit, and turns what they brought into a `Capture`.
Sealing, journal and comparison with photos are the caller's.
"""

import asyncio
import datetime as dt
import hashlib
import importlib.metadata
import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import sitr
from sitr.errors import BadInput, MissingProgram, OutsideSilent
from sitr.evidence.archive import WARC_NAME, Attachment, load_indexer, write_wacz, write_warc
from sitr.evidence.browser import Browser, memory_of, renderer_is_sandboxed
from sitr.evidence.captured import (
    BodyState,
    Capture,
    CapturedFile,
    Completeness,
    Confinement,
    Exchange,
    FileKind,
    Hop,
    PageImage,
    Problem,
    Session,
    Tools,
    Wall,
)
from sitr.evidence.cdp import Cdp, CdpError
from sitr.evidence.completeness import count
from sitr.evidence.gate import Gate, Way, target_of
from sitr.evidence.images import own_picture, page_images
from sitr.evidence.options import CaptureOptions
from sitr.evidence.record import record_json
from sitr.evidence.recorder import Recorder
from sitr.evidence.redaction import Redaction
from sitr.evidence.seen import Reference, Seen
from sitr.evidence.visit import Visit
from sitr.evidence.wall import confinement

_LONGEST_ADDRESS = 16_384
_HOW_RECEIVED = (
    "as received by the browser: bodies are decoded, the original Content-Encoding, Transfer-Encoding and "
    "Content-Length stand under X-Archive-Orig-*; HTTP/2 framing and WebSockets are not kept"
)
_REDACTED = (
    "made with a person's own session: values of cookies are [redacted] in headers and * elsewhere, names are kept"
)
# Told, but nothing of the page was lost by it.
_HARMLESS = frozenset(
    f"evidence.note_{name}"
    for name in (
        *("dialog", "popup", "websocket", "certificate", "tiles", "service_worker", "refused", "download"),
        *("expanded", "redacted", "login", "inner", "inner_small", "redrawn", "unlisted", "xml", "print", "passed"),
        *("leads_on", "pdf"),
    )
)


def capture(
    url: str, *, door: Way, workdir: Path, options: CaptureOptions, now: dt.datetime, wall: Confinement | None = None
) -> Capture:
    """Visits `url` and keeps what it shows. `workdir` is an empty folder in memory (/dev/shm) that the caller removes;
    `now` is the aware time at which this begins; `wall` is what `confinement()` said, asked anew when not given. May
    be called from any thread; takes at most `options.limits.seconds` and a few more.

    Raises BadInput (`evidence.no_address`, `evidence.not_web`), MissingProgram (`evidence.no_chromium`,
    `evidence.browser_failed`, `evidence.unconfined`), OutsideSilent (`evidence.silent`, `evidence.refused`,
    `evidence.unreachable`) when nothing came. What came only in part is returned, with `partial` set.
    """
    address = check_address(url)
    wall = wall or confinement()
    if wall.kind is Wall.NONE and not options.accept_unconfined:
        raise MissingProgram("evidence.unconfined", reason=wall.reason)
    return _in_own_thread(_Work(address, door, workdir, options, now, wall))


def check_address(url: str) -> str:
    """The address, trimmed. Raises BadInput `evidence.no_address` or `evidence.not_web`."""
    text = url.strip()
    try:
        parts = urlsplit(text)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise BadInput("evidence.no_address", url=text[:300]) from None
    if not text or len(text) > _LONGEST_ADDRESS or any(c.isspace() or ord(c) < 32 for c in text) or not parts.scheme:
        raise BadInput("evidence.no_address", url=text[:300])
    if parts.scheme.lower() not in {"http", "https"}:
        raise BadInput("evidence.not_web", url=text[:300])
    if not parts.hostname or not port_fits or "@" in parts.netloc:
        raise BadInput("evidence.no_address", url=text[:300])
    return text


@dataclass
class _Work:
    """One capture under way."""

    url: str
    door: Way
    workdir: Path
    options: CaptureOptions
    now: dt.datetime
    wall: Confinement
    began: float = field(default_factory=time.monotonic)

    @property
    def kept(self) -> Path:
        """Ours alone, whoever may reach the profile beside it."""
        return self.workdir / "kept"

    @property
    def bodies(self) -> Path:
        return self.kept / "bodies"

    def clock(self) -> dt.datetime:
        """The given hour, moved on by a stopwatch."""
        return self.now + dt.timedelta(seconds=time.monotonic() - self.began)

    async def run(self) -> Capture:
        self.kept.mkdir(mode=0o700)
        self.bodies.mkdir(mode=0o700)
        if self.wall.kind is Wall.NONE and os.geteuid() == 0:
            self.workdir.chmod(0o711)  # the browser runs as nobody and must reach its profile below
        with Browser(self.workdir, self.wall) as browser:
            seen, recorder, gate = await self._visit(browser)
            # Ending a browser takes the kernel up to a second: meanwhile what came is bundled.
            ending = asyncio.create_task(asyncio.to_thread(browser.stop))
            await asyncio.sleep(0)
            try:
                self._anything_came(seen, recorder, gate)
                return self._bundle(seen, recorder, gate)
            finally:
                await ending

    async def _visit(self, browser: Browser) -> tuple[Seen, Recorder, Gate]:
        limits = self.options.limits
        gate = Gate(self.door, limits.bytes, limits.connections)
        if browser.listener is None:
            raise MissingProgram("evidence.browser_failed")
        await gate.open(browser.listener.dup())
        warming = asyncio.get_running_loop().run_in_executor(None, load_indexer)
        cdp = await Cdp.open(*browser.handed_over())
        recorder = Recorder(cdp, gate, self.bodies, limits, self.clock, pictures=self.options.pictures)
        deadline = asyncio.get_running_loop().time() + limits.seconds
        visit = Visit(cdp, recorder, self.kept, self.options, deadline)
        watch = asyncio.create_task(self._watch(browser, cdp, recorder))
        try:
            seen = await asyncio.wait_for(visit.run(self.url), limits.seconds + 5)
        except CdpError as error:
            raise MissingProgram("evidence.browser_failed") from error
        except TimeoutError:
            seen = visit.seen
            recorder.note("evidence.note_deadline", seconds=int(limits.seconds))
        finally:
            self.wall = self._seen_wall(browser)
            watch.cancel()
            cdp.close()
            await gate.close()
            await warming
        return seen, recorder, gate

    async def _watch(self, browser: Browser, cdp: Cdp, recorder: Recorder) -> None:
        """Ends a browser that takes too much memory: there is no other bound for a whole process tree without a cgroup
        of our own."""
        while True:
            await asyncio.sleep(0.5)
            if memory_of(browser.pid) > self.options.limits.memory:
                recorder.note("evidence.note_memory", megabytes=self.options.limits.memory // 2**20)
                cdp.close()
                browser.stop()
                return

    def _seen_wall(self, browser: Browser) -> Confinement:
        sandboxed = renderer_is_sandboxed(browser.pid)
        if sandboxed is None or sandboxed == self.wall.sandbox:
            return self.wall
        kind = self.wall.kind if sandboxed or self.wall.kind is Wall.NONE else Wall.PARTIAL
        return Confinement(kind, self.wall.reason or ("" if sandboxed else "no_inner_sandbox"), sandboxed)

    def _anything_came(self, seen: Seen, recorder: Recorder, gate: Gate) -> None:
        if any(exchange.status for exchange in recorder.exchanges):
            return
        refusal = gate.refusal_of(self.url)
        host = (target_of(self.url) or ("", 0))[0]
        if refusal in {"net.unknown_name", "net.unreachable"}:
            raise OutsideSilent("evidence.unreachable", host=host, why=refusal)
        if refusal:
            raise OutsideSilent("evidence.refused", host=host, why=refusal)
        if seen.error and seen.error != "silent":
            raise OutsideSilent("evidence.unreachable", host=host, why=seen.error)
        raise OutsideSilent("evidence.silent", host=host, seconds=int(self.options.limits.load_seconds))

    # What came, made into files.

    def _bundle(self, seen: Seen, recorder: Recorder, gate: Gate) -> Capture:
        began = time.monotonic()
        for refused in gate.refused:
            if refused.why not in {"not_asked", "limit"}:
                recorder.note("evidence.note_refused", host=refused.host, port=refused.port, why=refused.why)
        if gate.over_limit:
            recorder.note("evidence.note_bytes", megabytes=self.options.limits.bytes // 2**20)
        papers = {
            e.url for e in recorder.exchanges if e.type == "Document" and e.length and e.mime == "application/pdf"
        }
        if papers and not seen.error:
            recorder.note("evidence.note_pdf", n=len(papers))
        if seen.error:
            recorder.note("evidence.note_navigation", kind=seen.error)
        session = self._without_secrets(seen, recorder)
        completeness = count(recorder.exchanges, seen.references, seen.inline)
        images = self._images(seen, recorder.exchanges)
        files = self._files(seen, recorder.exchanges, completeness, images)
        self._drop_bodies(recorder.exchanges, images)
        seen.seconds["archive"] = round(time.monotonic() - began, 3)
        made = self._capture(seen, recorder, gate, files=files, images=images, completeness=completeness)
        return self._recorded(replace(made, session=session, proxied=self.door.proxied))

    def _without_secrets(self, seen: Seen, recorder: Recorder) -> Session:
        """A visit with the person's cookies: their values are taken out of all that it brought before it is bundled."""
        cookies = self.options.cookies
        if not cookies:
            return Session()
        redaction = Redaction(cookies, recorder.exchanges)
        for exchange in recorder.exchanges:
            redaction.exchange(exchange)
        shown = redaction.text(seen.text) != seen.text
        if shown:
            # The page prints a value where people read: then its pictures and paper show it, too, and cannot be mended.
            self._drop_looks(seen)
            recorder.note("evidence.note_session_shown")
        redact_seen(seen, redaction)
        recorder.problems = {
            key: Problem(one.code, {k: redaction.text(v) if isinstance(v, str) else v for k, v in one.data.items()})
            for key, one in recorder.problems.items()
        }
        if redaction.count:
            recorder.note("evidence.note_redacted", n=redaction.count)
        return Session(tuple(dict.fromkeys((c.host, c.name) for c in cookies)), redaction.count)

    def _drop_looks(self, seen: Seen) -> None:
        for path in (*seen.screenshots, *([seen.pdf] if seen.pdf else [])):
            path.unlink(missing_ok=True)
        seen.screenshots, seen.pdf, seen.drawn = [], None, []

    def _images(self, seen: Seen, exchanges: Sequence[Exchange]) -> tuple[PageImage, ...]:
        if not self.options.pictures:
            return ()
        return page_images(exchanges, seen.references, seen.inline, seen.drawn, self.bodies)

    def _files(
        self, seen: Seen, exchanges: Sequence[Exchange], completeness: Completeness, images: Sequence[PageImage]
    ) -> list[CapturedFile]:
        text = self.kept / "page.txt"
        text.write_text(seen.text, encoding="utf-8", errors="replace")
        found = [(FileKind.SCREENSHOT, path, "image/png") for path in seen.screenshots]
        found += [(FileKind.PDF, seen.pdf, "application/pdf")] if seen.pdf else []
        found += [(FileKind.HTML, seen.html, "text/html; charset=utf-8")] if seen.html else []
        found += [(FileKind.TEXT, text, "text/plain; charset=utf-8")] if seen.text else []
        if self.options.pictures:
            archive = self._archive(seen, exchanges, found, completeness, images)
            found.insert(0, (FileKind.WACZ, archive, "application/wacz"))
        return [described(kind, path, mime) for kind, path, mime in found]

    def _archive(
        self,
        seen: Seen,
        exchanges: Sequence[Exchange],
        found: Sequence[tuple[FileKind, Path, str]],
        completeness: Completeness,
        images: Sequence[PageImage],
    ) -> Path:
        warc, wacz = self.kept / WARC_NAME, self.kept / "capture.wacz"
        page_url = seen.final_url or self.url
        attachments = [
            Attachment(f"urn:sitr:{path.name}:{page_url}", mime, path, self.clock()) for _kind, path, mime in found
        ]
        # What a page wrote or drew itself has no exchange: here it can be found again as a picture.
        attachments += [
            Attachment(own_picture(image, page_url), image.mime, image.path, self.clock())
            for image in images
            if not image.url.startswith(("http:", "https:"))
        ]
        write_warc(warc, exchanges, attachments, self._info(seen, completeness), self.now)
        page = _page_exchange(exchanges, seen.final_url) or next(e for e in exchanges if e.status)
        write_wacz(
            warc=warc,
            target=wacz,
            url=page.url,
            title=seen.title,
            page_time=page.started,
            text=seen.text,
            software=_software(),
        )
        warc.unlink()
        return wacz

    def _info(self, seen: Seen, completeness: Completeness) -> dict[str, str]:
        return {
            "software": _software(),
            "format": "WARC File Format 1.1",
            "description": _HOW_RECEIVED,
            "http-header-user-agent": seen.user_agent,
            "browser": seen.browser,
            "sitr-completeness": f"{completeness.kept} of {completeness.expected}",
            "sitr-confinement": f"{self.wall.kind} {self.wall.reason}".strip(),
            **({"sitr-redaction": _REDACTED} if self.options.cookies else {}),
            **(
                {"sitr-network": "SOCKS5 proxy of the operator; names resolved by the proxy"}
                if self.door.proxied
                else {}
            ),
        }

    def _drop_bodies(self, exchanges: Sequence[Exchange], images: Sequence[PageImage]) -> None:
        """Bodies are in the archive now; pictures stay as files as well, to be compared with the person's photos."""
        used = {image.path for image in images}
        for exchange in exchanges:
            if exchange.body is not None and exchange.body not in used:
                exchange.body.unlink(missing_ok=True)
                exchange.body = None

    def _capture(
        self,
        seen: Seen,
        recorder: Recorder,
        gate: Gate,
        *,
        files: list[CapturedFile],
        images: tuple[PageImage, ...],
        completeness: Completeness,
    ) -> Capture:
        problems = tuple(recorder.problems.values())
        hops = _hops(recorder.exchanges)
        page = _page_exchange(recorder.exchanges, seen.final_url)
        return Capture(
            url=self.url,
            final_url=seen.final_url or (hops[-1].url if hops else self.url),
            title=seen.title,
            status=page.status if page else (hops[-1].status if hops else 0),
            started=self.now,
            ended=self.clock(),
            pictures=self.options.pictures,
            redirects=hops,
            certificates=tuple(seen.certificates),
            addresses={f"{host}:{port}": ip for (host, port), ip in gate.addresses.items()},
            answers={name: found for name, found in gate.answers.items() if found != (name,)},
            files=tuple(files),
            exchanges=tuple(recorder.exchanges),
            page_images=images,
            completeness=completeness,
            partial=_is_partial(problems, completeness, recorder.exchanges),
            problems=problems,
            confinement=self.wall,
            tools=self._tools(seen),
            seconds=dict(seen.seconds),
        )

    def _recorded(self, made: Capture) -> Capture:
        """With its written record as the last file."""
        record = self.kept / "record.json"
        record.write_text(record_json(made), encoding="utf-8")
        return _with_file(made, described(FileKind.RECORD, record, "application/json"))

    def _tools(self, seen: Seen) -> Tools:
        return Tools(
            sitr=sitr.__version__,
            browser=seen.browser,
            user_agent=seen.user_agent,
            warcio=_version("warcio"),
            wacz=_version("wacz"),
            viewport=(self.options.screen.width, self.options.screen.height),
            locale=self.options.locale,
            timezone=self.options.timezone,
            device=self.options.viewport.value,
            scroll=self.options.scroll,
            expand=self.options.expand,
        )


def redact_seen(seen: Seen, redaction: Redaction) -> None:
    """Takes a session's values out of what was read from the page itself, by the same rule as out of the exchanges."""
    seen.text, seen.title = redaction.text(seen.text), redaction.text(seen.title)
    seen.final_url = redaction.text(seen.final_url)
    seen.references = [Reference(redaction.text(one.url), one.roles, one.frame) for one in seen.references]
    seen.inline = {redaction.text(url): data for url, data in seen.inline.items()}
    if seen.html is not None:
        redaction.file(seen.html)


def described(kind: FileKind, path: Path, mime: str) -> CapturedFile:
    """A file with its size and digest."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return CapturedFile(kind, path, mime, path.stat().st_size, digest)


def _with_file(made: Capture, file: CapturedFile) -> Capture:
    return replace(made, files=(*made.files, file))


def _hops(exchanges: Sequence[Exchange]) -> tuple[Hop, ...]:
    """The documents of the main frame, in order: every redirect, then the page."""
    first = next((e for e in exchanges if e.type == "Document"), None)
    if first is None:
        return ()
    way = [e for e in exchanges if e.type == "Document" and e.frame == first.frame and e.status]
    return tuple(Hop(e.url, e.status, e.location, e.address) for e in way)


def _page_exchange(exchanges: Sequence[Exchange], final_url: str) -> Exchange | None:
    """The exchange that brought the page shown in the end."""
    wanted = final_url.partition("#")[0]
    answered = [e for e in exchanges if e.type == "Document" and e.status]
    exact = [e for e in answered if e.url == wanted and not e.location]
    return exact[-1] if exact else next((e for e in answered if not e.location), None)


def _is_partial(problems: Sequence[Problem], completeness: Completeness, exchanges: Sequence[Exchange]) -> bool:
    lost = [m for m in completeness.missing if not m.why.startswith("http_") and m.why != "no_pictures"]
    cut = any(exchange.state is BodyState.CUT for exchange in exchanges)
    return cut or bool(lost) or any(problem.code not in _HARMLESS for problem in problems)


def _software() -> str:
    return f"Sitr/{sitr.__version__} warcio/{_version('warcio')}"


@cache
def _version(package: str) -> str:
    """Asked once a process: each look-up would leave its list of packages behind."""
    return importlib.metadata.version(package)


def _in_own_thread(work: _Work) -> Capture:
    """A loop of its own in a thread of its own: the caller may be a worker thread or have a running loop."""
    box: list[Capture | BaseException] = []
    ready = threading.Event()
    stop: list[object] = []

    async def main() -> Capture:
        task = asyncio.current_task()
        stop.extend([asyncio.get_running_loop(), task])
        ready.set()
        return await work.run()

    def body() -> None:
        try:
            box.append(asyncio.run(main()))
        except BaseException as error:  # handed to the caller's thread as it is
            box.append(error)

    thread = threading.Thread(target=body, name="sitr-capture", daemon=True)
    thread.start()
    try:
        thread.join()
    except BaseException:
        ready.wait(5)
        loop, task = stop
        with suppress(RuntimeError):  # the work ended in this very moment: its loop is closed
            loop.call_soon_threadsafe(task.cancel)  # type: ignore[attr-defined]
        thread.join(30)
        raise
    result = box[0]
    if isinstance(result, BaseException):
        raise result
    return result
