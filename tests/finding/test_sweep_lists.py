"""Watch-lists: what is looked for, and what is not."""

import json
from typing import Any

import pytest
from tests.finding import crawls

from sitr.errors import BadInput
from sitr.finding.sweep import read_watchlist
from sitr.fingerprint import Fingerprint

_HASH = "f" * 32 + "0" * 32


def _parts(frame: str) -> list[str]:
    return frame.split(",")


def test_a_line_of_sitr_fingerprint_is_looked_for_in_all_orientations_and_views() -> None:
    watch = read_watchlist(crawls.watchlist(1, 2))
    assert [p.photo for p in watch.photos] == ["photo-1.jpg", "photo-2.jpg"]
    assert watch.provable == 2
    views = {view for _, view in watch.owners}
    assert {"upright", "mirror", "rot90", "trim10", "square"} <= views
    assert watch.hashes.shape == (len(watch.owners), 32)


def test_a_list_without_the_sealed_part_can_be_looked_for_and_proves_nothing() -> None:
    line = json.loads(crawls.line_of(1))
    kept = Fingerprint.from_json(line).without_sealed()
    watch = read_watchlist(json.dumps({"file": "a", **kept.to_json()}).encode())
    assert (len(watch.photos), watch.provable) == (1, 0)


@pytest.mark.parametrize(
    "text",
    [
        f'{{"photo": "a", "pdq": "{_HASH}", "pdq_quality": 90}}\n',
        f"photo,PDQ\na,{_HASH}\n",
        f"id,hash,quality\r\na,{_HASH.upper()},90\r\n",
        f"\ufeff{_HASH}\n\n",
        f"kind,value,id\r\npdq,{_HASH},a\r\n",
        f"pdq {_HASH}\n",
        f"signal_type,signal_str,collab,category,tags\r\npdq,{_HASH},c,POSITIVE_CLASS,\r\n",
        f'{{"kind": "pdq", "value": "{_HASH}"}}\n',
    ],
)
def test_plain_lists_of_hashes_are_read_in_every_form(text: str) -> None:
    watch = read_watchlist(text.encode())
    assert [bytes(h).hex() for h in watch.hashes] == [_HASH]


@pytest.mark.parametrize("sign", ["\u2028", "\x85", "\x0c", "\x1e"])
def test_a_name_with_a_sign_that_some_take_for_a_lines_end_is_one_line(sign: str) -> None:
    line = json.dumps({"file": f"a{sign}b.jpg", "pdq": _HASH}, ensure_ascii=False)
    for end in ("\n", "\r\n", "\r"):
        watch = read_watchlist(f"{line}{end}{line}{end}".encode())
        assert [photo.photo for photo in watch.photos] == [f"a{sign}b.jpg", f"a{sign}b.jpg#2"]


def test_a_list_that_is_no_text_says_at_which_line() -> None:
    with pytest.raises(BadInput) as said:
        read_watchlist(f"{_HASH}\n{_HASH}\n".encode() + b"\xff")
    assert (said.value.code, said.value.data) == ("finding.sweep_bad_list", {"line": 3})


def test_withdrawn_flat_and_failed_entries_are_not_looked_for() -> None:
    rows = (f"pdq,{_HASH},90,withdrawn", f"pdq,{_HASH[::-1]},20,active", f"pdq,{_HASH},90,active")
    theirs = "\r\n".join(("kind,value,quality,state", *rows, ""))
    assert (len(read_watchlist(theirs.encode()).photos), read_watchlist(theirs.encode()).unusable) == (1, 2)
    mine = f'{{"file": "x", "error": {{"code": "e"}}}}\n{{"pdq": "{_HASH}", "pdq_quality": 49}}\n{{"pdq": "{_HASH}"}}\n'
    assert (len(read_watchlist(mine.encode()).photos), read_watchlist(mine.encode()).unusable) == (1, 2)


FRAMES = (f"0,90,{_HASH},0.000", f"25,20,{'0f' * 32},1.000", f"50,90,{_HASH},2.000", f"75,90,{'3c' * 32},3.000")


@pytest.mark.parametrize(
    "line",
    [
        {"file": "a.mp4", "kind": "film", "md5": "0" * 32, "vpdq": list(FRAMES)},
        {"id": "a.mp4", "vpdq": "\n".join(FRAMES)},
        {
            "kind": "vpdq",
            "id": "a.mp4",
            "value": json.dumps([",".join((h, q, t)) for _, q, h, t in map(_parts, FRAMES)]),
        },
    ],
)
def test_a_film_is_looked_for_by_each_of_its_frames_that_says_something(line: dict[str, Any]) -> None:
    """Flat frames are left out, and the same hash stands once, at its first second."""
    (film,) = read_watchlist(json.dumps(line).encode()).photos
    assert (film.photo, film.fingerprint) == ("a.mp4", None)
    assert [(view, bits.hex()) for view, bits in film.hashes] == [("second 0", _HASH), ("second 3", "3c" * 32)]


def test_films_stand_beside_photos_and_a_broken_one_is_named_by_its_line() -> None:
    mixed = [crawls.line_of(1), json.dumps({"file": "a.mp4", "kind": "film", "vpdq": list(FRAMES)})]
    assert [p.photo for p in read_watchlist("\n".join(mixed).encode()).photos] == ["photo-1.jpg", "a.mp4"]
    flat = json.dumps({"file": "b.mp4", "kind": "film", "vpdq": [FRAMES[1]]})
    assert read_watchlist("\n".join([*mixed, flat]).encode()).unusable == 1
    for frames in (["nonsense"], 7, [None], {"a": 1}, [FRAMES[0].replace("90", "900")]):
        with pytest.raises(BadInput) as refused:
            read_watchlist("\n".join([*mixed, json.dumps({"file": "c", "vpdq": frames})]).encode())
        assert (refused.value.code, refused.value.data) == ("finding.sweep_bad_list", {"line": 3})


def test_two_photos_of_one_name_stay_two() -> None:
    watch = read_watchlist(f"photo,pdq\na,{_HASH}\na,{_HASH[::-1]}\n".encode())
    assert [p.photo for p in watch.photos] == ["a", "a#2"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "exchange.no_form"),
        (b"\xff\xfe", "finding.sweep_bad_list"),
        (b'{"pdq": "xyz"}', "finding.sweep_bad_list"),
        (b'{"pdq": 7}', "finding.sweep_bad_list"),
        (b'{"pdq": ', "finding.sweep_bad_list"),
        (b'{"fingerprint": "AAAA"}', "finding.sweep_bad_list"),
        (b"photo,pdq\na,zz\n", "finding.sweep_bad_list"),
        (b"name,colour\na,red\n", "exchange.no_form"),
        (b'{"file": "x", "error": {}}', "finding.sweep_empty_list"),
        (b"[" * 100_000, "exchange.no_form"),
        (b'{"a":' * 100_000, "finding.sweep_bad_list"),
    ],
)
def test_what_is_no_list_is_said_so(data: bytes, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_watchlist(data)
    assert refused.value.code == code
