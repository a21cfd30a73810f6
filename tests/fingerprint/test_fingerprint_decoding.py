"""From bytes that anybody may have made to pixels: what is read right, and what is refused in a sentence."""

import io
import resource
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile, ImageOps
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.errors import BadInput
from sitr.fingerprint import decode, measure, pdq, screen
from sitr.fingerprint.pixels import MAX_SCANS
from sitr.words import LANGS, say

PHOTO = drawn_photo(1, 300, 200)
MUSEUM = Path(__file__).parents[1] / "assets" / "fingerprint"


def refused(data: bytes) -> BadInput:
    with pytest.raises(BadInput) as caught:
        decode(data)
    for lang in LANGS:
        assert say(caught.value.code, lang, **caught.value.data)
    return caught.value


def close(grey: np.ndarray, picture: Image.Image, apart: float = 6) -> bool:
    wanted = np.asarray(picture.convert("L"), dtype=float)
    return grey.shape == wanted.shape and float(np.abs(grey - wanted).mean()) < apart


def png_header(width: int, height: int, rest: bytes = b"") -> bytes:
    """A PNG that claims a size; its pixels are a few compressed zeros."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rest or zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF", "GIF"])
def test_the_usual_kinds_are_read(kind: str) -> None:
    pixels = decode(encoded(PHOTO, kind))
    assert (pixels.width, pixels.height) == (300, 200)
    assert close(pixels.grey, PHOTO, 14)


def test_a_phones_heic_is_read() -> None:
    out = io.BytesIO()
    pillow_heif.from_pillow(PHOTO).save(out, quality=90)
    assert close(decode(out.getvalue()).grey, PHOTO, 12)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_the_picture_stands_as_its_exif_says(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    data = encoded(PHOTO, kind, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    pixels, first = decode(data), screen(data)
    assert (pixels.width, pixels.height) == (first.width, first.height) == upright.size == measure(data)
    assert close(pixels.grey, upright)
    assert int(pdq.distance(first.pdq, pdq.reference(pixels.grey)[0][None])[0]) <= 10


def test_strange_exif_leaves_the_picture_upright() -> None:
    for value in (0, 9, 77):
        exif = Image.Exif()
        exif[274] = value
        assert decode(encoded(PHOTO, "JPEG", exif=exif)).width == 300
    broken = encoded(PHOTO).replace(b"\xff\xd8", b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\xff\xff\xff\xff", 1)
    assert decode(broken).width == 300


def test_cmyk_looks_as_it_is_meant() -> None:
    assert close(decode(encoded(PHOTO.convert("CMYK"), "JPEG", quality=95)).grey, PHOTO)
    assert close(decode(encoded(PHOTO.convert("CMYK"), "TIFF")).grey, PHOTO)


def test_an_arithmetic_jpeg_is_read_however_long_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow hands on 64 KiB at a time, and such a JPEG's decoder cannot wait for more: what is longer was called
    damaged. The file is short, so the piece is made shorter."""
    monkeypatch.setattr(ImageFile, "MAXBLOCK", 512)
    data = (MUSEUM / "read" / "arithmetic.jpg").read_bytes()
    assert close(decode(data).grey, PHOTO)
    assert refused(data[:3000]).code == "fingerprint.damaged"
    assert screen(data).quality >= 50


def test_sixteen_bits_become_eight() -> None:
    deep = (np.asarray(PHOTO.convert("L"), dtype=np.uint16) * 257).astype(np.uint16)
    assert close(decode(encoded(Image.fromarray(deep), "PNG")).grey, PHOTO)
    assert close(decode(encoded(Image.fromarray(deep), "TIFF")).grey, PHOTO)


def test_float_samples_do_not_break_anything() -> None:
    values = np.asarray(PHOTO.convert("L"), dtype=np.float32) / 255
    values[0, :3] = (np.nan, np.inf, -np.inf)
    assert decode(encoded(Image.fromarray(values), "TIFF")).grey.shape == (200, 300)


def test_what_is_transparent_is_white() -> None:
    shown = PHOTO.convert("RGBA")
    shown.putalpha(Image.linear_gradient("L").resize(PHOTO.size).point(lambda v: 255 if v > 127 else 0))
    for data in (encoded(shown, "PNG"), encoded(shown, "WEBP", lossless=True)):
        grey = decode(data).grey
        assert (grey[:90] == 255).all()
        assert close(grey[110:], PHOTO.crop((0, 110, 300, 200)))


def test_the_first_picture_of_an_animation_counts() -> None:
    frames = [drawn_photo(seed, 120, 90) for seed in range(4)]
    for kind in ("GIF", "WEBP"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert close(decode(data).grey, frames[0], 16)


def test_colour_profiles_whole_or_broken_do_no_harm() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (profile, profile[:40], b"\xff" * 5000):
        assert close(decode(encoded(PHOTO, "JPEG", quality=95, icc_profile=icc)).grey, PHOTO)


def test_a_camera_jpeg_is_decoded_small_but_its_true_size_is_told() -> None:
    pixels = decode(encoded(PHOTO.resize((4000, 3000))), at_least=512)
    assert (pixels.width, pixels.height) == (4000, 3000)
    assert 512 <= max(pixels.grey.shape) < 1024
    assert decode(encoded(PHOTO.resize((4000, 3000))), at_least=1000, at_most=900).grey.shape == (675, 900)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "fingerprint.empty"),
        ("هذا نص وليس صورة".encode(), "fingerprint.not_an_image"),
        (b"%PDF-1.7\n", "fingerprint.not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "fingerprint.not_an_image"),
        (b"\xff\xd8\xff", "fingerprint.not_an_image"),
        (b"\x00" * 4096, "fingerprint.not_an_image"),
        (encoded(PHOTO)[:4000], "fingerprint.damaged"),
        (encoded(PHOTO, "PNG")[:4000], "fingerprint.damaged"),
        (encoded(PHOTO, "WEBP")[:2000], "fingerprint.damaged"),
        (encoded(Image.new("L", (1, 1))), "fingerprint.too_small"),
        (encoded(Image.new("L", (4000, 3))), "fingerprint.too_small"),
        (png_header(10_000, 10_000), "fingerprint.too_many_pixels"),
        (png_header(65_535, 65_535), "fingerprint.too_many_pixels"),
        (png_header(70_000, 20), "fingerprint.too_many_pixels"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(data: bytes, code: str) -> None:
    error = refused(data)
    assert error.code == code or (code.endswith("damaged") and error.code == "fingerprint.not_an_image")


def test_every_piece_of_the_museum_is_refused_in_a_sentence() -> None:
    pieces = sorted(MUSEUM.glob("*.*"))
    assert len(pieces) >= 8
    for piece in pieces:
        refused(piece.read_bytes())


def test_a_bomb_of_100_megapixels_stays_within_memory() -> None:
    """As JPEG it is decoded at a small DCT scale, as PNG refused; both in a process that may hold 400 MB more."""
    script = """
import io, resource, sys
from PIL import Image
import sitr.fingerprint as f
from sitr.errors import BadInput
def made(kind):
    Image.MAX_IMAGE_PIXELS = None
    out = io.BytesIO(); Image.new("L", (10000, 10000), 90).save(out, kind); return out.getvalue()
jpeg, png = made("JPEG"), made("PNG")
Image.MAX_IMAGE_PIXELS = 89478485
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + 400 * 2**20, -1))
assert f.decode(jpeg).width == 10000
try:
    f.decode(png)
except BadInput as error:
    assert error.code == "fingerprint.too_many_pixels", error.code
else:
    sys.exit("the PNG bomb was decoded")
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=60)
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != 0


def test_a_jpeg_that_repeats_its_scans_is_refused() -> None:
    data = encoded(PHOTO, "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    assert refused(data[:-2] + scan * (MAX_SCANS + 1) + b"\xff\xd9").code == "fingerprint.damaged"


def test_no_warning_of_a_decoder_reaches_anybody() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        refused(png_header(9_000, 10_000))
        decode(encoded(PHOTO.quantize(16), "PNG", transparency=b"\x00\x40\x80"))
    assert not heard


@given(st.binary(max_size=400))
def test_any_bytes_are_a_picture_or_a_refusal(data: bytes) -> None:
    for start in (
        b"",
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x00\x01\x00\x00WEBPVP8 ",
        b"II*\x00",
    ):
        try:
            assert decode(start + data).grey.size
        except BadInput as error:
            say(error.code, "ar", **error.data)


@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "TIFF"]), st.data())
def test_a_picture_with_bytes_changed_is_a_picture_or_a_refusal(kind: str, data: st.DataObject) -> None:
    raw = bytearray(encoded(drawn_photo(3, 64, 48), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(raw)))
    try:
        assert decode(bytes(raw[:cut])).grey.dtype == np.uint8
    except BadInput as error:
        say(error.code, "ar", **error.data)


def test_a_cut_picture_is_refused_also_where_papers_were_drawn_in_the_same_process() -> None:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((400, 300)).save(out, "JPEG")
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # what WeasyPrint does when it is loaded
    with pytest.raises(BadInput, match=r"fingerprint\.damaged"):
        decode(out.getvalue()[:1500])
