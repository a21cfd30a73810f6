"""The dossier of a case: what is released is gathered here, item by item; `sitr.dossier` draws, signs and seals it.

What goes along is decided in `releases`. Nothing here waits for the network unless asked to, and then not for long.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from sitr.cases import journals, releases
from sitr.cases.access import Keeper, confirm
from sitr.cases.anchors import anchored
from sitr.cases.custody import lives
from sitr.cases.exhibits import may_show, read_once, soft
from sitr.cases.models import Entry, Exhibit, Notice, Parsed, Reply, Sighting
from sitr.cases.openings import AnswersView, answers_of
from sitr.cases.releases import Form, Release
from sitr.cases.services import Services
from sitr.cases.views import read_time
from sitr.cases.work import OpenCase, act, look
from sitr.dossier import (
    Anchor,
    Answer,
    Both,
    Built,
    Certified,
    Contents,
    Credentials,
    ExhibitItem,
    JournalPart,
    LegalRow,
    NoticeRow,
    Renewal,
    ReplyRow,
    SightingRow,
    TimelineRow,
    TimeProof,
    Tongue,
    build,
)
from sitr.errors import BadInput
from sitr.evidence.imports import CREDENTIALS_TOLD
from sitr.journal import (
    AnchorState,
    Kind,
    anchor_facts,
    checkpoint_digest,
    consistency_file,
    journal_file,
    openings_file,
    proofs_file,
    read_checkpoint,
    read_stamp,
    stamp_certificates,
)
from sitr.knowledge import Knowledge
from sitr.words import say

_SHORT, _LONG = 300, 3_000  # letters; on paper a line or two, and a page


@dataclass(frozen=True)
class Stated:
    """What the person writes onto the paper themselves; each may stay empty. `alias`: how they want to be named;
    `made_for`: for whom; `purpose`: what for; `certified`: the page that somebody signs."""

    alias: str = ""
    made_for: str = ""
    purpose: str = ""
    certified: Certified = field(default_factory=Certified)

    def checked(self) -> "Stated":
        """The same without blanks around. Raises BadInput `cases.stated_too_long` naming the field."""
        own = {name: getattr(self, name).strip() for name in ("alias", "made_for", "purpose")}
        signed = {name: value.strip() for name, value in vars(self.certified).items()}
        for name, value in {**own, **signed}.items():
            if len(value) > (_LONG if name in {"purpose", "training", "departures"} else _SHORT):
                raise BadInput("cases.stated_too_long", field=name)
        return Stated(**own, certified=Certified(**signed))


def make(
    keeper: Keeper,
    case_id: str,
    out: Path,
    *,
    secret: str,
    recipients: Sequence[str] = (),
    include: Sequence[str] = (),
    audience: str = "lawyer",
    items: Mapping[str, str] | None = None,
    tongue: Tongue = "both",
    wait: float = 0,
    stated: Stated | None = None,
) -> Built:
    """Build, sign and seal a dossier to `out`. Asks for the secret again.

    What goes in is what `releases.offer` shows for the `audience`, changed by `include` (`all`, `pictures`, exhibit
    ids: whole) and `items` (by id or section: none, blurred, full); never a picture that was not chosen. Without
    `recipients` (age public keys) it is sealed to a phrase that is given back once. `tongue`: the languages of the
    paper. `wait`: the seconds that time authorities are given to answer first; 0 asks nobody, and what has not come is
    named in the paper. `stated`: the person's own words on it.
    Two entries of kind `release` stand around it, so that one that was cut short is seen, too.
    Raises Locked, BadInput as `releases.decide` and `Stated.checked` do or for a bad recipient, Damaged when something
    sealed was altered.
    """
    confirm(keeper, secret, receipt=True)
    release = releases.decide(look(keeper, case_id), keeper.services.knowledge, audience, dict(items or {}), include)
    if out.exists():
        raise BadInput("cases.file_exists", file=str(out))
    own = (stated or Stated()).checked()
    with act(keeper, case_id, Kind.RELEASE, "dossier_begun") as doing:
        doing.details = {**release.told(), "tongue": tongue, "recipients": list(recipients)}
    if wait > 0:
        journals.stamp_within(keeper.services, case_id, wait)
    contents = _contents(keeper, look(keeper, case_id), release, tongue)
    contents = replace(contents, alias=own.alias, made_for=own.made_for, purpose=own.purpose, certified=own.certified)
    built = build(
        contents, out, signer=keeper.services.signer, now=keeper.services.now(),
        random_bytes=keeper.services.random_bytes, recipients=recipients,
    )  # fmt: skip
    with act(keeper, case_id, Kind.RELEASE, "dossier_made") as doing:
        doing.details = {"sha256": built.sha256, "items": built.items}
    return built


def _contents(keeper: Keeper, case: OpenCase, release: Release, tongue: Tongue) -> Contents:
    knowledge, said, inside = keeper.services.knowledge, answers_of(case), release.sections
    entries = list(journals.opened(case))
    opened = releases.opened_seqs(case, release, entries)
    proofs = tuple(_proofs(keeper.services, case, release, entries))
    anchors = tuple(_anchors(case, release, entries))
    return Contents(
        case=case.row.id, opened_at=said.opened_at,
        journal=_journal(case, release, entries, opened, (*proofs, *anchors)),
        country=(said.country or "") if "country" in inside else "", answers=tuple(_answers(knowledge, said, inside)),
        timeline=tuple(_timeline(entries, opened)) if "timeline" in inside else (),
        sightings=tuple(_sightings(keeper, case, release)),
        exhibits=tuple(_exhibits(keeper, case, release, entries, opened)),
        notices=tuple(_notices(knowledge, case, release)),
        legal=tuple(_legal(knowledge, case)) if "legal" in inside else (),
        gaps=tuple(_gaps(case, release)), proofs=proofs, renewals=tuple(_renewals(keeper.services, case)),
        anchors=anchors,
        tools=_tools(case, release), audience=release.audience.name, certificate="certificate" in inside, tongue=tongue,
    )  # fmt: skip


def _both(key: str, **blanks: Any) -> Both:
    return Both(say(key, "ar", **blanks), say(key, "en", **blanks))


def _journal(
    case: OpenCase,
    release: Release,
    entries: list[tuple[Entry, bytes | None]],
    opened: set[int],
    proofs: Sequence[TimeProof | Anchor],
) -> JournalPart:
    """The whole list of commitments, or only proofs of what goes along; with a proof from each older checkpoint."""
    notes, _ = journals.proofs(case)
    lines = [bytes(row.line) for row, _ in entries]
    openings = {row.seq: opening for row, opening in entries if opening is not None and row.seq in opened}
    handed = tuple(note.encode() for note in journals.handed(case, entries))
    older = [read_checkpoint(note).size for note in (*handed, *(p.data for p in proofs if p.data))]
    only = release.audience.journal == "proofs"
    return JournalPart(
        lines=b"" if only else journal_file(lines), checkpoint=notes[-1].encode(),
        openings=b"" if only else openings_file(openings), proofs=proofs_file(lines, openings) if only else b"",
        handed=handed, consistency=consistency_file(lines, older) if older else b"",
    )  # fmt: skip


def _answers(knowledge: Knowledge, said: AnswersView, inside: frozenset[str]) -> Iterator[Answer]:
    for question in knowledge.playbook.questions:
        chosen = set(said.answers.get(question.id, ())) if "answers" in inside else set()
        words = said.words.get(question.id, "") if "words" in inside else ""
        if chosen or words:
            options = tuple(Both(o.label.ar, o.label.en) for o in question.options if o.id in chosen)
            yield Answer(Both(question.text.ar, question.text.en), options, words)


def _timeline(entries: list[tuple[Entry, bytes | None]], opened: set[int]) -> Iterator[TimelineRow]:
    for row, opening in entries:
        shown = journals.shown(row, opening)
        what = _both(f"cases.verb_{shown.verb}") if shown.verb else _both("cases.verb_erased")
        yield TimelineRow(shown.time, what, shown.text if row.seq in opened else "", row.seq)


def _sightings(keeper: Keeper, case: OpenCase, release: Release) -> Iterator[SightingRow]:
    for row, body in case.rows(Sighting):
        if row.id not in release.sightings:
            continue
        service = body["service"]
        since = read_time(body["since"]) or case.row.opened_hour
        yield SightingRow(
            id=row.id, url=body["page"] or body["url"],
            service=keeper.services.knowledge.service_name(service) if service else body["domain"] or body["host"],
            state=row.state, since=since, last_checked=read_time(body["last_checked"]), returned=body["returned"],
            image_urls=(body["image"],) if body["image"] else (),
            reason=body["reason"]["code"] if body["reason"] else "",
        )  # fmt: skip


def _exhibits(
    keeper: Keeper,
    case: OpenCase,
    release: Release,
    entries: list[tuple[Entry, bytes | None]],
    opened: set[int],
) -> Iterator[ExhibitItem]:
    custody = lives(entries)
    for row, body in case.rows(Exhibit):
        form, life = release.form(row.id), custody.get(row.id, [])
        if form is Form.NONE and "withheld" not in release.sections:
            continue
        first = life[0].entry if life else None
        base = ExhibitItem(
            id=row.id, kind=body["kind"], name="", media_type=body["media_type"], sha256=body["sha256"],
            length=body["bytes"], time=read_time(body["sealed_at"]) or case.row.opened_hour, picture=may_show(body),
            partial=body["partial"], entry=first if first in opened or release.audience.journal == "lines" else None,
            custody=tuple(life) if "custody" in release.sections else (),
        )  # fmt: skip
        yield base if form is Form.NONE else _released(keeper, case, row, body, base, form)


def _released(
    keeper: Keeper, case: OpenCase, row: Exhibit, body: dict[str, Any], base: ExhibitItem, form: Form
) -> ExhibitItem:
    """The item with its name, its source and its bytes, or a blurred copy of them. On paper it is blurred in any case:
    papers are passed on, and nobody has to look."""
    blurred = _blurred(keeper, case, row, body)
    return replace(
        base, name=body["name"], url=body["source"], kept=body.get("kept"),
        expected=body.get("expected"), missing=tuple(body.get("missing", ())), method=body.get("method", ""),
        source=partial(read_once, keeper, case, row, body) if form is Form.FULL else None,
        copy=blurred if form is Form.BLURRED else None, preview=blurred, credentials=_credentials(case, row),
    )  # fmt: skip


def _credentials(case: OpenCase, row: Exhibit) -> Credentials | None:
    """What was found of content credentials when the file was taken in; None where there were none, or nothing read."""
    parsed = Parsed.objects.filter(case=case.row, exhibit=row.id, part=0).first()
    facts = case.body(parsed).get("facts", {}) if parsed is not None else {}
    state, reason = facts.get("c2pa", "none"), facts.get("c2pa_reason", "")
    told = "unchecked" if state == "present" else f"{state}_{reason}" if reason else state
    if told not in CREDENTIALS_TOLD:
        return None
    return Credentials(
        state=state, said=_both(f"evidence.import_c2pa_{told}"), reason=reason,
        signer=facts.get("c2pa_signer", ""), issuer=facts.get("c2pa_issuer", ""),
    )  # fmt: skip


def _blurred(keeper: Keeper, case: OpenCase, row: Exhibit, body: dict[str, Any]) -> bytes | None:
    if not body["media_type"].startswith("image/"):
        return None
    try:
        return soft(keeper, case, row, body, "JPEG")
    except BadInput:
        return None


def _notices(knowledge: Knowledge, case: OpenCase, release: Release) -> Iterator[NoticeRow]:
    replies = [body for _, body in case.rows(Reply)]
    for row, body in case.rows(Notice):
        if row.id not in release.notices:
            continue
        basis = knowledge.basis(body["basis"])
        yield NoticeRow(
            id=row.id, sighting=body["sighting"] if body["sighting"] in release.sightings else "",
            recipient=body["recipient"] or body["channel"] or "",
            basis=Both(basis.name.ar, basis.name.en), citation=basis.legal_basis, state=row.state, text=body["text"],
            sent_at=read_time(body["sent_at"]), due_at=read_time(body["due_at"]), lawful=body["lawful"],
            then=_both(f"cases.rung_{body['then']}") if body["then"] else None, reference=body["message_id"],
            replies=tuple(_reply(case, one, release) for one in replies if one["notice"] == row.id),
        )  # fmt: skip


def _reply(case: OpenCase, body: dict[str, Any], release: Release) -> ReplyRow:
    """An answer; its words only where the mail itself goes along."""
    time = read_time(body["time"]) or case.row.opened_hour
    if body["exhibit"] not in release.exhibits:
        return ReplyRow(time=time, sender="", subject="", text="")
    return ReplyRow(time, body["sender"], body["subject"], body["text"], body["exhibit"])


def _legal(knowledge: Knowledge, case: OpenCase) -> Iterator[LegalRow]:
    for name in dict.fromkeys(body["basis"] for _, body in case.rows(Notice)):
        basis = knowledge.basis(name)
        source = next((one.url for one in basis.sources), "")
        yield LegalRow(
            Both(basis.name.ar, basis.name.en), basis.legal_basis, source, basis.checked.on.isoformat(),
            verified=basis.verified,
        )  # fmt: skip


def _tools(case: OpenCase, release: Release) -> tuple[str, ...]:
    """With what the exhibits that go along were kept, each once."""
    methods = (body.get("method", "") for row, body in case.rows(Exhibit) if row.id in release.exhibits)
    return tuple(sorted({method for method in methods if method}))


def _gaps(case: OpenCase, release: Release) -> Iterator[Both]:
    rows = case.rows(Exhibit)
    if partial_ones := sum(1 for row, body in rows if body["partial"] and row.id in release.exhibits):
        yield _both("cases.gap_partial", n=partial_ones)
    if held_back := sum(1 for row, _ in rows if row.id not in release.exhibits):
        listed = "withheld" in release.sections  # else neither their digests nor their number go along
        yield _both("cases.gap_held_back", n=held_back) if listed else _both("cases.gap_part_only")
    blurred = sum(1 for form in release.exhibits.values() if form is Form.BLURRED)
    if blurred:
        yield _both("cases.gap_blurred", n=blurred)
    yield from _gaps_of_time(case)


def _gaps_of_time(case: OpenCase) -> Iterator[Both]:
    if not case.row.time_proof:
        yield _both("cases.gap_no_time_proof")
    elif not journals.stamped(case).exists():
        yield _both("cases.gap_not_stamped")
    elif journals.waiting(case).exists():
        yield _both("cases.gap_stamps_pending")
    if case.row.calendar_proof and not anchored(case).filter(state=AnchorState.COMPLETE).exists():
        yield _both("cases.gap_ots_pending")


def _proofs(
    services: Services, case: OpenCase, release: Release, entries: list[tuple[Entry, bytes | None]]
) -> Iterator[TimeProof]:
    """The newest stamp of each authority, and the first one that covers each exhibit that goes along: since when."""
    names = dict(enumerate(services.authority_names))
    stamps = list(journals.stamped(case).order_by("checkpoint__size", "authority"))
    newest = {stamp.authority: stamp for stamp in stamps}
    lived = lives(entries)
    firsts = [lived[one][0].entry or 0 for one in release.exhibits if one in lived]
    early = [next((stamp for stamp in stamps if stamp.checkpoint.size > seq), None) for seq in firsts]
    chosen = {stamp.pk: stamp for stamp in (*early, *newest.values()) if stamp is not None}
    for stamp in sorted(chosen.values(), key=lambda one: (one.checkpoint.size, one.authority)):
        tsr = bytes(stamp.reply or b"")
        said = read_stamp(tsr)
        lists, answer = journals.said_about(tsr, bytes(stamp.revocation or b""))
        yield TimeProof(
            tsr=tsr, chain=stamp_certificates(tsr) + services.authority_roots, crl=lists, ocsp=answer,
            digest=checkpoint_digest(stamp.checkpoint.note).hex(),
            time=said.time, authority=names.get(stamp.authority, str(stamp.authority + 1)), serial=str(said.serial),
            data=stamp.checkpoint.note.encode(),
        )  # fmt: skip


def _anchors(case: OpenCase, release: Release, entries: list[tuple[Entry, bytes | None]]) -> Iterator[Anchor]:
    """The first complete proof over each exhibit that goes along, the newest complete one, and the newest of all: it
    may be pending, and is labelled so."""
    read = [(row, anchor_facts(bytes(row.proof or b""))) for row in anchored(case)]
    complete = [row for row, facts in read if facts.blocks]
    lived = lives(entries)
    firsts = [lived[one][0].entry or 0 for one in release.exhibits if one in lived]
    early = [next((row for row in complete if row.checkpoint.size > seq), None) for seq in firsts]
    chosen = {row.pk for row in (*early, *complete[-1:], *(row for row, _ in read[-1:])) if row is not None}
    for row, facts in read:
        if row.pk in chosen:
            yield Anchor(bytes(row.proof or b""), row.checkpoint.note.encode(), facts.blocks, facts.waiting)


def _renewals(services: Services, case: OpenCase) -> Iterator[Renewal]:
    names = dict(enumerate(services.authority_names))
    for row in journals.renewed(case):
        tsr = bytes(row.reply or b"")
        lists, answer = journals.said_about(tsr, bytes(row.revocation or b""))
        yield Renewal(
            text=bytes(row.text), tsr=tsr, chain=stamp_certificates(tsr) + services.authority_roots,
            crl=lists, ocsp=answer,
            time=read_stamp(tsr).time, authority=names.get(row.authority, str(row.authority + 1)),
        )  # fmt: skip
