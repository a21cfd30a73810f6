"""How the page looks, as files: screenshots of the first screen, of the whole page in tiles and of the parts that
scroll by themselves, and a PDF. When they are made is told by `visit.py`.
"""

import base64
from pathlib import Path
from typing import Any, NamedTuple

from sitr.evidence.cdp import Cdp, CdpError
from sitr.evidence.frames import Frame, Frames
from sitr.evidence.options import CaptureOptions
from sitr.evidence.recorder import Recorder
from sitr.evidence.seen import Seen

# Chromium's largest texture: a taller picture comes out wrong, so it is made in tiles.
_TALLEST = 16_384
_TILE = 8_000
_WIDEST = 4_096
_MOST_INNER = 3
_LARGE = 0.1  # of the window
# Below this share of its text on paper a page hides more than its menus from it.
_PRINTED = 0.5


class _Part(NamedTuple):
    """What scrolls by itself: how many CSS pixels of it are seen, and its number among those of its frame."""

    area: float
    number: int
    frame: Frame


class Screens:
    """Takes the looks of one page; what it made stands in `seen` at once, so that a step cut short keeps the others.
    Each raises CdpError, TimeoutError."""

    def __init__(
        self, cdp: Cdp, frames: Frames, recorder: Recorder, folder: Path, options: CaptureOptions, seen: Seen
    ) -> None:
        self._cdp = cdp
        self._frames = frames
        self._recorder = recorder
        self._folder = folder
        self._options = options
        self._limits = options.limits
        self._seen = seen

    @property
    def _session(self) -> str:
        return self._frames.page.session

    async def first(self) -> None:
        """What the first screen showed; replaced when the full page can be had."""
        shot = {"format": "png", "optimizeForSpeed": True}
        self._seen.screenshots = [await self._shoot(shot, "screenshot-first.png")]

    async def full(self) -> None:
        """The whole page, in tiles where it is taller than Chromium can draw at once."""
        metrics = await self._cdp.call("Page.getLayoutMetrics", session=self._session, seconds=3)
        size = metrics["cssContentSize"]
        width, height = min(int(size["width"]) or 1, _WIDEST), int(size["height"]) or 1
        if width < int(size["width"]):
            self._recorder.note("evidence.note_width", kept=width, width=int(size["width"]))
        scale = self._options.screen.scale  # Chromium's bound counts device pixels
        tile = _TILE // scale
        if height <= _TALLEST // scale:
            spans = [(0, height)]
        else:
            spans = [(top, min(tile, height - top)) for top in range(0, height, tile)]
            self._recorder.note("evidence.note_tiles", n=min(len(spans), self._limits.tiles), height=height)
        shots = []
        for number, (top, tall) in enumerate(spans[: self._limits.tiles], 1):
            clip = {"x": 0, "y": top, "width": width, "height": tall, "scale": 1}
            shot = {"format": "png", "optimizeForSpeed": True, "captureBeyondViewport": True, "clip": clip}
            shots.append(await self._shoot(shot, f"screenshot-{number}.png"))
            self._replace(shots)
        if len(spans) > self._limits.tiles:
            self._recorder.note("evidence.note_height", kept=self._limits.tiles * tile, height=height)

    async def inner(self) -> None:
        """What scrolls by itself inside the page, step by step as a person would go through it: the picture of the
        whole page shows only where it stood."""
        found = await self._parts()
        window = self._options.screen.width * self._options.screen.height
        large = [part for part in found if part.area >= _LARGE * window][:_MOST_INNER]
        if len(found) > len(large):
            self._recorder.note("evidence.note_inner_small", n=len(found) - len(large))
        shots = 0
        for number, part in enumerate(large, 1):
            shots += await self._shoot_part(number, part)
            await self._put(part, -1)
        if shots:
            self._recorder.note("evidence.note_inner", n=shots)

    async def _parts(self) -> list["_Part"]:
        """All parts of the page and of its frames that scroll by themselves, the largest first."""
        found = []
        for frame in await self._frames.all():
            try:
                areas = await self._put(_Part(0, 0, frame), None)
            except (CdpError, TimeoutError):
                if frame == self._frames.page:
                    raise
                continue  # why a frame cannot be read is told by the look at its words
            found += [_Part(area, number, frame) for number, area in enumerate(areas)]
        return sorted(found, key=lambda part: -part.area)

    async def _shoot_part(self, number: int, part: "_Part") -> int:
        """Gives how many screenshots it took."""
        left, top = await self._frames.place(part.frame)
        for step in range(self._limits.tiles):
            at = await self._put(part, step)
            if at is None:
                return step
            clip = {"x": at["x"] + left, "y": at["y"] + top, "width": at["width"], "height": at["height"], "scale": 1}
            shot = {"format": "png", "optimizeForSpeed": True, "captureBeyondViewport": True, "clip": clip}
            self._seen.screenshots.append(await self._shoot(shot, f"screenshot-inner-{number}-{step + 1}.png"))
            if at["last"]:
                return step + 1
        self._recorder.note("evidence.note_height", kept=int(self._limits.tiles * at["span"]), height=at["tall"])
        return self._limits.tiles

    async def _put(self, part: "_Part", step: int | None) -> Any:
        framed = part.frame != self._frames.page
        return await self._frames.run("inner.js", {"number": part.number, "step": step, "framed": framed}, part.frame)

    def _replace(self, shots: list[Path]) -> None:
        for old in self._seen.screenshots:
            if old not in shots:
                old.unlink(missing_ok=True)
        self._seen.screenshots = list(shots)

    async def _shoot(self, request: dict[str, Any], name: str) -> Path:
        answer = await self._cdp.call(
            "Page.captureScreenshot", request, self._session, seconds=self._limits.step_seconds
        )
        if self._frames.lost:
            raise CdpError("the page is gone")
        path = self._folder / name
        path.write_bytes(base64.b64decode(answer["data"]))
        return path

    async def _compare_printed(self) -> None:
        """A page may hide itself from paper, in its styles."""
        shown = await self._frames.run("printed.js", None)
        printed = shown
        try:
            await self._medium("print")
            printed = await self._frames.run("printed.js", None)
        finally:
            await self._medium("")
        if printed < shown * _PRINTED:
            self._recorder.note("evidence.note_print")

    async def _medium(self, name: str) -> None:
        await self._cdp.call("Emulation.setEmulatedMedia", {"media": name}, self._session, seconds=3)

    async def paper(self) -> None:
        """The page as it would be printed, and whether it shows less then."""
        await self._compare_printed()
        request = {"printBackground": True, "transferMode": "ReturnAsStream", "preferCSSPageSize": False}
        answer = await self._cdp.call("Page.printToPDF", request, self._session, seconds=self._limits.step_seconds)
        path = self._folder / "page.pdf"
        with path.open("wb") as file:
            while True:
                part = await self._cdp.call("IO.read", {"handle": answer["stream"]}, self._session, seconds=5)
                file.write(base64.b64decode(part["data"]) if part.get("base64Encoded") else part["data"].encode())
                if part.get("eof"):
                    break
        if self._frames.lost:
            path.unlink()
        else:
            self._seen.pdf = path
