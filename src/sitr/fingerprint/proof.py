"""The picture that shows why a candidate is called a copy: both side by side, the region, the places joined by lines.

Belongs here: drawing it, in either language. Both pictures are grey and blurred past recognition unless asked for
otherwise, so that the proof can be looked at, and handed on, without showing again what was leaked. Not here: the
verdict (`compare`); files (the caller has them). Fonts are handed in, Arabic and Latin apart, as the house has them.
"""

import io
import re
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from sitr.fingerprint.compare import Proof
from sitr.fingerprint.pixels import Grey, decode
from sitr.words import Lang, say

Points = npt.NDArray[np.float64]

WIDTH = 1400
PANEL = 640
_HIGHEST = 900
_GAP = 40
_DOTS = 14
"""A blurred picture is made of so few dots along its longer side: enough to see up and down, not what is shown."""
_MOST_LINES = 60
_NAME, _ANSWER, _TEXT = 36, 42, 36
"""Heights of letters in pixels: the picture is looked at on half its width, and on phones."""
_STEP = 1.45
_INK, _GROUND, _SOFT = "#1d2433", "#ffffff", "#5b6475"
_MARK, _LINE = "#d1491b", "#2f6fd0"
_RUNS = re.compile(r"[\u0600-\u06ff]+|[A-Za-z0-9%](?:[A-Za-z0-9%.,:/-]*[A-Za-z0-9%])?|.")
_MIRRORED = str.maketrans("()«»", ")(»«")


@dataclass(frozen=True)
class Fonts:
    """Two font files as bytes: one with Arabic letters, one with Latin ones, figures and signs."""

    arabic: bytes
    latin: bytes


def draw(photo: bytes, candidate: bytes, proof: Proof, *, lang: Lang, fonts: Fonts, clear: bool = False) -> bytes:
    """The proof as a PNG. `photo` and `candidate` are the files that were compared. Raises as `decode`."""
    scribe = _Scribe(lang, fonts)
    panels = [_Panel.make(photo, clear=clear), _Panel.make(candidate, clear=clear)]
    high = max(panel.rows for panel in panels)
    lines = _legend(proof, lang, clear=clear)
    sizes = (_ANSWER, *[_TEXT] * (len(lines) - 1))
    text = [scribe.wrapped(line, size, WIDTH - 2 * _GAP) for line, size in zip(lines, sizes, strict=True)]
    steps = [round(size * _STEP) for size in sizes]
    height = 110 + high + 30 + sum(step * len(rows) for step, rows in zip(steps, text, strict=True)) + 30
    page = Image.new("RGB", (WIDTH, height), _GROUND)
    # Reading begins with the photo: on the left in English, on the right in Arabic.
    starts = (_GAP, WIDTH - _GAP - PANEL)
    at = starts if lang == "en" else starts[::-1]
    for x, panel, name in zip(at, panels, ("proof_photo", "proof_candidate"), strict=True):
        scribe.write(page, say(f"fingerprint.{name}", lang), x, 46, PANEL, size=_NAME, colour=_SOFT)
        page.paste(panel.picture, (x, 110))
    _mark(page, proof, panels, at)
    y = 110 + high + 30
    for size, step, rows in zip(sizes, steps, text, strict=True):
        for row in rows:
            scribe.write(page, row, _GAP, y, WIDTH - 2 * _GAP, size=size, colour=_INK)
            y += step
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


def _legend(proof: Proof, lang: Lang, *, clear: bool) -> list[str]:
    verdict = proof.verdict
    answer = "proof_copy" if verdict.match else "proof_scene" if verdict.same_scene else "proof_no_copy"
    lines = [say(f"fingerprint.{answer}", lang), say(verdict.why.code, lang, **verdict.why.data)]
    if verdict.region is not None:
        lines.append(say("fingerprint.proof_mirrored" if verdict.mirrored else "fingerprint.proof_upright", lang))
        lines.append(say("fingerprint.proof_marks", lang))
    lines.append(say("fingerprint.proof_clear" if clear else "fingerprint.proof_blurred", lang))
    return lines


@dataclass(frozen=True)
class _Panel:
    """One of the two pictures as it is shown, and how many shown pixels one of its own upright ones takes."""

    picture: Image.Image
    rows: int
    columns: int
    scale: float

    @staticmethod
    def make(data: bytes, *, clear: bool) -> "_Panel":
        pixels = decode(data, at_least=PANEL, at_most=1280)
        factor = min(PANEL / pixels.grey.shape[1], _HIGHEST / pixels.grey.shape[0])
        columns, rows = (max(1, round(side * factor)) for side in pixels.grey.shape[::-1])
        shown = pixels.grey if clear else _blurred(pixels.grey)
        mode = cv2.INTER_AREA if factor < 1 and clear else cv2.INTER_CUBIC
        picture = Image.fromarray(np.asarray(cv2.resize(shown, (columns, rows), interpolation=mode), np.uint8))
        return _Panel(picture.convert("RGB"), rows, columns, columns / pixels.width)


def _blurred(grey: Grey) -> Grey:
    """Averaged into a few dots first: what is thrown away cannot be sharpened again."""
    longest = max(grey.shape)
    columns, rows = (max(1, round(_DOTS * side / longest)) for side in grey.shape[::-1])
    return np.asarray(cv2.resize(grey, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _mark(page: Image.Image, proof: Proof, panels: list[_Panel], at: tuple[int, int]) -> None:
    if proof.matrix is None or not (proof.verdict.match or proof.verdict.same_scene):
        return
    pen = ImageDraw.Draw(page)
    photo, candidate = panels
    sides = np.array([photo.columns, photo.rows])
    seen = _seen(proof.matrix, candidate)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) @ proof.matrix[:, :2].T + proof.matrix[:, 2]
    frame = np.array([candidate.columns, candidate.rows])
    there = _cut(corners * candidate.scale, frame)
    for start, end in _thinned(proof.photo * sides, proof.candidate * candidate.scale):
        ends = (start[0] + at[0], start[1] + 110, end[0] + at[1], end[1] + 110)
        pen.line(ends, fill=_LINE, width=2)
        for x, y in (ends[:2], ends[2:]):
            pen.ellipse((x - 4, y - 4, x + 4, y + 4), outline=_LINE, width=2)
    for x, shape in ((at[0], seen * sides), (at[1], there)):
        outline = [(float(px) + x, float(py) + 110) for px, py in shape]
        if len(outline) >= 3:
            pen.line([*outline, outline[0]], fill=_MARK, width=6, joint="curve")


def _seen(matrix: Points, candidate: _Panel) -> Points:
    """The part of the photo that the candidate shows, as shares of the photo's sides."""
    full = np.vstack([matrix, [0, 0, 1]])
    sides = np.array([candidate.columns, candidate.rows]) / candidate.scale
    corners = np.column_stack([np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * sides, np.ones(4)])
    return _cut((corners @ np.linalg.inv(full).T)[:, :2], np.array([1.0, 1.0]))


def _cut(shape: Points, sides: Points) -> Points:
    frame = np.array([[0, 0], [sides[0], 0], [sides[0], sides[1]], [0, sides[1]]], np.float32)
    # OpenCV wants both shapes the same way round; a mirrored one runs the other way.
    area = cv2.contourArea(shape.astype(np.float32), oriented=True)
    found = shape[::-1] if area < 0 else shape
    _, cut = cv2.intersectConvexConvex(np.ascontiguousarray(found, np.float32), frame)
    return np.zeros((0, 2)) if cut is None else np.asarray(cut, dtype=np.float64).reshape(-1, 2)


def _thinned(start: Points, end: Points) -> list[tuple[Points, Points]]:
    step = max(1, -(-len(start) // _MOST_LINES))
    return list(zip(start[::step], end[::step], strict=True))


class _Scribe:
    """Writes lines in the person's language. Words are put in order here and shaped by Pillow (raqm), run by run,
    because no font at hand has both Arabic letters and figures.
    """

    def __init__(self, lang: Lang, fonts: Fonts) -> None:
        self._rtl = lang == "ar"
        self._files = fonts
        self._sized: dict[tuple[bool, int], ImageFont.FreeTypeFont] = {}

    def wrapped(self, text: str, size: int, width: int) -> list[str]:
        """The text in lines that fit."""
        rows = [""]
        for word in text.split():
            longer = f"{rows[-1]} {word}".strip()
            if self._width(longer, size) > width and rows[-1]:
                rows.append(word)
            else:
                rows[-1] = longer
        return rows

    def write(self, page: Image.Image, text: str, x: int, y: int, width: int, *, size: int, colour: str) -> None:
        """One line from `x` on, from the right edge of `width` in Arabic."""
        pen = ImageDraw.Draw(page)
        pen_x = float(x + width if self._rtl else x)
        for run in _RUNS.findall(text):
            font, step = self._font(run, size), self._run_width(run, size)
            pen_x -= step if self._rtl else 0
            shown = run.translate(_MIRRORED) if self._rtl and len(run) == 1 else run
            direction = "rtl" if _arabic(run) else "ltr"
            pen.text((pen_x, y + size), shown, colour, font, anchor="ls", direction=direction)
            pen_x += 0 if self._rtl else step

    def _width(self, text: str, size: int) -> float:
        return sum(self._run_width(run, size) for run in _RUNS.findall(text))

    def _run_width(self, run: str, size: int) -> float:
        return self._font(run, size).getlength(run, direction="rtl" if _arabic(run) else "ltr")

    def _font(self, run: str, size: int) -> ImageFont.FreeTypeFont:
        key = (_arabic(run), size)
        if key not in self._sized:
            data = self._files.arabic if key[0] else self._files.latin
            self._sized[key] = ImageFont.truetype(io.BytesIO(data), size)
        return self._sized[key]


def _arabic(run: str) -> bool:
    return "\u0600" <= run[0] <= "\u06ff"
