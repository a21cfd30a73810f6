#!/usr/bin/env python3
"""Checks an opened Sitr dossier, with nothing but Python 3.11 and the `openssl` command.

This file stands alone: it is copied into every dossier as `verify.py`, beside `verify_journal.py`, and Sitr itself
checks dossiers with it, so there is one truth. Here belong the rules of the bag (RFC 8493), of its signed list and of
its index. Not here: the rules of the journal (`verify_journal.py`), unsealing, the signature of the PDF, making any.
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # A folder that somebody changed may hold a `hashlib.py`: nothing is imported by its name from beside this file.
    del sys.path[0]

import argparse
import contextlib
import hashlib
import importlib.util
import json
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAGMANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
SIGNATURE, SIGNER, INDEX = "tagmanifest-sha256.txt.sig", "signer.pem", "dossier.json"
JOURNAL, CHECKPOINT, OPENINGS = "journal/journal.ndjson", "journal/checkpoint", "journal/openings.json"
PROOFS, CONSISTENCY = "journal/proofs.json", "journal/consistency.json"
REQUIRED = ("bagit.txt", MANIFEST, TAGMANIFEST, SIGNATURE, SIGNER, INDEX, CHECKPOINT)
WHOLE_JOURNAL = (JOURNAL, OPENINGS)  # required, unless PROOFS stands in their place
FORMAT = "sitr-dossier-v1"

MOST_FILES = 100_000
LARGEST_TAG = 256 * 1024 * 1024  # bytes of one tag file that is read whole
CHUNK = 1 << 20
LINE = re.compile(r"([0-9a-f]{64})  ([^\x00-\x1f\x7f]{1,1000})")
SAFE = re.compile(r"(?!/)(?!.*(?:^|/)\.{1,2}(?:/|$))(?!.*//)[^\\\x00-\x1f\x7f]{1,1000}(?<!/)")


# --- the bag, as a folder or as a zip ---------------------------------------------------------------------------------


class Bag(Protocol):
    """The files of an opened dossier by their relative names, and what is wrong with them as files."""

    @property
    def names(self) -> Sequence[str]: ...
    @property
    def problems(self) -> Sequence[Problem]: ...
    def open(self, name: str) -> IO[bytes]:
        """The bytes of one file."""
        ...


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a code from SENTENCES, and the file it is about."""

    code: str
    file: str = ""


class FolderBag:
    """An unpacked dossier."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.names = sorted(self._walk(folder))

    def _walk(self, folder: Path) -> Iterator[str]:
        for path in sorted(folder.iterdir()):
            name = path.relative_to(self.folder).as_posix()
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode):
                yield from self._walk(path)
            elif stat.S_ISREG(mode):
                yield name
            else:
                self.problems.append(Problem("strange_file", name))

    def open(self, name: str) -> IO[bytes]:
        """The bytes of one file."""
        return (self.folder / name).open("rb")


class ZipBag:
    """A dossier in a zip; nothing is unpacked, so no name in it can reach outside and no bomb fills a disk."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.problems: list[Problem] = []
        files = [info for info in archive.infolist() if self._is_file(info)]
        root = _root_of([info.filename for info in files])
        self.entries: dict[str, zipfile.ZipInfo] = {}
        for info in files:
            self._take(info, root)
        self.names = sorted(self.entries)

    def _is_file(self, info: zipfile.ZipInfo) -> bool:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or info.flag_bits & 1:
            self.problems.append(Problem("strange_file", printable(info.filename)))
            return False
        return not info.is_dir()

    def _take(self, info: zipfile.ZipInfo, root: str) -> None:
        name = info.filename.removeprefix(root)
        if not info.filename.startswith(root) or not SAFE.fullmatch(info.filename):
            self.problems.append(Problem("strange_name", printable(info.filename)))
        elif name in self.entries:
            self.problems.append(Problem("name_twice", printable(name)))
        else:
            self.entries[name] = info

    def open(self, name: str) -> IO[bytes]:
        """The bytes of one file."""
        return self.archive.open(self.entries[name])


def _root_of(names: Sequence[str]) -> str:
    """The folder in which the bag stands: where the outermost `bagit.txt` is."""
    found = sorted((n for n in names if n.rpartition("/")[2] == "bagit.txt"), key=lambda n: (n.count("/"), n))
    return found[0].removesuffix("bagit.txt") if found else ""


# --- what was found ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """One question and its answer. `state`: ok; failed; untrusted (whole, but by a key or root that came inside the
    dossier, so it shows that nothing broke, not who made it); absent (there was nothing to check).
    """

    name: str
    state: str
    code: str
    blanks: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Nothing wrong was found."""
        return self.state != "failed"


class _Failed(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def check_bag(
    bag: Bag,
    journal: Any,
    signer: bytes | None = None,
    tsa_ca: bytes | None = None,
    headers: Mapping[int, bytes] | None = None,
) -> list[Check]:
    """All checks of one opened dossier, each by name, in order.

    `journal` is the module `verify_journal` (in Sitr: `sitr.journal.verifier`). `signer`: PEM with the Ed25519 key that
    the reader trusts; `tsa_ca`: PEM roots of the time authorities that the reader trusts; `headers`: block headers of
    Bitcoin by height that the reader trusts.
    Raises journal.MalformedError when `signer` holds no key, FileNotFoundError without openssl.
    """
    trusted = journal.read_keys(signer) if signer is not None else None
    checks = [_layout(bag), *_signed_list(bag, journal, trusted)]
    checks += [_list_holds("tag_files", bag, TAGMANIFEST), _list_holds("payload", bag, MANIFEST)]
    return [*checks, _guarded("index", _index, bag, journal), *_journal(bag, journal, signer, tsa_ca, headers)]


def _guarded(name: str, check: Any, *args: Any) -> Check:
    """The check; whatever a broken bag makes impossible is a failed check that names the file."""
    try:
        return check(*args)  # type: ignore[no-any-return]
    except _Failed as failed:
        return Check(name, "failed", failed.problem.code, {"file": failed.problem.file})


def _read(bag: Bag, name: str) -> bytes:
    try:
        with bag.open(name) as file:
            data = file.read(LARGEST_TAG + 1)
    except (KeyError, OSError, zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        raise _Failed(Problem("file_missing" if name not in bag.names else "unreadable", name)) from error
    except Exception as error:  # zlib.error has no common base with the rest
        raise _Failed(Problem("unreadable", name)) from error
    if len(data) > LARGEST_TAG:
        raise _Failed(Problem("too_large", name))
    return data


def _layout(bag: Bag) -> Check:
    required = (*REQUIRED, *(() if _only_proofs(bag) else WHOLE_JOURNAL))
    problems = [*bag.problems, *(Problem("file_missing", name) for name in required if name not in bag.names)]
    if len(bag.names) > MOST_FILES:
        problems.append(Problem("too_many"))
    with contextlib.suppress(_Failed):
        if _read(bag, "bagit.txt") != BAGIT:
            problems.append(Problem("altered", "bagit.txt"))
    if problems:
        return Check("layout", "failed", problems[0].code, {"file": problems[0].file})
    return Check("layout", "ok", "layout_ok", {"n": len(bag.names)})


def _only_proofs(bag: Bag) -> bool:
    """Whether this dossier carries no journal, only proofs of what is released."""
    return PROOFS in bag.names and JOURNAL not in bag.names


# --- the signed list --------------------------------------------------------------------------------------------------


def _signed_list(bag: Bag, journal: Any, trusted: Sequence[bytes] | None) -> list[Check]:
    return [
        _guarded("signature", _signature, bag, journal),
        _guarded("signer", _signer, bag, journal, trusted),
    ]


def _key_inside(bag: Bag, journal: Any) -> bytes:
    try:
        (key,) = journal.read_keys(_read(bag, SIGNER))
    except ValueError as error:  # MalformedError is one; so is "more than one key"
        raise _Failed(Problem("altered", SIGNER)) from error
    return bytes(key)


def _signature(bag: Bag, journal: Any) -> Check:
    key, text, mark = _key_inside(bag, journal), _read(bag, TAGMANIFEST), _read(bag, SIGNATURE)
    if len(mark) != 64 or not journal.signature_holds(key, text, mark):
        return Check("signature", "failed", "signature_forged", {"file": SIGNATURE})
    return Check("signature", "ok", "signature_ok", {"key": _short(key)})


def _signer(bag: Bag, journal: Any, trusted: Sequence[bytes] | None) -> Check:
    key = _key_inside(bag, journal)
    if trusted is None:
        return Check("signer", "untrusted", "signer_untrusted", {"key": _short(key)})
    if key not in trusted:
        return Check("signer", "failed", "signer_other", {"key": _short(key)})
    return Check("signer", "ok", "signer_ok", {"key": _short(key)})


def _short(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]


# --- the lists: every file is listed, every listed file is there and unchanged ----------------------------------------


def _list_holds(check: str, bag: Bag, manifest: str) -> Check:
    return _guarded(check, _compare, check, bag, manifest)


def _compare(check: str, bag: Bag, manifest: str) -> Check:
    listed = _listed(bag, manifest)
    problems = sorted(_differences(bag, listed, check), key=lambda p: p.file)
    if problems:
        files = ", ".join(p.file for p in problems[:5])
        return Check(check, "failed", problems[0].code, {"file": files})
    return Check(check, "ok", f"{check}_ok", {"n": len(listed)})


def _listed(bag: Bag, manifest: str) -> dict[str, str]:
    try:
        text = _read(bag, manifest).decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Failed(Problem("altered", manifest)) from error
    found = [LINE.fullmatch(line) for line in text.removesuffix("\n").split("\n")] if text else []
    listed = {m[2]: m[1] for m in found if m}
    if len(listed) != len(found):  # a line of another form, or a name that stands twice
        raise _Failed(Problem("altered", manifest))
    return listed


def _differences(bag: Bag, listed: Mapping[str, str], check: str) -> Iterator[Problem]:
    inside = {name for name in bag.names if _belongs(name, check)}
    for name in inside - listed.keys():
        yield Problem("not_listed", name)
    for name, digest in listed.items():
        if name not in inside:
            yield Problem("file_missing", printable(name))
        else:
            yield from _differs(bag, name, digest)


def _belongs(name: str, check: str) -> bool:
    if check == "payload":
        return name.startswith("data/")
    return not name.startswith("data/") and name not in (TAGMANIFEST, SIGNATURE)


def _differs(bag: Bag, name: str, digest: str) -> Iterator[Problem]:
    try:
        with bag.open(name) as file:
            found = file_digest(file)
    except Exception:  # a broken zip member fails in many ways (zlib, CRC, end of file); all mean: not readable
        yield Problem("unreadable", name)
        return
    if found != digest:
        yield Problem("altered", name)


def file_digest(file: IO[bytes]) -> str:
    """SHA-256 in lower-case hex, in constant memory."""
    state = hashlib.sha256()
    while chunk := file.read(CHUNK):
        state.update(chunk)
    return state.hexdigest()


# --- the index: what the paper says is what lies in the bag -----------------------------------------------------------


def _index(bag: Bag, journal: Any) -> Check:
    exhibits = _exhibits(bag)
    listed, openings = _listed(bag, MANIFEST), _openings(bag, journal)
    # The file itself has the exhibit's digest; a blurred copy in its place has one of its own.
    named = {e["file"]: e["copy_sha256"] or e["sha256"] for e in exhibits if e["file"]}
    for name in sorted(listed.keys() ^ named.keys()):
        raise _Failed(Problem("not_indexed", name))
    for name, digest in named.items():
        if listed[name] != digest:
            raise _Failed(Problem("index_differs", name))
    told = [e for e in exhibits if str(e["entry"]) in openings]
    for exhibit in told:
        if exhibit["sha256"] not in set(_strings(openings[str(exhibit["entry"])])):
            raise _Failed(Problem("journal_differs", exhibit["file"] or exhibit["id"]))
    return Check("index", "ok", "index_ok", {"n": len(exhibits), "told": len(told)})


def _exhibits(bag: Bag) -> list[dict[str, Any]]:
    try:
        index = json.loads(_read(bag, INDEX))
        if index["format"] != FORMAT:
            raise _Failed(Problem("other_format", INDEX))
        parts = ("id", "file", "sha256", "entry")
        return [{"copy_sha256": e.get("copy_sha256", ""), **{k: e[k] for k in parts}} for e in index["exhibits"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _Failed(Problem("altered", INDEX)) from error


def _openings(bag: Bag, journal: Any) -> dict[str, Any]:
    if _only_proofs(bag):
        return _shown(bag, journal)
    try:
        value = journal.read_json(_read(bag, OPENINGS))
    except ValueError as error:
        raise _Failed(Problem("altered", OPENINGS)) from error
    if not isinstance(value, dict):
        raise _Failed(Problem("altered", OPENINGS))
    return value


def _shown(bag: Bag, journal: Any) -> dict[str, Any]:
    """The openings of the entries that are shown with their proofs."""
    try:
        value = journal.read_json(_read(bag, PROOFS))
        return {str(journal.read_line(e["line"].encode()).seq): e["opening"] for e in value["entries"]}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _Failed(Problem("altered", PROOFS)) from error


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


# --- the journal and the time stamps ----------------------------------------------------------------------------------


_NAMES = {"integrity": "journal", "released": "journal", "signer": "journal_signer"}


def _journal(
    bag: Bag, journal: Any, signer: bytes | None, tsa_ca: bytes | None, headers: Mapping[int, bytes] | None
) -> list[Check]:
    try:
        report = _journal_report(bag, journal, signer, tsa_ca, headers)
    except _Failed as failed:
        return [Check("journal", "failed", failed.problem.code, {"file": failed.problem.file})]
    checks = []
    for found in report.checks:
        name = _NAMES.get(found.name, found.name)
        checks.append(Check(name, found.state, "journal", {"found": found, "problems": report.problems}))
    return checks


def _journal_report(
    bag: Bag, journal: Any, signer: bytes | None, tsa_ca: bytes | None, headers: Mapping[int, bytes] | None
) -> Any:
    stamps = _files(bag, "timestamps/")
    older = sorted((d for n, d in stamps.items() if n.endswith(".checkpoint")), key=lambda note: _size(note, journal))
    handed = list(_files(bag, "journal/checkpoints/").values())
    checkpoints = [*older, _read(bag, CHECKPOINT)]
    beside = {
        "signer": signer,
        "inside_signer": _read(bag, SIGNER),
        "stamps": [d for n, d in stamps.items() if n.endswith(".tsr")],
        "tsa_ca": tsa_ca,
        "inside_certificates": b"\n".join(d for n, d in stamps.items() if n.endswith(".pem")),
        "other_digests": [bytes.fromhex(digest) for digest in _listed(bag, MANIFEST).values()],
        "handed": sorted(handed, key=lambda note: _size(note, journal)),
        "consistency": _read(bag, CONSISTENCY) if CONSISTENCY in bag.names else None,
        "renewals": _renewals(bag),
        "anchors": [d for n, d in stamps.items() if n.endswith(".ots")],
        "headers": headers,
        "revocations": [d for n, d in stamps.items() if n.endswith((".crl", ".ocsp"))],
    }
    if _only_proofs(bag):
        return journal.verify_released(_read(bag, PROOFS), checkpoints, **beside)
    lines = _read(bag, JOURNAL).split(b"\n")
    if lines.pop():
        raise _Failed(Problem("journal_cut", JOURNAL))
    openings = _openings(bag, journal)
    if not all(key.isascii() and key.isdigit() for key in openings):
        raise _Failed(Problem("altered", OPENINGS))
    opened = {int(key): value for key, value in openings.items()}
    return journal.verify_journal(lines, opened, checkpoints, partial=True, **beside)


def _files(bag: Bag, folder: str) -> dict[str, bytes]:
    return {name: _read(bag, name) for name in bag.names if name.startswith(folder)}


def _size(note: bytes, journal: Any) -> int:
    try:
        return int(journal.read_checkpoint(note).size)
    except ValueError:
        return 0  # the journal's own check says that this is no checkpoint


def _renewals(bag: Bag) -> list[tuple[bytes, bytes]]:
    """The text of each renewal with the reply over it; one of the two without the other is a missing file."""
    found = _files(bag, "renewals/")
    names = sorted({name.rpartition(".")[0] for name in found})
    for name in names:
        for part in (f"{name}.txt", f"{name}.tsr"):
            if part not in found:
                raise _Failed(Problem("file_missing", part))
    return [(found[f"{name}.txt"], found[f"{name}.tsr"]) for name in names]


# --- what is said about it --------------------------------------------------------------------------------------------

SENTENCES: dict[str, tuple[str, str]] = {
    "layout_ok": ("الملف كامل، وعدد ملفاته {n}.", "The dossier is complete: {n} files."),
    "strange_file": ("فيه ما ليس ملفا عاديا: {file}", "It holds something that is not a plain file: {file}"),
    "strange_name": ("فيه اسم ملف غير مقبول: {file}", "It holds a file name that is not acceptable: {file}"),
    "name_twice": ("اسم الملف مكرر: {file}", "Two files have the same name: {file}"),
    "file_missing": ("ملف مفقود: {file}", "A file is missing: {file}"),
    "unreadable": ("تتعذر قراءة الملف: {file}", "A file cannot be read: {file}"),
    "too_large": ("الملف أكبر من المتوقع: {file}", "A file is larger than it may be: {file}"),
    "too_many": ("عدد الملفات أكبر من المتوقع.", "There are more files than there may be."),
    "altered": ("تغيّر محتوى: {file}", "Changed after signing: {file}"),
    "not_listed": ("ملف لا تذكره القائمة: {file}", "A file is not on the list: {file}"),
    "signature_ok": ("القائمة موقّعة بالمفتاح {key}.", "The list is signed by key {key}."),
    "signature_forged": ("التوقيع لا يطابق القائمة: {file}", "The signature does not fit the list: {file}"),
    "signer_ok": ("المفتاح {key} هو المفتاح الموثوق المُعطى.", "Key {key} is the trusted key that was given."),
    "signer_other": ("المفتاح {key} ليس المفتاح الموثوق المُعطى.", "Key {key} is not the trusted key that was given."),
    "signer_untrusted": (
        "المفتاح {key} مصدره هذا الملف نفسه: يثبت السلامة لا هوية الموقّع. للحسم يُقارن بمفتاح من مصدر آخر.",
        "Key {key} came inside this dossier: it shows that nothing broke, not who signed. To decide, compare the key.",
    ),
    "tag_files_ok": (
        "الملفات المرافقة مطابقة للقائمة الموقّعة: {n}.",
        "All {n} accompanying files fit the signed list.",
    ),
    "payload_ok": ("الأدلة مطابقة للقائمة: {n}.", "All {n} exhibits fit the list."),
    "index_ok": (
        "الفهرس مطابق للأدلة ({n})، ومنها {told} مذكور في قيود السجل المكشوفة.",
        "The index fits the exhibits ({n}); {told} of them are named by opened journal entries.",
    ),
    "not_indexed": ("ملف لا يذكره الفهرس أو لا وجود له: {file}", "A file is not in the index, or not there: {file}"),
    "index_differs": ("الفهرس يذكر بصمة أخرى للملف: {file}", "The index gives another digest for: {file}"),
    "journal_differs": (
        "قيد السجل يذكر بصمة أخرى للدليل: {file}",
        "The journal entry gives another digest for: {file}",
    ),
    "other_format": ("صيغة الفهرس غير معروفة: {file}", "The format of the index is not known: {file}"),
    "journal_cut": ("آخر السجل مقطوع: {file}", "The end of the journal is cut off: {file}"),
    "headers_malformed": (
        "ملف ترويسات الكتل غير مقروء: {file}",
        "The file of block headers cannot be read: {file}",
    ),
    "no_openssl": ("الأمر openssl غير موجود، ويلزم للتحقق.", "The command openssl is missing; it is needed to check."),
    "verified": ("النتيجة: الملف سليم.", "Result: verified."),
    "not_verified": ("النتيجة: الملف غير سليم.", "Result: NOT verified."),
    "old_python": ("يلزم Python 3.11 أو أحدث.", "Python 3.11 or newer is needed."),
}


def describe(check: Check, lang: str, journal: Any) -> str:
    """What a check found, in one sentence (for a failed journal: one more for each problem)."""
    if check.code != "journal":
        return sentence(check.code, lang, check.blanks)
    found = [check.blanks["found"], *(check.blanks["problems"] if check.state == "failed" else ())]
    return " ".join(journal.describe(each, lang) for each in found)


def sentence(code: str, lang: str, blanks: Mapping[str, Any]) -> str:
    """The sentence of SENTENCES for this code, in Arabic or English."""
    values = {k: v if isinstance(v, int) else _isolate(printable(str(v)), lang) for k, v in blanks.items()}
    return SENTENCES[code][0 if lang == "ar" else 1].format(**values)


def _isolate(value: str, lang: str) -> str:
    return f"\u2066{value}\u2069" if lang == "ar" else value  # else right-to-left text would show it scrambled


def printable(text: str) -> str:
    """The text with everything invisible escaped: a file name may otherwise write on the reader's terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def main(arguments: Sequence[str]) -> int:
    """Check the dossier in which this file lies, print a line for each check; 0 when nothing is wrong, else 1."""
    sys.dont_write_bytecode = True  # a __pycache__ would be a file that the signed list does not know
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Check this opened Sitr dossier.")
    parser.add_argument("folder", nargs="?", type=Path, default=here, metavar="FOLDER")
    parser.add_argument("--signer", type=Path, metavar="KEY", help="PEM file with the key you trust")
    parser.add_argument("--tsa-ca", type=Path, metavar="FILE", help="PEM file with the time authorities you trust")
    parser.add_argument(
        "--bitcoin-headers", type=Path, metavar="FILE", help="lines of a block's height and its header in hex"
    )
    parser.add_argument("--lang", choices=("ar", "en"), default="en")
    given = parser.parse_args(arguments)
    if sys.version_info < (3, 11):  # noqa: UP036  this file runs on machines that Sitr does not know
        print(sentence("old_python", given.lang, {}))
        return 1
    return _print_checks(given, here)


def _checked(
    given: argparse.Namespace, journal: Any, signer: bytes | None = None, tsa_ca: bytes | None = None
) -> list[Check]:
    chain = given.bitcoin_headers
    try:
        headers = journal.read_headers(chain.read_bytes()) if chain else None
    except ValueError:
        return [Check("ots", "failed", "headers_malformed", {"file": chain.name})]
    return check_bag(FolderBag(given.folder), journal, signer, tsa_ca, headers)


def _beside(here: Path, name: str) -> Any:
    """The module that lies beside this file in a dossier, from its source: no compiled one is looked at."""
    sys.dont_write_bytecode, sys.pycache_prefix = True, str(here / SIGNER)  # a file, so no folder can be there
    spec = importlib.util.spec_from_file_location(name, here / f"{name}.py")
    if spec is None or spec.loader is None or not (here / f"{name}.py").is_file():
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _print_checks(given: argparse.Namespace, here: Path) -> int:
    try:
        journal = _beside(here, "verify_journal")
        keys = [path.read_bytes() if path else None for path in (given.signer, given.tsa_ca)]
        checks = _checked(given, journal, *keys)
    except ImportError:
        journal, checks = None, [Check("journal", "failed", "file_missing", {"file": "verify_journal.py"})]
    except FileNotFoundError:
        checks = [Check("openssl", "failed", "no_openssl")]
    for check in checks:
        print(f"{check.name}: {check.state}: {describe(check, given.lang, journal)}")
    ok = all(check.ok for check in checks)
    print(sentence("verified" if ok else "not_verified", given.lang, {}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
