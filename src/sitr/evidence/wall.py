"""The wall around Chromium: bubblewrap with its own user, network, process and IPC namespaces, and what of it this
machine can do.

Inside there is no interface but `lo`, no file but the system's programs and fonts, and memory-only folders. The single
way out is a listening socket on the inner 127.0.0.1 whose file descriptor is handed out to our filter proxy (a socket
belongs to the network namespace in which it was made, so we accept inside connections from outside, with no relay
between). What Chromium is told to do belongs to `browser.py`; what the proxy lets through to `gate.py`.
"""

import os
import shutil
import subprocess
from pathlib import Path

from sitr.evidence.captured import Confinement, Wall

# Why the wall is not whole; each word has its sentence in the catalogue under `evidence.wall_<word>`.
REASONS = ("no_bwrap", "no_namespaces", "no_system_python", "no_inner_sandbox")

NOBODY = 65534  # Debian's nobody and nogroup: root never runs a browser, not even inside the wall.
SYSTEM_PYTHON = "/usr/bin/python3"
_PROBE_SECONDS = 10

# What Chromium's own sandbox needs of the kernel.
_NESTED = ["/usr/bin/unshare", "-U", "-n", "-p", "-f", "/bin/true"]
# Tells what is true inside: another interface than lo, a way to make the nested namespaces of Chromium's own sandbox.
_PROBE = """
import os, subprocess, sys
if set(os.listdir("/sys/class/net") if os.path.isdir("/sys/class/net") else ["lo"]) != {"lo"}:
    sys.exit(9)
names = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
if names != ["lo"]:
    sys.exit(9)
nested = subprocess.run(["/usr/bin/unshare", "-U", "-n", "-p", "-f", "/bin/true"], stderr=subprocess.DEVNULL)
sys.exit(0 if nested.returncode == 0 else 8)
"""


def wall_command(tmp_bytes: int, extra: Path | None = None) -> list[str]:
    """The bubblewrap command up to the program to run. `tmp_bytes` bounds /tmp (profile, cache) and /dev/shm, both in
    memory; `extra` is one more folder to show read-only (a browser outside /usr)."""
    command = ["bwrap", "--die-with-parent", "--new-session", "--clearenv"]
    command += [
        "--unshare-user",
        "--unshare-net",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ]
    command += ["--uid", "1000", "--gid", "1000", "--hostname", "sitr", "--cap-drop", "ALL"]
    for name, value in inner_environment("/tmp").items():  # noqa: S108  (a private tmpfs inside the wall)
        command += ["--setenv", name, value]
    command += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        if Path("/", name).is_symlink():
            command += ["--symlink", f"usr/{name}", f"/{name}"]
        else:
            command += ["--ro-bind-try", f"/{name}", f"/{name}"]
    for path in ("/etc/fonts", "/etc/alternatives", "/etc/ld.so.cache", "/var/cache/fontconfig"):
        command += ["--ro-bind-try", path, path]
    if extra is not None:
        command += ["--ro-bind", str(extra), str(extra)]
    command += ["--proc", "/proc", "--dev", "/dev"]
    for path in ("/tmp", "/dev/shm"):  # noqa: S108  (mount points inside the wall)
        command += ["--size", str(tmp_bytes), "--tmpfs", path]
    return [*command, "--chdir", "/tmp"]  # noqa: S108


def inner_environment(home: str) -> dict[str, str]:
    """All that a confined program may know of the environment."""
    return {
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
    }


def unprivileged() -> dict[str, object]:
    """Arguments for Popen that leave root behind; empty when we are not root."""
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def confinement() -> Confinement:
    """What is possible on this machine, found out by building a wall and looking from inside. Some 0.1 s."""
    if shutil.which("bwrap") is None:
        return Confinement(Wall.NONE, "no_bwrap", sandbox=_ends_well(_NESTED))
    if not Path(SYSTEM_PYTHON).exists():
        return Confinement(Wall.NONE, "no_system_python", sandbox=_ends_well(_NESTED))
    code = _run([*wall_command(2**20), SYSTEM_PYTHON, "-I", "-S", "-c", _PROBE])
    if code == 0:
        return Confinement(Wall.FULL, "", sandbox=True)
    if code == 8:
        return Confinement(Wall.PARTIAL, "no_inner_sandbox", sandbox=False)
    return Confinement(Wall.NONE, "no_namespaces", sandbox=_ends_well(_NESTED))


def _ends_well(command: list[str]) -> bool:
    return _run(command) == 0


def _run(command: list[str]) -> int:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
            timeout=_PROBE_SECONDS,
            check=False,
            **unprivileged(),  # type: ignore[call-overload]
        )
    except (OSError, subprocess.SubprocessError):
        return -1
    return int(done.returncode)
