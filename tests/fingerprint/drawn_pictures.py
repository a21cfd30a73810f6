"""Pictures that the tests draw: as rich in detail as photographs, each seed another one."""

import io
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageFilter


def drawn_photo(seed: int, width: int = 900, height: int = 640) -> Image.Image:
    """A seeded picture with soft light, blobs of many sizes and grain."""
    dice = np.random.default_rng(seed)
    canvas = np.zeros((height, width, 3), np.float32)
    for cells, strength in ((3, 90), (9, 60), (30, 45), (90, 25)):
        grid = dice.normal(0, strength, (cells, round(cells * width / height) + 1, 3)).astype(np.float32)
        canvas += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(60):
        centre = (int(dice.integers(width)), int(dice.integers(height)))
        axes = (int(dice.integers(6, 90)), int(dice.integers(6, 60)))
        colour = [float(c) for c in dice.normal(0, 110, 3)]
        cv2.ellipse(canvas, centre, axes, float(dice.integers(180)), 0, 360, colour, -1, cv2.LINE_AA)
    canvas += dice.normal(0, 4, canvas.shape).astype(np.float32)
    return Image.fromarray(np.clip(canvas + 128, 0, 255).astype(np.uint8))


def soft_photo(seed: int, blur: float, contrast: float) -> Image.Image:
    """Soft light of little contrast, with grain."""
    photo = drawn_photo(seed, 960, 640).filter(ImageFilter.GaussianBlur(blur))
    grain = np.random.default_rng(seed).normal(0, 2, (640, 960, 3))
    return Image.fromarray(np.clip(128 + contrast * (np.asarray(photo) - 128.0) + grain, 0, 255).astype(np.uint8))


def encoded(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file of this kind."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()
