"""The bag as a stream: files go one by one into a zip that is never whole in memory nor in clear on a disk.

Here belong the BagIt lists (RFC 8493), the signed list over them and the zip. What the files say is in `index` and
`paper`; sealing the stream is in `sealing`.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, cast

from sitr.dossier.checks import BAGIT, CHUNK, MANIFEST, SAFE, SIGNATURE, SIGNER, TAGMANIFEST
from sitr.dossier.signing import DossierSigner
from sitr.errors import BadInput, Damaged
from sitr.vault.hashing import HashBeside


@dataclass(frozen=True)
class Payload:
    """One file under data/: its name in the bag, what it must be, and where its bytes come from."""

    name: str
    sha256: str
    length: int
    chunks: Callable[[], Iterable[bytes]]


@dataclass
class _Sink:
    """What the zip writes into: it hands over what came since the last time, uncopied."""

    held: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> int:
        self.held.append(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def take(self) -> list[bytes]:
        held, self.held = self.held, []
        return held


def payload_manifest(payload: Iterable[Payload]) -> bytes:
    """`manifest-sha256.txt` over the payload."""
    return _lines({p.name: p.sha256 for p in payload})


def pack(
    root: str, payload: Iterable[Payload], tags: dict[str, bytes], signer: DossierSigner, now: datetime
) -> Iterator[bytes]:
    """The zip of the bag named `root`, in chunks: payload, then `tags` by name, then the signed list.

    Each payload file is hashed on its way. Raises Damaged `dossier.exhibit_differs` when one is not what its digest
    says (the caller throws away what was written), BadInput `dossier.bad_name` for a name that cannot stand in a bag.
    """
    payload = list(payload)
    tags = {"bagit.txt": BAGIT, MANIFEST: payload_manifest(payload), SIGNER: signer.public_pem(), **tags}
    names = [*(p.name for p in payload), *tags]
    if len(set(names)) != len(names) or not all(SAFE.fullmatch(n) for n in names):
        raise BadInput("dossier.bad_name")
    listed = _lines({name: hashlib.sha256(data).hexdigest() for name, data in tags.items()})
    closing = {**tags, TAGMANIFEST: listed, SIGNATURE: signer.sign(listed)}
    return _zip(root, payload, closing, now)


def _zip(root: str, payload: Iterable[Payload], tags: dict[str, bytes], now: datetime) -> Iterator[bytes]:
    sink, stamp = _Sink(), now.astimezone(UTC).timetuple()[:6]
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_STORED) as archive:  # it is only written to
        for file in payload:
            yield from _member(archive, sink, _info(f"{root}/{file.name}", stamp), _checked(file))
        for name, data in sorted(tags.items()):
            info = _info(f"{root}/{name}", stamp)
            info.compress_type = zipfile.ZIP_DEFLATED
            yield from _member(archive, sink, info, [data])
    yield from sink.take()


def _info(name: str, stamp: tuple[int, ...]) -> zipfile.ZipInfo:
    year, month, day, hour, minute, second = stamp
    info = zipfile.ZipInfo(name, (year, month, day, hour, minute, second))
    info.create_system, info.external_attr = 3, 0o100644 << 16  # a plain file, whatever system makes the zip
    return info


def _member(archive: zipfile.ZipFile, sink: _Sink, info: zipfile.ZipInfo, chunks: Iterable[bytes]) -> Iterator[bytes]:
    with archive.open(info, "w", force_zip64=True) as member:
        for chunk in chunks:
            member.write(chunk)
            yield from sink.take()


def _checked(file: Payload) -> Iterator[bytes]:
    state, length = HashBeside(), 0
    for piece in file.chunks():
        for start in range(0, len(piece), CHUNK):
            chunk = piece[start : start + CHUNK]
            state.update(chunk)
            length += len(chunk)
            yield chunk
    if state.hexdigest() != file.sha256 or length != file.length:
        raise Damaged("dossier.exhibit_differs", file=file.name)


def _lines(digests: dict[str, str]) -> bytes:
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())).encode()
