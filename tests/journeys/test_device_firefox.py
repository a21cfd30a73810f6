"""Fingerprints worked out in a real Firefox: the same bits as the server's, also where Firefox falsifies canvases."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.journeys.extension_firefox import PROGRAM, Firefox, firefox_with
from tests.journeys.test_device_prints import App, app, bits_apart, encoded, photograph, pieces, servers

from sitr.cli.demo import photographs
from sitr.words import say

__all__ = ["app"]  # the fixture

pytestmark = [
    pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(1200),
    pytest.mark.skipif(PROGRAM is None, reason="firefox-esr is not installed (./test --long installs it)"),
    pytest.mark.skipif(not photographs.FOLDER.is_dir(), reason="the photographs' packages are not installed"),
]  # fmt: skip
RESIST: dict[str, object] = {"privacy.resistFingerprinting": True}
PROTECT: dict[str, object] = {
    "privacy.fingerprintingProtection": True,
    "privacy.fingerprintingProtection.overrides": "+AllTargets",
}
_STATE = """
const lines = document.querySelector("textarea").value.split("\\n").length - 1;
return document.querySelector("[name=photo]").disabled ? -1 : lines;
"""


@contextmanager
def tool(app: App, profile: Path, preferences: Mapping[str, object]) -> Iterator[Firefox]:
    """The page of the tool in Firefox, come in by a link."""
    with firefox_with(None, profile, {"intl.accept_languages": "en", **preferences}) as firefox:
        firefox.goto(f"{app.at}/k/{app.world.hear('token')}")
        firefox.goto(f"{app.at}/prints/")
        firefox.click("[data-adults]")
        yield firefox


def made(firefox: Firefox, folder: Path, files: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    """What the page says of each file, chosen as a person chooses them."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    firefox.fill("[name=photo]", "\n".join(str(folder / name) for name in files))
    until = time.monotonic() + 1000
    while firefox.run(_STATE) < len(files):
        assert time.monotonic() < until
        time.sleep(0.1)
    lines = [json.loads(line) for line in firefox.run("return document.querySelector('textarea').value").splitlines()]
    return {line["file"]: line for line in lines}


def _agree(lines: dict[str, dict[str, Any]], files: dict[str, bytes]) -> None:
    apart = [bits_apart(lines[name], servers(data)) for name, data in files.items()]
    turns, crops = [turn for turn, _ in apart], [crop for _, crop in apart]
    print(
        f"{len(apart)} files: {np.mean(turns):.2f} bits, {max(turns)} at most; views {np.mean(crops):.2f}, {max(crops)}"
    )
    assert max(turns) <= 10
    assert np.mean(turns) <= 2
    assert max(crops) <= 16


def _own() -> dict[str, bytes]:
    """What a canvas is not needed for: turned, with restarts, grey, few colours, transparent."""
    plain = photograph(1).resize((300, 300))
    files = {}
    for turn in (3, 6):
        exif = Image.Exif()
        exif[274] = turn
        files[f"turn{turn}.jpg"] = encoded(plain, quality=85, exif=exif)
    files["restarts.jpg"] = encoded(plain, quality=85, restart_marker_blocks=5)
    files["grey.jpg"] = encoded(plain.convert("L"), quality=85)
    files["few.png"] = encoded(plain.quantize(200), "PNG")
    faded = plain.convert("RGBA")
    faded.putalpha(Image.linear_gradient("L").resize(plain.size))
    return files | {"alpha.png": encoded(faded, "PNG")}


def test_a_hundred_photographs_agree_with_the_server_in_firefox(app: App, tmp_path: Path) -> None:
    files = pieces(100, 440) | _own() | {"web.webp": encoded(photograph(1).resize((320, 210)), "WEBP", quality=90)}
    with tool(app, tmp_path / "profile", {}) as firefox:
        lines = made(firefox, tmp_path / "files", {**files, "phone.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"})
    assert lines["phone.heic"]["error"]["message"] == say("web.device_not_decoded", "en")
    _agree(lines, files)


@pytest.mark.parametrize("protection", [RESIST, PROTECT], ids=["resist", "protect"])
def test_a_firefox_that_falsifies_canvases_reads_jpeg_and_png_without_one(
    app: App, tmp_path: Path, protection: dict[str, object]
) -> None:
    files = pieces(40, 440) | _own()
    refused = {"web.webp": encoded(photograph(1).resize((320, 210)), "WEBP", quality=90)}
    with tool(app, tmp_path / "profile", protection) as firefox:
        lines = made(firefox, tmp_path / "files", files | refused)
    assert lines["web.webp"].get("error", {}).get("message") == say("web.device_canvas_falsified", "en")
    _agree(lines, files)
