"""The dossier of a case: what is released is gathered here, item by item; `sitr.dossier` draws, signs and seals it."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sitr.cases import journals
from sitr.cases.access import Keeper, confirm
from sitr.cases.exhibits import PICTURE_KINDS, draw_preview, read, safe_name
from sitr.cases.models import UNACCEPTED, Entry, Exhibit, Notice, Reply, Sighting
from sitr.cases.openings import AnswersView, answers_of
from sitr.cases.services import Services
from sitr.cases.views import read_time
from sitr.cases.work import OpenCase, act, look
from sitr.dossier import (
    Answer,
    Both,
    Built,
    Contents,
    CustodyEvent,
    ExhibitItem,
    JournalPart,
    LegalRow,
    NoticeRow,
    ReplyRow,
    SightingRow,
    TimelineRow,
    TimeProof,
    build,
)
from sitr.errors import BadInput
from sitr.journal import (
    Kind,
    checkpoint_digest,
    journal_file,
    openings_file,
    read_opening,
    read_stamp,
    stamp_certificates,
)
from sitr.knowledge import Knowledge
from sitr.words import say

# What a reader needs to check what is released. Answers, photos, holders and readings stay commitments.
_OPENED_KINDS = frozenset({Kind.EXHIBIT, Kind.SIGHTING, Kind.NOTICE, Kind.REPLY, Kind.CLOCK})


def make(
    keeper: Keeper,
    case_id: str,
    out: Path,
    *,
    secret: str,
    recipients: Sequence[str] = (),
    include: Sequence[str] = (),
) -> Built:
    """Build, sign and seal a dossier to `out`. Asks for the secret again.

    Without `include`, everything that shows no picture goes in; `all`, `pictures` or exhibit ids add more. Without
    `recipients` (age public keys) it is sealed to a phrase that is given back once. Two entries of kind `release` stand
    around it, so that one that was cut short is seen, too.
    Raises Locked, BadInput for an unknown exhibit or a bad recipient, Damaged when something sealed was altered.
    """
    confirm(keeper, secret)
    case = look(keeper, case_id)
    released = _released(case, include)
    if out.exists():
        raise BadInput("cases.file_exists", file=str(out))
    with act(keeper, case_id, Kind.RELEASE, "dossier_begun") as doing:
        doing.details = {"exhibits": sorted(released), "recipients": list(recipients)}
    journals.stamp_pending(keeper.services)
    contents = _contents(keeper, look(keeper, case_id), released)
    built = build(
        contents, out, signer=keeper.services.signer, now=keeper.services.now(),
        random_bytes=keeper.services.random_bytes, recipients=recipients,
    )  # fmt: skip
    with act(keeper, case_id, Kind.RELEASE, "dossier_made") as doing:
        doing.details = {"sha256": built.sha256, "items": built.items}
    return built


def _released(case: OpenCase, include: Sequence[str]) -> set[str]:
    rows = {row.id: body for row, body in case.rows(Exhibit)}
    unknown = [name for name in include if name not in rows and name not in {"all", "pictures"}]
    if unknown:
        raise BadInput("cases.no_exhibit", exhibit=unknown[0])
    if "all" in include or "pictures" in include:
        return set(rows)
    return {i for i, body in rows.items() if body["kind"] not in PICTURE_KINDS} | (set(include) & set(rows))


def _contents(keeper: Keeper, case: OpenCase, released: set[str]) -> Contents:
    knowledge, said = keeper.services.knowledge, answers_of(case)
    entries = list(journals.opened(case))
    return Contents(
        case=case.row.id, opened_at=said.opened_at, journal=_journal(case, entries), country=said.country or "",
        answers=tuple(_answers(knowledge, said)), timeline=tuple(_timeline(entries)),
        sightings=tuple(_sightings(keeper, case)), exhibits=tuple(_exhibits(keeper, case, released, entries)),
        notices=tuple(_notices(knowledge, case)), legal=tuple(_legal(knowledge, case)),
        gaps=tuple(_gaps(case, released)), proofs=tuple(_proofs(keeper.services, case)),
    )  # fmt: skip


def _both(key: str, **blanks: Any) -> Both:
    return Both(say(key, "ar", **blanks), say(key, "en", **blanks))


def _journal(case: OpenCase, entries: list[tuple[Entry, bytes | None]]) -> JournalPart:
    notes, _ = journals.proofs(case)
    opened = {row.seq: opening if _is_opened(opening) else None for row, opening in entries}
    return JournalPart(
        lines=journal_file([bytes(row.line) for row, _ in entries]), checkpoint=notes[-1].encode(),
        openings=openings_file(opened),
    )  # fmt: skip


def _is_opened(opening: bytes | None) -> bool:
    return opening is not None and read_opening(opening).payload.get("type") in _OPENED_KINDS


def _answers(knowledge: Knowledge, said: AnswersView) -> Iterator[Answer]:
    for question in knowledge.playbook.questions:
        chosen = set(said.answers.get(question.id, ()))
        words = said.words.get(question.id, "")
        if chosen or words:
            options = tuple(Both(o.label.ar, o.label.en) for o in question.options if o.id in chosen)
            yield Answer(Both(question.text.ar, question.text.en), options, words)


def _timeline(entries: list[tuple[Entry, bytes | None]]) -> Iterator[TimelineRow]:
    for row, opening in entries:
        shown = journals.shown(row, opening)
        private = shown.kind not in _OPENED_KINDS
        what = _both(f"cases.verb_{shown.verb}") if shown.verb else _both("cases.verb_erased")
        yield TimelineRow(shown.time, what, "" if private else shown.text, row.seq)


def _sightings(keeper: Keeper, case: OpenCase) -> Iterator[SightingRow]:
    for row, body in case.rows(Sighting):
        if row.state in UNACCEPTED:
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
    keeper: Keeper, case: OpenCase, released: set[str], entries: list[tuple[Entry, bytes | None]]
) -> Iterator[ExhibitItem]:
    custody = _custody(entries)
    for row, body in case.rows(Exhibit):
        source = partial(read, keeper, case, row) if row.id in released else None
        life = custody.get(row.id, [])
        yield ExhibitItem(
            id=row.id, kind=body["kind"], name=safe_name(body["name"], row.id), media_type=body["media_type"],
            sha256=body["sha256"], length=body["bytes"], time=read_time(body["sealed_at"]) or case.row.opened_hour,
            source=source, picture=body["kind"] in PICTURE_KINDS,
            preview=_preview(keeper, case, row, body) if source else None, url=body["source"], kept=body.get("kept"),
            expected=body.get("expected"), missing=tuple(body.get("missing", ())), partial=body["partial"],
            method=body.get("method", ""), entry=life[0].entry if life else None, custody=tuple(life),
        )  # fmt: skip


def _preview(keeper: Keeper, case: OpenCase, row: Exhibit, body: dict[str, Any]) -> bytes | None:
    """Blurred: the paper shows that a picture is there, the file itself lies in the bag."""
    if not body["media_type"].startswith("image/"):
        return None
    try:
        return draw_preview(b"".join(read(keeper, case, row)), blurred=True)
    except BadInput:
        return None


def _custody(entries: list[tuple[Entry, bytes | None]]) -> dict[str, list[CustodyEvent]]:
    """What happened to each exhibit, by the entries that name it."""
    found: dict[str, list[CustodyEvent]] = {}
    for row, opening in entries:
        if opening is None:
            continue
        payload, shown = dict(read_opening(opening).payload), journals.shown(row, opening)
        named = [one["id"] if isinstance(one, dict) else one for one in payload.get("exhibits", ())]
        for exhibit in {*named, *([payload["exhibit"]] if "exhibit" in payload else [])}:
            event = CustodyEvent(shown.time, _both(f"cases.verb_{shown.verb}"), shown.actor or "", row.seq)
            found.setdefault(exhibit, []).append(event)
    return found


def _notices(knowledge: Knowledge, case: OpenCase) -> Iterator[NoticeRow]:
    replies = [body for _, body in case.rows(Reply)]
    for row, body in case.rows(Notice):
        basis = knowledge.basis(body["basis"])
        yield NoticeRow(
            id=row.id, sighting=body["sighting"], recipient=body["recipient"] or body["channel"] or "",
            basis=Both(basis.name.ar, basis.name.en), citation=basis.legal_basis, state=row.state, text=body["text"],
            sent_at=read_time(body["sent_at"]), due_at=read_time(body["due_at"]), lawful=body["lawful"],
            then=_both(f"cases.rung_{body['then']}") if body["then"] else None, reference=body["message_id"],
            replies=tuple(_reply(case, one) for one in replies if one["notice"] == row.id),
        )  # fmt: skip


def _reply(case: OpenCase, body: dict[str, Any]) -> ReplyRow:
    return ReplyRow(
        time=read_time(body["time"]) or case.row.opened_hour, sender=body["sender"], subject=body["subject"],
        text=body["text"], exhibit=body["exhibit"],
    )  # fmt: skip


def _legal(knowledge: Knowledge, case: OpenCase) -> Iterator[LegalRow]:
    for name in dict.fromkeys(body["basis"] for _, body in case.rows(Notice)):
        basis = knowledge.basis(name)
        source = next((one.url for one in basis.sources), "")
        yield LegalRow(
            Both(basis.name.ar, basis.name.en), basis.legal_basis, source, basis.checked.on.isoformat(),
            verified=basis.confidence == "found",
        )  # fmt: skip


def _gaps(case: OpenCase, released: set[str]) -> Iterator[Both]:
    rows = [(row.id, body) for row, body in case.rows(Exhibit)]
    partial_ones = sum(1 for _, body in rows if body["partial"])
    if partial_ones:
        yield _both("cases.gap_partial", n=partial_ones)
    if held_back := sum(1 for row_id, _ in rows if row_id not in released):
        yield _both("cases.gap_held_back", n=held_back)
    if not journals.stamped(case).exists():
        yield _both("cases.gap_not_stamped")


def _proofs(services: Services, case: OpenCase) -> Iterator[TimeProof]:
    names = dict(enumerate(services.authority_names))
    newest = {stamp.authority: stamp for stamp in journals.stamped(case).order_by("checkpoint__size")}
    for stamp in newest.values():
        tsr = bytes(stamp.reply or b"")
        said = read_stamp(tsr)
        yield TimeProof(
            tsr=tsr, chain=stamp_certificates(tsr) + services.authority_roots,
            digest=checkpoint_digest(stamp.checkpoint.note).hex(),
            time=said.time, authority=names.get(stamp.authority, str(stamp.authority + 1)), serial=str(said.serial),
            data=stamp.checkpoint.note.encode(),
        )  # fmt: skip
