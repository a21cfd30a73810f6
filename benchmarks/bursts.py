"""Another shot of the same scene, made from one photograph: what a second press of the shutter would have given.

Belongs here: the honest imitation of bursts for the wrong pairs of the matching benchmark, where real ones are few.
A second shot is no copy. Made as a camera makes it: the scene is cut into layers of depth along its own brightness
(near layers have soft, uneven borders), the camera moves, so near layers shift against far ones; it turns a little (a
perspective of the whole); something in front has moved (a patch of the scene lies elsewhere); light, sharpness and
grain are another shot's. A crop, a filter or a frame of one photo stays a copy and is in `edits`.
Where nothing moves and the camera stands still, two shots differ by grain alone: no program can tell those from a
copy, so they are not made here; the films among the package photographs show what happens with them.
"""

import random

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Field = npt.NDArray[np.float32]


def reshot(picture: Image.Image, dice: random.Random, parallax: float) -> Image.Image:
    """The scene shot again. `parallax`: how far the nearest layer moves against the farthest, of the width."""
    pixels = np.asarray(picture.convert("RGB"))
    rows, columns = pixels.shape[:2]
    random_ = np.random.default_rng(dice.randrange(2**32))
    depth = _depth(pixels, random_)
    way = random_.uniform(0, 2 * np.pi)
    shift = parallax * columns * depth
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    x, y = x + np.cos(way) * shift, y + 0.4 * np.sin(way) * shift
    moved = cv2.remap(
        _moved(pixels, random_), x.astype(np.float32), y.astype(np.float32), cv2.INTER_CUBIC, None, cv2.BORDER_REFLECT
    )
    turned = cv2.warpPerspective(moved, _turn(rows, columns, random_), (columns, rows), flags=cv2.INTER_CUBIC)
    light = 255 * (turned.astype(np.float32) / 255) ** random_.uniform(0.8, 1.25) * random_.uniform(0.9, 1.1)
    sharp = cv2.GaussianBlur(light, (0, 0), random_.uniform(0.3, 0.9))
    return Image.fromarray(np.clip(sharp + random_.normal(0, 4, sharp.shape), 0, 255).astype(np.uint8))


def _depth(pixels: npt.NDArray[np.uint8], random_: np.random.Generator) -> Field:
    """0 (far) to 1 (near): three or four layers along large soft shapes and the picture's own tones."""
    rows, columns = pixels.shape[:2]
    grid = random_.normal(0, 1, (4, 5)).astype(np.float32)
    shapes = cv2.resize(grid, (columns, rows), interpolation=cv2.INTER_CUBIC)
    tones = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), columns / 60)
    # Lower parts of a picture are mostly nearer.
    near = shapes + (tones - tones.mean()) / max(1.0, float(tones.std())) * 0.5 + np.linspace(-1, 1, rows)[:, None]
    steps = np.quantile(near, sorted(random_.uniform(0.15, 0.85, 3)))
    layers = sum((near > step).astype(np.float32) for step in steps) / 3
    return np.asarray(cv2.GaussianBlur(np.asarray(layers, np.float32), (0, 0), 2.0), dtype=np.float32)


def _moved(pixels: npt.NDArray[np.uint8], random_: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Something of a sixth of the picture's sides now stands elsewhere."""
    rows, columns = pixels.shape[:2]
    high, wide = rows // 6, columns // 6
    top, left = int(random_.integers(rows - high)), int(random_.integers(columns - wide))
    down, right = int(random_.integers(rows - high)), int(random_.integers(columns - wide))
    mask = np.zeros((high, wide, 1), np.float32)
    cv2.ellipse(mask, (wide // 2, high // 2), (wide // 2 - 2, high // 2 - 2), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 2)[:, :, None]
    out = pixels.copy()
    under = out[down : down + high, right : right + wide]
    over = pixels[top : top + high, left : left + wide]
    out[down : down + high, right : right + wide] = (over * mask + under * (1 - mask)).astype(np.uint8)
    return out


def _turn(rows: int, columns: int, random_: np.random.Generator) -> npt.NDArray[np.float64]:
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    # Outwards: a second shot has no edge where the first one ended.
    away = np.where(corners > 0, 1, -1) * random_.uniform(0, 0.03, (4, 2))
    there = corners + away.astype(np.float32) * columns
    return np.asarray(cv2.getPerspectiveTransform(corners, there.astype(np.float32)), dtype=np.float64)
