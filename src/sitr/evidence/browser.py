"""One Chromium for one capture: how it is started, and how nothing of it stays.

A fresh profile in memory, a pipe for the protocol, our proxy as the only network, inside the wall where the machine
has one. What it is then told to do belongs to `visit.py`.
"""

import array
import contextlib
import datetime as dt
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from sitr.errors import MissingProgram
from sitr.evidence.captured import Confinement, Wall
from sitr.evidence.wall import SYSTEM_PYTHON, inner_environment, unprivileged, wall_command

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable")
_DEBIAN_BINARY = Path("/usr/lib/chromium/chromium")
_START_SECONDS = 20.0
_BURIAL_SECONDS = 1.0
_FILE_BYTES = 2**30
_TMP_BYTES = 2**30

# Started in front of Chromium: makes the listening socket in its network namespace and hands it out, bounds what it
# may use, puts the pipe where Chromium looks for it (3 and 4), and becomes Chromium. Standard library of the system's
# Python only.
_LAUNCHER = """
import array, os, resource, socket, sys
channel, read_end, write_end, file_bytes = map(int, sys.argv[1:5])
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(256)
port = listener.getsockname()[1]
out = socket.socket(fileno=channel)
out.sendmsg([b"%d" % port], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener.fileno()]))])
arguments = [part.replace("{port}", str(port)) for part in sys.argv[5:]]
high_read, high_write = os.dup2(read_end, 250), os.dup2(write_end, 251)
os.dup2(high_read, 3), os.dup2(high_write, 4)
os.closerange(5, 4096)
os.execv(arguments[0], arguments)
"""

_FEATURES_OFF = (
    "OptimizationHints",
    "MediaRouter",
    "DialMediaRouteProvider",
    "Translate",
    "AutofillServerCommunication",
    "CertificateTransparencyComponentUpdater",
    "InterestFeedContentSuggestions",
    "PrivacySandboxSettings4",
    "HttpsUpgrades",  # the address is opened as it was written
    "HttpsFirstBalancedModeAutoEnable",
    "PaintHolding",
    "Prerender2",
    "BackForwardCache",
    "GlobalMediaControls",
    "DestroyProfileOnBrowserClose",
)

_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-startup-window",
    "--proxy-server=http://127.0.0.1:{port}",
    # Chromium sends loopback past every proxy unless told so.
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-client-side-phishing-detection",
    "--disable-field-trial-config",
    "--disable-search-engine-choice-screen",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--no-service-autorun",
    "--password-store=basic",
    "--use-mock-keychain",
    "--mute-audio",
    "--hide-scrollbars",
    "--disable-gpu",
    "--disable-setuid-sandbox",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-hang-monitor",
    "--disable-prompt-on-repost",
    "--disable-blink-features=AutomationControlled",
    "--disk-cache-size=1",
    "--force-color-profile=srgb",
    "--js-flags=--max-old-space-size=1024",
    "--log-level=3",
    "--disable-features=" + ",".join(_FEATURES_OFF),
)


def find_chromium() -> Path:
    """The browser's own binary. Raises MissingProgram `evidence.no_chromium`."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise MissingProgram("evidence.no_chromium")
    # Debian's /usr/bin/chromium is a script that adds flags (remote extensions, among others): not what we want to run.
    with Path(found).open("rb") as file:
        script = file.read(2) == b"#!"
    return _DEBIAN_BINARY if script and _DEBIAN_BINARY.exists() else Path(found).resolve()


def chromium_built() -> dt.date:
    """The day on which the browser was made: a Debian package keeps it as the time of the file. One that came otherwise
    has the day on which it was put there, which is later. Raises MissingProgram `evidence.no_chromium`."""
    return dt.datetime.fromtimestamp(find_chromium().stat().st_mtime, dt.UTC).date()


class Browser:
    """A running Chromium. `read_fd`/`write_fd` are our ends of its pipe, `listener` is where it expects its proxy."""

    def __init__(self, workdir: Path, wall: Confinement) -> None:
        self.wall = wall
        self._profile = workdir / "b"  # short: Chromium makes a socket below, whose path has at most 107 bytes
        self._process: subprocess.Popen[bytes] | None = None
        self.read_fd = self.write_fd = -1
        self.listener: socket.socket | None = None

    def __enter__(self) -> "Browser":
        """Starts it. Raises MissingProgram (`evidence.no_chromium`, `evidence.browser_failed`)."""
        try:
            self._start()
        except (OSError, ValueError) as error:
            self.stop()
            raise MissingProgram("evidence.browser_failed") from error
        except BaseException:  # interrupted: a block that was not entered is not left either
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        binary = find_chromium()
        theirs_read, self.write_fd = os.pipe()
        self.read_fd, theirs_write = os.pipe()
        ours, theirs = socket.socketpair()
        try:
            numbers = (theirs.fileno(), theirs_read, theirs_write)
            self._process = self._spawn(binary, numbers)
            self.listener = _receive(ours)
        finally:
            os.close(theirs_read)
            os.close(theirs_write)
            theirs.close()
            ours.close()

    def _spawn(self, binary: Path, numbers: tuple[int, int, int]) -> "subprocess.Popen[bytes]":
        inside = self.wall.kind is not Wall.NONE
        home = "/tmp/profile" if inside else str(self._profile)  # noqa: S108  (a private tmpfs inside the wall)
        flags = [str(binary), *_FLAGS, f"--user-data-dir={home}"]
        if not self.wall.sandbox:
            flags.append("--no-sandbox")
        launcher = [
            self._python(inside=inside),
            "-I",
            "-S",
            "-c",
            _LAUNCHER,
            *map(str, numbers),
            str(_FILE_BYTES),
            *flags,
        ]
        if inside:
            extra = None if binary.is_relative_to("/usr") else binary.parent
            launcher = [*wall_command(_TMP_BYTES, extra), *launcher]
        else:
            self._own_profile()
        process: subprocess.Popen[bytes] = subprocess.Popen(
            launcher,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=numbers,
            env=inner_environment(home),
            start_new_session=True,
            **unprivileged(),  # type: ignore[call-overload]
        )
        return process

    def _python(self, *, inside: bool) -> str:
        return SYSTEM_PYTHON if inside or Path(SYSTEM_PYTHON).exists() else sys.executable

    def _own_profile(self) -> None:
        self._profile.mkdir(mode=0o700)
        who = unprivileged()
        if who:
            shutil.chown(self._profile, who["user"], who["group"])  # type: ignore[call-overload]

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def stop(self) -> None:
        """Ends every process of it at once and removes its profile. May be called again."""
        if self.listener is not None:
            self.listener.close()
            self.listener = None
        for number in (self.read_fd, self.write_fd):
            if number >= 0:
                with contextlib.suppress(OSError):
                    os.close(number)
        self.read_fd = self.write_fd = -1
        if self._process is not None:
            _end(self._process)
            self._process = None
        shutil.rmtree(self._profile, ignore_errors=True)

    def handed_over(self) -> tuple[int, int]:
        """Gives both pipe ends away; whoever takes them closes them."""
        ends, self.read_fd, self.write_fd = (self.read_fd, self.write_fd), -1, -1
        return ends


def _receive(channel: socket.socket) -> socket.socket:
    channel.settimeout(_START_SECONDS)
    number = array.array("i", [0])
    data, extra, _flags, _from = channel.recvmsg(16, socket.CMSG_SPACE(number.itemsize))
    if not data or not extra:
        raise ValueError("the launcher ended before it handed out its socket")
    number.frombytes(extra[0][2][: number.itemsize])
    return socket.socket(fileno=number[1])


def _end(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL to everything below, then to the first one if it does not end by itself.

    Inside the wall the first one is bubblewrap, which buries the others: killed before them, it would leave them to the
    system's first process, and some containers have one that buries nobody for seconds. Without the wall the zygotes
    are in sessions of their own, so the tree is noted first.
    """
    tree = descendants(process.pid)
    for pid in tree:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    if not tree or not _ends(process, _BURIAL_SECONDS):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
    until = time.monotonic() + 3
    while any(map(_lives, tree)) and time.monotonic() < until:
        time.sleep(0.005)


def _ends(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _lives(pid: int) -> bool:
    """Whether it still has memory and code; what only waits to be buried (state Z) has neither."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (OSError, IndexError):
        return False


def descendants(pid: int) -> list[int]:
    """Every process below this one, by the kernel's own list."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                children = [int(child) for child in (task / "children").read_text().split()]
                found += children
                waiting += children
    return found


def memory_of(pid: int) -> int:
    """Bytes of memory that this process tree holds for itself alone (resident less shared)."""
    total = 0
    for each in (pid, *descendants(pid)):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = Path(f"/proc/{each}/statm").read_text().split()
            total += (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")
    return total


def renderer_is_sandboxed(pid: int) -> bool | None:
    """Whether the renderers below this process run under a system-call filter (Seccomp 2); None when there is none to
    look at."""
    seen: list[bool] = []
    for each in descendants(pid):
        with contextlib.suppress(OSError):
            if b"--type=renderer" in Path(f"/proc/{each}/cmdline").read_bytes():
                seen.append("Seccomp:\t2" in Path(f"/proc/{each}/status").read_text())
    return all(seen) if seen else None
