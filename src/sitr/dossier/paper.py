"""The paper: everything the dossier says, on A4, Arabic and English beside each other, as PDF/A-3u.

Here belongs which part stands where. Words are in `words/*/dossier.toml`, the small pieces in `markup`, the look in
`paper.css`. Nothing is fetched: only the fonts of this folder and the previews handed in are served.
"""

import gc
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from xml.etree import ElementTree

from cssselect2 import ElementWrapper  # type: ignore[import-untyped]
from weasyprint import HTML, Attachment
from weasyprint.urls import URLFetcher, URLFetcherResponse

from sitr.dossier.contents import Both, Contents, ExhibitItem, NoticeRow, SightingRow, TimeProof
from sitr.dossier.markup import (
    Html,
    Pen,
    address,
    direction,
    line_of,
    machine,
    moment,
    number,
    outside,
    own_words,
    text,
    words,
)
from sitr.errors import BadInput
from sitr.journal import read_checkpoint

_VOID = re.compile(r"<(meta|link|br|img|col)\b([^>]*)>")
# XML 1.0 section 2.2 has no place for these.
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
VARIANT = "pdf/a-3u"
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True)
class Seen:
    """What the paper says about the dossier itself: names in the bag by exhibit id, who signs, the journal's head."""

    files: Mapping[str, str]
    installation: str
    key: str
    entries: int
    root: str
    commands: Sequence[tuple[str, str]]


def paper(contents: Contents, seen: Seen, now: datetime, attached: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF. `attached` files travel inside it (PDF/A-3), by name.

    Raises BadInput `dossier.bad_preview` for a preview that is neither PNG nor JPEG.
    """
    inside = [
        Attachment(string=data, name=name, created=now, modified=now, relationship="Data")
        for name, data in attached.items()
    ]
    document = _Ready(tree_of(html(contents, seen, now)), _Shelf(contents))
    with _collector_at_rest(), warnings.catch_warnings():
        # WeasyPrint 70 leaves its colour profile open until it is collected; nothing of ours is meant by that warning.
        warnings.simplefilter("ignore", ResourceWarning)
        made: bytes = document.write_pdf(pdf_variant=VARIANT, attachments=inside)
    return made


def tree_of(page: Html) -> ElementTree.Element:
    """The paper as a tree. Our markup closes what it opens, so a parser of XML, in C, gives the same tree as the one
    of HTML, in Python, which took a twentieth of the time of a whole paper.
    """
    whole = _VOID.sub(r"<\1\2/>", _NO_XML.sub("\ufffd", page.removeprefix("<!doctype html>")))
    return ElementTree.fromstring(whole)  # noqa: S314  markup of our own, every text in it escaped, no DTD


class _Ready(HTML):  # type: ignore[misc]  # WeasyPrint has no types
    """A document whose tree is there already; WeasyPrint's own class parses text only."""

    def __init__(self, tree: ElementTree.Element, shelf: "_Shelf") -> None:
        self.base_url, self.url_fetcher, self.media_type = "sitr:", shelf, "print"
        self.wrapper_element = ElementWrapper.from_html_root(tree, content_language=None)
        self.etree_element = self.wrapper_element.etree_element


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """A paper is a million objects that live to its end; to look among them for rubbish took a tenth of the time."""
    if not gc.isenabled():  # another paper is being drawn beside this one, and will wake it
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Shelf(URLFetcher):  # type: ignore[misc]
    """Serves what the paper may show and nothing else: no file, no network."""

    def __init__(self, contents: Contents) -> None:
        super().__init__(allowed_protocols=["sitr"])
        self._previews = {e.id: preview for e in contents.exhibits if (preview := _preview(e))}

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002  (signature given)
        kind, _, name = url.removeprefix("sitr:").partition("/")
        if url.startswith("sitr:") and kind == "preview" and name in self._previews:
            media, data = self._previews[name]
            return URLFetcherResponse(url, data, {"Content-Type": media})
        if url.startswith("sitr:") and kind in {"fonts", "css"} and "/" not in name and ".." not in name:
            home = files("sitr.dossier").joinpath(*(("fonts", name) if kind == "fonts" else (name,)))
            return URLFetcherResponse(url, home.read_bytes(), {"Content-Type": _MEDIA[name.rpartition(".")[2]]})
        raise ValueError("the paper shows nothing from outside")


_MEDIA = {"ttf": "font/ttf", "css": "text/css"}


def _preview(exhibit: ExhibitItem) -> tuple[str, bytes] | None:
    if exhibit.preview is None:
        return None
    for magic, media in _PICTURES.items():
        if exhibit.preview.startswith(magic):
            return media, exhibit.preview
    raise BadInput("dossier.bad_preview", file=exhibit.id)


def html(contents: Contents, seen: Seen, now: datetime) -> Html:
    """The paper as HTML; separate so that tests can read it."""
    pen = Pen(contents.tongue)
    parts = (
        _cover(pen, contents, seen, now),
        _words(pen, contents),
        _timeline(pen, contents),
        _sightings(pen, contents),
        _exhibits(pen, contents, seen),
        _notices(pen, contents),
        _legal(pen, contents),
        _gaps(pen, contents),
        _proofs(pen, contents, seen),
        _glossary(pen),
        _certificate(pen, contents, seen, now) if contents.certificate else "",
        _verify(pen, seen),
    )
    title = text(pen.title(words("title")))
    head = f'<meta charset="utf-8"><title>{title}</title><meta name="author" content="{text(seen.installation)}">'
    head += f'<meta name="dcterms.created" content="{now.strftime("%Y-%m-%dT%H:%M:%SZ")}">'
    style = '<link rel="stylesheet" href="sitr:css/paper.css">'
    start = f'<!doctype html><html lang="{pen.lang}" dir="{pen.way}" class="{pen.tongue}">'
    return f"{start}<head>{head}{style}</head><body>{''.join(parts)}</body></html>"


def _section(pen: Pen, key: str, body: Html, *, fresh: bool = False) -> Html:
    css = ' class="fresh"' if fresh else ""
    return f"<section{css}><h2>{pen.pair(words(key))}</h2>{body}</section>"


def _cover(pen: Pen, contents: Contents, seen: Seen, now: datetime) -> Html:
    counts = [
        (len(contents.sightings), "sightings"),
        (len(contents.exhibits), "exhibits"),
        (len(contents.notices), "notices"),
    ]
    rows = [
        ("case", f'<span class="case">{machine(contents.case)}</span>'),
        ("alias", _said(contents.alias) or pen.stacked(words("not_named"))),
        ("country", machine(contents.country)),
        ("opened", moment(contents.opened_at)),
        ("made", moment(now)),
        ("made_for", _said(contents.made_for)),
        ("audience", pen.stacked(contents.audience) if contents.audience else ""),
        ("purpose", _said(contents.purpose)),
        ("counts", pen.table([key for _, key in counts], [[number(n) for n, _ in counts]])),
        ("signed_by", f"{machine(seen.installation)}<br>{machine(seen.key, block=True)}"),
        ("root", machine(seen.root, block=True)),
    ]
    what = "".join(pen.pair(words(f"what_this_is_{n}")) for n in range(1, 5))
    title = f"<h1>{pen.pair(words('title'))}</h1>{pen.pair(words('subtitle'))}"
    note = f'<div class="note"><h3>{pen.pair(words("what_this_is"))}</h3>{what}</div>'
    return f'{title}<div class="air"></div>{pen.facts(rows)}{note}'


def _said(value: str) -> Html:
    """One line of words from outside, in its own direction."""
    return line_of(value) if value else ""


def _words(pen: Pen, contents: Contents) -> Html:
    if not contents.answers:
        return _section(pen, "words", pen.pair(words("words_none")), fresh=True)
    blocks = []
    for answer in contents.answers:
        chosen = "".join(pen.pair(outside(each)) for each in answer.chosen)
        blocks.append(f"<h3>{pen.pair(outside(answer.question))}</h3>{chosen}{own_words(answer.words)}")
    return _section(pen, "words", "".join(blocks), fresh=True)


def _timeline(pen: Pen, contents: Contents) -> Html:
    if not contents.timeline:
        return ""
    rows = [
        (moment(row.time), pen.stacked(outside(row.what)) + machine(row.value, block=True), number(row.entry))
        for row in sorted(contents.timeline, key=lambda row: row.time)
    ]
    return _section(pen, "timeline", pen.table(("when", "what", "entry"), rows, (27, 63, 10)))


def _sightings(pen: Pen, contents: Contents) -> Html:
    if not contents.sightings:
        return ""
    rows = [
        (
            address(row.url) + _images(pen, row),
            _said(row.service),
            pen.stacked(words(f"state_{row.state}")) + (pen.stacked(words("returned")) if row.returned else ""),
            moment(row.since),
            moment(row.last_checked),
        )
        for row in contents.sightings
    ]
    return _section(
        pen, "sightings", pen.table(("address", "service", "state", "since", "checked"), rows, (38, 15, 15, 16, 16))
    )


def _images(pen: Pen, row: SightingRow) -> Html:
    if not row.image_urls:
        return ""
    return pen.stacked(words("images")) + "".join(map(address, row.image_urls))


def _exhibits(pen: Pen, contents: Contents, seen: Seen) -> Html:
    if not contents.exhibits:
        return ""
    blocks = [
        _exhibit(pen, place, item, seen.files.get(item.id, ""), [p for p in contents.proofs if p.exhibit == item.id])
        for place, item in enumerate(contents.exhibits, start=1)
    ]
    return _section(pen, "exhibits", "".join(blocks), fresh=True)


def _exhibit(pen: Pen, place: int, item: ExhibitItem, file: str, proofs: Sequence[TimeProof]) -> Html:
    rows = [
        ("kind", pen.stacked(_kind(item.kind))),
        ("name", machine(item.name)),
        ("file", _where(pen, item, file)),
        ("digest", machine(item.sha256, block=True)),
        ("length", number(item.length)),
        ("captured", moment(item.time)),
        ("source", address(item.url)),
        ("method", machine(item.method)),
        ("complete", _completeness(pen, item)),
        ("credentials", _credentials(pen, item)),
        ("entry", number(item.entry) if item.entry is not None else ""),
        ("time_proof", "<br>".join(map(_proof_line, proofs)) or pen.stacked(words("no_time_proof"))),
        ("preview", f'<img class="preview" src="sitr:preview/{text(item.id)}" alt="">' if item.preview else ""),
    ]
    note = pen.pair(outside(item.note)) if item.note else ""
    name = _numbered("exhibit", place)
    return f'<div class="exhibit"><h3>{pen.pair(name)}</h3>{pen.facts(rows)}{note}{_custody(pen, item)}</div>'


def _where(pen: Pen, item: ExhibitItem, file: str) -> Html:
    if not file:
        return pen.stacked(words("not_released"))
    return machine(file) if item.source else machine(file, block=True) + pen.stacked(words("blurred_copy"))


def _numbered(key: str, place: int) -> Both:
    return Both(f"{words(key).ar} {place}", f"{words(key).en} {place}")


def _kind(kind: str) -> Both:
    if kind in {"whatsapp", "telegram", "instagram", "facebook"}:
        kind = "chat"
    known = {"wacz", "screenshot", "pdf", "text", "dom", "mhtml", "image", "mail", "chat", "reply", "video"}
    return words(f"kind_{kind if kind in known else 'file'}")


def _completeness(pen: Pen, item: ExhibitItem) -> Html:
    parts = []
    if item.partial:
        parts.append(pen.stacked(words("partial")))
    if item.kept is not None and item.expected is not None:
        parts.append(pen.stacked(words("of", kept=item.kept, expected=item.expected)))
    if item.missing:
        parts.append(pen.stacked(words("missing_parts")) + "".join(map(address, item.missing)))
    return "".join(parts)


def _credentials(pen: Pen, item: ExhibitItem) -> Html:
    found = item.credentials
    if found is None:
        return ""
    claims = {"credentials_signer": found.signer, "credentials_issuer": found.issuer}
    named = (pen.stacked(words(key)) + machine(name, block=True) for key, name in claims.items() if name)
    return pen.stacked(found.said) + "".join(named)


def _proof_line(proof: TimeProof) -> Html:
    return f"{moment(proof.time)} {machine(proof.authority)}"


def _custody(pen: Pen, item: ExhibitItem) -> Html:
    if not item.custody:
        return ""
    rows = [
        (
            moment(e.time),
            pen.stacked(outside(e.what)) + (pen.stacked(outside(e.why)) if e.why else ""),
            machine(e.actor),
            number(e.entry),
        )
        for e in item.custody
    ]
    heads = ("when", "what_why", "who", "entry")
    return f"<h3>{pen.pair(words('custody'))}</h3>{pen.table(heads, rows, (27, 38, 25, 10))}"


def _notices(pen: Pen, contents: Contents) -> Html:
    blocks = [_notice(pen, place, row) for place, row in enumerate(contents.notices, start=1)]
    return _section(pen, "notices", "".join(blocks), fresh=True) if blocks else ""


def _notice(pen: Pen, place: int, row: NoticeRow) -> Html:
    due = moment(row.due_at) + pen.stacked(words("lawful" if row.lawful else "reminder")) if row.due_at else ""
    rows = [
        ("to", machine(row.recipient)),
        ("basis", pen.stacked(outside(row.basis)) + machine(row.citation)),
        ("state", pen.stacked(words(f"notice_state_{row.state}"))),
        ("sent", moment(row.sent_at) if row.sent_at else ""),
        ("due", due),
        ("then", pen.stacked(outside(row.then)) if row.then else ""),
        ("reference", machine(row.reference)),
    ]
    letter = f'<div class="letter" dir="{direction(row.text)}">{_lines(row.text)}</div>' if row.text else ""
    name = _numbered("notice", place)
    return f"<h3>{pen.pair(name)}</h3>{pen.facts(rows)}{pen.stacked(words('notice_text'))}{letter}{_replies(pen, row)}"


def _lines(value: str) -> Html:
    """A letter line by line. Its own isolates would be shown escaped; here each line and each run is one."""
    return "\n".join(line_of(line.replace("\u2066", "").replace("\u2069", "")) for line in value.splitlines())


def _replies(pen: Pen, row: NoticeRow) -> Html:
    if not row.replies:
        return pen.pair(words("no_reply")) if row.sent_at else ""
    blocks = []
    for reply in row.replies:
        rows = [
            ("when", moment(reply.time)),
            ("from", machine(reply.sender)),
            ("subject", line_of(reply.subject)),
        ]
        blocks.append(f"<h3>{pen.pair(words('reply'))}</h3>{pen.facts(rows)}{own_words(reply.text, 'letter')}")
    return "".join(blocks)


def _legal(pen: Pen, contents: Contents) -> Html:
    if not contents.legal:
        return ""
    rows = []
    for row in contents.legal:
        checked = pen.stacked(words("checked_on")) + machine(row.checked) if row.checked else ""
        state = "" if row.verified else pen.stacked(words("unverified"))
        rows.append(
            (pen.stacked(outside(row.name)), machine(row.citation), machine(row.source, block=True), state + checked)
        )
    note = f'<div class="note">{pen.pair(words("legal_note"))}</div>'
    return _section(pen, "legal", note + pen.table(("law", "basis", "source", "state"), rows, (27, 27, 30, 16)))


def _gaps(pen: Pen, contents: Contents) -> Html:
    body = "".join(pen.pair(outside(gap)) for gap in contents.gaps) or pen.pair(words("gaps_none"))
    return _section(pen, "gaps", body)


def _proofs(pen: Pen, contents: Contents, seen: Seen) -> Html:
    places = {item.id: place for place, item in enumerate(contents.exhibits, start=1)}
    head = pen.facts([("entries", number(seen.entries)), ("root", machine(seen.root, block=True))])
    rows = [
        (
            moment(p.time),
            pen.stacked(_numbered("exhibit", places[p.exhibit])) if p.exhibit else pen.stacked(words("covers_journal")),
            machine(p.authority),
            machine(p.serial),
        )
        for p in contents.proofs
    ]
    proofs = (
        pen.table(("when", "covers", "authority", "serial"), rows, (27, 15, 33, 25))
        if rows
        else pen.pair(words("no_stamp"))
    )
    says = pen.pair(words("journal_says" if contents.journal.lines else "journal_proofs"))
    more = _renewals(pen, contents) + _anchors(pen, contents) + _handed(pen, contents)
    return _section(pen, "proofs", says + head + proofs + more)


def _renewals(pen: Pen, contents: Contents) -> Html:
    rows = [(moment(r.time), machine(r.authority)) for r in contents.renewals]
    return pen.pair(words("renewed")) + pen.table(("when", "authority"), rows, (27, 73)) if rows else ""


def _anchors(pen: Pen, contents: Contents) -> Html:
    """OpenTimestamps proofs, each with what it is worth: pending ones are worth nothing yet, and the paper says so."""
    rows = [
        (
            number(read_checkpoint(anchor.data).size),
            pen.stacked(words("ots_complete" if anchor.blocks else "ots_pending"))
            + machine(", ".join(map(str, anchor.blocks))),
            "<br>".join(map(machine, anchor.waiting)),
        )
        for anchor in contents.anchors
    ]
    table = pen.table(("entries", "state", "ots_calendars"), rows, (15, 50, 35)) if rows else ""
    return pen.pair(words("ots")) + table if rows else ""


def _handed(pen: Pen, contents: Contents) -> Html:
    heads = [read_checkpoint(note) for note in contents.journal.handed]
    rows = [(number(head.size), machine(head.root.hex())) for head in heads]
    return pen.pair(words("handed")) + pen.table(("entries", "root"), rows, (15, 85)) if rows else ""


def _certificate(pen: Pen, contents: Contents, seen: Seen, now: datetime) -> Html:
    """For a person to fill and sign. What the machine knows stands there; who, where, when and the name do not."""
    body = f'<div class="note">{pen.pair(words("certificate_note"))}{pen.pair(words("certificate_nobody"))}</div>'
    body += pen.facts(_certified(contents, seen, now))
    clauses = "".join(f'<div class="clause">{pen.pair(words(f"certificate_{n}"))}</div>' for n in range(1, 8))
    blanks = ("name", "capacity", "training", "departures", "place", "date", "sign")
    filled = {key: own_words(getattr(contents.certified, key, ""), "filled") for key in blanks}
    signed = pen.labelled(((words(f"certificate_{key}"), filled[key]) for key in blanks), "data blank")
    # What is declared and the place to sign stand on one page: a signature alone on the next one declares nothing.
    body += f'<div class="declared">{clauses}{signed}</div>'
    return _section(pen, "certificate", body, fresh=True)


def _certified(contents: Contents, seen: Seen, now: datetime) -> list[tuple[str, Html]]:
    """The facts of ISO/IEC 27037 that are known here: which case, which items, when, by what, and their digests."""
    inside = [item for item in contents.exhibits if seen.files.get(item.id)]
    times = sorted(item.time for item in inside)
    span = f"{moment(times[0])}<br>{moment(times[-1])}" if times else ""
    return [
        ("case", machine(contents.case)),
        ("made", moment(now)),
        ("certificate_items", number(len(inside))),
        ("certificate_span", span),
        ("certificate_tools", "<br>".join(map(machine, contents.tools))),
        ("signed_by", f"{machine(seen.installation)}<br>{machine(seen.key, block=True)}"),
        ("entries", number(seen.entries)),
        ("root", machine(seen.root, block=True)),
    ]


def _glossary(pen: Pen) -> Html:
    keys = ("digest", "journal", "entry", "checkpoint", "stamp", "sighting", "exhibit", "untrusted")
    return _section(
        pen, "glossary", pen.labelled((words(f"g_{key}"), pen.stacked(words(f"g_{key}_is"))) for key in keys)
    )


def _verify(pen: Pen, seen: Seen) -> Html:
    return _section(
        pen, "verify", "".join(_command(pen, *each) for each in seen.commands) + pen.pair(words("verify_5")), fresh=True
    )


def _command(pen: Pen, key: str, command: str) -> Html:
    return f'{pen.pair(words(key))}<div class="command" dir="ltr">{text(command)}</div>'
