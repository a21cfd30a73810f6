"""`sitr fingerprint` and `sitr compare` with films: a clip in its film, the second that shows a photo."""

import json
from pathlib import Path

import pytest
from tests.cli.typed import typed
from tests.fingerprint.drawn_pictures import drawn_photo, encoded
from tests.fingerprint.test_fingerprint_films import shot

from sitr.words import LANGS, Lang, say


def test_films_and_photos_in_them(tmp_path: Path) -> None:
    whole = str(shot(tmp_path / "whole.mp4", [1, 2, 3, 4], size=(480, 360)))
    clip = str(shot(tmp_path / "clip.avi", [2, 3]))
    other = str(shot(tmp_path / "other.avi", [7]))
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(encoded(drawn_photo(3, 640, 480)))
    line = json.loads(typed("fingerprint", whole).out)
    assert (line["kind"], len(line["vpdq"]), line["file"]) == ("film", 4, whole)
    said = typed("compare", whole, clip, other, str(photo), "--json", "--lang", "en")
    results = said.document["results"]
    assert [one["match"] for one in results] == [True, False, False]
    assert results[0]["candidate_share"] == 1.0
    assert results[2]["error"]["code"] == "fingerprint.film_and_photo"
    assert said.status == 0
    found = typed("compare", str(photo), other, whole, "--json", "--lang", "en").document["results"]
    assert [(one["match"], one["second"]) for one in found] == [(False, None), (True, 2.0)]
    assert found[1]["why"].startswith(say("fingerprint.why_at_second", "en", second="2"))


@pytest.mark.parametrize("lang", LANGS)
def test_a_broken_film_is_said_in_a_sentence(tmp_path: Path, lang: Lang) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0 and nothing more")
    said = typed("fingerprint", str(broken), "--lang", lang)
    assert said.status == 2
    assert json.loads(said.out)["error"]["message"] == say("fingerprint.film_unread", lang)
