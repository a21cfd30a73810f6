"""Files that are no dossier, or that would harm whoever opens them: answered, never unpacked."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest

from sitr.dossier import verify
from sitr.errors import BadInput

ASSETS = Path(__file__).parent.parent / "assets" / "dossier"


@pytest.fixture
def copy(opened: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(opened, tmp_path / "copy.zip"))


def failed(file: Path, workdir: Path) -> dict[str, str]:
    report = verify(file, workdir=workdir)
    assert not report.ok
    return {check.name: check.detail for check in report.checks if not check.ok}


@pytest.mark.parametrize(
    "name", ["../../outside.txt", "/etc/outside", "sitr/../../x", "a\\..\\b", "sitr-dossier-7f3a91c2/data/\u202egnp.E"]
)
def test_a_name_that_reaches_outside_is_named_and_nothing_is_written(
    name: str, copy: Path, workdir: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.parent.iterdir())
    with zipfile.ZipFile(copy, "a") as archive:
        archive.writestr(name, b"x")
    found = failed(copy, workdir)
    assert "layout" in found or "payload" in found
    assert "\u202e" not in "".join(found.values())
    assert sorted(tmp_path.parent.iterdir()) == before


def test_a_link_in_the_zip_is_named(copy: Path, workdir: Path) -> None:
    info = zipfile.ZipInfo("sitr-dossier-7f3a91c2/data/E009.txt")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(copy, "a") as archive:
        archive.writestr(info, b"/etc/passwd")
    assert "E009" in failed(copy, workdir)["layout"]


def test_a_name_that_stands_twice_is_found(copy: Path, workdir: Path) -> None:
    with zipfile.ZipFile(copy, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("sitr-dossier-7f3a91c2/data/E002.png", b"another picture")
    assert "E002.png" in failed(copy, workdir)["layout"]


def test_a_bomb_is_refused_before_it_is_read(tmp_path: Path, workdir: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("b/bagit.txt", "w") as file:
        for _ in range(200):
            file.write(bytes(1 << 20))
    assert "layout" in failed(bomb, workdir)


def test_a_cut_zip_fails_and_says_so(copy: Path, workdir: Path) -> None:
    data = copy.read_bytes()
    for length in (len(data) - 5, len(data) // 2, 100):
        copy.write_bytes(data[:length])
        assert "layout" in failed(copy, workdir)


def test_a_changed_byte_at_the_very_beginning_of_a_zip_fails(copy: Path, workdir: Path) -> None:
    data = bytearray(copy.read_bytes())
    data[0] ^= 1
    copy.write_bytes(bytes(data))
    assert failed(copy, workdir)


@pytest.mark.parametrize("places", [12, pytest.param(200, marks=pytest.mark.long)])
def test_bytes_changed_anywhere_in_the_zip_never_raise(copy: Path, workdir: Path, places: int) -> None:
    whole = copy.read_bytes()
    for place in range(0, len(whole), len(whole) // places):
        data = bytearray(whole)
        data[place] ^= 0xFF
        copy.write_bytes(bytes(data))
        verify(copy, workdir=workdir)  # a byte of the zip's own book-keeping may not matter; nothing may blow up


@pytest.mark.parametrize("name", sorted(p.name for p in ASSETS.iterdir()))
def test_what_is_no_dossier_is_bad_input(name: str, workdir: Path) -> None:
    with pytest.raises(BadInput) as error:
        verify(ASSETS / name, workdir=workdir)
    assert error.value.code == "dossier.not_a_dossier"


def test_a_missing_file_and_an_empty_folder_are_bad_input(tmp_path: Path, workdir: Path) -> None:
    for file in (tmp_path / "none", workdir):
        with pytest.raises(BadInput):
            verify(file, workdir=workdir)


def test_a_signer_file_without_a_key_is_bad_input(opened: Path, workdir: Path) -> None:
    with pytest.raises(BadInput) as error:
        verify(opened, workdir=workdir, signer=b"no key")
    assert error.value.code == "dossier.no_signer_key"


def test_a_zip_of_something_else_is_not_verified(tmp_path: Path, workdir: Path) -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("hello.txt", "hello")
    (tmp_path / "other.zip").write_bytes(other.getvalue())
    assert "layout" in failed(tmp_path / "other.zip", workdir)
