# ruff: noqa: ARG001, ARG005 (every edit is called alike, also those that need neither dice nor strangers)
"""What people do to a leaked photo, drawn and seeded: the edit suite of the matching benchmark and of the tests.

Belongs here: one function an edit, `(picture, random, others) -> picture`, all RGB. `others` are strangers' photos, for
collages. No photograph is stored here. Combined edits are chains of the plain ones.
"""

import io
import random
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Picture = Image.Image
Edit = Callable[[Picture, random.Random, Sequence[Picture]], Picture]

_FONTS = ("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def dice(seed: str | int) -> random.Random:
    """Seeded dice: the same edits in every run."""
    return random.Random(seed)  # noqa: S311 (nothing secret hangs on it)


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font of this size, Pillow's own when DejaVu is not installed."""
    for path in _FONTS:
        try:
            return ImageFont.truetype(path, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def jpeg(picture: Picture, quality: int) -> bytes:
    """The picture as a JPEG file."""
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def _squeeze(quality: int) -> Edit:
    return lambda p, r, o: Image.open(io.BytesIO(jpeg(p, quality))).convert("RGB")


def _scale(across: float, down: float | None = None) -> Edit:
    ratio = down if down is not None else across
    return lambda p, r, o: p.resize(
        (max(16, round(p.width * across)), max(16, round(p.height * ratio))), Image.Resampling.LANCZOS
    )


def _thumb(side: int) -> Edit:
    def edit(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
        small = p.copy()
        small.thumbnail((side, side))
        return small

    return edit


def _crop(share: float, *, centre: bool) -> Edit:
    def edit(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
        width, height = round(p.width * (1 - share)), round(p.height * (1 - share))
        x = (p.width - width) // 2 if centre else r.choice([0, p.width - width])
        y = (p.height - height) // 2 if centre else r.choice([0, p.height - height])
        return p.crop((x, y, x + width, y + height))

    return edit


def _turn(degrees: float) -> Edit:
    return lambda p, r, o: p.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="black")


def _light(brightness: float = 1, contrast: float = 1, colour: float = 1) -> Edit:
    def edit(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
        p = ImageEnhance.Brightness(p).enhance(brightness)
        return ImageEnhance.Color(ImageEnhance.Contrast(p).enhance(contrast)).enhance(colour)

    return edit


def _sepia(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
    return ImageOps.colorize(ImageOps.grayscale(p), "#20140a", "#fff0d0")


def _blur(radius: float) -> Edit:
    return lambda p, r, o: p.filter(ImageFilter.GaussianBlur(radius * max(p.size) / 1024))


def _noise(amount: float) -> Edit:
    def edit(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
        dice = np.random.default_rng(r.randrange(2**32))
        return Image.fromarray(
            np.clip(np.asarray(p) + dice.normal(0, amount, (*p.size[::-1], 3)), 0, 255).astype(np.uint8)
        )

    return edit


def _border(share: float, colour: str) -> Edit:
    return lambda p, r, o: ImageOps.expand(p, round(max(p.size) * share), colour)


def _letterbox(*, blurred: bool) -> Edit:
    def edit(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
        width, height = 720, 1280
        ground = Image.new("RGB", (width, height), "black")
        if blurred:
            ground = ImageOps.fit(p, (width, height)).filter(ImageFilter.GaussianBlur(40))
        inside = ImageOps.contain(p, (width, height))
        ground.paste(inside, ((width - inside.width) // 2, (height - inside.height) // 2))
        return ground

    return edit


def _screenshot(*, dark: bool) -> Edit:
    return lambda p, r, o: screenshot(p, dark=dark, name=f"user_{r.randrange(999)}", likes=r.randrange(9000))


def screenshot(p: Picture, *, dark: bool, name: str, likes: int) -> Picture:
    """A photo as a social network's app shows it on a phone: status bar, name, picture, buttons, text."""
    width, height = 1080, 2160
    ground, ink, grey = ("#101418", "#f2f2f2", "#8a9096") if dark else ("#ffffff", "#111111", "#8e8e8e")
    page = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(page)
    pen.text((48, 26), "21:47", ink, font(40))
    for at, w in ((820, 40), (880, 40), (940, 80)):
        pen.rounded_rectangle((at, 30, at + w, 66), 8, outline=ink, width=4)
    pen.text((60, 110), "Photos", ink, font(60))
    for at in (860, 960):
        pen.ellipse((at, 115, at + 60, 175), outline=ink, width=6)
    pen.line((0, 210, width, 210), grey, 2)
    pen.ellipse((40, 240, 130, 330), fill=grey)
    pen.text((160, 245), name, ink, font(38))
    pen.text((160, 292), "Sponsored · 3h", grey, font(30))
    inside = ImageOps.contain(p, (width, 1200))
    top = 360
    page.paste(inside, ((width - inside.width) // 2, top))
    below = top + inside.height + 30
    for at in (40, 140, 240):
        pen.polygon(
            [(at, below + 30), (at + 35, below), (at + 70, below + 30), (at + 35, below + 66)], outline=ink, width=6
        )
    pen.rectangle((980, below, 1030, below + 64), outline=ink, width=6)
    pen.text((40, below + 90), f"{likes} likes", ink, font(38))
    pen.text((40, below + 145), f"{name}  look what I found, share it", ink, font(34))
    pen.text((40, below + 195), "View all 214 comments", grey, font(32))
    for i in range(5):
        pen.ellipse((70 + i * 210, height - 130, 140 + i * 210, height - 60), outline=ink, width=6)
    return page


def meme(p: Picture, top: str = "WHEN YOU SEE IT", bottom: str = "AND CANNOT UNSEE IT") -> Picture:
    """A photo under and over the words that a whole series of memes shares."""
    page = p.copy()
    pen = ImageDraw.Draw(page)
    size = max(14, page.width // 14)
    for text, y in ((top, page.height * 0.02), (bottom, page.height * 0.97 - size)):
        pen.text(
            (page.width / 2, y),
            text,
            "white",
            font(size),
            anchor="ma",
            stroke_width=max(1, size // 12),
            stroke_fill="black",
        )
    return page


def story(p: Picture, name: str = "sara.story") -> Picture:
    """A photo as a story: tall frame, progress bars, name, answer field, a drawn gradient behind."""
    width, height = 1080, 1920
    page = Image.linear_gradient("L").resize((width, height))
    page = ImageOps.colorize(page, "#7028e4", "#e5b2ca")
    inside = ImageOps.contain(p, (width - 120, 1300))
    page.paste(inside, (60, (height - inside.height) // 2))
    pen = ImageDraw.Draw(page)
    for i in range(4):
        pen.rounded_rectangle((30 + i * 258, 30, 270 + i * 258, 38), 4, fill="white")
    pen.ellipse((40, 70, 130, 160), fill="#dddddd", outline="white", width=6)
    pen.text((160, 85), name, "white", font(44))
    pen.text((60, 230), "OMG  who is this?!", "white", font(76))
    pen.rounded_rectangle((40, 1780, 860, 1870), 45, outline="white", width=5)
    pen.text((90, 1798), "Send message", "white", font(40))
    pen.ellipse((900, 1780, 990, 1870), outline="white", width=6)
    return page


def feed(p: Picture) -> Picture:
    """A photo in a video app's feed: full height, buttons down the right side, words and a name below, all over it."""
    page = ImageOps.fit(p, (720, 1280)).filter(ImageFilter.GaussianBlur(30))
    inside = ImageOps.contain(p, (720, 1280))
    page.paste(inside, ((720 - inside.width) // 2, (1280 - inside.height) // 2))
    pen = ImageDraw.Draw(page)
    for i, count in enumerate(("12.4K", "318", "77", "1,902")):
        pen.ellipse((630, 620 + i * 130, 690, 680 + i * 130), fill="white")
        pen.text((660, 690 + i * 130), count, "white", font(24), anchor="ma")
    pen.text((30, 1100), "@daily.clips", "white", font(34))
    pen.text((30, 1150), "part 2 in the bio  #viral #foryou", "white", font(28))
    pen.text((30, 1200), "original sound - daily.clips", "white", font(24))
    for at, name in ((250, "Following"), (450, "For You")):
        pen.text((at, 60), name, "white", font(32), anchor="ma")
    return page


def chat(p: Picture) -> Picture:
    """A photo sent in a messenger: patterned ground, bubbles, times, an answer field."""
    page = Image.new("RGB", (1080, 1920), "#efe6dc")
    pen = ImageDraw.Draw(page)
    for y in range(0, 1920, 90):
        for x in range(0, 1080, 90):
            pen.arc((x + 20, y + 20, x + 60, y + 60), 0, 250, fill="#e2d6c8", width=4)
    pen.rectangle((0, 0, 1080, 140), fill="#075e54")
    pen.text((180, 45), "Group 4B", "white", font(48))
    for at, words in ((190, "did you see this??"), (1500, "omg who sent it"), (1620, "forward it")):
        pen.rounded_rectangle((40, at, 620, at + 90), 20, fill="white")
        pen.text((65, at + 22), words, "#111111", font(40))
    inside = ImageOps.contain(p, (760, 1100))
    pen.rounded_rectangle((280, 310, 300 + inside.width + 20, 330 + inside.height + 60), 20, fill="#dcf8c6")
    page.paste(inside, (290, 320))
    pen.text((290 + inside.width, 325 + inside.height), "23:14", "#667766", font(30), anchor="ra")
    pen.rounded_rectangle((30, 1800, 900, 1890), 45, fill="white")
    return page


def news(p: Picture) -> Picture:
    """A photo on a web page: mast, headline, text in columns, an advertisement beside it."""
    page = Image.new("RGB", (1280, 1600), "white")
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, 1280, 110), fill="#b3131b")
    pen.text((40, 25), "THE DAILY POST", "white", font(56))
    pen.text((40, 140), "You will not believe this picture", "#111111", font(52))
    inside = ImageOps.contain(p, (860, 700))
    page.paste(inside, (40, 230))
    pen.rectangle((930, 230, 1240, 830), fill="#ffd54a")
    pen.text((1085, 480), "BUY NOW", "#222222", font(54), anchor="ma")
    for row in range(18):
        pen.text(
            (40, 260 + inside.height + row * 34),
            "and then everybody wrote about it again and again " * 2,
            "#333333",
            font(24),
        )
    return page


def _caption(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
    page = p.copy()
    pen = ImageDraw.Draw(page)
    size = page.height // 12
    y = int(page.height * r.uniform(0.1, 0.75))
    pen.text(
        (page.width / 2, y),
        "فضحناها وهذه صورتها",
        "white",
        font(size),
        anchor="ma",
        stroke_width=size // 14,
        stroke_fill="black",
    )
    return page


def _caption_bar(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
    bar = round(p.height * 0.18)
    page = Image.new("RGB", (p.width, p.height + bar), "white")
    page.paste(p, (0, bar))
    ImageDraw.Draw(page).text((p.width / 2, bar * 0.2), "you won't believe who", "black", font(bar // 2), anchor="ma")
    return page


def _sticker(share: float) -> Edit:
    def edit(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
        page = p.copy()
        side = int((share * p.width * p.height) ** 0.5)
        x, y = r.randrange(max(1, p.width - side)), r.randrange(max(1, p.height - side))
        pen = ImageDraw.Draw(page)
        pen.ellipse((x, y, x + side, y + side), fill="#ffcc22", outline="#aa7700", width=max(1, side // 20))
        for eye in (0.3, 0.6):
            pen.ellipse((x + side * eye, y + side * 0.3, x + side * (eye + 0.1), y + side * 0.42), fill="#332200")
        pen.arc(
            (x + side * 0.25, y + side * 0.4, x + side * 0.75, y + side * 0.8),
            10,
            170,
            fill="#332200",
            width=max(2, side // 18),
        )
        return page

    return edit


def _mark(*, tiled: bool) -> Edit:
    def edit(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
        layer = Image.new("RGBA", p.size, (0, 0, 0, 0))
        pen = ImageDraw.Draw(layer)
        size = max(12, p.width // (16 if tiled else 20))
        if tiled:
            for y in range(0, p.height, size * 3):
                for x in range(-size * (y // size % 4), p.width, size * 7):
                    pen.text((x, y), "@leaks", (255, 255, 255, 120), font(size))
        else:
            pen.text((p.width - size * 7, p.height - size * 1.6), "t.me/leaks", (255, 255, 255, 190), font(size))
        return Image.alpha_composite(p.convert("RGBA"), layer).convert("RGB")

    return edit


def _collage(columns: int, rows: int) -> Edit:
    def edit(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
        width, height = 1080 // columns, (1080 if rows > 1 else 540) // rows
        tiles = [p, *(r.choice(o) for _ in range(columns * rows - 1))]
        r.shuffle(tiles)
        page = Image.new("RGB", (width * columns, height * rows), "white")
        for i, tile in enumerate(tiles):
            page.paste(
                ImageOps.fit(tile, (width - 8, height - 8)), (i % columns * width + 4, i // columns * height + 4)
            )
        return page

    return edit


def _photo_of_screen(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
    w, h = p.size
    d = [r.uniform(0.01, 0.06) for _ in range(8)]
    quad = (-w * d[0], -h * d[1], -w * d[2], h * (1 + d[3]), w * (1 + d[4]), h * (1 + d[5]), w * (1 + d[6]), -h * d[7])
    page = p.transform((w, h), Image.Transform.QUAD, quad, Image.Resampling.BICUBIC)
    lines = np.asarray(page).astype(np.float32)
    lines *= (1 + 0.06 * np.sin(np.arange(h) * 1.3))[:, None, None]
    page = Image.fromarray(np.clip(lines * 0.9 + 8, 0, 255).astype(np.uint8))
    return page.filter(ImageFilter.GaussianBlur(1.2 * max(p.size) / 1024))


def _mirror(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
    return ImageOps.mirror(p)


def chain(*edits: Edit) -> Edit:
    """The edits one after the other."""

    def edit(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
        for each in edits:
            p = each(p, r, o)
        return p

    return edit


def _messenger(p: Picture, r: random.Random, o: Sequence[Picture]) -> Picture:
    return _squeeze(70)(ImageOps.contain(p, (1280, 960)), r, o)


EASY: dict[str, Edit] = {
    "jpeg_q50": _squeeze(50),
    "jpeg_q30": _squeeze(30),
    "resize_2x": _scale(2),
    "resize_0.5x": _scale(0.5),
    "resize_0.25x": _scale(0.25),
    "thumb200": _thumb(200),
    "aspect_w0.75": _scale(0.75, 1),
    "aspect_w1.33": _scale(1.33, 1),
    "wm_corner": _mark(tiled=False),
    "bright0.6": _light(brightness=0.6),
    "bright1.5": _light(brightness=1.5),
    "contrast0.6": _light(contrast=0.6),
    "contrast1.7": _light(contrast=1.7),
    "saturate2": _light(colour=2),
    "gray": _light(colour=0),
    "sepia": _sepia,
    "blur_r2": _blur(2),
    "blur_r6": _blur(6),
    "noise15": _noise(15),
    "whatsapp_x2": chain(_messenger, _messenger),
}

HARD: dict[str, Edit] = {
    "jpeg_q10": _squeeze(10),
    **{f"crop{n}_centre": _crop(n / 100, centre=True) for n in (5, 10, 20, 30, 40, 50)},
    **{f"crop{n}_off": _crop(n / 100, centre=False) for n in (5, 10, 20, 30, 40, 50)},
    "rot2": _turn(2),
    "rot5": _turn(5),
    "rot10": _turn(10),
    "rot90": _turn(90),
    "rot180": _turn(180),
    "mirror": _mirror,
    "border10_black": _border(0.1, "black"),
    "border10_white": _border(0.1, "white"),
    "letterbox916_black": _letterbox(blurred=False),
    "letterbox916_blurfill": _letterbox(blurred=True),
    "screenshot_light": _screenshot(dark=False),
    "screenshot_dark": _screenshot(dark=True),
    "caption_ar": _caption,
    "caption_bar": _caption_bar,
    "sticker5": _sticker(0.05),
    "sticker10": _sticker(0.10),
    "sticker20": _sticker(0.20),
    "wm_tiled": _mark(tiled=True),
    "noise40": _noise(40),
    "collage2x2": _collage(2, 2),
    "side_by_side": _collage(2, 1),
    "photo_of_screen": _photo_of_screen,
    "meme": lambda p, r, o: meme(p),
    "story": lambda p, r, o: story(p),
    "feed": lambda p, r, o: feed(p),
    "chat": lambda p, r, o: chat(p),
    "news": lambda p, r, o: news(p),
    "C:chat+crop10+q50": chain(lambda p, r, o: chat(p), _crop(0.1, centre=True), _squeeze(50)),
    "C:story+sticker5": lambda p, r, o: _sticker(0.05)(story(p), r, o),
    "C:crop20+caption+q40": chain(_crop(0.2, centre=False), _caption, _squeeze(40)),
    "C:mirror+crop20": chain(_mirror, _crop(0.2, centre=False)),
    "C:screenshot+crop10": chain(_screenshot(dark=False), _crop(0.1, centre=True)),
    "C:mirror+crop30+wm+q30": chain(_mirror, _crop(0.3, centre=False), _mark(tiled=True), _squeeze(30)),
    "C:screenshot_of_collage": chain(_collage(2, 2), _screenshot(dark=True)),
    "C:whatsapp+screenshot+q50": chain(_messenger, _screenshot(dark=False), _squeeze(50)),
}

SUITE: dict[str, Edit] = {**EASY, **HARD}
