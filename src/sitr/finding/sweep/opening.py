"""Where the bytes of a source come from: a local file, or an object store by Daft's own reader.

Belongs here: opening and listing. Not here: addresses of pages and pictures on the web, which go through the door
(`addresses`). An object store is infrastructure that the operator names, as a database is.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

from sitr.errors import BadInput, OutsideSilent
from sitr.finding.sweep.packages import daft

if TYPE_CHECKING:
    from daft.io import IOConfig

_SCHEMES = ("s3://", "s3a://")
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What `zipfile` raises for archives that are damaged, sealed with a password, or packed in a way it does not know."""


@dataclass(frozen=True)
class Store:
    """The object store that `s3://` addresses stand in. Without `key` it is asked without a name."""

    endpoint: str = ""
    region: str = ""
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


def is_object(source: str) -> bool:
    """Whether the source stands in an object store."""
    return source.startswith(_SCHEMES)


@contextmanager
def opened(source: str, store: Store) -> Iterator[BinaryIO]:
    """The bytes of a source, seekable. Raises OSError when it cannot be read, wherever it stands."""
    if not is_object(source):
        with Path(source).open("rb") as file:
            yield file
        return
    try:
        # A window's worth at a time; Daft asks the store for ranges.
        file = daft().File(source, io_config=_config(store)).open(buffer_size=4 * 2**20)
    except Exception as problem:  # Daft passes on whatever its Rust side met
        raise OSError("object store") from problem
    with file:
        yield cast("BinaryIO", _Steady(file))


class _Steady:
    """Daft's file with failures as OSError, whatever its Rust side calls them, and reads that end where asked."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def seek(self, at: int, whence: int = 0) -> int:
        return self._file.seek(at, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def read(self, count: int = -1) -> bytes:
        parts: list[bytes] = []
        left = count
        while left:
            try:
                data = self._file.read(left if left > 0 else -1)
            except Exception as problem:
                raise OSError("object store") from problem
            if not data:
                break
            parts.append(data)
            if count < 0:
                break
            left -= len(data)
        return b"".join(parts)


def listed(source: str, store: Store) -> list[tuple[str, int]]:
    """The objects at an address, or below it when it ends with `/` or holds a `*`: address and size, in order.

    Raises OutsideSilent("finding.sweep_store"), BadInput("finding.sweep_no_input").
    """
    below = source.endswith("/")
    pattern = source + "**" if below else source
    try:
        frame = daft().from_glob_path(pattern, io_config=_config(store)).select("path", "size")
        found = [(str(row["path"]), int(row["size"] or 0)) for row in frame.iter_rows()]
    except FileNotFoundError:
        raise BadInput("finding.sweep_no_input", name=source) from None
    except Exception as problem:  # Daft passes on whatever its Rust side met
        raise OutsideSilent("finding.sweep_store", name=source) from problem
    rows = [(path, size) for path, size in found if not path.endswith("/")]
    if not rows:
        raise BadInput("finding.sweep_no_input", name=source)
    return sorted(rows)


def _config(store: Store) -> "IOConfig":
    from daft.io import IOConfig, S3Config

    given: dict[str, Any] = {
        "endpoint_url": store.endpoint or None,
        "region_name": store.region or ("us-east-1" if store.endpoint else None),
        "key_id": store.key or None,
        "access_key": store.secret or None,
        "session_token": store.token or None,
        "anonymous": not store.key,
        "use_ssl": not store.endpoint.startswith("http://"),
        "num_tries": 5,
    }
    return IOConfig(s3=S3Config(**{name: value for name, value in given.items() if value is not None}))
