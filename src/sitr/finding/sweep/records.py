"""From a unit of work to the pictures in it, one after another, and everything about each that a row needs.

Belongs here: which records hold pictures, and naming those that should but do not. Not here: the WARC's bytes
(`warcs`), HTTP's (`bodies`), what is in the picture (`screening`). Pictures written into HTML (`data:`) are not seen.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, cast

from sitr.finding.sweep import bodies
from sitr.finding.sweep.opening import BROKEN_ZIP, Store, is_object, opened
from sitr.finding.sweep.units import Kind, Unit
from sitr.finding.sweep.warcs import Broken, Record, Warc

MOST_PICTURE = 64 * 2**20


@dataclass(frozen=True)
class Picture:
    """One picture's file and where it stood. `source`: a file, or `FILE#WARC` in a WACZ; `record`: offset in the WARC,
    0 for a file of its own. `captured`, `digest`, `media_type`: as the record says, empty where it does not."""

    source: str
    record: int
    data: bytes = field(repr=False)
    url: str = field(default="", repr=False)
    captured: str = ""
    digest: str = ""
    media_type: str = ""


@dataclass(frozen=True)
class Bad:
    """A record that could not be used, named by a code. `whole`: it was read to its end, and what it holds is bad."""

    source: str
    record: int
    code: str
    whole: bool = True


@dataclass(frozen=True)
class Passed:
    """A record gone through that holds no picture. `revisit`: it points to an earlier one that did."""

    revisit: bool = False


Item = Picture | Bad | Passed


class Reading:
    """The items of a unit. After iterating, `first` and `after` are as in `units.Outcome`."""

    def __init__(self, unit: Unit, store: Store) -> None:
        self._unit, self._store = unit, store
        self.first: int | None = None
        self.after: int | None = None

    def __iter__(self) -> Iterator[Item]:
        unit = self._unit
        if unit.kind is Kind.PICTURES:
            yield from self._files()
            return
        source = unit.inside
        if unit.kind is Kind.BROKEN:
            code = "finding.sweep_unreadable" if unit.size else "finding.sweep_empty_archive"
            yield Bad(source, 0, code, whole=False)
            return
        try:
            with opened(unit.source, self._store) as file, _inner(file, unit) as inside:
                base = max(unit.base, 0)
                warc = Warc(
                    inside, bodies.worth_reading, size=unit.size, base=base, start=unit.start, end=unit.end,
                    exact=unit.exact,
                )  # fmt: skip
                for found in warc:
                    if isinstance(found, Broken):
                        yield Bad(source, found.offset, found.code, whole=False)
                    else:
                        yield from _from_record(found, source)
                self.first, self.after = warc.first, warc.after
        except OSError:
            yield Bad(source, unit.start, "finding.sweep_unreadable", whole=False)

    def _files(self) -> Iterator[Item]:
        for name in self._unit.names:
            try:
                data = _small_file(name, self._store)
            except OSError:
                yield Bad(name, 0, "finding.sweep_unreadable")
                continue
            if data is None:
                yield Bad(name, 0, "finding.sweep_too_large")
            elif bodies.is_picture(data):
                yield Picture(name, 0, data)
            elif _named_picture(name):
                yield Bad(name, 0, "finding.sweep_empty" if not data else "finding.sweep_not_a_picture")
            else:
                yield Passed()


def _small_file(name: str, store: Store) -> bytes | None:
    """The whole file, None when it is too large for a picture."""
    if not is_object(name) and Path(name).stat().st_size > MOST_PICTURE:
        return None
    with opened(name, store) as file:
        data = file.read(MOST_PICTURE + 1)
    return data if len(data) <= MOST_PICTURE else None


def _named_picture(name: str) -> bool:
    return name.lower().endswith(
        (".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".heif", ".avif", ".bmp", ".tif", ".tiff")
    )


@contextmanager
def _inner(file: BinaryIO, unit: Unit) -> Iterator[BinaryIO]:
    """The file the WARC's offsets count in: the file itself, or a member that is packed inside a WACZ."""
    if unit.base >= 0:
        yield file
        return
    with _zip_faults():
        archive = zipfile.ZipFile(file)
    with archive:
        with _zip_faults():
            inside = archive.open(unit.inner)
        with inside:
            yield cast("BinaryIO", _Member(inside))


@contextmanager
def _zip_faults() -> Iterator[None]:
    try:
        yield
    except BROKEN_ZIP as fault:
        raise OSError("archive") from fault


class _Member:
    """A packed member as a file whose faults are OSErrors."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def seek(self, at: int, whence: int = 0) -> int:
        with _zip_faults():
            return self._file.seek(at, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, count: int = -1) -> bytes:
        with _zip_faults():
            return self._file.read(count)


def _from_record(record: Record, source: str) -> Iterator[Item]:
    kind = record.headers.get("warc-type", "").lower()
    if record.block is None or kind == "revisit":
        too_large = kind in {"response", "resource"} and _is_huge(record)
        yield Bad(source, record.offset, "finding.sweep_too_large") if too_large else Passed(kind == "revisit")
        return
    head = bodies.read_head(record.block) if kind == "response" else None
    body = record.block[head.length :] if head else record.block
    said = head.media_type if head else bodies.media_type(record.headers.get("content-type", ""))
    try:
        body = bodies.undone(body, head.fields if head else {})
    except bodies.Unfit as unfit:
        yield Bad(source, record.offset, unfit.code)
        return
    if bodies.is_picture(body):
        yield Picture(
            source, record.offset, body, _address(record), record.headers.get("warc-date", "")[:40],
            record.headers.get("warc-payload-digest", "")[:200], said,
        )  # fmt: skip
    elif said.startswith("image/") and said != "image/svg+xml" and (head is None or head.status == 200):
        yield Bad(source, record.offset, "finding.sweep_empty" if not body else "finding.sweep_not_a_picture")
    else:
        yield Passed()


def _is_huge(record: Record) -> bool:
    said = record.headers.get("content-type", "")
    return said.startswith("image/") and int(record.headers.get("content-length", "0")) > MOST_PICTURE


def _address(record: Record) -> str:
    # WARC 1.0 files of some crawlers write the address in angle brackets.
    return record.headers.get("warc-target-uri", "").strip("<>")[:8192]
