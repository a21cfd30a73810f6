"""What the dossier says, for machines and for readers without the paper: JSON, CSV, JSON-LD, VERIFY.txt.

Same contents as the paper. Values only; nothing is decided here.
"""

import csv
import dataclasses
import hashlib
import io
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sitr.dossier.checks import FORMAT
from sitr.dossier.contents import Contents, ExhibitItem
from sitr.dossier.signing import DossierSigner, installation_name
from sitr.words import say

_LEFT_OUT = {"journal", "proofs", "renewals", "anchors", "exhibits"}
_EXHIBIT_LEFT_OUT = {"source", "preview", "copy"}


def copy_digest(item: ExhibitItem) -> str:
    """SHA-256, in hex, of the blurred copy that stands in place of an exhibit; empty when there is none."""
    return "" if item.copy is None or item.source is not None else hashlib.sha256(item.copy).hexdigest()


def format_time(time: datetime) -> str:
    """`2026-11-22T20:08:31Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def index_json(
    contents: Contents, files: Mapping[str, str], proofs: Mapping[str, str], signer: DossierSigner, now: datetime
) -> bytes:
    """`dossier.json`: what the paper says. `files`: names in the bag by exhibit id; `proofs`: what a stamp covers."""
    told = {f.name: _plain(getattr(contents, f.name)) for f in dataclasses.fields(contents) if f.name not in _LEFT_OUT}
    exhibits = [
        {
            **{f.name: _plain(getattr(e, f.name)) for f in dataclasses.fields(e) if f.name not in _EXHIBIT_LEFT_OUT},
            "number": place,
            "file": files.get(e.id, ""),
            "copy_sha256": copy_digest(e),
        }
        for place, e in enumerate(contents.exhibits, start=1)
    ]
    whole = {
        "format": FORMAT,
        "made_at": format_time(now),
        "signer": installation_name(signer),
        **told,
        "exhibits": exhibits,
        "timestamps": dict(proofs),
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_time(value)
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(each) for name, each in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def sightings_csv(contents: Contents) -> bytes:
    """`sightings.csv` in UTF-8 with the mark that spreadsheet programs need to show Arabic."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("id", "url", "service", "state", "since", "last_checked", "returned", "image_urls"))
    for row in contents.sightings:
        checked = format_time(row.last_checked) if row.last_checked else ""
        cells = (row.id, row.url, row.service, row.state, format_time(row.since), checked)
        writer.writerow(map(_cell, (*cells, "yes" if row.returned else "no", " ".join(row.image_urls))))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: str) -> str:
    # A spreadsheet would run a cell that begins like a formula; the address in it comes from a stranger's page.
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def case_jsonld(contents: Contents, signer: DossierSigner) -> bytes:
    """`case.jsonld`: exhibits as CASE/UCO files with their digests, and the act that collected each.

    Names end with a UUID made from the case's id and the place (version 5), as the ontology asks: the same contents
    give the same file.
    """
    tool = _name(contents, "tool")
    graph: list[dict[str, Any]] = [{"@id": tool, "@type": "uco-tool:Tool", "uco-core:name": installation_name(signer)}]
    for place, item in enumerate(contents.exhibits, start=1):
        record = _name(contents, f"provenance-{place}")
        graph += [_file_object(contents, place, item)]
        graph += [
            {
                "@id": record,
                "@type": "case-investigation:ProvenanceRecord",
                "case-investigation:exhibitNumber": str(place),
                "uco-core:object": {"@id": _name(contents, f"exhibit-{place}")},
            },
            {
                "@id": _name(contents, f"action-{place}"),
                "@type": "case-investigation:InvestigativeAction",
                "uco-core:name": "collection",
                "uco-action:startTime": {"@type": "xsd:dateTime", "@value": format_time(item.time)},
                "uco-action:instrument": {"@id": tool},
                "uco-action:result": {"@id": record},
            },
        ]
    bundle = {"@context": _CONTEXT, "@graph": graph}
    return (json.dumps(bundle, ensure_ascii=False, indent=1) + "\n").encode()


def _name(contents: Contents, part: str) -> str:
    space = f"urn:sitr:{contents.case}:{part}"
    return f"{space}-{uuid.uuid5(uuid.NAMESPACE_URL, space)}"


def _file_object(contents: Contents, place: int, item: ExhibitItem) -> dict[str, Any]:
    digest = {
        "@id": _name(contents, f"hash-{place}"),
        "@type": "uco-types:Hash",
        "uco-types:hashMethod": "SHA256",  # a plain string: typed as xsd:string, case_validate does not find it
        "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": item.sha256},
    }
    content = {
        "@id": _name(contents, f"content-{place}"),
        "@type": "uco-observable:ContentDataFacet",
        "uco-observable:sizeInBytes": item.length,
        "uco-observable:hash": [digest],
    }
    named = {"uco-observable:fileName": item.name} if item.name else {}  # what stays back has no name here
    facet = {"@id": _name(contents, f"file-{place}"), "@type": "uco-observable:FileFacet", **named}
    return {
        "@id": _name(contents, f"exhibit-{place}"),
        "@type": "uco-observable:File",
        "uco-core:hasFacet": [facet, content],
    }


_CONTEXT = {
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def verify_txt(
    lists: Sequence[str], stamp_commands: Sequence[str], chain_commands: Sequence[str], key: str, paper: str
) -> bytes:
    """`VERIFY.txt` in both languages, Arabic first. `lists`: `list_commands`; `chain_commands`: what needs a source of
    block headers."""
    said = (_verify_txt(lang, lists, stamp_commands, chain_commands, key, paper) for lang in ("ar", "en"))
    return "\n\n".join(said).encode()


def _verify_txt(
    lang: Any, lists: Sequence[str], stamp_commands: Sequence[str], chain_commands: Sequence[str], key: str, paper: str
) -> str:
    def said(name: str) -> str:
        return say(f"dossier.{name}", lang).strip()

    steps = [(said("verify_txt_1"), ["python3 verify.py"]), (said("verify_txt_2"), lists)]
    steps += [(said("verify_txt_3"), stamp_commands)] if stamp_commands else []
    steps += [(said("verify_txt_ots"), chain_commands)] if chain_commands else []
    steps += [(said("verify_txt_4"), [f"pdfsig {paper}"]), (said("verify_txt_5"), [KEY_COMMAND, key])]
    blocks = [said("verify_txt")]
    for place, (sentence, commands) in enumerate(steps, start=1):
        blocks += [f"{place}. {sentence}", *(f"    {command}" for command in commands)]
    return "\n\n".join((*blocks, said("verify_txt_note"))) + "\n"


_LIST = "tagmanifest-sha256.txt"


def list_commands(*, exhibits: bool) -> list[str]:
    """The commands for the lists. Without exhibits theirs is empty, which `sha256sum` takes for a fault."""
    found = [
        f"openssl pkeyutl -verify -rawin -pubin -inkey signer.pem -sigfile {_LIST}.sig -in {_LIST}",
        "sha256sum -c tagmanifest-sha256.txt",
    ]
    return [*found, "sha256sum -c manifest-sha256.txt"] if exhibits else found


KEY_COMMAND = "openssl pkey -pubin -in signer.pem -outform DER | tail -c 32 | sha256sum"
