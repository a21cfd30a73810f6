# ruff: noqa: E402, I001  (the root must be importable before the helpers of the tests)
"""Fixtures of the capture tests: a site, a canary that nobody may reach, a capture with short limits."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = str(Path(__file__).parents[2])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)

from sitr.evidence import Capture, CaptureLimits, CaptureOptions, capture
from tests.evidence.capture_world import NOW, Capturing, accepted, made_door
from tests.evidence.evidence_site import Site, put_up_gallery


@pytest.fixture
def memory() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir="/dev/shm", prefix="sitr-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    yield server
    server.close()


@pytest.fixture
def canary() -> Iterator[Site]:
    server = Site()
    yield server
    server.close()


@pytest.fixture
def capturing(memory: Path, site: Site, tmp_path: Path) -> Capturing:
    """Captures one address of the site; keywords change the limits, which a busy machine keeps too."""

    def act(url: str, *, pictures: bool = True, **limits: float) -> Capture:
        bounds = {
            "seconds": 60.0,
            "load_seconds": 15.0,
            "step_seconds": 15.0,
            "quiet_seconds": 1.5,
            "scroll_seconds": 6.0,
            "settle_seconds": 0.0,
            **limits,
        }
        options = accepted(CaptureOptions(pictures=pictures, limits=CaptureLimits(**bounds)))  # type: ignore[arg-type]
        return capture(url, door=made_door(tmp_path / "home", site.port), workdir=memory, options=options, now=NOW)

    return act


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Capture]]:
    """The good page, captured once for all tests of a module that look at it."""
    server = Site()
    folder = Path(tempfile.mkdtemp(dir="/dev/shm", prefix="sitr-test-"))
    try:
        door = made_door(tmp_path_factory.mktemp("home") / "h", server.port)
        made = capture(put_up_gallery(server), door=door, workdir=folder, options=accepted(CaptureOptions()), now=NOW)
        yield server, made
    finally:
        server.close()
        shutil.rmtree(folder)
