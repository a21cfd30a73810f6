"""Every exchange of the browser with the network, taken down at the browser's own `Fetch` stage.

Interception sits on the browser itself, so frames of other sites, popups, media and the favicon pass here too, and the
real certificate stays visible (no certificate of ours is in between). Bodies are kept as the browser received them:
decoded. What is asked for is decided by the page; what may be opened, by `gate.py`; the archive file is written by
`archive.py`.
"""

import asyncio
import base64
import contextlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sitr.evidence.captured import BodyState, Exchange, Headers, Problem
from sitr.evidence.cdp import Cdp, CdpError
from sitr.evidence.gate import Gate
from sitr.evidence.options import CaptureLimits

# Above this, or when the length is not told, a body is streamed to the work folder instead of held in the browser's
# memory.
STREAM_ABOVE = 5 * 2**20
# What is handed back to the page at most: the protocol takes it as one base64 message.
_GIVE_BACK = 32 * 2**20
_CHUNK = 512 * 1024
# The protocol hands a piece on only when it is full. So the first is small, and none is larger than what came before
# it, of a document than a quarter of it: a server that stops in the middle takes that with it, and not all.
_FIRST_CHUNK = 4096
_DOCUMENT_FIRST_CHUNK = 16
_DOCUMENT_PART = 4
_DOCUMENT_CHUNK = 8 * 1024
# A page is shown only when its document was handed back: after this share of the time to load it is, as far as it came.
_DOCUMENT_SHARE = 0.6
# Slower than this, in bytes a second, a body is not waited for beyond the time of one step.
_SLOW = 16 * 1024
# Of what a page can do without end, so many of a kind are listed; the rest is counted.
_NOTES = 30
_LONGEST_NOTE = 500
_UNKEPT = 500
# A packed body of at most so many bytes may hold nothing at all.
_PACKED_NOTHING = 32
_BODILESS = frozenset({101, 204, 205, 304})
_PICTURE = re.compile(r"(image|video|audio)/|application/(octet-stream|pdf|zip|vnd\.apple\.mpegurl)")
# What a capture without pictures lets a page ask for; the favicon, for one, is `Other`.
_WORDS_ONLY = frozenset({"Document", "Stylesheet", "Script", "XHR", "Fetch"})
_ENDLESS = re.compile(r"text/event-stream|multipart/x-mixed-replace|(audio|video)/")
_WHOLE_RANGE = re.compile(r"bytes 0-(\d+)/(\d+)")


@dataclass
class _Sent:
    """The headers that really went out, told by the network service apart from the request itself."""

    headers: dict[str, str]


class Recorder:
    """Takes down one visit. `exchanges` grows in the order in which requests were made."""

    def __init__(
        self,
        cdp: Cdp,
        gate: Gate,
        folder: Path,
        limits: CaptureLimits,
        clock: Callable[[], datetime],
        *,
        pictures: bool,
    ) -> None:
        self._cdp = cdp
        self._gate = gate
        self._folder = folder
        self._limits = limits
        self._clock = clock
        self._pictures = pictures
        self._open: dict[str, Exchange] = {}
        self._sent: dict[str, list[_Sent]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stored = 0
        self._last_change = asyncio.get_running_loop().time()
        self._notes: Counter[str] = Counter()
        self._refused = 0
        self.exchanges: list[Exchange] = []
        self.problems: dict[tuple[str, str], Problem] = {}

    async def start(self, seconds: float) -> None:
        """Intercepts everything, before it is sent and when its headers have come."""
        self._cdp.on("Fetch.requestPaused", lambda params, _session: self._paused(params))
        self._cdp.on("Network.requestWillBeSentExtraInfo", lambda params, _session: self._really_sent(params))
        self._cdp.on("Network.loadingFailed", lambda params, _session: self._given_up(params))
        self._cdp.on("Fetch.authRequired", lambda params, _session: self._asked_for_login(params))
        self._cdp.on("Network.webSocketCreated", lambda params, _session: self._web_socket(params))
        patterns = [{"urlPattern": "*", "requestStage": stage} for stage in ("Request", "Response")]
        request = {"patterns": patterns, "handleAuthRequests": True}
        await self._cdp.call("Fetch.enable", request, seconds=seconds)

    @property
    def answered(self) -> bool:
        """Whether the headers of any answer came."""
        return any(exchange.status for exchange in self.exchanges)

    def note(self, code: str, **data: Any) -> None:
        """Writes down a problem once, and of one code no more than a few: a page can open windows without end."""
        data = {name: one[:_LONGEST_NOTE] if isinstance(one, str) else one for name, one in data.items()}
        key = code, str(sorted(data.items()))
        if key in self.problems:
            return
        self._notes[code] += 1
        if self._notes[code] <= _NOTES:
            self.problems[key] = Problem(code, data)

    async def quiet(self, seconds: float, still: float = 0.3) -> bool:
        """Waits until nothing is under way for `still` seconds; False when `seconds` ran out first."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            if not self._open and not self._tasks and loop.time() - self._last_change >= still:
                return True
            await asyncio.sleep(0.05)
        return False

    async def finish(self, seconds: float) -> None:
        """Gives bodies under way a last chance, then cuts them off where they are."""
        if self._tasks:
            _done, late = await asyncio.wait(self._tasks, timeout=max(seconds, 0.01))
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=2)
        for exchange in self._open.values():
            exchange.why = exchange.why or ("cut" if exchange.status else "no_answer")
        self._open.clear()
        self._merge_sent()
        unlisted = sum(n - _NOTES for n in self._notes.values() if n > _NOTES) + max(0, self._refused - _UNKEPT)
        if unlisted:
            self.note("evidence.note_unlisted", n=unlisted)

    def _paused(self, params: dict[str, Any]) -> None:
        self._last_change = asyncio.get_running_loop().time()
        handle = self._answered if "responseStatusCode" in params or "responseErrorReason" in params else self._asked
        task = asyncio.create_task(handle(params))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._last_change = asyncio.get_running_loop().time()
        if (
            not task.cancelled()
            and (error := task.exception()) is not None
            and not isinstance(error, CdpError | TimeoutError)
        ):
            self.note("evidence.note_recorder", kind=type(error).__name__)

    async def _asked(self, params: dict[str, Any]) -> None:
        """Before it is sent: is it the web, is there room, may it be a picture."""
        exchange = self._new(params)
        if not exchange.url.startswith(("http://", "https://")):
            # data: and blob: stay inside the browser; anything else (file:) has no business in a page from the web.
            inner = exchange.url.startswith(("data:", "blob:", "about:"))
            await self._let_go(params) if inner else await self._refuse(params)
            return
        why = self._why_not(params)
        self._refused += why == "too_many"
        if self._refused <= _UNKEPT:
            self.exchanges.append(exchange)
        if why:
            exchange.why = why
            exchange.state = BodyState.WITHHELD if why == "no_pictures" else BodyState.ABSENT
            await self._refuse(params)
            return
        self._open[params["requestId"]] = exchange
        self._gate.allow(exchange.url)
        await self._let_go(params)

    def _why_not(self, params: dict[str, Any]) -> str:
        if len(self.exchanges) >= self._limits.requests:
            self.note("evidence.note_requests", limit=self._limits.requests)
            return "too_many"
        if not self._pictures and params.get("resourceType") not in _WORDS_ONLY:
            return "no_pictures"
        return ""

    def _new(self, params: dict[str, Any]) -> Exchange:
        request = params["request"]
        return Exchange(
            number=len(self.exchanges) + 1,
            url=request["url"].partition("#")[0],
            method=request["method"],
            type=params.get("resourceType", ""),
            frame=params.get("frameId", ""),
            started=self._clock(),
            network_id=params.get("networkId", ""),
            request_headers=tuple(request.get("headers", {}).items()),
            post=_posted(request),
        )

    async def _answered(self, params: dict[str, Any]) -> None:
        """Its headers have come, or it failed."""
        exchange = self._open.get(params["requestId"])
        if exchange is None:  # let through without having been seen at the first stage (an authentication retry)
            exchange = self._new(params)
            self.exchanges.append(exchange)
        try:
            if "responseErrorReason" in params:
                self._failed(exchange, params["responseErrorReason"])
                await self._let_go(params)
                return
            exchange.status = int(params["responseStatusCode"])
            exchange.reason = params.get("responseStatusText", "")
            exchange.response_headers = tuple((h["name"], h["value"]) for h in params.get("responseHeaders", ()))
            exchange.address = self._gate.address_of(exchange.url)
            await self._body(exchange, params)
        finally:
            self._open.pop(params["requestId"], None)

    def _failed(self, exchange: Exchange, reason: str) -> None:
        refused = self._gate.refusal_of(exchange.url)
        exchange.why = "refused" if refused else f"failed:{reason}"
        if refused:
            exchange.reason = refused

    async def _body(self, exchange: Exchange, params: dict[str, Any]) -> None:
        redirect = 300 <= exchange.status < 400 and exchange.status != 304 and bool(exchange.header("location"))
        if redirect or exchange.method == "HEAD" or exchange.status in _BODILESS:
            exchange.state = BodyState.KEPT
            await self._let_go(params)
        elif not self._pictures:
            await self._withheld(exchange, params)
        elif is_short(exchange):
            await self._whole_body(exchange, params)
        else:
            await self._streamed_body(exchange, params)

    async def _withheld(self, exchange: Exchange, params: dict[str, Any]) -> None:
        """No body is kept at all: a script or a data file can hold a picture as text."""
        exchange.state, exchange.why = BodyState.WITHHELD, "no_pictures"
        await (self._refuse(params) if _PICTURE.match(exchange.mime) else self._let_go(params))

    async def _whole_body(self, exchange: Exchange, params: dict[str, Any]) -> None:
        request = {"requestId": params["requestId"]}
        exchange.state, exchange.why = BodyState.CUT, "cut"
        try:
            answer = await self._cdp.call("Fetch.getResponseBody", request, seconds=self._limits.seconds)
        except (CdpError, TimeoutError):
            await self._let_go(params)
            return
        raw = answer["body"]
        data = base64.b64decode(raw) if answer.get("base64Encoded") else raw.encode()
        self._keep(exchange, data)
        exchange.state, exchange.why = BodyState.KEPT, ""
        self._check_length(exchange)
        await self._let_go(params)

    def _keep(self, exchange: Exchange, data: bytes) -> None:
        exchange.body = exchange.body or self._folder / f"{exchange.number:05d}"
        with exchange.body.open("ab") as file:
            file.write(data)
        exchange.length += len(data)
        self._stored += len(data)

    async def _streamed_body(self, exchange: Exchange, params: dict[str, Any]) -> None:
        exchange.state, exchange.why = BodyState.CUT, "cut"
        answer = await self._cdp.call(
            "Fetch.takeResponseBodyAsStream", {"requestId": params["requestId"]}, seconds=self._limits.step_seconds
        )
        try:
            await self._read_stream(exchange, answer["stream"])
        finally:
            with contextlib.suppress(CdpError):
                self._cdp.send("IO.close", {"handle": answer["stream"]})
            self._check_length(exchange)
            await self._give_back(exchange, params["requestId"])

    async def _read_stream(self, exchange: Exchange, handle: str) -> None:
        self._keep(exchange, b"")
        clock, document = asyncio.get_running_loop().time, exchange.type == "Document"
        began = clock()
        limit = self._limits.load_seconds * _DOCUMENT_SHARE if document else self._limits.step_seconds
        while True:
            size = _next_piece(exchange.length, document=document)
            left = began + limit - clock() if document else limit
            part = await self._cdp.call("IO.read", {"handle": handle, "size": size}, seconds=left)
            data = part.get("data", "")
            self._keep(exchange, base64.b64decode(data) if part.get("base64Encoded") else data.encode())
            if part.get("eof"):
                exchange.state, exchange.why = BodyState.KEPT, ""
                return
            if exchange.length > self._limits.body_bytes or self._stored > self._limits.bytes:
                exchange.why = "too_large"
                return
            if exchange.length < (clock() - began - limit) * _SLOW:
                return

    async def _give_back(self, exchange: Exchange, request_id: str) -> None:
        """The page gets what was kept. What is too large for one message the page does not get; the archive has it."""
        if exchange.body is None or exchange.length > _GIVE_BACK:
            self._cdp.send("Fetch.failRequest", {"requestId": request_id, "errorReason": "BlockedByClient"})
            return
        dropped = {"content-encoding", "transfer-encoding", "content-length"}
        headers = [{"name": k, "value": v} for k, v in exchange.response_headers if k.lower() not in dropped]
        answer = {"requestId": request_id, "responseCode": exchange.status, "responseHeaders": headers}
        with contextlib.suppress(CdpError):
            await self._cdp.send_file("Fetch.fulfillRequest", answer, "body", exchange.body)

    def _check_length(self, exchange: Exchange) -> None:
        """A body shorter than the server said is cut, whatever the browser made of it. Encoded bodies cannot be
        compared."""
        told = exchange.header("content-length")
        encoded = exchange.header("content-encoding")
        packed_nothing = _is_number(told) and int(told) <= _PACKED_NOTHING
        if exchange.state is BodyState.KEPT and encoded and not exchange.length and not packed_nothing:
            # What cannot be unpacked comes as nothing, and the protocol does not say so.
            exchange.state, exchange.why = BodyState.CUT, "cut"
        if exchange.state is BodyState.KEPT and _is_number(told) and not encoded and exchange.length < int(told):
            exchange.state, exchange.why = BodyState.CUT, "cut"

    def _really_sent(self, params: dict[str, Any]) -> None:
        self._sent.setdefault(params["requestId"], []).append(_Sent(params.get("headers", {})))

    def _given_up(self, params: dict[str, Any]) -> None:
        """The page dropped a request (it moved on, or removed the element) before any answer."""
        for key, exchange in tuple(self._open.items()):
            if exchange.network_id and exchange.network_id == params.get("requestId") and not exchange.status:
                exchange.why = exchange.why or f"failed:{params.get('errorText', '')}"
                del self._open[key]
        self._last_change = asyncio.get_running_loop().time()

    def _asked_for_login(self, params: dict[str, Any]) -> None:
        """A prompt for a name and password: nobody is there to answer it, and the page would wait until its limit."""
        self._last_change = asyncio.get_running_loop().time()
        origin = params.get("authChallenge", {}).get("origin", "")
        self.note("evidence.note_login", host=origin[:200])
        request = {"requestId": params["requestId"], "authChallengeResponse": {"response": "CancelAuth"}}
        self._cdp.send("Fetch.continueWithAuth", request)

    def _web_socket(self, params: dict[str, Any]) -> None:
        self._gate.allow(params.get("url", ""))
        self.note("evidence.note_websocket", url=params.get("url", ""))

    def _merge_sent(self) -> None:
        """The n-th request with one network id (a redirect keeps the id) went out with the n-th set of headers."""
        seen: dict[str, int] = {}
        for exchange in self.exchanges:
            position = seen.get(exchange.network_id, 0)
            seen[exchange.network_id] = position + 1
            sent = self._sent.get(exchange.network_id, [])
            if exchange.network_id and position < len(sent):
                exchange.request_headers = _merged(exchange.request_headers, sent[position].headers)

    async def _let_go(self, params: dict[str, Any]) -> None:
        await self._settle("Fetch.continueRequest", {"requestId": params["requestId"]})

    async def _refuse(self, params: dict[str, Any]) -> None:
        await self._settle("Fetch.failRequest", {"requestId": params["requestId"], "errorReason": "BlockedByClient"})

    async def _settle(self, method: str, params: dict[str, Any]) -> None:
        # The request may have been dropped by the page meanwhile: then there is nothing to settle.
        with contextlib.suppress(CdpError, TimeoutError):
            await self._cdp.call(method, params, seconds=self._limits.step_seconds)


def _posted(request: dict[str, Any]) -> bytes:
    entries = request.get("postDataEntries")
    if entries:
        return b"".join(base64.b64decode(entry.get("bytes", "")) for entry in entries)
    return str(request.get("postData", "")).encode()


def _next_piece(have: int, *, document: bool) -> int:
    if document:
        return min(_DOCUMENT_CHUNK, max(_DOCUMENT_FIRST_CHUNK, have // _DOCUMENT_PART))
    return min(_CHUNK, max(_FIRST_CHUNK, have))


def is_short(exchange: Exchange) -> bool:
    """Whether a body may be asked for in one piece. A packed one may not: a megabyte of it can hold a thousand. Nor may
    a document: what comes of it before the server falls silent is what people see."""
    told = exchange.header("content-length")
    if exchange.type == "Document" or exchange.header("content-encoding") or _ENDLESS.match(exchange.mime):
        return False
    return _is_number(told) and int(told) <= STREAM_ABOVE


def _is_number(told: str) -> bool:
    """A length that can be one: servers write what they like there, other scripts' digits and thousands of them."""
    return told.isascii() and told.isdigit() and len(told) < 19


def _merged(provisional: Headers, sent: dict[str, str]) -> Headers:
    have = {name.lower() for name in sent}
    return (*sent.items(), *((k, v) for k, v in provisional if k.lower() not in have))


def whole_range(exchange: Exchange) -> bool:
    """A 206 that covers the file from its first byte to its last is the whole file."""
    found = _WHOLE_RANGE.fullmatch(exchange.header("content-range").strip())
    return exchange.status == 206 and found is not None and int(found[1]) + 1 == int(found[2])
