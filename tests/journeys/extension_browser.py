"""A real Chromium with the extension in it, its own popup driven over the DevTools protocol; and what it talks to.

`Extensions.triggerAction` presses the button as a person does: that, and nothing else, gives the extension its tab.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright
from tests.journeys.extension_popup import Pressed
from tests.journeys.phones import BINARY, FLAGS

from sitr.cli.demo.loopback import Quiet, loopback_server


@dataclass
class Popup(Pressed):
    """The popup as it opened under the button. Gone once the page is clicked, like a person's."""

    browser: CDPSession
    session: str
    page: Page
    answers: dict[int, Any] = field(default_factory=dict)
    number: int = 0

    def send(self, method: str, **given: Any) -> Any:
        """One command to the popup."""
        self.number += 1
        message = json.dumps({"id": self.number, "method": method, "params": given})
        self.browser.send("Target.sendMessageToTarget", {"sessionId": self.session, "message": message})
        for _ in range(3000):  # a minute: a busy machine is no defect
            if self.number in self.answers:
                break
            self.page.wait_for_timeout(20)
        answer = self.answers[self.number]
        assert "error" not in answer, answer
        return answer["result"]

    def run(self, script: str) -> Any:
        """The value of a script in the popup."""
        got = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in got, got
        return got["result"].get("value")

    def rest(self, seconds: float) -> None:
        """Let the browser go on."""
        self.page.wait_for_timeout(seconds * 1000)


@dataclass
class Chromium:
    """The browser, the extension in it, and the page in front."""

    context: BrowserContext
    id: str

    def press(self, page: Page) -> Popup:
        """Press the extension's button over this page."""
        page.bring_to_front()
        assert self.context.browser is not None
        browser = self.context.browser.new_browser_cdp_session()
        mine = page.context.new_cdp_session(page).send("Target.getTargetInfo")["targetInfo"]["url"]
        everything: dict[str, Any] = {"filter": [{}]}
        found = browser.send("Target.getTargets", everything)["targetInfos"]
        tab = next(one for one in found if one["type"] == "tab" and one["url"] == mine)
        browser.send("Extensions.triggerAction", {"id": self.id, "targetId": tab["targetId"]})
        for _ in range(1200):
            found = browser.send("Target.getTargets", everything)["targetInfos"]
            popup = next((one for one in found if one["type"] == "page" and "/popup.html" in one["url"]), None)
            if popup:
                break
            page.wait_for_timeout(50)
        assert popup, found
        session = browser.send("Target.attachToTarget", {"targetId": popup["targetId"], "flatten": False})["sessionId"]
        made = Popup(browser, session, page)
        browser.on("Target.receivedMessageFromTarget", lambda got: _hear(made, got))
        made.wait("document.getElementById('title')?.textContent")
        return made

    def close_popup(self, popup: Popup) -> None:
        """As a click beside it does."""
        popup.run("window.close()")


def _hear(popup: Popup, got: Any) -> None:
    message = json.loads(got["message"])
    if "id" in message:
        popup.answers[message["id"]] = message


@contextmanager
def chromium_with(playwright: Playwright, extension: Path, profile: Path, lang: str) -> Iterator[Chromium]:
    """Debian's Chromium without a window, with the unpacked extension."""
    context = playwright.chromium.launch_persistent_context(
        str(profile), executable_path=BINARY, headless=True,
        ignore_default_args=["--disable-extensions", "--headless"],
        args=[
            "--headless=new", *FLAGS, f"--disable-extensions-except={extension}",
            f"--load-extension={extension}", "--enable-unsafe-extension-debugging", f"--lang={lang}",
        ],
        env={"LANGUAGE": lang, "PATH": "/usr/bin:/bin", "HOME": str(profile)},
        viewport={"width": 1000, "height": 700}, locale=lang,
    )  # fmt: skip
    try:
        worker = context.service_workers[0] if context.service_workers else context.wait_for_event("serviceworker")
        yield Chromium(context, worker.url.split("/")[2])
    finally:
        context.close()


@dataclass
class Wire:
    """A port that hands every byte on to another one and keeps what went there."""

    url: str
    sent: list[bytearray] = field(default_factory=list)

    @property
    def all(self) -> bytes:
        """Everything that was sent since the last `clear`."""
        return b"\n".join(bytes(one) for one in self.sent)

    def bodies(self, path: str) -> list[bytes]:
        """The bodies of the requests to this path. One connection carries one request: the app answers HTTP/1.0."""
        found = [bytes(one) for one in self.sent if bytes(one).startswith(b"POST " + path.encode())]
        return [one.partition(b"\r\n\r\n")[2] for one in found]


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """The wire, until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    wire = Wire(f"http://127.0.0.1:{listening.getsockname()[1]}")

    def carry(source: socket.socket, target: socket.socket, keep: Callable[[bytes], object]) -> None:
        with source, target:
            try:
                while piece := source.recv(1 << 16):
                    keep(piece)
                    target.sendall(piece)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", port))
            kept = bytearray()
            wire.sent.append(kept)
            threading.Thread(target=carry, args=(near, far.dup(), kept.extend), daemon=True).start()
            threading.Thread(target=carry, args=(far, near.dup(), len), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield wire
    finally:
        listening.close()


@contextmanager
def site(pages: dict[str, tuple[str, bytes]], cookie: str) -> Iterator[str]:
    """A site behind a login, at a name of its own (`leaks.localhost`). `/login` sets the cookie; without it: a wall.
    `/open/…` is there for everybody, under any name. `:PORT/` in a page becomes the port."""

    class Handler(Quiet):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            known = cookie in self.headers.get("Cookie", "") or path.startswith("/open/")
            media, body = pages.get(path, ("text/html", b"nothing")) if known else ("text/html", b"<h1>Log in</h1>")
            entered = {"Set-Cookie": f"{cookie}; Path=/; HttpOnly"} if path == "/login" else {}
            port = self.headers.get("Host", "").rpartition(":")[2].encode()
            self.reply(200, body.replace(b":PORT/", b":" + port + b"/"), {**entered, "Content-Type": media})

    with loopback_server(Handler) as server:
        yield f"http://leaks.localhost:{server.server_port}"
