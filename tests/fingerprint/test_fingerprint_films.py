"""Films: a hash a second in vPDQ's form, one film in another, a photo in a film; broken ones are refused."""

import json
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.errors import BadInput
from sitr.evidence.imports.film_readers import FilmReader
from sitr.fingerprint import fingerprint, pdq
from sitr.fingerprint.films import (
    Film,
    FilmFrame,
    compare_films,
    film,
    find_photo,
    from_vpdq,
    looks_like_film,
    pictures,
    to_threatexchange,
    to_vpdq,
)

RATE = 5
FORMS = {"mp4": "mp4v", "avi": "MJPG", "webm": "VP80"}


def shot(path: Path, seeds: list[int], *, size: tuple[int, int] = (320, 240), rate: float = RATE) -> Path:
    """A film of drawn pictures, each shown for a second."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*FORMS[path.suffix[1:]]), rate, size)
    if not writer.isOpened():
        pytest.skip(f"this OpenCV writes no {path.suffix}")
    for seed in seeds:
        frame = np.asarray(drawn_photo(seed, 640, 480).resize(size))[:, :, ::-1]
        for _ in range(round(rate)):
            writer.write(np.ascontiguousarray(frame))
    writer.release()
    return path


def read(path: Path, seconds: int = 30) -> Film:
    with path.open("rb") as file:
        return film(file, FilmReader(seconds))


@pytest.mark.parametrize("form", FORMS)
def test_a_hash_a_second_as_vpdq_numbers_and_times_them(tmp_path: Path, form: str) -> None:
    made = read(shot(tmp_path / f"a.{form}", [1, 2, 3, 4]))
    assert [one.number for one in made.frames] == [0, 5, 10, 15]
    assert [one.second for one in made.frames] == [0.0, 1.0, 2.0, 3.0]
    assert (made.width, made.height, made.rate, made.seconds, made.whole) == (320, 240, RATE, 4.0, True)
    assert len(made.sha256) == 64
    for seed, frame in zip((1, 2, 3, 4), made.frames, strict=True):
        alone, _ = pdq.reference(np.asarray(drawn_photo(seed, 640, 480).resize((320, 240)).convert("L")))
        assert pdq.distance(frame.pdq, alone[None])[0] <= 20
        assert frame.quality >= 50


def test_a_clip_and_a_longer_film_are_copies_and_another_is_none(tmp_path: Path) -> None:
    whole = read(shot(tmp_path / "whole.mp4", list(range(10, 18))))
    clip = read(shot(tmp_path / "clip.avi", [12, 13, 14], size=(240, 180), rate=8))
    longer = read(shot(tmp_path / "longer.avi", [40, 41, *range(10, 18), 42, 43, 44]))
    other = read(shot(tmp_path / "other.avi", [50, 51, 10]))
    assert compare_films(whole.frames, clip.frames).candidate_share == 1.0
    assert compare_films(whole.frames, clip.frames).reference_share == pytest.approx(3 / 8)
    assert compare_films(whole.frames, clip.frames).match
    assert compare_films(whole.frames, longer.frames).match
    assert compare_films(whole.frames, longer.frames).reference_share == 1.0
    verdict = compare_films(whole.frames, other.frames)
    assert not verdict.match
    assert verdict.why.code == "fingerprint.why_film_other"
    assert verdict.candidate_share == pytest.approx(1 / 3)


def test_repeated_and_flat_frames_do_not_count() -> None:
    some, other, flat = (np.random.default_rng(n).integers(0, 256, 32).astype(np.uint8) for n in (1, 2, 3))
    known = [FilmFrame(0, 90, some, 0.0)]
    asked = [FilmFrame(n, 90, other, float(n)) for n in range(9)] + [
        FilmFrame(9, 90, some, 9.0),
        FilmFrame(10, 49, flat, 10.0),
    ]
    assert compare_films(known, asked).candidate_share == 0.5
    assert compare_films(known, [FilmFrame(0, 49, some, 0.0)]).why.code == "fingerprint.why_film_flat"
    assert not compare_films([], []).match


def test_the_second_that_shows_a_photo_is_found_by_its_geometry(tmp_path: Path) -> None:
    path = shot(tmp_path / "a.avi", [60, 61, 62, 63], size=(640, 480))
    photo = drawn_photo(62, 640, 480)
    with path.open("rb") as file:
        shown = find_photo(fingerprint(encoded(photo.crop((40, 30, 600, 450)))), pictures(file, FilmReader(30)))
    assert shown is not None
    assert (shown.second, shown.verdict.match) == (2.0, True)
    with path.open("rb") as file:
        none = find_photo(fingerprint(encoded(drawn_photo(99, 640, 480))), pictures(file, FilmReader(30)))
    assert none is not None
    assert not none.verdict.match


def test_what_is_no_film_is_refused_and_what_was_cut_says_so(tmp_path: Path) -> None:
    whole = shot(tmp_path / "a.avi", [1, 2, 3, 4, 5, 6]).read_bytes()
    for data, code in ((b"", "empty"), (b"RIFF....AVI nothing", "film_unread"), (whole[:3000], "film_unread")):
        path = tmp_path / "broken.avi"
        path.write_bytes(data)
        with pytest.raises(BadInput) as refused:
            read(path)
        assert refused.value.code == f"fingerprint.{code}"
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole[: len(whole) // 2])
    made = read(cut)
    assert not made.whole
    assert 0 < len(made.frames) < 6


class Says:
    """A reader that says something else than it should."""

    seconds = 1

    def __init__(self, output: bytes, *, ended_well: bool = True, late: bool = False) -> None:
        self.output, self.ended_well, self.late, self.confined = output, ended_well, late, True

    def __call__(self, code: str, source: BinaryIO) -> "Says":  # noqa: ARG002  the port names them
        return self


FACTS = b'{"width": 3, "height": 3, "rate": 5, "count": 1}\n'
LINE = b"0,90," + b"0f" * 32 + b",0.000\n"
END = b'{"read": 5, "whole": true}\n'


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Says(b"", ended_well=False, late=True), "film_late"),
        (Says(b"", ended_well=False), "film_unread"),
        (Says(FACTS), "film_unread"),
        (Says(FACTS + END), "film_unread"),
        (Says(b"[]\n" + LINE + END), "film_unread"),
        (Says(FACTS.replace(b"3", b"99999999") + LINE + END), "film_unread"),
        (Says(FACTS + LINE.replace(b"90", b"900") + END), "bad_vpdq"),
        (Says(FACTS + b"\xff\xfe\n" + END), "bad_vpdq"),
        (Says(FACTS + LINE + b"{}"), "film_unread"),
    ],
)
def test_a_readers_answer_is_not_believed_unseen(tmp_path: Path, said: Says, code: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"anything")
    with path.open("rb") as file, pytest.raises(BadInput) as refused:
        film(file, said)
    assert refused.value.code == f"fingerprint.{code}"


FRAMES = st.builds(
    FilmFrame,
    st.integers(0, 10**8),
    st.integers(0, 100),
    st.binary(min_size=32, max_size=32).map(lambda raw: np.frombuffer(raw, dtype=np.uint8)),
    st.integers(0, 10**6).map(lambda thousandths: thousandths / 1000),
)


@given(st.lists(FRAMES, max_size=6))
def test_vpdqs_text_and_threatexchanges_are_read_back(frames: list[FilmFrame]) -> None:
    back = from_vpdq(to_vpdq(frames))
    assert [str(one) for one in back] == [str(one) for one in frames]
    signal = from_vpdq(to_threatexchange(frames))
    assert [str(one).split(",", 1)[1] for one in signal] == [str(one).split(",", 1)[1] for one in frames]


def test_threatexchange_itself_reads_our_signal() -> None:
    frame = FilmFrame(0, 77, np.arange(32, dtype=np.uint8), 1.5)
    (row,) = json.loads(to_threatexchange([frame]))
    hexed, quality, second = row.split(",")
    assert (hexed, int(quality), float(second)) == (pdq.to_hex(frame.pdq), 77, 1.5)


@pytest.mark.parametrize(
    "text", ["1,2,3", "0,101," + "00" * 32 + ",0.0", "[1]", "[", '["x"]', "0,1," + "0g" * 32 + ",1"]
)
def test_text_of_another_form_is_refused_by_its_line(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        from_vpdq(text)
    assert refused.value.code == "fingerprint.bad_vpdq"


def test_a_picture_is_no_film_by_its_first_bytes() -> None:
    assert looks_like_film(b"\0\0\0\x18ftypisom\0\0\0\0")
    assert not looks_like_film(b"\0\0\0\x18ftypheic\0\0\0\0")
    assert not looks_like_film(b"\xff\xd8\xff\xe0")
