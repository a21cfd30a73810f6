"""`sitr compare --proof`: a picture beside the verdict, never over a file that stands there already."""

from pathlib import Path

from PIL import Image
from tests.cli.typed import typed
from tests.fingerprint.drawn_pictures import drawn_photo, encoded


def test_a_proof_is_written_once_for_its_owner_alone(tmp_path: Path) -> None:
    photo, copy, target = tmp_path / "photo.jpg", tmp_path / "copy.jpg", tmp_path / "proof.png"
    photo.write_bytes(encoded(drawn_photo(1), quality=92))
    copy.write_bytes(encoded(drawn_photo(1).crop((60, 40, 860, 600)), quality=70))
    said = typed("compare", str(photo), str(copy), "--proof", str(target), "--json", "--lang", "en")
    (found,) = said.document["results"]
    assert found["match"]
    assert found["proof"] == str(target)
    assert target.stat().st_mode & 0o077 == 0
    with Image.open(target) as page:
        assert (page.format, page.width) == ("PNG", 1400)
    before = target.read_bytes()
    again = typed("compare", str(photo), str(copy), "--proof", str(target), "--lang", "en")
    assert again.status != 0
    assert target.read_bytes() == before
