"""One visit to one page: what Chromium is told, step by step, each step with its own limit, none able to stop the
others.

The order is for evidence: a first screenshot early, then scrolling, waiting, the DOM, the rest. A step that fails
becomes a problem of the capture; the visit goes on. What comes over the network is taken down by `recorder.py`
meanwhile; how the page looks, by `screens.py`; what it says, by our scripts through `frames.py`.
"""

import asyncio
import base64
import contextlib
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

from sitr.evidence.captured import Certificate
from sitr.evidence.cdp import Cdp, CdpClosedError, CdpError
from sitr.evidence.frames import Frame, Frames
from sitr.evidence.options import CaptureOptions
from sitr.evidence.recorder import Recorder, whole_range
from sitr.evidence.screens import Screens
from sitr.evidence.seen import Reference, Seen

T = TypeVar("T")

_ICON_ROLE = "icon"
_MORE = 120
# Two frames are waited for at each step down a page: 33 ms where nothing else runs. On a busy machine a step that is
# left sooner never tells the page that its pictures came into view: they were missing without a word.
_FRAMES_MILLISECONDS = 250
_FIRST_WORDS_SECONDS = 3.0
_CLOSED_SECONDS = 4.0
_NODES = 40_000
# Nodes in the memory of a page (texts too) up to which closed shadow trees are looked for: at first, and in the end.
_FIRST_NODES = 20_000
_DESCRIBED_NODES = 80_000
# Signs of text, and of pictures as text, that one page may hand over: it can write as many as it likes.
_TEXT = 4 * 2**20
_INLINE = 96 * 2**20
_BROWSERS_OWN = "chrome-error:"
_START_SECONDS = 30.0
# A frame's last step, and what it still reads, when the time for scrolling is over.
_BEYOND_SECONDS = 1.5
# A page may lead on to another by itself; so many are followed, and one that says so beforehand is waited for so long.
_MOST_PAGES = 3
_LEADS_ON_SECONDS = 5.0
# What went wrong with a page that led on is no loss when the next one was gone through whole.
_ON_THE_WAY = frozenset(
    f"evidence.{name}"
    for name in ("note_load", "note_scroll", "step_load", "step_first_screenshot", "step_scroll", "step_expand")
)
# A service worker would answer from a store of its own, unseen by the recorder.
# Its container stays, and refuses: pages ask for the container by name and would end on the spot without it.
_NO_WORKERS = (
    "try{Object.defineProperty(ServiceWorkerContainer.prototype,'register',{value:function register(){"
    "return Promise.reject(new DOMException('The operation is insecure.','SecurityError'))}})}catch{}"
)
# WebRTC asks for no proxy: the network namespace stops it, and where there is none, this does.
_NO_CALLS = (
    "for(const name of ['RTCPeerConnection','webkitRTCPeerConnection','WebTransport'])"
    "try{Object.defineProperty(globalThis,name,{value:undefined,configurable:false,writable:false})}catch{}"
)


class Visit:
    """Drives one page. `run` always returns what was got; only CdpClosedError (no browser from the beginning) gets
    out."""

    def __init__(self, cdp: Cdp, recorder: Recorder, folder: Path, options: CaptureOptions, deadline: float) -> None:
        self._cdp = cdp
        self._recorder = recorder
        self._folder = folder
        self._options = options
        self._limits = options.limits
        self._deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._frames = Frames(cdp, options.limits.step_seconds)
        self._tasks: set[asyncio.Task[None]] = set()
        self._page = ""
        self._attached = asyncio.Event()
        self._loaded = asyncio.Event()
        self._went_on = asyncio.Event()
        self._crashed = asyncio.Event()
        self._identity: dict[str, Any] = {}
        self.seen = Seen()
        self._passed: list[str] = []  # lines of text that stood there before the end
        self._taken = False  # text and source of the page as it stood in the end
        self._leads_on: tuple[float, str] | None = None  # after so many seconds, to this address
        self._own = 0  # signs of pictures as text that were taken on the way
        self._screens = Screens(cdp, self._frames, recorder, folder, options, self.seen)

    async def run(self, url: str) -> Seen:
        """Opens the page and takes what can be taken before the deadline."""
        await self._step("start", self._open_page(), _START_SECONDS)
        if not self._session:
            raise CdpClosedError("no page")
        if self._options.cookies:
            await self._step("cookies", self._set_cookies(), 5)
        self.seen.error = (
            await self._step("navigate", self._navigate(url), 2 * self._limits.load_seconds + 1, default="silent") or ""
        )
        if not self.seen.error:
            await self._look()
        await self._step("last_bodies", self._recorder.finish(min(8.0, self._left())), 12)
        return self.seen

    async def _look(self) -> None:
        pictures = self._options.pictures
        for _ in range(_MOST_PAGES):
            before = set(self._recorder.problems)
            if await self._go_through():
                break
            self._forget(before)
            self._remember()
        if self._leads_on is not None:
            seconds, url = self._leads_on
            self._recorder.note("evidence.note_leads_on", seconds=int(seconds), url=url)
        await self._step("quiet", self._recorder.quiet(self._limits.quiet_seconds), self._limits.quiet_seconds + 1)
        await self._step("page", self._collect(), self._limits.step_seconds)
        if pictures and not self._frames.lost:
            await self._step("more", self._fetch_more(), 6)
            await self._step("blobs", self._read_blobs(), 5)
            await self._step("screenshot", self._screens.full(), self._limits.step_seconds)
            await self._step("inner", self._screens.inner(), self._limits.step_seconds)
            await self._step("pdf", self._screens.paper(), self._limits.step_seconds)
        if self._frames.lost:
            self._recorder.note("evidence.note_lost")
        await self._step("certificates", self._read_certificates(), 3)

    async def _go_through(self) -> bool:
        """The page from its load to its end. False when it led on to another one meanwhile."""
        await self._step("load", self._wait_loaded(), self._limits.load_seconds + 1)
        self._went_on.clear()
        loaded = self._loop.time()
        if self._options.pictures:
            await self._step("first_screenshot", self._screens.first(), 6)
        await self._first_words()
        if self._options.expand:
            await self._step("expand", self._expand(), 6)
        if self._options.scroll:
            await self._step("scroll", self._scroll(), self._limits.scroll_seconds + 3)
        seconds = self._limits.settle_seconds
        if self._leads_on is not None and self._leads_on[0] <= _LEADS_ON_SECONDS:
            seconds = max(seconds, self._leads_on[0] + 1)
        with contextlib.suppress(TimeoutError):
            left = min(loaded + seconds, self._deadline - 12) - self._loop.time()
            await asyncio.wait_for(self._went_on.wait(), max(0.0, left))
        return not self._went_on.is_set()

    def _forget(self, before: set[tuple[str, str]]) -> None:
        for key in [key for key in self._recorder.problems if key not in before and key[0] in _ON_THE_WAY]:
            del self._recorder.problems[key]

    async def _step(self, name: str, work: Awaitable[T], seconds: float, default: T | None = None) -> T | None:
        """Runs one step within its limit and the deadline of all. What fails is noted as `evidence.step_<name>`."""
        began = self._loop.time()
        try:
            return await asyncio.wait_for(work, max(0.05, min(seconds, self._left())))
        except (TimeoutError, CdpError, OSError, ValueError, KeyError) as error:
            if name != "navigate":
                self._recorder.note(f"evidence.step_{name}", kind=type(error).__name__)
            if isinstance(error, TimeoutError):
                await self._unhang()
            return default
        finally:
            self.seen.seconds[name] = round(self._loop.time() - began, 3)

    @property
    def _session(self) -> str:
        return self._frames.page.session

    def _left(self) -> float:
        return self._deadline - self._loop.time()

    async def _unhang(self) -> None:
        """A page whose script never ends answers nothing; ending the script lets the next steps see it as it stands."""
        if not self._session:
            return
        with contextlib.suppress(CdpError, TimeoutError):
            await self._cdp.call("Runtime.terminateExecution", session=self._session, seconds=1)

    # Targets: the page, its frames and workers.

    async def _open_page(self) -> None:
        # A browser that is read from a cold disk answers late, and whatever was asked first waits longest.
        version = await self._cdp.call("Browser.getVersion", seconds=_START_SECONDS)
        self.seen.browser = version["product"]
        self._identity = _identity(version, self._options.locale, phone=self._options.screen.phone)
        self.seen.user_agent = self._identity["userAgent"]
        self._cdp.on("Target.attachedToTarget", lambda params, _s: self._spawn(self._on_attached(params)))
        self._cdp.on("Target.targetCrashed", lambda params, _s: self._on_crash(params))
        self._cdp.on(
            "Target.detachedFromTarget",
            lambda params, _s: self._on_detached(params),
        )
        self._cdp.on("Page.javascriptDialogOpening", self._on_dialog)
        self._cdp.on("Page.frameNavigated", self._on_navigated)
        self._cdp.on("Page.frameScheduledNavigation", self._on_scheduled)
        self._cdp.on(
            "Page.loadEventFired", lambda _p, session: self._loaded.set() if session == self._session else None
        )
        self._cdp.on(
            "Page.downloadWillBegin",
            lambda params, _s: self._recorder.note("evidence.note_download", url=params.get("url", "")),
        )
        self._cdp.on(
            "Browser.downloadWillBegin",
            lambda params, _s: self._recorder.note("evidence.note_download", url=params.get("url", "")),
        )
        await self._recorder.start(_START_SECONDS)
        await self._cdp.call(
            "Browser.setDownloadBehavior", {"behavior": "deny", "eventsEnabled": True}, seconds=_START_SECONDS
        )
        await self._cdp.call("Target.setAutoAttach", _ATTACH, seconds=_START_SECONDS)
        made = await self._cdp.call("Target.createTarget", {"url": "about:blank"}, seconds=_START_SECONDS)
        self._page = made["targetId"]
        await asyncio.wait_for(self._attached.wait(), _START_SECONDS)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if (
            not task.cancelled()
            and (error := task.exception()) is not None
            and not isinstance(error, CdpError | TimeoutError)
        ):
            self._recorder.note("evidence.step_targets", kind=type(error).__name__)

    async def _on_attached(self, params: dict[str, Any]) -> None:
        info, session = params["targetInfo"], params["sessionId"]
        kind = info["type"]
        if kind == "page" and "page" in self._frames.sessions.values():
            self._recorder.note("evidence.note_popup", url=info.get("url", ""))
            await self._cdp.call("Target.closeTarget", {"targetId": info["targetId"]}, seconds=3)
            return
        if kind == "service_worker":
            self._recorder.note("evidence.note_service_worker")
            await self._cdp.call("Target.closeTarget", {"targetId": info["targetId"]}, seconds=3)
            return
        self._frames.sessions[session] = kind
        await self._prepare(kind, session)
        if kind == "page":
            self._frames.page = Frame(session, "")
            self._attached.set()

    async def _prepare(self, kind: str, session: str) -> None:
        """Tells a target its manners before it runs its first line. What a kind does not know, it refuses: no harm."""
        screen = self._options.screen
        commands: list[tuple[str, dict[str, Any]]] = [
            ("Network.enable", {"maxPostDataSize": 2**20}),
            ("Target.setAutoAttach", _ATTACH),
        ]
        commands.append(("Network.setUserAgentOverride", self._identity))
        if kind in {"page", "iframe"}:
            commands += [
                ("Page.enable", {}),
                ("Network.setBypassServiceWorker", {"bypass": True}),
                ("Page.addScriptToEvaluateOnNewDocument", {"source": _NO_WORKERS + ";" + _NO_CALLS}),
            ]
        if kind == "page":
            metrics = {
                "width": screen.width,
                "height": screen.height,
                "deviceScaleFactor": screen.scale,
                "mobile": screen.phone,
            }
            commands += [
                ("Emulation.setDeviceMetricsOverride", metrics),
                ("Emulation.setLocaleOverride", {"locale": self._options.locale}),
                ("Emulation.setTimezoneOverride", {"timezoneId": self._options.timezone}),
                ("Emulation.setTouchEmulationEnabled", {"enabled": screen.phone}),
            ]
        answers = [self._cdp.send(method, params, session) for method, params in commands]
        answers.append(self._cdp.send("Runtime.runIfWaitingForDebugger", {}, session))
        await asyncio.wait(answers, timeout=5)

    def _on_dialog(self, params: dict[str, Any], session: str) -> None:
        """alert, confirm, prompt: dismissed. beforeunload: agreed to, or the page could hold itself open."""
        kind = params.get("type", "")
        self._recorder.note("evidence.note_dialog", kind=kind, text=params.get("message", "")[:500])
        self._cdp.send("Page.handleJavaScriptDialog", {"accept": kind == "beforeunload"}, session)

    def _on_navigated(self, params: dict[str, Any], session: str) -> None:
        frame = params["frame"]
        if session != self._session or frame.get("parentId"):
            return
        if frame.get("unreachableUrl"):
            self._frames.lost = True
        else:
            self._frames.lost = False
            self._frames.page = Frame(session, frame["id"])
            self._loaded.clear()
            self._went_on.set()
            self._leads_on = None
            address = frame["url"] + frame.get("urlFragment", "")
            if self._taken:
                self._recorder.note("evidence.note_moved_on", url=address)
            else:
                self.seen.final_url = address

    def _on_scheduled(self, params: dict[str, Any], session: str) -> None:
        """The page, or its server, says that it leads on by itself (`Refresh`)."""
        if session == self._session and params["frameId"] == self._frames.page.id and "Refresh" in params["reason"]:
            self._leads_on = float(params["delay"]), str(params["url"])

    def _on_detached(self, params: dict[str, Any]) -> None:
        self._frames.sessions.pop(params.get("sessionId", ""), None)

    def _on_crash(self, params: dict[str, Any]) -> None:
        if params.get("targetId") == self._page:
            self._recorder.note("evidence.note_crash")
            self._crashed.set()

    # Loading.

    async def _navigate(self, url: str) -> str:
        """Empty when a page stands there; otherwise Chromium's error, or `silent`."""
        answer = await self._go(url)
        error = str(answer.get("errorText", ""))
        if error.startswith("net::ERR_CERT"):
            # What stands behind a bad certificate is still what people are shown; it is kept, and said.
            self._recorder.note("evidence.note_certificate", kind=error)
            await self._cdp.call("Security.setIgnoreCertificateErrors", {"ignore": True}, self._session, seconds=3)
            answer = await self._go(url)
            error = str(answer.get("errorText", ""))
        if error:
            return error
        self._frames.page = Frame(self._session, answer["frameId"])
        return ""

    async def _wait_loaded(self) -> None:
        try:
            await asyncio.wait_for(self._loaded.wait(), max(0.1, min(self._limits.load_seconds, self._left() - 12)))
        except TimeoutError:
            self._recorder.note("evidence.note_load", seconds=int(self._limits.load_seconds))

    async def _go(self, url: str) -> dict[str, Any]:
        """A page whose document has begun to come is waited for until the recorder hands on as much as came."""
        self._loaded.clear()
        answer = self._cdp.send("Page.navigate", {"url": url}, self._session)
        done, _ = await asyncio.wait([answer], timeout=self._limits.load_seconds)
        if not done and self._recorder.answered:
            await asyncio.wait([answer], timeout=self._limits.load_seconds)
        if not answer.done():
            raise TimeoutError
        return answer.result()

    async def _set_cookies(self) -> None:
        """The person's session, one by one: a malformed one must not keep the others out. The browser sends each to its
        hosts only."""
        for cookie in self._options.cookies:
            made: dict[str, Any] = {
                "name": cookie.name,
                "value": cookie.value,
                "path": cookie.path,
                "secure": cookie.secure,
                "httpOnly": cookie.http_only,
                "url": f"{'https' if cookie.secure else 'http'}://{cookie.host}{cookie.path}",
            }
            if cookie.subdomains:
                made["domain"] = f".{cookie.host}"
            if cookie.expires is not None:
                made["expires"] = cookie.expires
            try:
                done = await self._cdp.call("Network.setCookie", made, self._session, seconds=2)
            except CdpError:
                done = {"success": False}
            if not done.get("success", True):
                self._recorder.note("evidence.note_cookie", name=cookie.name, host=cookie.host)

    async def _expand(self) -> None:
        """Opens what the page folded away, and says how much: the page is then not as it first showed itself."""
        answer = await self._frames.run("expand.js", {"most": 60, "pause": 40})
        self.seen.expanded = int(answer["opened"])
        if self.seen.expanded:
            self._recorder.note("evidence.note_expanded", n=self.seen.expanded)

    async def _scroll(self) -> None:
        until = self._loop.time() + self._limits.scroll_seconds
        for frame in await self._frames.all():
            main = frame == self._frames.page
            try:
                if not main:
                    await self._frames.show(frame)
                work = self._frames.run("scroll.js", self._scrolling(until, framed=not main), frame)
                answer = await asyncio.wait_for(work, max(0.0, until - self._loop.time()) + _BEYOND_SECONDS)
            except (CdpError, TimeoutError):
                if main:
                    raise
                continue  # gone meanwhile, or told by the look at its words
            self._take_passed(answer, frame)
        await self._frames.run("scroll.js", self._scrolling(0, framed=False))  # back to the top

    def _scrolling(self, until: float, *, framed: bool) -> dict[str, Any]:
        seconds = max(0.0, until - self._loop.time())
        limits = {"pause": _FRAMES_MILLISECONDS, "seconds": seconds, "framed": framed}
        return limits | {"text": _TEXT, "inline": _INLINE - self._own}

    def _take_passed(self, answer: dict[str, Any], frame: Frame) -> None:
        """Lines, and pictures without an address on the web, that a frame showed on the way."""
        self._passed += answer["passed"]
        for one in answer["pictures"]:
            self.seen.references.append(Reference(one["url"], ("passed",), frame.id))
            self._own += len(one["url"]) + len(one["data"])
            if one["data"]:
                self.seen.inline[one["url"]] = one["data"]
        if anew := sum(one["anew"] for one in answer["pictures"]):
            self._recorder.note("evidence.note_redrawn", n=anew)
        if answer["lost"]:
            self._recorder.note("evidence.note_references")
        if not answer["reached"]:
            self._recorder.note("evidence.note_scroll")

    # Looking.

    async def _first_words(self) -> None:
        """What stands there before anything is moved. Scrolling wakes a page's scripts, and one that then never ends
        would take its words with it; where it does not, the page as it stood in the end takes this one's place."""
        try:
            async with asyncio.timeout(max(0.05, min(_FIRST_WORDS_SECONDS, self._left()))):
                await self._take_first_words()
                await self._frames.hand_in_closed(_FIRST_WORDS_SECONDS / 2, _FIRST_NODES)
                if self._frames.handed_in:
                    await self._take_first_words()
        except (TimeoutError, CdpError):
            await self._unhang()

    async def _take_first_words(self) -> None:
        limits = {"nodes": _NODES, "refs": 0, "text": _TEXT, "html": self._limits.dom_bytes, "inline": 0, "canvases": 0}
        got = await self._frames.run("collect.js", limits)
        if not got["url"].startswith(_BROWSERS_OWN):
            self.seen.text = got["text"]
            self._take_main(got)

    async def _collect(self) -> None:
        limits = {"nodes": _NODES, "refs": 4000, "text": _TEXT, "html": self._limits.dom_bytes}
        limits |= {"inline": _INLINE, "canvases": 24}
        texts: list[str] = []
        self._remember()
        if not await self._frames.hand_in_closed(_CLOSED_SECONDS, _DESCRIBED_NODES):
            self._recorder.note("evidence.note_apart")
        for number, frame in enumerate(await self._frames.all()):
            try:
                got = await self._frames.run("collect.js", limits, frame)
            except (CdpError, TimeoutError):
                self._recorder.note("evidence.note_frame")
                if number == 0:
                    raise
                continue
            if got["url"].startswith(_BROWSERS_OWN):
                if number == 0:
                    self._frames.lost = True
                continue  # why a frame is not there stands with its request
            if got["dressed"] and self._came_as_xml(got["url"]):
                self._recorder.note("evidence.note_xml")
            if got["textLength"] > limits["text"]:
                self._recorder.note("evidence.note_text", length=_TEXT)
            texts.append(got["text"][: limits["text"]])
            limits["text"] = max(0, limits["text"] - len(got["text"]))
            if number == 0:
                self._take_main(got)
                self._taken = True
            limits["inline"] = max(0, limits["inline"] - self._take_references(got, frame.id))
        self.seen.text = "\n\n".join(text for text in texts if text.strip())
        self._add_passed()

    def _remember(self) -> None:
        """The lines that stand there now, should they not stand there in the end."""
        self._passed[:0] = [words for line in self.seen.text.splitlines() if (words := line.strip())]

    def _add_passed(self) -> None:
        """What the page showed on the way and shows no more: at first, or while it was scrolled."""
        last = {line.strip() for line in self.seen.text.splitlines()}
        gone = [line for line in dict.fromkeys(self._passed) if line not in last]
        if gone:
            self.seen.text = "\n\n".join([*([self.seen.text] if self.seen.text else []), "\n".join(gone)])
            self._recorder.note("evidence.note_passed", n=len(gone))

    def _came_as_xml(self, url: str) -> bool:
        """A page can imitate the browser's own words; what did not come as XML is never shown with them."""
        address = url.partition("#")[0]
        return any("xml" in one.mime for one in self._recorder.exchanges if one.url == address)

    def _take_main(self, got: dict[str, Any]) -> None:
        self.seen.final_url, self.seen.title = got["url"], got["title"]
        if not self._options.pictures:
            return
        if got["html"]:
            self.seen.html = self._folder / "page.html"
            self.seen.html.write_text(got["html"], encoding="utf-8", errors="replace")
        else:
            self._recorder.note("evidence.note_dom", length=int(got["htmlLength"]))

    def _take_references(self, got: dict[str, Any], frame: str) -> int:
        """Gives how many signs of pictures written into the page were taken over."""
        if got["undrawn"]:
            self._recorder.note("evidence.note_canvas", n=got["undrawn"])
        if got["cut"]:
            self._recorder.note("evidence.note_references")
        for ref in got["refs"]:
            self.seen.references.append(Reference(ref["url"], tuple(ref["roles"]), frame))
        self.seen.drawn += got["drawn"]
        return sum(len(r["url"]) for r in got["refs"] if r["url"].startswith("data:")) + sum(map(len, got["drawn"]))

    async def _fetch_more(self) -> None:
        have = {e.url for e in self._recorder.exchanges if e.status and (e.status != 206 or whole_range(e))}
        want = [
            r
            for r in self.seen.references
            if r.url.startswith(("http://", "https://")) and r.url.partition("#")[0] not in have
        ]
        images = [r.url for r in want if "media" not in r.roles][:_MORE]
        media = [r.url for r in want if "media" in r.roles][:8]
        if images or media:
            await self._frames.run("fetch_more.js", {"images": images, "media": media, "milliseconds": 4000})

    async def _read_blobs(self) -> None:
        by_frame: dict[str, list[str]] = {}
        for reference in self.seen.references:
            if reference.url.startswith("blob:") and reference.url not in self.seen.inline:
                by_frame.setdefault(reference.frame, []).append(reference.url)
        for frame in await self._frames.all() if by_frame else []:
            if urls := by_frame.get(frame.id):
                room = max(0, _INLINE - sum(map(len, self.seen.inline.values())))
                got = await self._frames.run("blobs.js", {"urls": urls, "most": 32 * 2**20, "all": room}, frame)
                self.seen.inline |= got["read"] | got["drawn"]
                if got["drawn"]:
                    self._recorder.note("evidence.note_redrawn", n=len(got["drawn"]))

    async def _read_certificates(self) -> None:
        origins = dict.fromkeys(
            _origin(e.url) for e in self._recorder.exchanges if e.url.startswith("https://") and e.status
        )
        for origin in list(origins)[:20]:
            answer = await self._cdp.call("Network.getCertificate", {"origin": origin}, self._session, seconds=2)
            chain = tuple(base64.b64decode(one) for one in answer.get("tableNames", ()))
            if chain:
                self.seen.certificates.append(Certificate(origin.removeprefix("https://"), chain))


_ATTACH = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}"


def _identity(version: dict[str, Any], locale: str, *, phone: bool) -> dict[str, Any]:
    """The user agent of the same Chromium with a window, or on a phone: many sites show a headless one something else
    than people see."""
    agent = str(version["userAgent"]).replace("HeadlessChrome", "Chrome")
    major = str(version["product"]).partition("/")[2].partition(".")[0]
    if phone:  # Chrome's own reduced form for Android
        agent = (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            f"Chrome/{major}.0.0.0 Mobile Safari/537.36"
        )
    base = locale.partition("-")[0]
    wanted = [locale, *([f"{base};q=0.9"] if base != locale else []), *(["en;q=0.8"] if base != "en" else [])]
    brands = [{"brand": "Chromium", "version": major}, {"brand": "Not_A Brand", "version": "24"}]
    metadata = {
        "brands": brands,
        "platform": "Android" if phone else "Linux",
        "platformVersion": "10" if phone else "",
        "architecture": "" if phone else "x86",
        "model": "K" if phone else "",
        "mobile": phone,
    }
    return {
        "userAgent": agent,
        "acceptLanguage": ",".join(wanted),
        "platform": "Linux armv81" if phone else "Linux x86_64",
        "userAgentMetadata": metadata,
    }
