"""Sealed files: whole or not at all, in constant memory, at their place, with nothing left behind."""

import errno
import hashlib
import io
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.errors import BadInput, Damaged, NotFound
from sitr.vault import BlobStore, Content, FolderBlobs, Identity, Place, StoredBlob, StoreFull, age, seal
from sitr.vault.framing import FramedReader
from sitr.vault.padding import file_size
from sitr.vault.pieces import Piece

HOLDER, STRANGER = Identity.generate(), Identity.generate()
HERE = Place("case-1", "exhibit", "row-1", "file")
ELSEWHERE = Place("case-1", "exhibit", "row-2", "file")


class SlowSource:
    """Gives what it has in odd little pieces, as a pipe does."""

    def __init__(self, data: bytes) -> None:
        self._rest = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._rest.read(min(size, 777))


class FailingSource:
    """Gives some bytes, then fails as a disk or a network would."""

    def __init__(self, good: int, error: Exception) -> None:
        self._left = good
        self._error = error

    def read(self, size: int, /) -> bytes:
        if not self._left:
            raise self._error
        piece = min(size, self._left)
        self._left -= piece
        return bytes(piece)


class Zeros:
    """A long file that takes no memory."""

    def __init__(self, length: int) -> None:
        self._left = length

    def read(self, size: int, /) -> bytes:
        piece = min(size, self._left)
        self._left -= piece
        return b"\x07" * piece


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs", os.urandom)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> FolderBlobs:
    return FolderBlobs(tmp_path_factory.mktemp("blobs"), os.urandom)


def content(store: BlobStore, name: str) -> bytes:
    return b"".join(store.read(name, HERE, HOLDER))


contents = st.one_of(
    st.binary(max_size=3000),
    st.builds(lambda head, zeros: head + bytes(zeros), st.binary(max_size=50), st.integers(0, 200_000)),
    st.builds(
        lambda seed, size: (seed * 200_000)[:size], st.binary(min_size=1, max_size=9), st.integers(60_000, 200_000)
    ),
)


@given(data=contents)
@settings(max_examples=60)
def test_what_is_stored_comes_back_with_its_length_and_digest(shared: FolderBlobs, data: bytes) -> None:
    stored = shared.put(SlowSource(data), HERE, HOLDER.public)
    found = shared.verify(stored.name, HERE, HOLDER)
    assert content(shared, stored.name) == data
    assert (stored.length, stored.content_sha256) == (found.length, found.sha256)
    assert (stored.length, stored.content_sha256) == (len(data), hashlib.sha256(data).digest())
    on_disk = (shared._root / stored.name).read_bytes()
    assert (stored.padded, stored.sha256) == (len(on_disk), hashlib.sha256(on_disk).digest())


@given(data=contents, where=st.integers(0), flip=st.integers(1, 255))
@settings(max_examples=80)
def test_any_flipped_byte_is_found(shared: FolderBlobs, data: bytes, where: int, flip: int) -> None:
    name, raw = stored_raw(shared, data)
    raw[where % len(raw)] ^= flip
    (shared._root / name).write_bytes(raw)
    with pytest.raises(Damaged):
        shared.read(name, HERE, HOLDER)


def once(store: FolderBlobs, stored: StoredBlob, place: Place = HERE, holder: Identity = HOLDER) -> bytes:
    return b"".join(store.once(stored.name, place, holder, Content(stored.length, stored.content_sha256)))


@given(data=contents)
@settings(max_examples=40)
def test_one_pass_gives_what_two_give(shared: FolderBlobs, data: bytes) -> None:
    assert once(shared, shared.put(io.BytesIO(data), HERE, HOLDER.public)) == data


@given(data=contents, where=st.integers(0), flip=st.integers(0, 255))
@settings(max_examples=60)
def test_one_pass_never_ends_well_over_a_damaged_file(shared: FolderBlobs, data: bytes, where: int, flip: int) -> None:
    stored = shared.put(io.BytesIO(data), HERE, HOLDER.public)
    path = shared._root / stored.name
    raw = bytearray(path.read_bytes())
    if flip:
        raw[where % len(raw)] ^= flip
    else:
        del raw[where % len(raw) :]
    path.write_bytes(raw)
    with pytest.raises(Damaged):
        once(shared, stored)


@pytest.mark.parametrize("length", [0, 1, 99, 101, 150, 100_000])
def test_one_pass_ends_only_for_the_length_and_the_digest_that_were_expected(shared: FolderBlobs, length: int) -> None:
    stored = shared.put(io.BytesIO(b"\x00" * 50 + b"x" * 50), HERE, HOLDER.public)
    for other in (replace(stored, length=length), replace(stored, content_sha256=bytes(32))):
        with pytest.raises(Damaged) as found:
            once(shared, other)
        assert found.value.code == "vault.altered"


def test_one_pass_names_another_place_and_another_key(shared: FolderBlobs) -> None:
    stored = shared.put(io.BytesIO(b"x" * 200_000), HERE, HOLDER.public)
    with pytest.raises(Damaged, match=r"vault\.wrong_place"):
        once(shared, stored, Place("other", "exhibit", "row", "file"))
    with pytest.raises(Damaged, match=r"vault\.wrong_key"):
        once(shared, stored, holder=Identity.generate())
    with pytest.raises(NotFound):
        once(shared, replace(stored, name="0" * 32))


def test_leaving_one_pass_early_leaves_no_thread_and_no_open_file(shared: FolderBlobs) -> None:
    stored = shared.put(io.BytesIO(bytes(8 << 20)), HERE, HOLDER.public)
    pieces = cast(
        "Generator[bytes]", shared.once(stored.name, HERE, HOLDER, Content(stored.length, stored.content_sha256))
    )
    assert next(pieces)
    pieces.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "sitr-open"]


@given(data=contents, where=st.integers(0))
@settings(max_examples=80)
def test_a_cut_anywhere_is_found_and_named(shared: FolderBlobs, data: bytes, where: int) -> None:
    name, raw = stored_raw(shared, data)
    kept = where % len(raw)
    (shared._root / name).write_bytes(raw[:kept])
    with pytest.raises(Damaged) as found:
        shared.verify(name, HERE, HOLDER)
    inner = age.inner_length(bytes(raw[:kept]), kept)
    # One cut in hundreds leaves a length that a whole file could have; it is found, and called altered.
    possible = inner is not None and inner == file_size(inner)
    assert found.value.code == "vault.truncated" or possible


def stored_raw(store: FolderBlobs, data: bytes) -> tuple[str, bytearray]:
    stored = store.put(io.BytesIO(data), HERE, HOLDER.public)
    return stored.name, bytearray((store._root / stored.name).read_bytes())


@pytest.mark.parametrize("chunks", [1, 2])
def test_a_cut_at_the_border_of_a_chunk_is_found(blobs: FolderBlobs, chunks: int) -> None:
    name, raw = stored_raw(blobs, os.urandom(200_000))
    payload = raw.index(b"\n--- ") + 1 + 48 + 16
    (blobs._root / name).write_bytes(raw[: payload + chunks * 65_552])
    with pytest.raises(Damaged, match=r"vault\.truncated"):
        blobs.read(name, HERE, HOLDER)


def test_a_file_of_another_place_is_refused(blobs: FolderBlobs) -> None:
    stored = blobs.put(io.BytesIO(b"picture"), HERE, HOLDER.public)
    with pytest.raises(Damaged, match=r"vault\.wrong_place"):
        blobs.read(stored.name, ELSEWHERE, HOLDER)


def test_two_files_swapped_on_disk_are_found(blobs: FolderBlobs) -> None:
    one = blobs.put(io.BytesIO(b"one"), HERE, HOLDER.public)
    other = blobs.put(io.BytesIO(b"other"), ELSEWHERE, HOLDER.public)
    os.replace(blobs._root / other.name, blobs._root / one.name)  # noqa: PTH105
    with pytest.raises(Damaged, match=r"vault\.wrong_place"):
        blobs.verify(one.name, HERE, HOLDER)


def test_a_sealed_value_put_in_place_of_a_file_is_refused(blobs: FolderBlobs) -> None:
    stored = blobs.put(io.BytesIO(b"picture"), HERE, HOLDER.public)
    (blobs._root / stored.name).write_bytes(seal(b"picture", HERE, HOLDER.public))
    with pytest.raises(Damaged, match=r"vault\.wrong_place"):
        blobs.verify(stored.name, HERE, HOLDER)


def test_a_strangers_key_is_named_as_the_wrong_key(blobs: FolderBlobs) -> None:
    stored = blobs.put(io.BytesIO(b"picture"), HERE, HOLDER.public)
    with pytest.raises(Damaged, match=r"vault\.wrong_key"):
        blobs.export(stored.name, HERE, STRANGER, blobs._root.parent / "out")


@pytest.mark.parametrize("forgery", ["length too large", "length too small", "digest of another", "padding not zero"])
def test_a_frame_that_contradicts_itself_is_found(blobs: FolderBlobs, forgery: str) -> None:
    """Sealed properly, by somebody with the public key, but with a frame that lies."""
    framed = FramedReader(io.BytesIO(b"content" * 20), HERE)
    inner = bytearray(iter_all(framed))
    match forgery:
        case "length too large":
            inner[-40:-32] = (2**40).to_bytes(8, "big")
        case "length too small":
            inner[-40:-32] = (3).to_bytes(8, "big")
        case "digest of another":
            inner[-32:] = hashlib.sha256(b"other").digest()
        case _:
            inner[-41] = 1
    name = "ab" * 16
    (blobs._root / name).write_bytes(age.encrypt(bytes(inner), [HOLDER.public]))
    with pytest.raises(Damaged, match=r"vault\.altered"):
        blobs.verify(name, HERE, HOLDER)


def iter_all(source: FramedReader) -> bytes:
    return b"".join(iter(lambda: source.read(50), b""))


def test_the_age_program_opens_a_stored_file(blobs: FolderBlobs, tmp_path: Path) -> None:
    stored = blobs.put(io.BytesIO(b"content" * 1000), HERE, HOLDER.public)
    (tmp_path / "key").write_text(HOLDER.secret())
    opened = subprocess.run(
        ["age", "-d", "-i", str(tmp_path / "key"), str(blobs._root / stored.name)], capture_output=True, check=True
    ).stdout
    assert opened.startswith(b"sitr-file\x00\x01")
    assert b"content" * 1000 in opened
    assert len(opened) == file_size(len(opened))


def test_nothing_comes_out_before_the_last_chunk_is_verified(blobs: FolderBlobs, tmp_path: Path) -> None:
    name, raw = stored_raw(blobs, os.urandom(500_000))
    raw[-1] ^= 1
    (blobs._root / name).write_bytes(raw)
    with pytest.raises(Damaged, match=r"vault\.altered"):
        blobs.read(name, HERE, HOLDER)
    with pytest.raises(Damaged, match=r"vault\.altered"):
        blobs.export(name, HERE, HOLDER, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blobs"]


def test_reading_can_be_left_early_and_the_thread_ends(blobs: FolderBlobs) -> None:
    stored = blobs.put(io.BytesIO(os.urandom(3_000_000)), HERE, HOLDER.public)
    pieces = blobs.read(stored.name, HERE, HOLDER)
    assert len(next(pieces)) >= 60_000
    pieces.close()  # type: ignore[attr-defined]
    blobs.read(stored.name, HERE, HOLDER)  # dropped unread: closes its file, or the warning fails this test
    assert not [thread for thread in threading.enumerate() if thread.name == "sitr-open"]


def test_a_file_deleted_while_it_is_read_is_still_read_whole(blobs: FolderBlobs) -> None:
    data = os.urandom(2_000_000)
    stored = blobs.put(io.BytesIO(data), HERE, HOLDER.public)
    pieces = blobs.read(stored.name, HERE, HOLDER)
    first = next(pieces)
    blobs.delete(stored.name)
    assert first + b"".join(pieces) == data


def test_export_writes_the_original_and_replaces_an_older_file(blobs: FolderBlobs, tmp_path: Path) -> None:
    stored = blobs.put(io.BytesIO(b"original"), HERE, HOLDER.public)
    target = tmp_path / "صورة.jpg"
    target.write_bytes(b"older and longer than that")
    blobs.export(stored.name, HERE, HOLDER, target)
    assert target.read_bytes() == b"original"
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blobs", "صورة.jpg"]


def test_export_to_where_nothing_can_be_written_says_so(blobs: FolderBlobs, tmp_path: Path) -> None:
    stored = blobs.put(io.BytesIO(b"original"), HERE, HOLDER.public)
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "missing" / "out", tmp_path / "folder"):
        with pytest.raises(BadInput, match=r"vault\.cannot_write"):
            blobs.export(stored.name, HERE, HOLDER, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blobs", "folder"]


def test_names_lists_whole_files_only_and_deleting_is_repeatable(blobs: FolderBlobs) -> None:
    stored = blobs.put(io.BytesIO(b"x"), HERE, HOLDER.public)
    (blobs._root / ("0" * 32 + ".part")).write_bytes(b"left over")
    assert list(blobs.names()) == [stored.name]
    assert blobs.delete(stored.name)
    assert not blobs.delete(stored.name)
    assert list(blobs.names()) == []
    with pytest.raises(NotFound, match=r"vault\.no_blob"):
        blobs.verify(stored.name, HERE, HOLDER)


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "0" * 31, "0" * 33, "A" * 32, "0" * 32 + "\n", "0" * 32 + ".part"]
)
def test_a_name_that_is_none_of_ours_is_refused(blobs: FolderBlobs, name: str) -> None:
    for act in (lambda: blobs.delete(name), lambda: blobs.verify(name, HERE, HOLDER)):
        with pytest.raises(BadInput, match=r"vault\.blob_name"):
            act()


def test_names_and_sizes_tell_nothing_and_the_folder_is_closed_to_others(blobs: FolderBlobs) -> None:
    stored = blobs.put(io.BytesIO(b"x" * 900), HERE, HOLDER.public)
    path = blobs._root / stored.name
    assert blobs._root.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"x" * 20 not in path.read_bytes()
    assert "900" not in repr(replace(stored, name="", sha256=b""))  # chance writes it into one name in a hundred
    assert stored.content_sha256.hex() not in repr(stored)


def test_a_source_that_fails_in_the_middle_leaves_nothing(blobs: FolderBlobs) -> None:
    with pytest.raises(OSError, match="went away") as found:
        blobs.put(FailingSource(300_000, OSError(errno.EIO, "went away")), HERE, HOLDER.public)
    assert found.value.errno == errno.EIO
    with pytest.raises(BadInput, match=r"evidence\.too_large"):
        blobs.put(FailingSource(300_000, BadInput("evidence.too_large")), HERE, HOLDER.public)
    with pytest.raises(BadInput, match=r"vault\.not_a_key"):
        blobs.put(io.BytesIO(b"x"), HERE, "age1nobody")
    assert list(blobs._root.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte; where it cannot be mounted, a limit on the size of any file."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode == 0:
        yield disk
        subprocess.run(["umount", str(disk)], check=True)
        return
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    yield disk
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_is_said_and_leaves_nothing(small_disk: Path) -> None:
    store = FolderBlobs(small_disk / "blobs", os.urandom)
    kept = store.put(io.BytesIO(b"earlier"), HERE, HOLDER.public)
    with pytest.raises(StoreFull, match=r"vault\.disk_full"):
        store.put(Zeros(3_000_000), HERE, HOLDER.public)
    assert [path.name for path in store._root.iterdir()] == [kept.name]
    assert content(store, kept.name) == b"earlier"


def test_exporting_to_a_full_disk_leaves_nothing(small_disk: Path, blobs: FolderBlobs) -> None:
    stored = blobs_before_the_limit(blobs)
    with pytest.raises(StoreFull, match=r"vault\.disk_full"):
        blobs.export(stored, HERE, HOLDER, small_disk / "out")
    assert list(small_disk.iterdir()) == []


def blobs_before_the_limit(blobs: FolderBlobs) -> str:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits[1], limits[1]))
    stored = blobs.put(Zeros(3_000_000), HERE, HOLDER.public)
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    return stored.name


def test_leftovers_are_swept_by_age_and_other_peoples_files_stay(blobs: FolderBlobs) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for name, hours in (("0" * 32 + ".part", 3), ("1" * 32 + ".part", 0), ("film.part", 3), ("2" * 32, 3)):
        (blobs._root / name).write_bytes(b"x")
        then = (now - timedelta(hours=hours)).timestamp()
        os.utime(blobs._root / name, (then, then))
    assert blobs.sweep_parts(now - timedelta(hours=1)) == 1
    assert sorted(path.name for path in blobs._root.iterdir()) == ["1" * 32 + ".part", "2" * 32, "film.part"]


KILLED = """
import os, sys
from pathlib import Path
from sitr.vault import FolderBlobs, Place
class Endless:
    def read(self, size):
        print("reading", flush=True)
        return bytes(size)
FolderBlobs(Path(sys.argv[1]), os.urandom).put(Endless(), Place("c", "t", "r", "f"), sys.argv[2])
"""


def test_a_killed_process_leaves_no_listed_file_and_its_leftover_is_swept(blobs: FolderBlobs) -> None:
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(blobs._root), HOLDER.public], stdout=subprocess.PIPE, text=True
    )
    with killed:
        assert killed.stdout is not None
        for _ in range(10):  # five megabytes
            killed.stdout.readline()
        killed.kill()
    left = list(blobs._root.iterdir())
    assert [path.suffix for path in left] == [".part"]
    assert left[0].stat().st_size > 0
    assert list(blobs.names()) == []
    assert blobs.sweep_parts(datetime.fromtimestamp(time.time() + 5, UTC)) == 1
    assert list(blobs._root.iterdir()) == []


LARGE = """
import os, resource, sys, tracemalloc
from pathlib import Path
from sitr.vault import FolderBlobs, Identity, Place
class Zeros:
    left = 256 * 2**20
    def read(self, size):
        piece = min(size, self.left)
        self.left -= piece
        return b"\\x07" * piece
store, holder, here = FolderBlobs(Path(sys.argv[1]), os.urandom), Identity.generate(), Place("c", "t", "r", "f")
store.put(type("Small", (), {"read": lambda self, size: b""})(), here, holder.public)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
tracemalloc.start()
stored = store.put(Zeros(), here, holder.public)
read = sum(len(piece) for piece in store.read(stored.name, here, holder))
assert read == stored.length == 256 * 2**20, read
python_peak = tracemalloc.get_traced_memory()[1]
tracemalloc.stop()
assert store.export(stored.name, here, holder, Path(sys.argv[1], "out")).length == read
print(python_peak, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def test_a_quarter_of_a_gigabyte_takes_no_more_memory_than_a_few_megabytes(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LARGE, str(tmp_path)], capture_output=True, text=True, check=True)
    python_peak, process_growth = (int(number) for number in done.stdout.split())
    assert python_peak < 16 * 2**20  # buffers of a megabyte that go round, the same however long the file is
    assert process_growth < 32 * 2**20


class FullTarget:
    """A target without room."""

    def write(self, data: Piece, /) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", f"{len(data)} bytes")


def test_what_a_target_raises_comes_out_as_it_was_raised() -> None:
    with pytest.raises(OSError, match="No space left") as found:
        age.encrypt_stream(io.BytesIO(b"x" * 100_000), FullTarget(), [HOLDER.public])
    assert found.value.errno == errno.ENOSPC
