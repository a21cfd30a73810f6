"""A real Firefox with the extension in it, driven over Marionette: its own remote protocol, on a loopback socket.

The extension's button is put on the bar and clicked like a person clicks it: that, and nothing else, gives the
extension its tab. Scripts of the browser itself ("chrome") reach the popup, which is in no tab; nothing else is done
by them.
"""

import base64
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys.extension_popup import Pressed

PROGRAM = shutil.which("firefox-esr") or shutil.which("firefox")
EXTENSION = "notebook@sitr.invalid"
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_PREFERENCES = {
    # A free port, told in a file of the profile; an ordinary window without first-run pages; and nobody outside asked.
    "marionette.port": 0,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.server": "",
    "app.normandy.enabled": False,
    "extensions.update.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.provider.google4.updateURL": "",
    "browser.safebrowsing.provider.mozilla.updateURL": "",
    "network.dns.disablePrefetch": True,
    "network.trr.mode": 5,
}


class Refusal(Exception):
    """What Marionette says in place of a result."""


class Firefox:
    """The browser: tabs by name, the page in front, and the extension's button."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._stream = self._socket.makefile("rb")
        self._number = 0
        self.greeting = self._read()

    def _read(self) -> Any:
        length = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, "Firefox ended early"
            length += byte
        return json.loads(self._stream.read(int(length)))

    def send(self, name: str, **given: Any) -> Any:
        """One command. Raises Refusal."""
        self._number += 1
        said = json.dumps([0, self._number, name, given]).encode()
        self._socket.sendall(b"%d:%s" % (len(said), said))
        kind, number, error, result = self._read()
        assert (kind, number) == (1, self._number)
        if error:
            raise Refusal(f"{error['error']}: {error['message']}")
        return result

    def close(self) -> None:
        """Ask the browser to end, and hang up."""
        with self._socket:
            self.send("Marionette:Quit", flags=["eForceQuit"])

    # --- a page ---

    def goto(self, address: str) -> None:
        """Load a page in the tab in front, until it is whole."""
        self.send("WebDriver:Navigate", url=address)

    @property
    def address(self) -> str:
        """Where the tab in front is."""
        return str(self.send("WebDriver:GetCurrentURL")["value"])

    def run(self, script: str, *given: Any) -> Any:
        """What a script gives in the page in front: a function's body."""
        return self.send("WebDriver:ExecuteScript", script=script, args=list(given), newSandbox=True)["value"]

    def _found(self, selector: str) -> str:
        got = self.send("WebDriver:FindElement", using="css selector", value=selector)
        return str(got["value"][_ELEMENT])

    def click(self, selector: str) -> None:
        """Click what this selects, as a mouse does, and wait for the page that follows."""
        self.send("WebDriver:ElementClick", id=self._found(selector))

    def fill(self, selector: str, text: str) -> None:
        """Type into a field."""
        self.send("WebDriver:ElementSendKeys", id=self._found(selector), text=text)

    def words(self, selector: str) -> str:
        """The words that a person sees there."""
        return str(self.send("WebDriver:GetElementText", id=self._found(selector))["value"])

    def shoot(self, path: Path) -> None:
        """A picture of the whole page in front."""
        got = self.send("WebDriver:TakeScreenshot", full=True, hash=False)
        path.write_bytes(base64.b64decode(got["value"]))

    # --- tabs ---

    @property
    def tab(self) -> str:
        """The name of the tab in front."""
        return str(self.send("WebDriver:GetWindowHandle")["value"])

    def new_tab(self) -> str:
        """Another tab, in front from now on; its name."""
        name = str(self.send("WebDriver:NewWindow", type="tab", focus=True)["handle"])
        self.front(name)
        return name

    def front(self, name: str) -> None:
        """Bring this tab to the front."""
        self.send("WebDriver:SwitchToWindow", handle=name, focus=True)

    # --- the browser itself ---

    @contextmanager
    def chrome(self) -> Iterator[None]:
        """Scripts and elements of the browser's own window, until the block ends."""
        self.send("Marionette:SetContext", value="chrome")
        try:
            yield
        finally:
            self.send("Marionette:SetContext", value="content")

    def inside(self, script: str, *given: Any) -> Any:
        """What a script of the browser itself gives: a function's body that may wait."""
        whole = (
            f"const give = arguments[arguments.length - 1]; (async function () {{ {script} }}).apply(null, arguments)"
            ".then((value) => give({value}), (error) => give({failed: String(error)}));"
        )
        with self.chrome():
            got = self.send("WebDriver:ExecuteAsyncScript", script=whole, args=list(given), newSandbox=True)["value"]
        assert "failed" not in got, got["failed"]
        return got.get("value")

    def install(self, folder: Path) -> None:
        """The unpacked extension for this session, as `about:debugging` does; its button on the bar."""
        got = self.send("Addon:Install", path=str(folder), temporary=True)
        assert got["value"] == EXTENSION
        self.inside(_ON_THE_BAR)

    def press(self) -> "Popup":
        """Press the extension's button over the tab in front; the popup that opens."""
        with self.chrome():
            self.click("#notebook_sitr_invalid-BAP")
        popup = Popup(self)
        popup.wait_until(_POPUP_IS_THERE)
        popup.wait("document.getElementById('title')?.textContent", 30)
        return popup

    def close_popup(self) -> None:
        """As a click beside it does."""
        self.inside(_CLOSED)


_ON_THE_BAR = """
const where = "moz-src:///browser/components/customizableui/CustomizableUI.sys.mjs";
const {CustomizableUI} = ChromeUtils.importESModule(where);
CustomizableUI.addWidgetToArea("notebook_sitr_invalid-browser-action", CustomizableUI.AREA_NAVBAR);
"""
_POPUP = "const popup = document.querySelector('.webextension-popup-browser');"
_POPUP_IS_THERE = (
    _POPUP + "return Boolean(popup?.browsingContext?.currentWindowGlobal) && !popup.webProgress?.isLoadingDocument;"
)
_CLOSED = (
    _POPUP
    + """
const panel = popup?.closest("panel");
if (!panel) return;
const closed = new Promise((done) => panel.addEventListener("popuphidden", done, {once: true}));
panel.hidePopup();
await closed;
"""
)
# A popup stands in no tab and in a process of its own: a script is sent there, and run as one of the popup's page.
_IN_POPUP = (
    _POPUP
    + """
const [script] = arguments;
const name = "said-" + Math.random();
const answer = new Promise((done) => popup.messageManager.addMessageListener(name, ({data}) => done(data)));
const there = async (name, script) => {
  const page = Cu.Sandbox(content, {sandboxPrototype: content, wantXrays: false});
  let said;
  try { said = {value: JSON.stringify(await Cu.evalInSandbox(script, page)) ?? "null"}; }
  catch (error) { said = {failed: String(error)}; }
  sendAsyncMessage(name, said);
};
const sent = `(${there})(${JSON.stringify(name)}, ${JSON.stringify(script)})`;
popup.messageManager.loadFrameScript("data:," + encodeURIComponent(sent), false);
return await answer;
"""
)
_DRAWN = (
    _POPUP
    + """
const part = popup.browsingContext.currentWindowGlobal;
const bitmap = await part.drawSnapshot(null, 1, "white");
const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
canvas.getContext("2d").drawImage(bitmap, 0, 0);
const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
"""
)


@dataclass
class Popup(Pressed):
    """The popup under the button."""

    firefox: Firefox

    def run(self, script: str) -> Any:
        """The value of a script in the popup."""
        got = self.firefox.inside(_IN_POPUP, script)
        assert "failed" not in got, got["failed"]
        return json.loads(got["value"])

    def rest(self, seconds: float) -> None:
        """Let the browser go on."""
        time.sleep(seconds)

    def wait_until(self, script: str, tries: int = 300) -> None:
        """Until a script of the browser says yes."""
        for _ in range(tries):
            if self.firefox.inside(script):
                return
            self.rest(0.1)
        raise AssertionError(script)

    def shoot(self, path: Path) -> None:
        """A picture of the popup."""
        path.write_bytes(base64.b64decode(self.firefox.inside(_DRAWN)))


@contextmanager
def firefox_with(extension: Path | None, profile: Path, preferences: dict[str, object]) -> Iterator[Firefox]:
    """Firefox without a window on a new profile, with the unpacked extension in it, or as it is."""
    assert PROGRAM is not None
    profile.mkdir()
    lines = [f"user_pref({json.dumps(n)}, {json.dumps(v)});\n" for n, v in (_PREFERENCES | preferences).items()]
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    arguments = ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", str(profile)]
    environment = {
        "HOME": str(profile),
        "PATH": "/usr/bin:/bin",
        "MOZ_CRASHREPORTER_DISABLE": "1",
        "TMPDIR": str(profile),
    }
    with (profile / "said").open("wb") as said:
        process = subprocess.Popen([PROGRAM, *arguments], env=environment, stdout=said, stderr=said)
    try:
        firefox = Firefox(_port(process, profile / "MarionetteActivePort"))
        firefox.send("WebDriver:NewSession", acceptInsecureCerts=True)  # a desk in a test has a certificate of its own
        firefox.send("WebDriver:SetTimeouts", script=120_000)
        firefox.send("WebDriver:SetWindowRect", width=1000, height=800)
        if extension is not None:
            firefox.install(extension)
        yield firefox
        firefox.close()
        process.wait(60)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _port(process: "subprocess.Popen[bytes]", told: Path) -> int:
    """The port that Firefox chose, once it listens there."""
    while not told.is_file() or not told.read_text(encoding="ascii").strip():
        assert process.poll() is None, "Firefox ended early"
        time.sleep(0.05)
    return int(told.read_text(encoding="ascii"))
