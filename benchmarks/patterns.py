"""Repeated patterns, drawn: walls, tiles, cloth and the grids of apps, in which every part looks like the next.

Belongs here: material for wrong pairs that is hard because a part of one matches many parts of another. Two pictures
of one kind are never copies: mortar, tones, labels and light are drawn anew from the seed, as between two walls or two
people's pages. `brick`, `tiles`, `hexagons`, `planks`, `cloth` and `fence` are lit, turned a little and grained as
photographs are; `icons`, `gallery`, `calendar`, `table` and `keys` are screens.
"""

import random
from collections.abc import Callable

import numpy as np
from benchmarks.edits import dice, font
from PIL import Image, ImageDraw, ImageFilter

Pen = ImageDraw.ImageDraw
SIZE = (1024, 768)
_WORDS = ("Mail", "Maps", "Notes", "Music", "Radio", "Photos", "Files", "Clock", "Bank", "News", "Games", "Shop")


def _tone(r: random.Random, base: tuple[int, int, int], spread: int) -> tuple[int, int, int]:
    shift = r.randint(-spread, spread)
    return (base[0] + shift, base[1] + shift, base[2] + shift)


def _brick(pen: Pen, r: random.Random) -> None:
    high, wide = r.choice(((38, 104), (52, 130), (64, 150)))
    for row in range(-1, SIZE[1] // high + 1):
        for column in range(-1, SIZE[0] // wide + 2):
            x, y = column * wide - (row % 2) * wide // 2, row * high
            pen.rectangle((x + 3, y + 3, x + wide - 4, y + high - 4), _tone(r, (150, 75, 55), 26))


def _tiles(pen: Pen, r: random.Random) -> None:
    side = r.choice((64, 96, 128))
    ink, other = _tone(r, (60, 90, 140), 40), _tone(r, (210, 205, 190), 30)
    for y in range(0, SIZE[1], side):
        for x in range(0, SIZE[0], side):
            pen.rectangle((x + 2, y + 2, x + side - 3, y + side - 3), _tone(r, other, 6))
            pen.ellipse((x + side * 0.2, y + side * 0.2, x + side * 0.8, y + side * 0.8), outline=ink, width=side // 12)
            pen.line((x, y, x + side, y + side), ink, side // 20)
            pen.line((x + side, y, x, y + side), ink, side // 20)


def _hexagons(pen: Pen, r: random.Random) -> None:
    radius = r.choice((34, 48, 60))
    for row in range(SIZE[1] // int(radius * 1.5) + 2):
        for column in range(SIZE[0] // int(radius * 1.73) + 2):
            x = column * radius * 1.73 + (row % 2) * radius * 0.87
            pen.regular_polygon((x, row * radius * 1.5, radius - 3), 6, rotation=30, fill=_tone(r, (170, 160, 140), 22))


def _planks(pen: Pen, r: random.Random) -> None:
    wide = r.choice((60, 90, 120))
    for x in range(0, SIZE[0], wide):
        tone = _tone(r, (150, 110, 70), 20)
        pen.rectangle((x + 2, 0, x + wide - 2, SIZE[1]), tone)
        for _ in range(9):
            at = x + r.randint(4, wide - 5)
            pen.line((at, 0, at + r.randint(-3, 3), SIZE[1]), _tone(r, tone, 14), 1)
        pen.line((x, r.randrange(SIZE[1]), x + wide, r.randrange(SIZE[1])), _tone(r, (90, 60, 40), 10), 3)


def _cloth(pen: Pen, r: random.Random) -> None:
    step = r.choice((24, 36, 48))
    for at in range(0, max(SIZE), step):
        pen.line((at, 0, at, SIZE[1]), _tone(r, (190, 60, 60), 18), step // 3)
    for at in range(0, SIZE[1], step):
        pen.line((0, at, SIZE[0], at), _tone(r, (240, 225, 215), 10), step // 4)


def _fence(pen: Pen, r: random.Random) -> None:
    step = r.choice((40, 56, 72))
    pen.rectangle((0, 0, *SIZE), _tone(r, (120, 150, 120), 40))
    for at in range(-SIZE[1], SIZE[0] + SIZE[1], step):
        pen.line((at, 0, at + SIZE[1], SIZE[1]), _tone(r, (70, 70, 75), 12), 4)
        pen.line((at, 0, at - SIZE[1], SIZE[1]), _tone(r, (80, 80, 85), 12), 4)


def _icons(pen: Pen, r: random.Random) -> None:
    for row in range(4):
        for column in range(6):
            x, y = 60 + column * 160, 40 + row * 180
            tone = (r.randint(30, 230), r.randint(30, 230), r.randint(30, 230))
            pen.rounded_rectangle((x, y, x + 100, y + 100), 24, fill=tone)
            pen.text((x + 50, y + 25), r.choice(_WORDS)[0], "white", font(48), anchor="ma")
            pen.text((x + 50, y + 112), r.choice(_WORDS), "#222222", font(22), anchor="ma")


def _gallery(pen: Pen, r: random.Random) -> None:
    for row in range(4):
        for column in range(5):
            x, y = 8 + column * 204, 8 + row * 192
            tone = (r.randint(40, 220), r.randint(40, 220), r.randint(40, 220))
            pen.rectangle((x, y, x + 196, y + 184), tone)
            pen.ellipse((x + 60, y + 30, x + 136, y + 106), fill=_tone(r, tone, 30))
            pen.rectangle((x + 40, y + 116, x + 156, y + 184), fill=_tone(r, tone, 30))


def _calendar(pen: Pen, r: random.Random) -> None:
    first = r.randrange(7)
    pen.text((40, 20), r.choice(("January", "March", "June", "October")), "#b3131b", font(54))
    for day in range(31):
        x, y = 20 + (day + first) % 7 * 140, 110 + (day + first) // 7 * 108
        pen.rectangle((x, y, x + 136, y + 104), outline="#c0c0c0", width=2)
        pen.text((x + 12, y + 8), str(day + 1), "#333333", font(26))
        if r.random() < 0.3:
            pen.rounded_rectangle((x + 8, y + 52, x + 128, y + 88), 8, fill=r.choice(("#4a90d9", "#7cb342", "#f4511e")))


def _table(pen: Pen, r: random.Random) -> None:
    for row in range(19):
        pen.line((0, row * 40, SIZE[0], row * 40), "#b0b0b0", 2)
        for column in range(6):
            pen.text((14 + column * 170, row * 40 + 6), f"{r.randrange(100000):,}", "#222222", font(24))


def _keys(pen: Pen, r: random.Random) -> None:
    for row, letters in enumerate(("qwertyuiop", "asdfghjkl", "zxcvbnm")):
        for at, letter in enumerate(letters):
            x, y = 20 + row * 48 + at * 100, 380 + row * 120
            pen.rounded_rectangle((x, y, x + 88, y + 104), 12, fill="#ffffff")
            pen.text((x + 44, y + 24), letter, "#111111", font(46), anchor="ma")
    for row in range(4):
        left = r.choice((30, 380))
        pen.rounded_rectangle((left, 30 + row * 82, left + r.randint(300, 600), 96 + row * 82), 20, fill="#cfe8ff")
        pen.text((left + 24, 44 + row * 82), " ".join(r.sample(_WORDS, 3)), "#111111", font(30))


WALLS: dict[str, Callable[[Pen, random.Random], None]] = {
    "brick": _brick,
    "tiles": _tiles,
    "hexagons": _hexagons,
    "planks": _planks,
    "cloth": _cloth,
    "fence": _fence,
}
SCREENS: dict[str, Callable[[Pen, random.Random], None]] = {
    "icons": _icons,
    "gallery": _gallery,
    "calendar": _calendar,
    "table": _table,
    "keys": _keys,
}
EACH = 4


def numbered(first: int) -> tuple[str, ...]:
    """So many of each kind, by dice of their own: `first` and the numbers after it."""
    return tuple(f"{kind}-{first + number}" for kind in (*WALLS, *SCREENS) for number in range(EACH))


NAMES = numbered(0)


def draw(name: str) -> Image.Image:
    """One pattern, of NAMES or any other number, always the same."""
    kind, r = name.rsplit("-", 1)[0], dice(name)
    page = Image.new("RGB", SIZE, _tone(r, (205, 200, 192) if kind in WALLS else (238, 238, 240), 12))
    (WALLS | SCREENS)[kind](ImageDraw.Draw(page), r)
    return _photographed(page, r) if kind in WALLS else page


def _photographed(page: Image.Image, r: random.Random) -> Image.Image:
    """Lit from one side, seen a little askew, with grain."""
    wide, high = SIZE
    edges = [r.uniform(0, 0.08) for _ in range(8)]
    quad = (
        *(wide * edges[0], high * edges[1], wide * edges[2], high * (1 - edges[3])),
        *(wide * (1 - edges[4]), high * (1 - edges[5]), wide * (1 - edges[6]), high * edges[7]),
    )
    page = page.transform(SIZE, Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)
    pixels = np.asarray(page.filter(ImageFilter.GaussianBlur(0.8))).astype(np.float32)
    grain = np.random.default_rng(r.randrange(2**32)).normal(0, 5, (high, wide, 1))
    light = np.linspace(r.uniform(0.6, 1), r.uniform(0.6, 1.1), wide)[None, :, None]
    light = light * np.linspace(r.uniform(0.7, 1), r.uniform(0.7, 1.1), high)[:, None, None]
    return Image.fromarray(np.clip(pixels * light + grain, 0, 255).astype(np.uint8))
