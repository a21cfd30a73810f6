# ruff: noqa: E501, S104  (pages and scripts are easier to read on one line)
"""What hostile pages try, as scenes: one capture each, with as many attempts in it as fit beside each other.

A scene puts up its pages and says what the record must say afterwards. Around every scene stand canaries, servers of this
machine that nobody may reach: one connection or datagram there, whatever the spelling, is an escape. The tests run the
scenes; `benchmarks/hostile.py` runs all of them and writes the table.
"""

import gzip
import io
import itertools
import socket
import struct
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.evidence.capture_world import NOW, accepted
from tests.evidence.evidence_site import Site, drawn, drip, redirect, reply
from warcio.archiveiterator import ArchiveIterator

from sitr.errors import OutsideSilent, SitrError
from sitr.evidence import Capture, CaptureLimits, CaptureOptions, FileKind, capture
from sitr.net import Door, LoopbackPass, mark_throw_away


class Udp:
    """Counts datagrams on the loopback, for what goes past TCP."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while data := self._socket.recv(2048):
            if data == b"end":
                return
            self.received.append(data)

    def close(self) -> None:
        """End it."""
        self._socket.sendto(b"end", ("127.0.0.1", self.port))
        self._thread.join(5)
        self._socket.close()


@dataclass
class Ground:
    """Where a scene plays: the one site that may be reached, the canaries, and names that change their answers."""

    site: Site
    canary: Site
    udp: Udp
    asked: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def forbidden(self) -> str:
        """An address that no page may reach."""
        return f"http://127.0.0.1:{self.canary.port}/hit"

    def names(self, host: str, port: int) -> Sequence[str]:
        """The world's names. `rebind.example` is the site when it is first asked for, and an inner address afterwards."""
        known = {
            "localhost": ["127.0.0.1"], "inner.example": ["127.0.0.1"], "mixed.example": ["93.184.216.34", "10.0.0.1"],
            "metadata.google.internal": ["169.254.169.254"], "six.example": ["::1"], "azure.example": ["168.63.129.16"],
            "site.example": ["127.0.0.1"],
        }  # fmt: skip
        if host == "rebind.example" and port:
            return ["127.0.0.1"] if next(self.asked) == 0 else ["10.0.0.1"]
        if host not in known:
            raise OSError("no such name")
        return known[host]

    @property
    def escapes(self) -> int:
        """Connections and datagrams that reached a canary."""
        return self.canary.raw + len(self.udp.received)


@contextmanager
def ground() -> Iterator[Ground]:
    """A fresh one."""
    site, canary, udp = Site(), Site(), Udp()
    try:
        yield Ground(site, canary, udp)
    finally:
        udp.close()
        canary.close()
        site.close()


Build = Callable[[Ground], str]


@dataclass(frozen=True)
class Scene:
    """`tries` names every attempt in it. `says`: codes (of problems, of what is missing, of the refusal) of which the
    record must hold all; `words`: whether the page's own words must be kept. `check` finds what else is wrong.
    `seconds`: how long it may take on a busy machine."""

    name: str
    tries: tuple[str, ...]
    build: Build
    says: frozenset[str] = frozenset()
    words: bool = True
    limits: Mapping[str, float] = field(default_factory=dict)
    check: Callable[[Ground, Capture], str] = lambda _ground, _made: ""
    slow: bool = False
    seconds: float = 45.0


@dataclass(frozen=True)
class Outcome:
    """What became of a scene. `wrong` is empty when it held."""

    scene: Scene
    escapes: int
    seconds: float
    result: str
    said: tuple[str, ...]
    wrong: str


def play(scene: Scene, workdir: Path, home: Path) -> Outcome:
    """Capture it and judge."""
    bounds = {
        "seconds": 30.0,
        "load_seconds": 6.0,
        "step_seconds": 6.0,
        "quiet_seconds": 1.5,
        "scroll_seconds": 2.0,
        "settle_seconds": 0.0,
        **scene.limits,
    }
    with ground() as place:
        mark_throw_away(home)
        door = Door(loopback=LoopbackPass(home, [place.site.port]), resolver=place.names)
        url = scene.build(place)
        options = accepted(CaptureOptions(limits=CaptureLimits(**bounds)))  # type: ignore[arg-type]
        began = time.monotonic()
        made: Capture | None = None
        try:
            made = capture(url, door=door, workdir=workdir, options=options, now=NOW)
            said, result = _said(made), "partial" if made.partial else "kept"
        except SitrError as error:
            said, result = (
                {error.code.removeprefix("evidence.")},
                "refused" if isinstance(error, OutsideSilent) else "error",
            )
        took = time.monotonic() - began
        wrong = _wrong(scene, place, made, said, took)
        return Outcome(scene, place.escapes, took, result, tuple(sorted(said)), wrong)


def _said(made: Capture) -> set[str]:
    notes = {p.code.removeprefix("evidence.").removeprefix("note_") for p in made.problems}
    return notes | {gap.why for gap in made.completeness.missing} | {e.why for e in made.exchanges if e.why}


def _wrong(scene: Scene, place: Ground, made: Capture | None, said: set[str], took: float) -> str:
    unsaid = scene.says - said
    early = [f"{place.escapes} escapes"] if place.escapes else []
    early += [f"took {took:.0f} s"] if took > scene.seconds else []
    early += [f"does not say {', '.join(sorted(unsaid))}"] if unsaid else []
    if early:
        return "; ".join(early)
    if made is None:
        return "" if not scene.words else "nothing kept"
    kept = [f.kind for f in made.files]
    if FileKind.RECORD not in kept:
        return "no record"
    texts = made.of_kind(FileKind.TEXT)
    if scene.words and not (texts and "words" in texts[0].path.read_text(encoding="utf-8")):
        return "the page's words are not kept"
    return scene.check(place, made)


def page(body: str, path: str = "/p", **headers: str) -> Build:
    """A scene of one page."""
    return lambda ground: ground.site.html(
        path, body.replace("FORBIDDEN", ground.forbidden).replace("PORT", str(ground.canary.port)), **headers
    )


SPELLINGS = (
    "127.0.0.1", "localhost", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0",
    "localhost.", "①②⑦.⓪.⓪.①", "inner.example", "mixed.example", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[::]", "0", "127.0.0.2", "six.example", "azure.example", "127%2e0%2e0%2e1", "017700000001",
    "[::ffff:0:127.0.0.1]", "[::127.0.0.1]", "127.0.0.1.", "0x7f.0x0.0x0.0x1", "127.000.000.001", "127.0x1", "[::ffff:0x7f.1]",
    "127。0。0。1", "%6c%6f%63alhost", "loca\u00adlhost", "LOCALHOST", "ip6-localhost", "localhost.localdomain", "[::1%25lo]",
    "[64:ff9b:1::7f00:1]", "[2001::7f00:1]", "[fec0::1]", "[100::1]", "[2001:db8::1]", "[ff02::1]", "198.18.0.1", "240.0.0.1",
)  # fmt: skip
INNER = (
    "http://169.254.169.254/latest/meta-data/", "http://0xa9fea9fe/", "http://2852039166/", "http://[::ffff:a9fe:a9fe]/",
    "http://metadata.google.internal/", "http://100.100.100.200/", "http://168.63.129.16/", "http://10.0.0.1/",
    "http://192.168.1.1/", "http://172.16.0.1/", "http://[fd00::1]/", "http://[fe80::1]/", "http://100.64.0.1/",
    "http://224.0.0.1/", "http://255.255.255.255/",
)  # fmt: skip


def _spellings(ground: Ground) -> str:
    urls = [f"http://{host}:{ground.canary.port}/hit" for host in SPELLINGS] + list(INNER)
    return ground.site.html("/p", "<p>words</p>" + "".join(f"<img src='{url}'>" for url in urls))


REDIRECTS = (
    "FORBIDDEN", "http://169.254.169.254/latest/", "http://[::1]/", "http://10.0.0.1/", "http://localhost/", "file:///etc/passwd",
    "view-source:http://127.0.0.1/", "data:text/html,<p>inside", "javascript:alert(1)", "ftp://127.0.0.1/", "//127.0.0.1:PORT/hit",
    "http:\\\\127.0.0.1:PORT\\hit", "http://site.example@127.0.0.1:PORT/hit", "http://0x7f.1:PORT/hit",
    "http://[::ffff:127.0.0.1]:PORT/hit", "http://127.0.0.1:PORT#@site.example/", "FORBIDDEN",
)  # fmt: skip


def _redirects(ground: Ground) -> str:
    for number, target in enumerate(REDIRECTS):
        to = target.replace("FORBIDDEN", ground.forbidden).replace("PORT", str(ground.canary.port))
        status = (301, 302, 303, 307, 308)[number % 5]
        ground.site.pages[f"/to/{number}"] = lambda handler, to=to, status=status: reply(  # type: ignore[misc]
            handler, b"", "text/plain", status, Location=to
        )
    hops = "".join(f"<img src=/to/{n}><iframe src=/to/{n}></iframe>" for n in range(len(REDIRECTS)))
    return ground.site.html(
        "/p",
        f"<p>words</p>{hops}<script>for (let n = 0; n < {len(REDIRECTS)}; n++) fetch('/to/' + n, {{mode: 'no-cors'}}).catch(() => 0)</script>",
    )


def _no_secret(_ground: Ground, made: Capture) -> str:
    data = b"".join(file.path.read_bytes() for file in made.files)
    return "a file of this machine was read" if b"root:x:" in data else ""


WAYS_OUT: dict[str, str] = {
    "fetch": "fetch('URL', {mode: 'no-cors'})",
    "beacon": "navigator.sendBeacon('URL', 'x')",
    "popup": "window.open('URL')",
    "frame": "document.body.insertAdjacentHTML('beforeend', `<iframe src='URL'></iframe>`)",
    "web_socket": "new WebSocket('URL'.replace('http', 'ws'))",
    "event_source": "new EventSource('URL')",
    "worker": "new Worker(URL_OBJECT)",
    "script": "document.head.appendChild(Object.assign(document.createElement('script'), {src: 'URL'}))",
    "style": "document.head.appendChild(Object.assign(document.createElement('link'), {rel: 'stylesheet', href: 'URL'}))",
    "preconnect": "document.head.appendChild(Object.assign(document.createElement('link'), {rel: 'preconnect', href: 'URL'}))",
    "prefetch": "document.head.appendChild(Object.assign(document.createElement('link'), {rel: 'prefetch', href: 'URL'}))",
    "prerender": "document.head.appendChild(Object.assign(document.createElement('script'), {type: 'speculationrules', "
    "textContent: JSON.stringify({prerender: [{source: 'list', urls: ['URL'], eagerness: 'immediate'}]})}))",
    "form": "document.body.insertAdjacentHTML('beforeend', `<form id=f method=post action='URL' target=_blank></form>`); f.submit()",
    "ping": "document.body.insertAdjacentHTML('beforeend', `<a id=a href='#x' ping='URL'>x</a>`); a.click()",
    "video": "document.body.insertAdjacentHTML('beforeend', `<video src='URL' autoplay muted></video>`)",
    "object": "document.body.insertAdjacentHTML('beforeend', `<object data='URL'></object><embed src='URL'>`)",
    "web_rtc": "const c = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:UDP'}, {urls: 'turn:127.0.0.1:PORT?transport=tcp', "
    "username: 'u', credential: 'c'}]}); c.createDataChannel('x'); c.createOffer().then((o) => c.setLocalDescription(o))",
    "web_transport": "new WebTransport('https://127.0.0.1:PORT/')",
    "dns_prefetch": "document.head.appendChild(Object.assign(document.createElement('link'), {rel: 'dns-prefetch', href: 'URL'}))",
    "manifest": "document.head.appendChild(Object.assign(document.createElement('link'), {rel: 'manifest', href: 'URL'}))",
    "track": "document.body.insertAdjacentHTML('beforeend', `<video><track src='URL' default></video>`)",
    "svg_use": "document.body.insertAdjacentHTML('beforeend', `<svg><image href='URL'/><use href='URL#a'/></svg>`)",
    "css_import": "document.head.appendChild(Object.assign(document.createElement('style'), {textContent: `@import 'URL'; @font-face {font-family: q; src: url('URL')} body {font-family: q; background: url('URL')}`}))",
    "meta_refresh": "document.body.insertAdjacentHTML('beforeend', `<iframe srcdoc=\"<meta http-equiv=refresh content='0;url=URL'>\"></iframe>`)",
    "shared_worker": "new SharedWorker(URL_OBJECT)",
    "fenced_frame": "document.body.insertAdjacentHTML('beforeend', `<fencedframe src='URL'></fencedframe><portal src='URL'></portal>`)",
    "credentialless_frame": "document.body.insertAdjacentHTML('beforeend', `<iframe credentialless src='URL'></iframe>`)",
    "attribution": "document.body.insertAdjacentHTML('beforeend', `<img attributionsrc='URL'>`)",
    "fetch_later": "fetchLater('URL', {activateAfter: 0})",
    "keepalive": "fetch('URL', {keepalive: true, method: 'POST', body: 'x'}).catch(() => 0)",
    "font": "document.fonts.add(new FontFace('z', 'url(URL)')); document.fonts.load('12px z').catch(() => 0)",
    "worklet": "CSS.paintWorklet.addModule('URL').catch(() => 0)",
    "image_set": "document.body.style.backgroundImage = `image-set(url('URL') 1x)`",
    "frame_s_tools": "const f = document.createElement('iframe'); document.body.append(f); f.contentWindow.fetch('URL').catch(() => 0); "
    "new f.contentWindow.RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:UDP'}]}).createDataChannel('x')",
    "synchronous": "const x = new XMLHttpRequest(); x.open('GET', 'URL', false); x.send()",
    "report": "new ReportingObserver(() => 0).observe(); document.head.appendChild(Object.assign(document.createElement('meta'), {httpEquiv: 'Content-Security-Policy', content: 'img-src none; report-uri URL'}))",
}


HEADERS_OUT = {
    "Link": "<URL?1>; rel=preload; as=image, <URL?2>; rel=prefetch, <URL>; rel=preconnect, <URL>; rel=dns-prefetch, "
    "<URL?3>; rel=modulepreload, <URL?4>; rel=stylesheet",
    "Report_To": '{"group":"g","max_age":99,"endpoints":[{"url":"URL?5"}]}', "Reporting_Endpoints": 'g="URL?6"',
    "NEL": '{"report_to":"g","max_age":99,"success_fraction":1.0}', "Alt_Svc": 'h3=":PORT"; ma=99, h2="127.0.0.1:PORT"',
    "Content_Security_Policy_Report_Only": "default-src 'none'; report-uri URL?7; report-to g", "Speculation_Rules": '"URL?8"',
}  # fmt: skip
"""What a server may say in its headers to have a browser go somewhere by itself."""


def ways_script(target: str, tcp: int, udp: int) -> str:
    """All ways out at once, each in a try of its own: to `target`, and to these ports of this machine."""
    inner = f"URL.createObjectURL(new Blob([\"fetch('{target}', {{mode: 'no-cors'}})\"]))"
    lines = []
    for way in WAYS_OUT.values():
        line = way.replace("URL_OBJECT", inner).replace("'URL'", f"'{target}'").replace("UDP", str(udp))
        lines.append(
            f"(() => {{try {{ {line.replace('URL', target) if 'URL.createObjectURL' not in line else line} }} catch {{}} }})();".replace(
                "PORT", str(tcp)
            )
        )
    return "\n".join(lines)


def _ways_out(ground: Ground) -> str:
    script = ways_script(ground.forbidden, ground.canary.port, ground.udp.port)
    headers = {
        name: value.replace("URL", ground.forbidden).replace("PORT", str(ground.canary.port))
        for name, value in HEADERS_OUT.items()
    }
    return ground.site.html("/p", f"<p>words</p><script>{script}</script>", **headers)


def _rebinding(ground: Ground) -> str:
    again = "<p>words</p><img src='/one.jpg'><img src='/two.jpg'><iframe src='/frame'></iframe><script>fetch('/three')</script>"
    ground.site.html("/p", again, Connection="close")
    return f"http://rebind.example:{ground.site.port}/p"


def _rebound(_ground: Ground, made: Capture) -> str:
    return "" if set(made.addresses.values()) == {"127.0.0.1"} else "another address was reached"


SCHEMES = (
    "file:///etc/passwd", "view-source:file:///etc/passwd", "view-source:http://127.0.0.1/", "chrome://settings", "about:config",
    "chrome-extension://abcdefghijklmnop/x", "filesystem:http://x/temporary/a", "javascript:document.title='forged'", "ftp://127.0.0.1/",
    "mailto:a@b.example", "tg://resolve?domain=x", "intent://x#Intent;scheme=http;end", "blob:null/x", "ms-word:ofe|u|x", "devtools://devtools/",
)  # fmt: skip


def _schemes(ground: Ground) -> str:
    parts = "".join(f'<iframe src="{s}"></iframe><img src="{s}"><object data="{s}"></object>' for s in SCHEMES)
    opens = "".join(f'try {{ window.open("{s}") }} catch {{}}' for s in SCHEMES)
    return ground.site.html("/p", f"<p>words</p>{parts}<script>{opens}</script>")


MARKUP = "</script><img src=x onerror=document.title='forged'>\"'><!--"


def _strings(ground: Ground) -> str:
    """HTML, script and marks of direction in every string that a capture keeps."""
    for path in ("/locked", "/download"):
        name = "WWW_Authenticate" if path == "/locked" else "Content_Disposition"
        value = (
            'Basic realm="</b><script>x</script>"'
            if path == "/locked"
            else 'attachment; filename="../../<img>\\u202egnp.exe"'
        )
        status = 401 if path == "/locked" else 200
        ground.site.pages[path] = lambda handler, n=name, v=value, s=status: reply(
            handler, b"MZ" * 600, "application/octet-stream", s, **{n: v}
        )  # type: ignore[misc]
    ground.site.pages["/<b>&amp;'\".jpg"] = lambda handler: reply(handler, drawn("x"), 'image/jpeg; x="<script>"')
    body = (
        "<title>\u202egpj.<script>alert(1)</script>раypal &lt;img src=x onerror=alert(2)&gt; \x00\x07\x1b[31m</title><p>words</p>"
        "<img src=\"/%3Cb%3E&amp;'%22.jpg\" alt='<script>alert(3)</script>'><a href='http://раypal.example/\u202egnp'>раypal</a>"
        '<iframe src=/locked></iframe><iframe src=/download></iframe><img src="/gone/<script>alert(4)</script>">'
        "<script>alert('<b>\\u202eforged</b>'); window.open('/pop?<script>alert(5)</scr' + 'ipt>'); document.cookie = '<b>=<i>';"
        "console.log('%c<img>', 'x'); history.pushState(0, '', '?<svg/onload=alert(6)>'); fetch('/q?' + encodeURIComponent('\\r\\nWARC/1.1\\r\\nWARC-Type: response'))</script>"
    )
    return ground.site.html("/p", body, X_Note="<script>alert(7)</script>", Server="<b>\\r\\n")


def _forging(ground: Ground) -> str:
    """Everything that could make a false record: orders to proxies, records inside bodies, our own page's tools."""
    record = "\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://forged.example/\r\nContent-Length: 5\r\n\r\nfalse\r\n\r\n"
    ground.site.pages["/body.txt"] = lambda handler: reply(handler, record.encode() * 40, "application/warc")
    ground.site.pages["/sw.js"] = lambda handler: reply(
        handler, b"self.onfetch = (e) => e.respondWith(new Response('forged by the worker'))", "text/javascript"
    )
    body = (
        "<p>words</p><script>const orders = {'WARC-Type': 'resource', 'Warcprox-Meta': '{}', 'X-Sitr': 'forged'};"
        "fetch('/x', {method: 'WARCPROX_WRITE_RECORD', headers: orders, body: 'forged'}).catch(() => 0); fetch('/body.txt');"
        "navigator.serviceWorker && navigator.serviceWorker.register('/sw.js'); JSON.stringify = () => '{\"url\": \"forged\"}';"
        "Document.prototype.querySelectorAll = () => []; Object.defineProperty(Document.prototype, 'title', {get: () => 'forged'});"
        "window.URL = null; Array.prototype[Symbol.iterator] = null; Element.prototype.getAttribute = () => 'http://forged.example/';"
        "window.__sitr = {kept: 999}; window.sitr = () => 'forged'; performance.now = () => 0; Date.now = () => 0</script>"
    )
    return ground.site.html("/p", body)


def _unforged(ground: Ground, made: Capture) -> str:
    import zipfile as zips

    known = {f"{ground.site.url}{path}" for path in ("/p", "/x", "/body.txt", "/favicon.ico")}
    if not {e.url for e in made.exchanges} <= known:
        return "an exchange that never was"
    with zips.ZipFile(made.of_kind(FileKind.WACZ)[0].path) as package, package.open("archive/capture.warc.gz") as file:
        targets = [
            r.rec_headers.get_header("WARC-Target-URI")
            for r in ArchiveIterator(file, check_digests="raise")
            if r.rec_type == "response"
        ]
    if not set(targets) <= known:
        return "a record that never was"
    return "the title was forged" if made.title != "t" else ""


def _gzip_bomb(size: int) -> bytes:
    """`size` zeros in a thousandth of it."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9) as packed:
        for _ in range(size // 2**20):
            packed.write(bytes(2**20))
    return out.getvalue()


def _png_bomb(side: int) -> bytes:
    """A one-bit PNG of side x side zeros: 50 megapixels and more in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" * (1 + (side + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _bombs(ground: Ground) -> str:
    packed = _gzip_bomb(64 * 2**20)
    ground.site.pages["/bomb.js"] = lambda handler: reply(handler, packed, "text/javascript", Content_Encoding="gzip")
    ground.site.pages["/bomb.json"] = lambda handler: reply(
        handler, packed, "application/json", Content_Encoding="gzip"
    )
    ground.site.pages["/bomb.png"] = lambda handler: reply(handler, _png_bomb(12_000), "image/png")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("zeros", bytes(32 * 2**20))
    ground.site.pages["/bomb.zip"] = lambda handler: reply(handler, archive.getvalue(), "application/zip")
    laughs = (
        "<!DOCTYPE s ["
        + "".join(f"<!ENTITY l{i} '{('&l' + str(i - 1) + ';') * 10 if i else 'ha'}'>" for i in range(10))
        + "]><svg xmlns='http://www.w3.org/2000/svg'>&l9;</svg>"
    )
    ground.site.pages["/laughs.svg"] = lambda handler: reply(handler, laughs.encode(), "image/svg+xml")
    body = "<p>words</p><img src=/bomb.png width=40><img src=/laughs.svg><iframe src=/bomb.zip></iframe><script>fetch('/bomb.json').then((r) => r.text())</script><script src=/bomb.js></script>"
    return ground.site.html("/p", body)


def _two_gigabytes(ground: Ground) -> str:
    def flood(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "video/mp4")
        handler.send_header("Content-Length", str(2 * 2**30))
        handler.end_headers()
        piece = bytes(2**20)
        for _ in range(2048):
            if ground.site.stopping.is_set():
                return
            handler.wfile.write(piece)

    ground.site.pages["/big.mp4"] = flood
    return ground.site.html("/p", "<p>words</p><video src=/big.mp4 autoplay muted></video>")


def _mute(ground: Ground) -> str:
    ground.site.pages["/mute"] = lambda _handler: (ground.site.stopping.wait(20), None)[1]
    return f"{ground.site.url}/mute"


def _round(ground: Ground) -> str:
    counter = itertools.count()
    ground.site.pages["/round"] = lambda handler: redirect(handler, f"/round?{next(counter)}")
    return f"{ground.site.url}/round"


def _drips(ground: Ground) -> str:
    kinds = {"jpg": ("image/jpeg", b"\xff\xd8\xff" + b"x" * 300), "mjpg": ("multipart/x-mixed-replace; boundary=b", b"--b\r\nContent-Type: image/jpeg\r\n\r\nx"),
             "events": ("text/event-stream", b"data: x\n\n"), "css": ("text/css", b"a{}"), "frame": ("text/html", b"<p>x")}  # fmt: skip
    for name, (mime, piece) in kinds.items():
        ground.site.pages[f"/{name}"] = lambda handler, m=mime, p=piece: drip(ground.site, handler, p, m, 25)  # type: ignore[misc]
    return ground.site.html(
        "/p",
        "<p>words</p><img src=/jpg><img src=/mjpg><iframe src=/frame></iframe><script>new EventSource('/events')</script>",
    )


def _credentials(ground: Ground) -> str:
    for path, status, name in (
        ("/locked", 401, "WWW_Authenticate"),
        ("/proxied", 407, "Proxy_Authenticate"),
        ("/digest", 401, "WWW_Authenticate"),
    ):
        value = 'Digest realm="x", nonce="n"' if path == "/digest" else 'Basic realm="Your Windows password"'
        ground.site.pages[path] = lambda handler, s=status, n=name, v=value: reply(
            handler, b"no", "text/html", s, **{n: v}
        )  # type: ignore[misc]
    return ground.site.html(
        "/p",
        "<p>words</p><img src=/locked><iframe src=/locked></iframe><iframe src=/digest></iframe><img src=/proxied><script>fetch('/locked')</script>",
    )


LOUD = {
    "dialogs": "alert('a'); confirm('b'); prompt('c'); print();",
    "beforeunload": "addEventListener('beforeunload', (e) => { e.preventDefault(); e.returnValue = 'stay' });",
    "popups": "for (let i = 0; i < 12; i++) window.open('/pop' + i);",
    "web_socket": "new WebSocket('ws://' + location.host + '/ws');",
    "service_worker": "navigator.serviceWorker && navigator.serviceWorker.register('/sw.js');",
    "full_screen": "document.documentElement.requestFullscreen().catch(() => 0); document.body.requestPointerLock && document.body.requestPointerLock();",
    "permissions": "navigator.geolocation.getCurrentPosition(() => 0); Notification.requestPermission(); navigator.mediaDevices && navigator.mediaDevices.getUserMedia({video: true}).catch(() => 0);",
    "storage": "for (let i = 0; i < 400; i++) try { localStorage[i] = 'x'.repeat(20000) } catch {}",
    "history": "for (let i = 0; i < 150; i++) history.pushState(0, '', '?' + i);",
    "close": "window.close(); window.stop();",
    "downloads": "for (let i = 0; i < 5; i++) { const a = document.createElement('a'); a.href = 'data:application/x-msdownload,MZ'; a.download = '../../x' + i + '.exe'; a.click() }",
    "clipboard": "navigator.clipboard && navigator.clipboard.writeText('x').catch(() => 0);",
    "vibrate": "navigator.vibrate && navigator.vibrate(9999);",
    "moving": "setInterval(() => document.body.append(document.createElement('i')), 20);",
}  # fmt: skip


def _loud(ground: Ground) -> str:
    script = "".join(f"try {{ {line} }} catch {{}}" for line in LOUD.values())
    return ground.site.html("/p", f"<p>words</p><script>{script}</script>")


def _nothing_downloaded(_ground: Ground, made: Capture) -> str:
    folder = made.files[0].path.parent
    return "a download was written" if list(folder.rglob("*.exe*")) + list(folder.rglob("*.crdownload")) else ""


def _said_words(*codes: str) -> frozenset[str]:
    return frozenset(codes)


HANGS = {
    "for ever, after the load": "addEventListener('load', () => setTimeout(() => { for (;;); }, 0))",
    "for ever, at once": "for (;;);",
    "for ever, when scrolled": "addEventListener('scroll', () => { for (;;); })",
    "for ever, when printed": "addEventListener('beforeprint', () => { for (;;); })",
    "promises without end": "addEventListener('load', () => { const again = () => Promise.resolve().then(again); again(); })",
    "a page that grows when scrolled": "addEventListener('scroll', () => { document.body.style.height = (document.body.scrollHeight + 9000) + 'px' })",
}
SHUT = "const shut = (host, html) => { const root = host.attachShadow({mode: 'closed'}); root.innerHTML = html; return root; };"
TREES_WITHOUT_END = (
    f"{SHUT} let all = ''; for (let i = 0; i < 100000; i++) all += '<b></b><div></div>'; box.innerHTML = all;"
    "for (const one of box.querySelectorAll('div')) shut(one, 'shut');"
)
LARGE_TREES = (
    f"{SHUT} let at = box; for (let i = 0; i < 1000; i++) at = shut(at, 'shut<div></div>').lastChild;"
    "shut(big, '<p>').firstChild.title = 'x'.repeat(1e8);"
)
_FIELDS = "".join(f"<input name={name}>" for name in ("shadowRoot", "localName", "closest", "matches", "getRootNode"))
_SHORT = {"seconds": 24.0, "load_seconds": 4.0, "step_seconds": 3.0}

SCENES: tuple[Scene, ...] = (
    Scene("inner addresses by picture", tuple(f"picture from {s}" for s in (*SPELLINGS, *INNER)), _spellings, _said_words("refused")),
    Scene("redirects inside", tuple(f"redirect to {s}" for s in REDIRECTS), _redirects, _said_words("refused"), check=_no_secret),
    Scene("ways out of a page", (*WAYS_OUT, *(f"header {name}" for name in HEADERS_OUT)), _ways_out, _said_words("refused")),
    Scene("a name that changes its answer (DNS rebinding)", ("first public, then inner", "connection reused after the change"), _rebinding, _said_words("refused"), words=True, check=_rebound),
    Scene("addresses that are no web", tuple(SCHEMES), _schemes, check=_no_secret),
    Scene("markup, script and turned text in every captured string",
          ("title", "alt text", "address", "header value", "realm", "file name", "dialog", "popup address", "cookie", "history", "query", "homoglyph name", "control signs"),
          _strings, _said_words("dialog")),
    Scene("forged records", ("order to a recording proxy", "WARC records in a body", "service worker", "broken language functions", "forged title", "forged globals", "stopped clocks"),
          _forging, check=_unforged),
    Scene("loud page", tuple(LOUD), _loud, _said_words("dialog", "websocket"), check=_nothing_downloaded),
    Scene("asking for passwords", ("basic", "digest", "in a frame", "as a proxy", "by script"), _credentials),
    Scene("bombs", ("gzip script", "gzip data", "zip", "PNG of 144 megapixels", "SVG of a billion laughs"), _bombs, slow=True, seconds=70),
    Scene("loads without end", ("picture", "moving picture", "events", "frame"), _drips, limits={**_SHORT}, slow=True),
    Scene("redirects without end", ("redirect to itself",), _round, _said_words("navigation"), words=False),
    Scene("no answer at all", ("mute server",), _mute, _said_words("silent"), words=False, limits={"load_seconds": 2.0, "seconds": 15.0}),
    Scene("ten thousand requests", ("ten thousand pictures",),
          page("<p>words</p><script>for (let i = 0; i < 10000; i++) new Image().src = '/n' + i</script>"), _said_words("requests", "too_many"), limits={"requests": 60}),
    Scene("two gigabytes", ("body of 2 GiB",), _two_gigabytes, _said_words("bytes"), limits={"bytes": 48 * 2**20, "seconds": 40.0}, slow=True, seconds=70),
    Scene("huge DOM", ("ten megabytes of text",),
          page("<body><p>words</p><script>let s = '<p>words</p>'; for (let i = 0; i < 60000; i++) s += '<p>' + 'word '.repeat(34) + i; document.body.innerHTML = s</script>"),
          _said_words("tiles"), limits={"seconds": 70.0, "load_seconds": 30.0, "step_seconds": 12.0}, slow=True, seconds=100),
    Scene("deep DOM", ("fifty thousand elements in each other",),
          page("<p>words</p><script>let at = document.body; for (let i = 0; i < 50000; i++) at = at.appendChild(document.createElement('div'))</script>"), words=False, limits=_SHORT, slow=True),
    Scene("closed shadow trees without end", ("a hundred thousand trees",), page(f"<p>words</p><div id=box></div><script>{TREES_WITHOUT_END}</script>"),
          _said_words("apart", "references"), limits={"seconds": 40.0}, slow=True, seconds=70),
    Scene("large closed shadow trees", ("a thousand trees in each other", "an attribute of a hundred megabytes", "fields that stand for a form's own properties"),
          page(f"<p>words</p><div id=box></div><div id=big></div><form>{_FIELDS}</form><script>{LARGE_TREES}</script>"), _said_words("apart"), limits={"seconds": 40.0, "step_seconds": 12.0}, slow=True, seconds=70),
    Scene("memory", ("sixty megabytes every twentieth of a second",),
          page("<p>words</p><script>const all = []; setInterval(() => all.push(new Uint8Array(60e6).fill(1)), 20)</script>"), words=False, limits={"memory": 900 * 2**20}, slow=True),
    *(Scene(f"script {name}", (name,), page(f"<p>words</p><div style='height:3000px'></div><script>{script}</script>"), words=False, limits=_SHORT, slow=True) for name, script in HANGS.items()),
)  # fmt: skip
"""All scenes. The slow ones take their limits to the end; the rest a few seconds each."""
