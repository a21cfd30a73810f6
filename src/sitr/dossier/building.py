"""Building one dossier: contents in, one sealed file out, nothing in clear on a disk and nothing half-written left.

This file puts the parts together in their order. The paper is made in memory; exhibits go through as streams.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import cast

from sitr.dossier.checks import CHECKPOINT, CONSISTENCY, INDEX, JOURNAL, MANIFEST, OPENINGS, PROOFS
from sitr.dossier.contents import Contents, ExhibitItem, TimeProof, Tongue
from sitr.dossier.index import (
    KEY_COMMAND,
    case_jsonld,
    copy_digest,
    index_json,
    list_commands,
    sightings_csv,
    verify_txt,
)
from sitr.dossier.packing import Payload, pack, payload_manifest
from sitr.dossier.paper import Seen, paper
from sitr.dossier.phrase import RandomBytes, make_phrase, seal_to_phrase
from sitr.dossier.sealing import recipients as read_recipients
from sitr.dossier.sealing import seal_to_keys
from sitr.dossier.signing import DossierSigner, installation_name, sign_paper
from sitr.errors import BadInput
from sitr.journal import read_checkpoint
from sitr.vault.files import EarlyWriter, named_full
from sitr.vault.pieces import Writer
from sitr.vault.streams import DigestingWriter

PAPERS: Mapping[Tongue, str] = {"both": "dossier-ar-en.pdf", "ar": "dossier-ar.pdf", "en": "dossier-en.pdf"}
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


@dataclass(frozen=True)
class Built:
    """What was built. `phrase` opens it when no recipients were named, and is kept nowhere; `items`: exhibits in it,
    blurred copies too.
    """

    file: Path
    sha256: str
    items: int
    phrase: str | None


def build(
    contents: Contents,
    out: Path,
    *,
    signer: DossierSigner,
    now: datetime,
    random_bytes: RandomBytes,
    recipients: Sequence[str] = (),
) -> Built:
    """Write the sealed dossier of `contents` to `out`, which must not exist.

    Sealed to `recipients` (age public keys), or to a phrase made from `random_bytes` when there are none. `signer` is
    the installation's Ed25519 key; `now` is aware and is the only time that is written.
    Raises BadInput `dossier.out_exists`, `dossier.bad_recipient`, `dossier.bad_preview`; Damaged
    `dossier.exhibit_differs` when an exhibit's bytes are not what its digest says, `journal.*` when the checkpoint is
    malformed; StoreFull `vault.disk_full` when there is no room. In each case nothing is left behind.
    """
    if out.exists():
        raise BadInput("dossier.out_exists")
    keys = read_recipients(recipients)
    phrase = None if keys else make_phrase(random_bytes)
    chunks = _stream(contents, signer, now)

    def seal(target: Writer) -> None:
        if phrase is None:
            seal_to_keys(chunks, target, keys)
        else:
            seal_to_phrase(chunks, target, phrase, random_bytes)

    digest = _write_whole(out, seal)
    return Built(out, digest, sum(map(_is_inside, contents.exhibits)), phrase)


def build_opened(contents: Contents, out: Path, *, signer: DossierSigner, now: datetime) -> Built:
    """The same dossier as an unsealed zip: only for a place that is itself sealed, and for tests."""
    if out.exists():
        raise BadInput("dossier.out_exists")

    def write(target: Writer) -> None:
        for chunk in _stream(contents, signer, now):
            target.write(chunk)

    digest = _write_whole(out, write)
    return Built(out, digest, sum(map(_is_inside, contents.exhibits)), None)


# --- the parts --------------------------------------------------------------------------------------------------------


def _stream(contents: Contents, signer: DossierSigner, now: datetime) -> Iterator[bytes]:
    now = now.astimezone(UTC).replace(microsecond=0)
    released = {e.id for e in contents.exhibits if e.source is not None}
    # A stamp over an exhibit that stays back would be a proof without anything to prove it on.
    contents = replace(contents, proofs=tuple(p for p in contents.proofs if not p.exhibit or p.exhibit in released))
    inside = [(place, e) for place, e in enumerate(contents.exhibits, start=1) if _is_inside(e)]
    payload = [_payload(place, e) for place, e in inside]
    names = {e.id: p.name for (_, e), p in zip(inside, payload, strict=True)}
    tags = _tags(contents, names, signer, now)
    attached = {MANIFEST: payload_manifest(payload), INDEX: tags[INDEX], "checkpoint.txt": tags[CHECKPOINT]}
    seen = _seen(contents, names, signer)
    tags[PAPERS[contents.tongue]] = sign_paper(paper(contents, seen, now, attached), signer, now)
    return pack(_root(contents), payload, tags, signer, now)


def _is_inside(item: ExhibitItem) -> bool:
    return item.source is not None or item.copy is not None


def _root(contents: Contents) -> str:
    return "sitr-dossier-" + (re.sub(r"[^A-Za-z0-9]", "", contents.case)[:8] or "case")


def _payload(place: int, item: ExhibitItem) -> Payload:
    """A name that says nothing about the content: the original name is in the index, which has no bad characters."""
    if item.source is None:
        copy = item.copy or b""
        return Payload(f"data/E{place:03d}-blurred.jpg", copy_digest(item), len(copy), lambda: [copy])
    suffix = Path(item.name).suffix
    name = f"data/E{place:03d}{suffix.lower() if _SUFFIX.fullmatch(suffix) else '.bin'}"
    return Payload(name, item.sha256, item.length, cast("Callable[[], Iterator[bytes]]", item.source))


def _tags(contents: Contents, names: Mapping[str, str], signer: DossierSigner, now: datetime) -> dict[str, bytes]:
    stamps = _stamps(contents.proofs)
    covers = {
        f"timestamps/{p:02d}.tsr": names.get(s.exhibit, CHECKPOINT) for p, s in enumerate(contents.proofs, start=1)
    }
    covers |= {f"{name}.ots": name for name in map(_anchor_name, range(1, len(contents.anchors) + 1))}
    return {
        **_journal(contents),
        INDEX: index_json(contents, names, covers, signer, now),
        "sightings.csv": sightings_csv(contents),
        "case.jsonld": case_jsonld(contents, signer),
        "verify.py": files("sitr.dossier").joinpath("checks.py").read_bytes(),
        "verify_journal.py": files("sitr.journal").joinpath("verifier.py").read_bytes(),
        "VERIFY.txt": verify_txt(
            list_commands(exhibits=bool(names)),
            _stamp_commands(contents, names),
            _chain_commands(contents),
            _key(signer),
            PAPERS[contents.tongue],
        ),
        "bag-info.txt": _bag_info(contents, signer, now),
        **stamps,
        **_renewals(contents),
        **_anchors(contents),
    }


def _journal(contents: Contents) -> dict[str, bytes]:
    """The journal with its openings, or in their place the proofs; and the checkpoints that were handed out."""
    part = contents.journal
    found = {CHECKPOINT: part.checkpoint}
    found |= {PROOFS: part.proofs} if part.proofs else {JOURNAL: part.lines, OPENINGS: part.openings}
    found |= {CONSISTENCY: part.consistency} if part.consistency else {}
    handed = {f"journal/checkpoints/{read_checkpoint(note).size}.checkpoint": note for note in part.handed}
    return found | handed


def _renewals(contents: Contents) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for place, renewal in enumerate(contents.renewals, start=1):
        found |= {f"renewals/{place:02d}.txt": renewal.text, f"renewals/{place:02d}.tsr": renewal.tsr}
        # Beside the other certificates, lists and answers, where the checks look for them.
        beside = {".pem": renewal.chain, ".crl": renewal.crl, ".ocsp": renewal.ocsp}
        found |= {f"timestamps/renewal-{place:02d}{kind}": data for kind, data in beside.items() if data}
    return found


def _anchors(contents: Contents) -> dict[str, bytes]:
    """Each OpenTimestamps proof beside the checkpoint that it is for, under the name that `ots verify` looks for."""
    found: dict[str, bytes] = {}
    for place, anchor in enumerate(contents.anchors, start=1):
        name = _anchor_name(place)
        found |= {name: anchor.data, f"{name}.ots": anchor.ots}
    return found


def _anchor_name(place: int) -> str:
    return f"timestamps/ots-{place:02d}.checkpoint"


def _chain_commands(contents: Contents) -> list[str]:
    """What checks the complete proofs, given a node of Bitcoin; a pending one has nothing to be checked yet."""
    complete = [_anchor_name(place) for place, anchor in enumerate(contents.anchors, start=1) if anchor.blocks]
    return [f"ots verify {name}.ots" for name in complete]


def _stamp_name(place: int) -> str:
    return f"timestamps/{place:02d}"


def _stamps(proofs: Sequence[TimeProof]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for place, proof in enumerate(proofs, start=1):
        name = _stamp_name(place)
        parts = {
            ".tsr": proof.tsr,
            ".pem": proof.chain,
            ".crl": proof.crl,
            ".ocsp": proof.ocsp,
            ".checkpoint": proof.data,
        }
        found |= {name + kind: data for kind, data in parts.items() if data}
    return found


def _stamp_commands(contents: Contents, names: Mapping[str, str]) -> list[str]:
    commands = []
    for place, proof in enumerate(contents.proofs, start=1):
        name = _stamp_name(place)
        data = f"{name}.checkpoint" if proof.data else names.get(proof.exhibit, CHECKPOINT)
        commands.append(
            f"openssl ts -verify -in {name}.tsr -data {data} -CAfile {name}.pem -untrusted {name}.pem"
            f" -partial_chain -attime {int(proof.time.timestamp())}"
        )
    for place, renewal in enumerate(contents.renewals, start=1):
        name, chain = f"renewals/{place:02d}", f"timestamps/renewal-{place:02d}.pem"
        commands.append(
            f"openssl ts -verify -in {name}.tsr -data {name}.txt -CAfile {chain} -untrusted {chain}"
            f" -partial_chain -attime {int(renewal.time.timestamp())}"
        )
    return commands


def _bag_info(contents: Contents, signer: DossierSigner, now: datetime) -> bytes:
    length = sum(e.length if e.source else len(e.copy or b"") for e in contents.exhibits if _is_inside(e))
    count = sum(map(_is_inside, contents.exhibits))
    lines = {
        "Source-Organization": installation_name(signer),
        "External-Identifier": _root(contents),
        "Bagging-Date": now.date().isoformat(),
        "Payload-Oxum": f"{length}.{count}",
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items()).encode()


def _seen(contents: Contents, names: Mapping[str, str], signer: DossierSigner) -> Seen:
    head = read_checkpoint(contents.journal.checkpoint)
    commands = [
        ("verify_1", f"age -d -o dossier.zip FILE\nunzip dossier.zip\ncd {_root(contents)}"),
        ("verify_2", "python3 verify.py"),
        (
            "verify_3",
            "\n".join(
                (
                    *list_commands(exhibits=bool(names)),
                    *_stamp_commands(contents, names),
                    *_chain_commands(contents),
                    f"pdfsig {PAPERS[contents.tongue]}",
                )
            ),
        ),
        ("verify_4", f"{KEY_COMMAND}\n{_key(signer)}"),
    ]
    return Seen(names, installation_name(signer), _key(signer), head.size, head.root.hex(), commands)


def _key(signer: DossierSigner) -> str:
    return hashlib.sha256(signer.public).hexdigest()


# --- writing ----------------------------------------------------------------------------------------------------------


def _write_whole(out: Path, write: Callable[[Writer], None]) -> str:
    """`out` appears whole or not at all; SHA-256 of it in hex. Raises StoreFull `vault.disk_full`."""
    with named_full():
        return _written(out, write)


def _written(out: Path, write: Callable[[Writer], None]) -> str:
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=".dossier-")  # mkstemp gives mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            hashing = DigestingWriter(EarlyWriter(file))
            write(hashing)
            file.flush()
            os.fsync(file.fileno())
        _name(Path(name), out)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
    return hashing.sealed.sha256.hex()


def _name(made: Path, out: Path) -> None:
    try:
        os.link(made, out)  # unlike rename, a link never replaces what another process just made
    except FileExistsError:
        raise BadInput("dossier.out_exists") from None
    folder = os.open(out.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
