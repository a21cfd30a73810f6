"""PDF: its words and what it says of itself, by Debian's poppler in a process apart. Nothing in it is ever executed."""

import re
import shutil
from datetime import datetime
from typing import BinaryIO

from sitr.evidence.imports.apart import run_apart, run_in_memory
from sitr.evidence.imports.handing import Handing
from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.values import Fact, Findings, Item, ItemKind, Where

_KNOWN = {
    "Title": "title", "Author": "author", "Creator": "creator", "Producer": "producer", "CreationDate": "made",
    "ModDate": "changed", "JavaScript": "javascript", "Encrypted": "encrypted", "Pages": "pages",
    "PDF version": "version", "Form": "form",
}  # fmt: skip
_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?P<zone>Z(?:00'?00'?)?|[+-]\d\d(?:'?|'\d\d'?))?")
_PAGES = 2000
_PIECE = 1 << 20


def looks_like_pdf(start: bytes) -> bool:
    """`%PDF-` within the first 1,024 bytes, as readers allow."""
    return b"%PDF-" in start[:1024]


def read_pdf(source: BinaryIO, limits: ImportLimits, findings: Findings, handing: Handing) -> None:
    """Read the words, a page an item, and the document information; its pictures are handed on with their pages.

    `source` is an open file of the system.
    """
    if shutil.which("pdftotext") is None or shutil.which("pdfinfo") is None:
        findings.problem("pdf_no_reader")
        return
    words = run_apart(["pdftotext", "-q", "-enc", "UTF-8", "-l", str(_PAGES), "-", "-"], source, limits)
    told = run_apart(["pdfinfo", "-enc", "UTF-8", "-rawdates", "-"], source, limits)
    findings.facts |= _facts(told.output.decode("utf-8", "replace"))
    findings.facts["confined"] = words.confined
    # pdfinfo tells of the scripts that it finds; packed objects hide theirs from a plain search, and others from it.
    if findings.facts.get("javascript") == "yes" or _names_script(source):
        findings.problem("pdf_script")
    _attachments(source, limits, findings)
    if handing.wanted:
        _pictures(source, limits, findings, handing)
    if not words.ended_well:
        findings.problem("pdf_late" if words.late else "pdf_unread")
        return
    _pages(words.output.decode("utf-8", "replace"), limits, findings)
    pages = findings.facts.get("pages")
    if isinstance(pages, int) and pages > _PAGES:
        findings.problem("view_cut")


_ATTACHED = re.compile(r"^(\d{1,6}): (.*)$", re.MULTILINE)


def _attachments(source: BinaryIO, limits: ImportLimits, findings: Findings) -> None:
    """Files that travel inside the document (portfolios, PDF/A-3), by their names; they are not opened."""
    told = run_apart(["pdfdetach", "-enc", "UTF-8", "-list", "fd://0"], source, limits)  # it knows no other name for it
    names = [name for _, name in _ATTACHED.findall(told.output.decode("utf-8", "replace"))]
    if names:
        findings.facts["files_inside"] = [name.strip()[:300] for name in names[:200]]
        findings.problem("pdf_files", n=len(names))


# What runs apart: pdfimages can only write files, so it writes into the memory of its own namespace, which ends with
# it; out comes a line of name and size before each picture. What does not fit into that memory is not written.
_UNPACK = """
pdfimages -q -p -j -png -l "$1" - /tmp/p >/dev/null 2>&1
for file in /tmp/p-*; do [ -s "$file" ] && stat -c "%n %s" "$file" && cat "$file"; done
exit 0
"""
_LINE = re.compile(rb"/tmp/p-(\d{1,6})-\d{1,6}\.[a-z0-9]{2,6} (\d{1,9})\n")
_ROOM = 60 * 2**20


def _pictures(source: BinaryIO, limits: ImportLimits, findings: Findings, handing: Handing) -> None:
    """The pictures as they lie in the document, in their own size. Without a wall they are not unpacked, and it is
    said: no picture may reach a disk."""
    answer = run_in_memory(["sh", "-c", _UNPACK, "sh", str(_PAGES)], source, limits, _ROOM)
    if not answer.ended_well:
        findings.problem("pdf_pictures_unread")
        return
    at = 0
    while found := _LINE.match(answer.output, at):
        at = found.end() + int(found[2])
        handing.give(Where.PAGE, f"page-{int(found[1])}", answer.output[found.end() : at], int(found[1]))


def _names_script(source: BinaryIO) -> bool:
    source.seek(0)
    tail = b""
    while piece := source.read(_PIECE):
        if b"/JavaScript" in tail + piece or b"/Launch" in tail + piece:
            return True
        tail = piece[-16:]
    return False


def _pages(text: str, limits: ImportLimits, findings: Findings) -> None:
    pages = text.split("\f")
    for number, page in enumerate(pages, 1):
        if page.strip():
            findings.items.append(Item(ItemKind.PAGE, text=page.strip("\n")[: limits.message * 4], line=number))
    if not findings.items:
        findings.problem("no_text")


def pdf_time(written: str) -> str:
    """A date of ISO 32000, 7.9.4 (`D:20240203210512+02'00'`) as ISO 8601, as exact as it is written: no month, hour or
    zone is added that does not stand there (poppler's own would be UTC). Unchanged where it is none."""
    found = _DATE.fullmatch(written.strip())
    if found is None:
        return written
    parts = [part for part in found.groups()[:6] if part]
    zone = found["zone"] or ""
    offset = "Z" if zone.startswith("Z") else zone.rstrip("'").replace("'", ":")
    offset += ":00" if len(offset) == 3 else ""
    day, clock = "-".join(parts[:3]), ":".join(parts[3:])
    text = f"{day}T{clock}{offset}" if len(parts) > 4 else day
    whole = "-".join((*parts, "01", "01")[:3]) if len(parts) < 3 else text
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        return written
    return text


def _facts(told: str) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for line in told.splitlines()[:200]:
        name, mark, value = line.partition(":")
        if mark and name in _KNOWN and value.strip():
            facts.setdefault(_KNOWN[name], value.strip()[:500])
    for name in ("made", "changed"):
        if name in facts:
            facts[name] = pdf_time(str(facts[name]))
    pages = facts.get("pages")
    if isinstance(pages, str) and pages.isdecimal() and len(pages) < 10:
        facts["pages"] = int(pages)
    return facts
