"""A case on its way: the whole of it in one sealed file, and taken in at another Sitr, where nothing is told twice.

The file is an age file (passphrase recipient) around a tar: `case.json` (RFC 8785, versioned), `journal/` as in a
dossier, `blobs/<exhibit or photo id>`. What is taken in is verified first, sealed to the newcomer's key, and one entry
of kind `release` is added by the new installation's signer. The tar is read and written as a stream; only small parts
are ever whole in memory.
"""

import base64
import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import rfc8785
from django.db import transaction

from sitr.cases import journals, photos
from sitr.cases.access import CaseKeys, Keeper, confirm, require_passphrase
from sitr.cases.anchors import anchored
from sitr.cases.exhibits import place_of
from sitr.cases.fresh_files import fresh_files
from sitr.cases.models import (
    SEALED,
    TABLES,
    Anchor,
    Arrival,
    ArrivalState,
    Case,
    CaseState,
    Checkpoint,
    Entry,
    Exhibit,
    Photo,
    Renewal,
    SealedRow,
    Stamp,
    WrappedKey,
    table_name,
    writing_allowed,
)
from sitr.cases.services import Services, whole_hour
from sitr.cases.work import Act, OpenCase, act, append, entry_place, look, row_place
from sitr.dossier.phrase import CHOSEN_LOG_N, is_for_phrase, open_with_phrase, seal_to_phrase
from sitr.errors import BadInput, Damaged, Locked
from sitr.journal import AnchorState, Frontier, Kind, StampState, anchor_facts, openings_file, verify_journal
from sitr.vault import Identity, Place, StoredBlob, seal, wrap_case
from sitr.vault.files import written_whole

FORMAT = "sitr-case-v1"
_PIECE = 1 << 20
_MOST_JSON = 256 * 2**20


def export_case(keeper: Keeper, case_id: str, out: Path, *, secret: str) -> Path:
    """Write the whole case to `out`, sealed with the holder's own passphrase, which is asked for again.

    Raises Locked, BadInput when the file exists, Damaged when something sealed was altered. Nothing half-written stays.
    """
    confirm(keeper, secret, receipt=True)
    if out.exists():
        raise BadInput("cases.file_exists", file=str(out))
    with act(keeper, case_id, Kind.RELEASE, "export_case"):
        pass
    case = look(keeper, case_id)
    # In memory, never on a disk: the tar is in clear until it is sealed.
    with ExitStack() as left:
        clear = left.enter_context(TemporaryFile(dir=keeper.services.memory))
        _write_tar(keeper.services, case, clear)
        clear.seek(0)
        target = left.enter_context(written_whole(out))
        pieces = iter(partial(clear.read, _PIECE), b"")
        seal_to_phrase(pieces, target, secret, keeper.services.random_bytes, log_n=CHOSEN_LOG_N)
    return out


def _write_tar(services: Services, case: OpenCase, target: IO[bytes]) -> None:
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        entries = list(journals.opened(case))
        _put(tar, "case.json", rfc8785.dumps(_document(case)))
        _put(tar, "journal/lines.json", rfc8785.dumps([bytes(row.line).decode() for row, _ in entries]))
        _put(tar, "journal/openings.json", openings_file({row.seq: opening for row, opening in entries}))
        _put(tar, "journal/proofs.json", rfc8785.dumps(_proofs(case)))
        _put(tar, "signer.pem", services.signer.public_pem())
        for row, place in _files(case):
            length = services.blobs.verify(row.blob, place, case.keys.of(row.epoch)).length
            info = tarfile.TarInfo(f"blobs/{row.id}")
            info.size = length
            tar.addfile(info, _Pieces(services.blobs.read(row.blob, place, case.keys.of(row.epoch))))


def _put(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def _files(case: OpenCase) -> Iterator[tuple[Exhibit | Photo | Arrival, Place]]:
    for arrival, body in case.rows(Arrival, state=ArrivalState.WAITING):
        yield arrival, place_of(case.row.id, body["exhibit"])
    for exhibit in Exhibit.objects.filter(case=case.row):
        yield exhibit, place_of(case.row.id, exhibit.id)
    for photo in Photo.objects.filter(case=case.row).exclude(blob=""):
        yield photo, photos.place_of(case.row.id, photo.id)


def _document(case: OpenCase) -> dict[str, Any]:
    rows = [_row(model, row, body) for model in SEALED for row, body in case.rows(model)]
    return {
        "format": FORMAT, "id": case.row.id, "opened_hour": case.row.opened_hour.isoformat(),
        "time_proof": case.row.time_proof, "calendar_proof": case.row.calendar_proof, "rows": rows,
    }  # fmt: skip


def _row(model: type[SealedRow], row: SealedRow, body: dict[str, Any]) -> dict[str, Any]:
    table = table_name(model)
    clear = {name: _plain(getattr(row, name)) for name in model.coarse}
    return {"table": table, "id": row.id, "order": row.order, "body": body, "clear": clear}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _proofs(case: OpenCase) -> dict[str, Any]:
    notes = {str(c.size): c.note for c in Checkpoint.objects.filter(case=case.row)}
    stamps = [
        {name: base64.b64encode(bytes(getattr(s, name) or b"")).decode() for name in ("reply", "revocation")}
        | {"size": s.checkpoint.size, "authority": s.authority}
        for s in journals.stamped(case)
    ]
    renewals = [
        {name: base64.b64encode(bytes(getattr(one, name) or b"")).decode() for name in ("text", "reply")}
        | {"authority": one.authority}
        for one in journals.renewed(case)
    ]
    anchors = [
        {"size": one.checkpoint.size, "proof": base64.b64encode(bytes(one.proof or b"")).decode()}
        for one in anchored(case)
    ]
    return {"checkpoints": notes, "stamps": stamps, "renewals": renewals, "anchors": anchors}


class _Pieces(io.RawIOBase):
    """Pieces as a file to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, b""

    def read(self, size: int = -1, /) -> bytes:
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        size = len(self._rest) if size < 0 else size
        out, self._rest = self._rest[:size], self._rest[size:]
        return out


@dataclass(frozen=True)
class _Package:
    """What a sealed file said, checked in its form but not yet believed."""

    document: dict[str, Any]
    lines: list[bytes]
    openings: dict[int, Any]
    proofs: dict[str, Any]
    signer: bytes
    tar: tarfile.TarFile


def import_case(keeper: Keeper, file: Path, *, secret: str) -> str:
    """Take in a case that another Sitr exported; gives its id. `secret` is the passphrase it was sealed with.

    Its journal and every file are verified before anything is written. Raises Locked for another passphrase, BadInput
    for what is no such file or is here already, Damaged for a journal or a file that does not verify.
    """
    require_passphrase(keeper)
    with ExitStack() as left:
        clear = left.enter_context(TemporaryFile(dir=keeper.services.memory))
        _unseal(file, clear, secret)
        package = _read_package(left, clear)
        _check_new(package)
        _check_journal(package)
        return _take_in(keeper, package)


def _unseal(file: Path, clear: IO[bytes], secret: str) -> None:
    try:
        with file.open("rb") as sealed:
            if not is_for_phrase(sealed.read(64)):
                raise BadInput("cases.wrong_package", part="age")
            sealed.seek(0)
            for piece in open_with_phrase(sealed, secret):
                clear.write(piece)
    except Locked:
        raise Locked("vault.wrong_secret") from None
    except Damaged:
        raise Damaged("vault.altered") from None
    clear.seek(0)


def _read_package(left: ExitStack, clear: IO[bytes]) -> _Package:
    try:
        tar = left.enter_context(tarfile.open(fileobj=clear, mode="r:"))  # noqa: SIM115  the stack closes it
        document = json.loads(_part(tar, "case.json"))
        if document["format"] != FORMAT or not _fits(document):
            raise BadInput("cases.wrong_package", part="case.json")
        openings = json.loads(_part(tar, "journal/openings.json"))
        return _Package(
            document,
            [line.encode() for line in json.loads(_part(tar, "journal/lines.json"))],
            {int(seq): opening for seq, opening in openings.items()},
            json.loads(_part(tar, "journal/proofs.json")),
            _part(tar, "signer.pem"),
            tar,
        )
    except (tarfile.TarError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput("cases.wrong_package", part="tar") from error


def _part(tar: tarfile.TarFile, name: str) -> bytes:
    member = tar.getmember(name)
    source = tar.extractfile(member) if member.isreg() and member.size <= _MOST_JSON else None
    if source is None:
        raise BadInput("cases.wrong_package", part=name)
    return source.read()


def _fits(document: dict[str, Any]) -> bool:
    ids = [row["id"] for row in document["rows"]]
    plain = all(isinstance(i, str) and i.isalnum() and len(i) <= 32 for i in [document["id"], *ids])
    return plain and len(ids) == len(set(ids)) and all(row["table"] in TABLES for row in document["rows"])


def _check_new(package: _Package) -> None:
    ids = [row["id"] for row in package.document["rows"]]
    there = any(model._default_manager.filter(pk__in=ids).exists() for model in SEALED)
    if there or Case.objects.filter(pk=package.document["id"]).exists():
        raise BadInput("cases.imported_already")


def _check_journal(package: _Package) -> None:
    notes = [note for _, note in sorted(package.proofs["checkpoints"].items(), key=lambda one: int(one[0]))]
    report = verify_journal(package.lines, package.openings, notes[-1:], inside_signer=package.signer)
    if not report.ok:
        raise Damaged("cases.wrong_package", part=report.problems[0].code if report.problems else "journal")


def _take_in(keeper: Keeper, package: _Package) -> str:
    services, case_id, identity = keeper.services, str(package.document["id"]), Identity.generate()
    blobs: dict[str, StoredBlob] = {}
    with fresh_files(services) as fresh:
        for row in package.document["rows"]:
            if _has_file(row):
                blobs[row["id"]] = _take_blob(services, package, row, identity.public)
                fresh.append(blobs[row["id"]])
        with _fresh_key(keeper, case_id, identity), writing_allowed(), transaction.atomic():
            _write_case(keeper, package, case_id, identity, blobs)
    return case_id


def _has_file(row: dict[str, Any]) -> bool:
    waiting = row["table"] == "arrival" and row["clear"].get("state") == ArrivalState.WAITING
    return row["table"] == "exhibit" or waiting or (row["table"] == "photo" and bool(row["body"]["kept"]))


@contextmanager
def _fresh_key(keeper: Keeper, case_id: str, identity: Identity) -> Iterator[None]:
    """Write the key of a case that comes in; it goes again when the case does not come in."""
    with writing_allowed():
        wrapped = wrap_case(identity, keeper.identity.public)
        # A key without its case is left of an import that was cut short: it opens nothing and stands in the way.
        WrappedKey.objects.filter(case_id=case_id).delete()
        WrappedKey(case_id=case_id, holder_id=keeper.holder_id, epoch=0, wrapped=wrapped).save(force_insert=True)
    try:
        yield
    except BaseException:
        with writing_allowed():
            WrappedKey.objects.filter(case_id=case_id).delete()
        raise


def _take_blob(services: Services, package: _Package, row: dict[str, Any], public: str) -> StoredBlob:
    try:
        source = package.tar.extractfile(package.tar.getmember(f"blobs/{row['id']}"))
    except KeyError:
        source = None
    if source is None:
        raise Damaged("cases.wrong_package", part="blobs")
    place = Place(package.document["id"], row["table"], row["id"], "blob")
    if row["table"] == "arrival":
        place = place_of(package.document["id"], row["body"]["exhibit"])
    blob = services.blobs.put(source, place, public)
    if row["table"] != "photo" and blob.content_sha256.hex() != row["body"]["sha256"]:
        services.blobs.delete(blob.name)
        raise Damaged("cases.wrong_package", part="blobs")
    return blob


def _write_case(
    keeper: Keeper, package: _Package, case_id: str, identity: Identity, blobs: dict[str, StoredBlob]
) -> None:
    frontier = Frontier()
    for line in package.lines:
        frontier.append(line)
    case = Case(
        id=case_id, state=CaseState.OPEN, public=identity.public, epoch=0, frontier=frontier.pack(),
        opened_hour=whole_hour(datetime.fromisoformat(package.document["opened_hour"])),
        time_proof=bool(package.document["time_proof"]),
        calendar_proof=bool(package.document.get("calendar_proof", False)),
    )  # fmt: skip
    case.save(force_insert=True)
    _write_entries(case, package, identity.public)
    _write_rows(case, package.document["rows"], identity.public, blobs)
    doing = Act(case, CaseKeys({0: identity}), keeper, Kind.RELEASE, "import_case", keeper.services.now())
    append(doing, Kind.RELEASE, "import_case", {"signer_before": package.signer.decode()}, [])


def _write_entries(case: Case, package: _Package, public: str) -> None:
    for seq, line in enumerate(package.lines):
        opening = package.openings.get(seq)
        plain = None if opening is None else opening.encode() if isinstance(opening, str) else rfc8785.dumps(opening)
        sealed = None if plain is None else seal(plain, entry_place(case.id, seq), public)
        Entry(case=case, seq=seq, epoch=0, line=line, opening=sealed).save(force_insert=True)
    made = {}
    for size, note in package.proofs["checkpoints"].items():
        made[int(size)] = Checkpoint(case=case, size=int(size), note=note)
        made[int(size)].save(force_insert=True)
    for stamp in package.proofs["stamps"]:
        Stamp(
            checkpoint=made[stamp["size"]], authority=stamp["authority"], state=StampState.STAMPED,
            next_try=case.opened_hour, reply=base64.b64decode(stamp["reply"]),
            revocation=base64.b64decode(stamp.get("revocation", "")),
        ).save(force_insert=True)  # fmt: skip
    for one in package.proofs.get("anchors", ()):
        proof = base64.b64decode(one["proof"])
        facts = anchor_facts(proof)
        state = AnchorState.COMPLETE if facts.blocks else AnchorState.PENDING
        Anchor(
            checkpoint=made[one["size"]], state=state, proof=proof, asked=case.opened_hour,
            next_try=case.opened_hour if facts.waiting else None,
        ).save(force_insert=True)  # fmt: skip
    for one in package.proofs.get("renewals", ()):  # files written before there were renewals have none
        Renewal(
            case=case, authority=one["authority"], state=StampState.STAMPED, next_try=case.opened_hour,
            text=base64.b64decode(one["text"]), reply=base64.b64decode(one["reply"]),
        ).save(force_insert=True)  # fmt: skip


def _write_rows(case: Case, rows: Sequence[dict[str, Any]], public: str, blobs: dict[str, StoredBlob]) -> None:
    for row in rows:
        model, blob = TABLES[row["table"]], blobs.get(row["id"])
        clear: dict[str, Any] = dict(row["clear"])
        for name in ("due_hour", "until"):
            if clear.get(name):
                clear[name] = datetime.fromisoformat(clear[name])
        if model in (Exhibit, Arrival) and blob is not None:
            clear |= {"blob": blob.name, "sha256": blob.sha256.hex(), "padded": blob.padded}
        elif model is Photo:
            clear["blob"] = blob.name if blob else ""
        body = seal(rfc8785.dumps(row["body"]), row_place(model, case.id, row["id"]), public)
        model(id=row["id"], case=case, epoch=0, order=row["order"], body=body, **clear).save(force_insert=True)
