"""The paper: everything the dossier says, on A4, Arabic and English beside each other, as PDF/A-3u.

Here belongs which part stands where. Words are in `words/*/dossier.toml`, the small pieces in `markup`, the look in
`paper.css`. Nothing is fetched: only the fonts of this folder and the previews handed in are served.
"""

import gc
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from weasyprint import HTML, Attachment
from weasyprint.urls import URLFetcher, URLFetcherResponse

from sitr.dossier.contents import Both, Contents, ExhibitItem, NoticeRow, SightingRow, TimeProof
from sitr.dossier.markup import (
    LABELLED,
    Html,
    direction,
    facts,
    line_of,
    machine,
    moment,
    number,
    outside,
    own_words,
    pair,
    stacked,
    table,
    text,
    words,
)
from sitr.errors import BadInput
from sitr.words import say

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
    document = HTML(string=html(contents, seen, now), base_url="sitr:", url_fetcher=_Shelf(contents))
    with _collector_at_rest(), warnings.catch_warnings():
        # WeasyPrint 70 leaves its colour profile open until it is collected; nothing of ours is meant by that warning.
        warnings.simplefilter("ignore", ResourceWarning)
        made: bytes = document.write_pdf(pdf_variant=VARIANT, attachments=inside)
    return made


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
    parts = (
        _cover(contents, seen, now),
        _words(contents),
        _timeline(contents),
        _sightings(contents),
        _exhibits(contents, seen),
        _notices(contents),
        _legal(contents),
        _gaps(contents),
        _proofs(contents, seen),
        _glossary(),
        _certificate(),
        _verify(seen),
    )
    title = text(f"{say('dossier.p_title', 'ar')} – {say('dossier.p_title', 'en')}")
    head = f'<meta charset="utf-8"><title>{title}</title><meta name="author" content="{text(seen.installation)}">'
    head += f'<meta name="dcterms.created" content="{now.strftime("%Y-%m-%dT%H:%M:%SZ")}">'
    style = '<link rel="stylesheet" href="sitr:css/paper.css">'
    return f'<!doctype html><html lang="ar" dir="rtl"><head>{head}{style}</head><body>{"".join(parts)}</body></html>'


def _section(key: str, body: Html, *, fresh: bool = False) -> Html:
    css = ' class="fresh"' if fresh else ""
    return f"<section{css}><h2>{pair(words(key))}</h2>{body}</section>"


def _cover(contents: Contents, seen: Seen, now: datetime) -> Html:
    counts = [
        (len(contents.sightings), "sightings"),
        (len(contents.exhibits), "exhibits"),
        (len(contents.notices), "notices"),
    ]
    rows = [
        ("case", f'<span class="case">{machine(contents.case)}</span>'),
        ("alias", text(contents.alias) or stacked(words("not_named"))),
        ("country", machine(contents.country)),
        ("opened", moment(contents.opened_at)),
        ("made", moment(now)),
        ("made_for", text(contents.made_for)),
        ("purpose", text(contents.purpose)),
        ("counts", table([key for _, key in counts], [[number(n) for n, _ in counts]])),
        ("signed_by", f"{machine(seen.installation)}<br>{machine(seen.key, block=True)}"),
        ("root", machine(seen.root, block=True)),
    ]
    what = "".join(pair(words(f"what_this_is_{n}")) for n in range(1, 5))
    title = f"<h1>{pair(words('title'))}</h1>{pair(words('subtitle'))}"
    note = f'<div class="note"><h3>{pair(words("what_this_is"))}</h3>{what}</div>'
    return f'{title}<div class="air"></div>{facts(rows)}{note}'


def _words(contents: Contents) -> Html:
    if not contents.answers:
        return _section("words", pair(words("words_none")), fresh=True)
    blocks = []
    for answer in contents.answers:
        chosen = "".join(pair(outside(each)) for each in answer.chosen)
        blocks.append(f"<h3>{pair(outside(answer.question))}</h3>{chosen}{own_words(answer.words)}")
    return _section("words", "".join(blocks), fresh=True)


def _timeline(contents: Contents) -> Html:
    if not contents.timeline:
        return ""
    rows = [
        (moment(row.time), stacked(outside(row.what)) + machine(row.value, block=True), number(row.entry))
        for row in sorted(contents.timeline, key=lambda row: row.time)
    ]
    return _section("timeline", table(("when", "what", "entry"), rows, (27, 63, 10)))


def _sightings(contents: Contents) -> Html:
    if not contents.sightings:
        return ""
    rows = [
        (
            machine(row.url, block=True) + _images(row),
            text(row.service),
            stacked(words(f"state_{row.state}")) + (stacked(words("returned")) if row.returned else ""),
            moment(row.since),
            moment(row.last_checked),
        )
        for row in contents.sightings
    ]
    return _section("sightings", table(("address", "service", "state", "since", "checked"), rows, (38, 15, 15, 16, 16)))


def _images(row: SightingRow) -> Html:
    if not row.image_urls:
        return ""
    return stacked(words("images")) + "".join(machine(url, block=True) for url in row.image_urls)


def _exhibits(contents: Contents, seen: Seen) -> Html:
    if not contents.exhibits:
        return ""
    blocks = [
        _exhibit(place, item, seen.files.get(item.id, ""), [p for p in contents.proofs if p.exhibit == item.id])
        for place, item in enumerate(contents.exhibits, start=1)
    ]
    return _section("exhibits", "".join(blocks), fresh=True)


def _exhibit(place: int, item: ExhibitItem, file: str, proofs: Sequence[TimeProof]) -> Html:
    rows = [
        ("kind", stacked(_kind(item.kind))),
        ("name", machine(item.name)),
        ("file", machine(file) or stacked(words("not_released"))),
        ("digest", machine(item.sha256, block=True)),
        ("length", number(item.length)),
        ("captured", moment(item.time)),
        ("source", machine(item.url, block=True)),
        ("method", machine(item.method)),
        ("complete", _completeness(item)),
        ("entry", number(item.entry) if item.entry is not None else ""),
        ("time_proof", "<br>".join(map(_proof_line, proofs)) or stacked(words("no_time_proof"))),
        ("preview", f'<img class="preview" src="sitr:preview/{text(item.id)}" alt="">' if item.preview else ""),
    ]
    note = pair(outside(item.note)) if item.note else ""
    name = _numbered("exhibit", place)
    return f'<div class="exhibit"><h3>{pair(name)}</h3>{facts(rows)}{note}{_custody(item)}</div>'


def _numbered(key: str, place: int) -> Both:
    return Both(f"{words(key).ar} {place}", f"{words(key).en} {place}")


def _kind(kind: str) -> Both:
    known = {"wacz", "screenshot", "pdf", "text", "dom", "mhtml", "image", "mail", "chat", "reply", "video"}
    return words(f"kind_{kind if kind in known else 'file'}")


def _completeness(item: ExhibitItem) -> Html:
    parts = []
    if item.partial:
        parts.append(stacked(words("partial")))
    if item.kept is not None and item.expected is not None:
        parts.append(stacked(words("of", kept=item.kept, expected=item.expected)))
    if item.missing:
        parts.append(stacked(words("missing_parts")) + "".join(machine(m, block=True) for m in item.missing))
    return "".join(parts)


def _proof_line(proof: TimeProof) -> Html:
    return f"{moment(proof.time)} {machine(proof.authority)}"


def _custody(item: ExhibitItem) -> Html:
    if not item.custody:
        return ""
    rows = [(moment(e.time), stacked(outside(e.what)), machine(e.actor), number(e.entry)) for e in item.custody]
    return f"<h3>{pair(words('custody'))}</h3>{table(('when', 'what', 'who', 'entry'), rows, (27, 43, 20, 10))}"


def _notices(contents: Contents) -> Html:
    blocks = [_notice(place, row) for place, row in enumerate(contents.notices, start=1)]
    return _section("notices", "".join(blocks), fresh=True) if blocks else ""


def _notice(place: int, row: NoticeRow) -> Html:
    due = moment(row.due_at) + stacked(words("lawful" if row.lawful else "reminder")) if row.due_at else ""
    rows = [
        ("to", machine(row.recipient)),
        ("basis", stacked(outside(row.basis)) + machine(row.citation)),
        ("state", stacked(words(f"notice_state_{row.state}"))),
        ("sent", moment(row.sent_at) if row.sent_at else ""),
        ("due", due),
        ("then", stacked(outside(row.then)) if row.then else ""),
        ("reference", machine(row.reference)),
    ]
    letter = f'<div class="letter" dir="{direction(row.text)}">{_lines(row.text)}</div>' if row.text else ""
    name = _numbered("notice", place)
    return f"<h3>{pair(name)}</h3>{facts(rows)}{stacked(words('notice_text'))}{letter}{_replies(row)}"


def _lines(value: str) -> Html:
    """A letter line by line. Its own isolates would be shown escaped; here each line and each run is one."""
    return "\n".join(line_of(line.replace("\u2066", "").replace("\u2069", "")) for line in value.splitlines())


def _replies(row: NoticeRow) -> Html:
    if not row.replies:
        return pair(words("no_reply")) if row.sent_at else ""
    blocks = []
    for reply in row.replies:
        rows = [
            ("when", moment(reply.time)),
            ("from", machine(reply.sender)),
            ("subject", line_of(reply.subject)),
        ]
        blocks.append(f"<h3>{pair(words('reply'))}</h3>{facts(rows)}{own_words(reply.text, 'letter')}")
    return "".join(blocks)


def _legal(contents: Contents) -> Html:
    if not contents.legal:
        return ""
    rows = []
    for row in contents.legal:
        checked = stacked(words("checked_on")) + machine(row.checked) if row.checked else ""
        state = "" if row.verified else stacked(words("unverified"))
        rows.append(
            (stacked(outside(row.name)), machine(row.citation), machine(row.source, block=True), state + checked)
        )
    note = f'<div class="note">{pair(words("legal_note"))}</div>'
    return _section("legal", note + table(("law", "basis", "source", "state"), rows, (27, 27, 30, 16)))


def _gaps(contents: Contents) -> Html:
    body = "".join(pair(outside(gap)) for gap in contents.gaps) or pair(words("gaps_none"))
    return _section("gaps", body)


def _proofs(contents: Contents, seen: Seen) -> Html:
    places = {item.id: place for place, item in enumerate(contents.exhibits, start=1)}
    head = facts([("entries", number(seen.entries)), ("root", machine(seen.root, block=True))])
    rows = [
        (
            moment(p.time),
            stacked(_numbered("exhibit", places[p.exhibit])) if p.exhibit else stacked(words("covers_journal")),
            machine(p.authority),
            machine(p.serial),
        )
        for p in contents.proofs
    ]
    proofs = (
        table(("when", "covers", "authority", "serial"), rows, (27, 15, 33, 25)) if rows else pair(words("no_stamp"))
    )
    return _section("proofs", pair(words("journal_says")) + head + proofs)


def _certificate() -> Html:
    body = f'<div class="note">{pair(words("certificate_note"))}</div>'
    body += "".join(f"<h3></h3>{pair(words(f'certificate_{n}'))}" for n in range(1, 6))
    blanks = "".join(
        f'<tr><td class="label">{stacked(words(f"certificate_{key}"))}</td><td></td></tr>'
        for key in ("name", "place", "date", "sign")
    )
    return _section(
        "certificate", f'{body}<br><table class="data blank" dir="rtl">{LABELLED}{blanks}</table>', fresh=True
    )


def _glossary() -> Html:
    keys = ("digest", "journal", "entry", "checkpoint", "stamp", "sighting", "exhibit", "untrusted")
    rows = "".join(
        f'<tr><td class="label">{stacked(words(f"g_{key}"))}</td><td>{stacked(words(f"g_{key}_is"))}</td></tr>'
        for key in keys
    )
    return _section("glossary", f'<table class="data" dir="rtl">{LABELLED}{rows}</table>')


def _verify(seen: Seen) -> Html:
    return _section("verify", "".join(_command(*each) for each in seen.commands) + pair(words("verify_5")), fresh=True)


def _command(key: str, command: str) -> Html:
    return f'{pair(words(key))}<div class="command" dir="ltr">{text(command)}</div>'
