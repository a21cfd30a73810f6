"""What of a case goes along in a dossier: proposed by the audience, changed by the person item by item, then decided.

Here belong the proposal that is shown before anything is made, the decision, and which journal entries may be opened
for it. What each audience gets unless chosen otherwise is a table (`sitr.dossier.audiences`); gathering and building is
in `dossiers`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from sitr.cases.access import Keeper
from sitr.cases.exhibits import may_show, safe_name
from sitr.cases.models import UNACCEPTED, Entry, Exhibit, Notice, Sighting
from sitr.cases.work import OpenCase, look
from sitr.dossier.audiences import Audience, audiences, group_of
from sitr.errors import BadInput
from sitr.journal import Kind, read_opening
from sitr.knowledge import Knowledge

# What a reader may need to check what is released. Answers, photos, holders and readings always stay commitments.
_OPENED_KINDS = frozenset({Kind.EXHIBIT, Kind.SIGHTING, Kind.NOTICE, Kind.REPLY, Kind.CLOCK})
_SECTIONS = ("words", "answers", "country", "timeline", "legal", "withheld", "custody", "certificate")

What = Literal["section", "sighting", "notice", "exhibit"]


class Form(StrEnum):
    """How one item goes along: not at all, as a blurred copy, or whole."""

    NONE = "none"
    BLURRED = "blurred"
    FULL = "full"


@dataclass(frozen=True)
class Item:
    """One thing that can go along. `form` is what is proposed, `forms` what may be chosen; `name` a machine value
    (a file name, an address), empty for a section of the paper, whose `id` is its name.
    """

    id: str
    what: What
    kind: str
    name: str
    form: Form
    forms: tuple[Form, ...]


@dataclass(frozen=True)
class Release:
    """What was decided. `sections` are those that are in; `exhibits` those that go along, and how."""

    audience: Audience
    sections: frozenset[str]
    sightings: frozenset[str]
    notices: frozenset[str]
    exhibits: Mapping[str, Form]

    def form(self, exhibit: str) -> Form:
        """How an exhibit goes along."""
        return self.exhibits.get(exhibit, Form.NONE)

    def told(self) -> dict[str, Any]:
        """As the journal's entry keeps it."""
        return {
            "audience": self.audience.id, "sections": sorted(self.sections), "sightings": sorted(self.sightings),
            "notices": sorted(self.notices), "exhibits": sorted(self.exhibits),
            "blurred": sorted(one for one, form in self.exhibits.items() if form is Form.BLURRED),
        }  # fmt: skip


def offer(keeper: Keeper, case_id: str, audience: str, chosen: Mapping[str, str] | None = None) -> list[Item]:
    """Everything that can go along to this audience, with what is proposed; `chosen` as in `decide`.

    Raises BadInput `cases.no_audience`, `cases.no_such_item`, `cases.no_such_form`.
    """
    case = look(keeper, case_id)
    return list(_items(case, keeper.services.knowledge, find_audience(audience), dict(chosen or {})))


def find_audience(name: str) -> Audience:
    """The row of the table. Raises BadInput `cases.no_audience`."""
    found = audiences().get(name)
    if found is None:
        raise BadInput("cases.no_audience", audience=name, choices=", ".join(audiences()))
    return found


def decide(
    case: OpenCase, knowledge: Knowledge, audience: str, chosen: Mapping[str, str], include: Sequence[str] = ()
) -> Release:
    """What goes along: the audience's row, then `include` (`all`, `pictures`, ids: whole), then `chosen` (id or name of
    a section: none, blurred or full).

    Raises BadInput as `offer` does, and `cases.no_exhibit` for an unknown id in `include`.
    """
    known = [row.id for row, _ in case.rows(Exhibit)]
    unknown = [name for name in include if name not in known and name not in {"all", "pictures"}]
    if unknown:
        raise BadInput("cases.no_exhibit", exhibit=unknown[0])
    whole = known if {"all", "pictures"} & set(include) else include
    wanted = {**dict.fromkeys(whole, Form.FULL.value), **chosen}
    items = list(_items(case, knowledge, find_audience(audience), wanted))
    inside = [item for item in items if item.form is not Form.NONE]
    return Release(
        find_audience(audience),
        frozenset(item.id for item in inside if item.what == "section"),
        frozenset(item.id for item in inside if item.what == "sighting"),
        frozenset(item.id for item in inside if item.what == "notice"),
        {item.id: item.form for item in inside if item.what == "exhibit"},
    )


def _items(case: OpenCase, knowledge: Knowledge, audience: Audience, chosen: dict[str, str]) -> Iterator[Item]:
    """All items under the choice. What is proposed for a page follows from the addresses that go along."""
    left = dict(chosen)
    sections = [_item(name, "section", name, "", getattr(audience, name), left) for name in _SECTIONS]
    places = list(_sightings(case, knowledge, audience, left))
    notices = [
        _item(row.id, "notice", body["basis"], body["recipient"] or "", audience.notices, left)
        for row, body in case.rows(Notice)
    ]
    inside = {item.id for item in places if item.form is not Form.NONE}
    released = {address for row, body in _accepted(case) if row.id in inside for address in _addresses(body)}
    exhibits = [_exhibit(row.id, body, audience, released, left) for row, body in case.rows(Exhibit)]
    if left:
        raise BadInput("cases.no_such_item", item=next(iter(left)))
    yield from (*sections, *places, *notices, *exhibits)


def _item(
    name: str, what: What, kind: str, shown: str, proposed: bool, left: dict[str, str], *, blurs: bool = False
) -> Item:
    forms = (Form.NONE, *((Form.BLURRED,) if blurs else ()), Form.FULL)
    wanted = left.pop(name, (Form.FULL if proposed else Form.NONE).value)
    if wanted not in [form.value for form in forms]:
        raise BadInput("cases.no_such_form", item=name, choices=", ".join(form.value for form in forms))
    return Item(name, what, kind, shown, Form(wanted), forms)


def _accepted(case: OpenCase) -> list[tuple[Sighting, dict[str, Any]]]:
    return [(row, body) for row, body in case.rows(Sighting) if row.state not in UNACCEPTED]


def _addresses(body: Mapping[str, Any]) -> set[str]:
    return {body[name] for name in ("url", "page", "image") if body.get(name)}


def _sightings(case: OpenCase, knowledge: Knowledge, audience: Audience, left: dict[str, str]) -> Iterator[Item]:
    """Every place; to a platform only where all are of one service, since whose they are is not for the others."""
    rows = _accepted(case)
    hosts = {body["service"] or body["domain"] or body["host"] for _, body in rows}
    proposed = audience.sightings == "all" or len(hosts) == 1
    for row, body in rows:
        service = body["service"]
        kind = knowledge.service_name(service) if service else body["domain"] or body["host"]
        yield _item(row.id, "sighting", kind, body["page"] or body["url"], proposed, left)


def _exhibit(
    row_id: str, body: Mapping[str, Any], audience: Audience, released: set[str], left: dict[str, str]
) -> Item:
    picture = may_show(dict(body))
    group = group_of(body["kind"], picture=picture, captured=bool(body["source"]))
    proposed = audience.gets(group) == "full"
    if audience.sightings == "one_service":  # a page of another service is not for this one
        proposed = proposed and body["source"] in released
    blurs = body["media_type"].startswith("image/")
    name = safe_name(body["name"], row_id)
    return _item(row_id, "exhibit", body["kind"], name, proposed, left, blurs=blurs)


# --- which entries may be opened --------------------------------------------------------------------------------------


def opened_seqs(case: OpenCase, release: Release, entries: Iterable[tuple[Entry, bytes | None]]) -> set[int]:
    """The entries that may be opened: all that they name goes along, and no word of theirs is of what stays back."""
    guard = _Guard(case, release)
    return {row.seq for row, opening in entries if opening is not None and guard.lets(opening)}


class _Guard:
    """Looks at one opening after another."""

    def __init__(self, case: OpenCase, release: Release) -> None:
        self.release = release
        rows = case.rows(Sighting)
        self.unaccepted = {row.id for row, _ in rows if row.state in UNACCEPTED}
        exhibits = case.rows(Exhibit)
        shown = {a for row, body in rows if row.id in release.sightings for a in _addresses(body)}
        shown |= {body["source"] for row, body in exhibits if row.id in release.exhibits}
        only = release.audience.journal == "proofs"  # there also what was found and not yet accepted stays back
        kept = {a for row, body in rows if self._stays(row, only=only) for a in _addresses(body)}
        kept |= {body["source"] for row, body in exhibits if row.id not in release.exhibits and only}
        kept |= {body["recipient"] for row, body in case.rows(Notice) if row.id not in release.notices}
        self.kept = {word for word in kept - shown if word}

    def _stays(self, row: Sighting, *, only: bool) -> bool:
        return row.id not in self.release.sightings and (only or row.id not in self.unaccepted)

    def lets(self, opening: bytes) -> bool:
        """Whether this entry may be opened."""
        payload = dict(read_opening(opening).payload)
        return payload["type"] in _OPENED_KINDS and self._named(payload) and not self.kept & set(_words(payload))

    def _named(self, payload: Mapping[str, Any]) -> bool:
        places = {_id(one) for one in (*payload.get("sightings", ()), payload.get("sighting"))} - {""}
        letters = {_id(payload.get("notice"))} - {""}
        exhibits = {_id(one) for one in (*payload.get("exhibits", ()), payload.get("exhibit"))} - {""}
        return (
            places <= self.release.sightings
            and letters <= self.release.notices
            and (not exhibits or any(one in self.release.exhibits for one in exhibits))
            and all(self._may_be_written(write) for write in payload.get("writes", ()))
        )

    def _may_be_written(self, write: Mapping[str, str]) -> bool:
        """An entry holds digests of the rows that it wrote, and a short one could be guessed."""
        table, row = write["table"], write["row"]
        if table == "sighting":
            found = row in self.unaccepted and self.release.audience.journal == "lines"
            return found or row in self.release.sightings
        return row in self.release.notices if table == "notice" else table in {"exhibit", "parsed", "looked", "reply"}


def _id(one: Any) -> str:
    return str(one.get("id", "") if isinstance(one, Mapping) else one or "")


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _words(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _words(each)
