"""The picture of a proof: in both languages, with the region in both, and nothing to recognise unless asked for."""

import io
from importlib.resources import files

import numpy as np
import pytest
from benchmarks import edits
from PIL import Image
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.errors import BadInput
from sitr.fingerprint import Look, draw_proof, fingerprint, proof, prove
from sitr.words import LANGS, Lang

PHOTO = encoded(drawn_photo(1), quality=92)
COPY = edits.jpeg(edits.SUITE["C:mirror+crop20"](drawn_photo(1), edits.dice(1), ()), 85)
FOLDER = files("sitr.dossier") / "fonts"
FONTS = proof.Fonts(
    *((FOLDER / f"ibm-plex-sans-arabic-{part}-400-normal.ttf").read_bytes() for part in ("arabic", "latin"))
)


def drawn(candidate: bytes = COPY, lang: Lang = "en", *, clear: bool = False) -> np.ndarray:
    found = prove(fingerprint(PHOTO), Look(candidate))
    data = draw_proof(PHOTO, candidate, found, lang=lang, fonts=FONTS, clear=clear)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def detail(page: np.ndarray) -> float:
    """How much neighbouring pixels of the upper picture differ, lines and outline aside (those have colour)."""
    grey = page[:, :, 0]
    plain = (np.ptp(page, axis=2) == 0)[120:400, 50:670]
    steps = np.abs(np.diff(grey[120:400, 50:670], axis=1))
    both = plain[:, 1:] & plain[:, :-1]
    return float(steps[both].mean())


@pytest.mark.parametrize("lang", LANGS)
def test_the_proof_shows_region_and_places(lang: Lang) -> None:
    page = drawn(lang=lang)
    mark = (page == [0xD1, 0x49, 0x1B]).all(axis=2)
    lines = (page == [0x2F, 0x6F, 0xD0]).all(axis=2)
    for half in (slice(0, 700), slice(700, 1400)):
        assert mark[:, half].sum() > 500
        assert lines[:, half].sum() > 500


def test_both_pictures_are_blurred_unless_asked_for() -> None:
    assert detail(drawn()) < 2
    assert detail(drawn(clear=True)) > 3


def test_arabic_begins_with_the_photo_on_the_right() -> None:
    english, arabic = drawn(), drawn(lang="ar")
    # The copy is cut, so its panel is of another height than the photo's; the photo's is where the title begins.
    ink = [np.flatnonzero((page[-80:] < 128).all(axis=2).any(axis=0)) for page in (english, arabic)]
    assert ink[0].min() < 60
    assert ink[1].max() > 1340


def test_a_candidate_that_is_no_copy_is_shown_without_region() -> None:
    page = drawn(encoded(drawn_photo(9)))
    assert not (page == [0xD1, 0x49, 0x1B]).all(axis=2).any()


def test_words_stay_within_the_page() -> None:
    for lang in LANGS:
        page = drawn(lang=lang)
        assert (page[:, :20] == 255).all()
        assert (page[:, -20:] == 255).all()


def test_what_is_no_picture_is_refused() -> None:
    found = prove(fingerprint(PHOTO), Look(COPY))
    with pytest.raises(BadInput):
        draw_proof(b"no picture", COPY, found, lang="en", fonts=FONTS)
