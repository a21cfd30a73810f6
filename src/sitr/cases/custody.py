"""The chain of custody: each exhibit's life from sealing to release or erasure, as the journal tells it.

Here belongs who did what with an exhibit, when and why. Showing it is for the pages and the paper.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sitr.cases import journals
from sitr.cases.access import Keeper
from sitr.cases.exhibits import ExhibitView, view
from sitr.cases.models import Entry, Exhibit
from sitr.cases.work import look
from sitr.dossier import Both, CustodyEvent
from sitr.dossier.audiences import audiences
from sitr.journal import read_opening
from sitr.words import Lang, say


@dataclass(frozen=True)
class Moment:
    """One event. `verb` names the act (`cases.verb_<verb>`); `mine`: done by whoever looks; `why` in both languages."""

    time: datetime
    verb: str
    actor: str
    mine: bool
    entry: int
    why_ar: str
    why_en: str

    def why(self, lang: Lang) -> str:
        """Why, in one language; empty where the act says it all."""
        return self.why_ar if lang == "ar" else self.why_en


@dataclass(frozen=True)
class Life:
    """One exhibit and what happened to it, in order. `exhibit` is None where it was erased since."""

    id: str
    exhibit: ExhibitView | None
    moments: tuple[Moment, ...]


def custody(keeper: Keeper, case_id: str, exhibit_id: str | None = None) -> list[Life]:
    """The lives of all exhibits, or of one, in the order in which they began. Raises NotFound for an unknown one."""
    case = look(keeper, case_id)
    if exhibit_id is not None:
        case.one(Exhibit, exhibit_id)
    here = {row.id: view(row.id, body) for row, body in case.rows(Exhibit)}
    found = lives(journals.opened(case))
    wanted = found if exhibit_id is None else {exhibit_id: found.get(exhibit_id, [])}
    return [
        Life(one, here.get(one), tuple(_moment(event, keeper.holder_id) for event in events))
        for one, events in wanted.items()
    ]


def _moment(event: "Event", holder: str) -> Moment:
    why = event.why or Both("", "")
    return Moment(event.time, event.verb, event.actor, event.actor == holder, event.entry or 0, why.ar, why.en)


@dataclass(frozen=True)
class Event(CustodyEvent):
    """A custody event with the verb of its entry."""

    verb: str = ""


def lives(entries: Iterable[tuple[Entry, bytes | None]]) -> dict[str, list[Event]]:
    """What happened to each exhibit, by the entries that name it."""
    found: dict[str, list[Event]] = {}
    begun: Mapping[str, Any] = {}
    for row, opening in entries:
        if opening is None:
            continue
        payload, shown = dict(read_opening(opening).payload), journals.shown(row, opening)
        if shown.verb == "dossier_begun":
            begun = payload
        told = begun if shown.verb == "dossier_made" else payload  # what was made is what was begun before it
        verb = shown.verb or ""
        for exhibit in sorted(_named(told)):
            what = Both(say(f"cases.verb_{verb}", "ar"), say(f"cases.verb_{verb}", "en"))
            event = Event(shown.time, what, shown.actor or "", row.seq, _why(told, exhibit), verb)
            found.setdefault(exhibit, []).append(event)
    return found


def _named(payload: Mapping[str, Any]) -> set[str]:
    named = [one["id"] if isinstance(one, Mapping) else one for one in payload.get("exhibits", ())]
    return {*named, *([payload["exhibit"]] if payload.get("exhibit") else [])}


def _why(payload: Mapping[str, Any], exhibit: str) -> Both | None:
    """For whom it left, and how. The other acts say why themselves."""
    audience = audiences().get(str(payload.get("audience", "")))
    if audience is None:
        return None
    key = "cases.why_blurred" if exhibit in payload.get("blurred", ()) else "cases.why_for"
    return Both(f"{say(key, 'ar')} {audience.name.ar}", f"{say(key, 'en')} {audience.name.en}")
