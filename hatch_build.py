"""Builds the compiled kernel of `sitr.fingerprint` into the package, where a compiler is at hand.

Called by the wheel build (`pip install`, editable too), so that `./start` and `./test` bring it by themselves;
`.venv/bin/python hatch_build.py` builds it again after a change of its sources. Without a compiler the package is built
all the same and numpy and OpenCV do the work; `sitr doctor` says which of the two it is.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("src/sitr/fingerprint/kernel")
LIBRARY = "_kernel.so"
# No -march: the same file runs on every processor of its kind; what is newer is chosen when it is loaded.
# No contraction: a fused multiply-add rounds otherwise, and hashes must not hang on the processor.
FLAGS = (
    "-std=c++17",
    "-O3",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-Wall",
    "-Wextra",
)


def sources(folder: Path) -> list[Path]:
    """What the kernel is made of, in the order in which it is digested."""
    return sorted([*folder.glob("*.cpp"), *folder.glob("*.h")])


def digest(folder: Path) -> str:
    """SHA-256 over names and contents of the sources: a library says which ones it was made from."""
    found = hashlib.sha256()
    for source in sources(folder):
        found.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return found.hexdigest()


def compiler() -> str | None:
    """The C++ compiler named by CXX, or the usual ones."""
    wanted = [os.environ.get("CXX", ""), "g++", "c++", "clang++"]
    return next((found for name in wanted if name and (found := shutil.which(name))), None)


def build(folder: Path, target: Path, extra: tuple[str, ...] = ()) -> bool:
    """Compile the sources in `folder` into `target`; False when there is no compiler or it fails (it says why)."""
    program = compiler()
    if program is None:
        return False
    files = [str(s) for s in sources(folder) if s.suffix == ".cpp"]
    made = target.with_name(target.name + ".new")
    command = [program, *FLAGS, *extra, f'-DSITR_SOURCES="{digest(folder)}"', *files, "-o", str(made), "-pthread"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    sys.stderr.write(done.stderr)
    if done.returncode != 0:
        made.unlink(missing_ok=True)
        return False
    made.replace(target)  # a running program keeps the file it has loaded
    return True


class KernelHook(BuildHookInterface[Any]):
    """Compiles before the wheel is put together; the wheel is then for this platform, otherwise for any."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (the interface's)
        """Called by hatchling before the build; `build_data` is changed in place."""
        if self.target_name != "wheel":
            return
        target = Path(self.root) / FOLDER / LIBRARY
        target.unlink(missing_ok=True)
        if not build(Path(self.root) / FOLDER, target):
            self.app.display_warning("no C++ compiler: Sitr is built without its kernel and will be slower")
            return
        build_data["artifacts"].append(f"{FOLDER}/{LIBRARY}")
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"


if __name__ == "__main__":
    root = Path(__file__).parent
    sys.exit(0 if build(root / FOLDER, root / FOLDER / LIBRARY, tuple(sys.argv[1:])) else 1)
