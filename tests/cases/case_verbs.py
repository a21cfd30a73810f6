"""The table of all verbs over a case: how each is prepared and called, and the entries that it must write.

`prepare` makes what the verb needs and gives its arguments after (keeper, case). A verb that only reads has no entries.
"""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from tests.cases.case_browser import arrived, paired
from tests.cases.case_world import ADULT, BASIS, FIELDS, MAIL, OPERATOR, OTHER_SECRET, SECRET, World, drawn

from sitr.cases import (
    arrivals,
    captures,
    comparisons,
    custody,
    dossiers,
    erasing,
    exhibits,
    holders,
    imports,
    jars,
    journals,
    notices,
    openings,
    orders,
    outcomes,
    pairings,
    photos,
    portable,
    proofs,
    releases,
    second_looks,
    shared_index,
    sightings,
    submissions,
    watches,
)
from sitr.cases.access import Keeper, new_holder
from sitr.cases.models import HolderKind
from sitr.cases.orders import Worker
from sitr.finding import Manners
from sitr.fingerprint import fingerprint
from sitr.vault import Identity

CHAT = b"[3/2/2024, 9:05:12 PM] Ali: hello\n"
Prepare = Callable[[World, str], dict[str, Any]]


@cache
def _print() -> bytes:
    return fingerprint(drawn(3, 160)).shareable()


def _nothing(_world: World, _case: str) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Verb:
    """One row of the table. `entries`: (kind, verb) in order; `dangerous`: asks for the secret again."""

    call: Callable[..., Any]
    prepare: Prepare = _nothing
    entries: tuple[tuple[str, str], ...] = ()
    dangerous: bool = False

    @property
    def name(self) -> str:
        """Module and function."""
        return f"{self.call.__module__.rpartition('.')[2]}.{self.call.__name__}"

    def run(self, keeper: Keeper, case: str, given: dict[str, Any], secret: str | None = None) -> Any:
        """Call it as this keeper, with their own secret unless another one is given."""
        own = OTHER_SECRET if given.get("_by_other") else SECRET
        said = {"secret": secret or own} if self.dangerous else {}
        return self.call(keeper, case, **{name: v for name, v in given.items() if name != "_by_other"}, **said)


def zipped() -> bytes:
    """An archive with one picture."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.png", drawn())
    return made.getvalue()


def exhibit(world: World, case: str, data: bytes = b"a saved chat", name: str = "chat.txt") -> str:
    """An exhibit of the case."""
    return exhibits.add_exhibit(world.holder, case, io.BytesIO(data), name).id


def sighting(world: World, case: str, path: str = "/page") -> str:
    """An accepted place on the loopback site."""
    (view,) = sightings.add_sighting(world.holder, case, world.site.show(path))
    return view.id


def proposal(world: World, case: str) -> str:
    """A proposed place: a copy of a photo found in a capture."""
    photos.add_photo(world.holder, case, drawn(), "mine.png")
    world.visits.images = {"https://cdn.leaks.example/a.png": drawn()}
    found = captures.capture_page(world.holder, case, "https://leaks.example/page", child="no").found
    return found[0].sighting or ""


def notice(world: World, case: str, state: str = "draft") -> str:
    """A complete notice in one of its states."""
    made = notices.draft(world.holder, case, sighting(world, case), basis=BASIS, fields=FIELDS)
    if state != "draft":
        notices.approve(world.holder, case, made.id)
    if state == "sent":
        notices.send(world.holder, case, made.id)
    return made.id


def _incomplete(world: World, case: str) -> dict[str, Any]:
    made = notices.draft(world.holder, case, sighting(world, case), basis=BASIS)
    return {"notice_id": made.id, "fields": FIELDS}


def _third(world: World, case: str) -> dict[str, Any]:
    third = new_holder(world.services, "a third one's words", HolderKind.WORKER)
    holders.add_holder(world.holder, case, third.identity.public, secret=SECRET)
    return {"holder_id": third.holder_id}


def _hand_sent(world: World, case: str) -> dict[str, Any]:
    at = world.clock() - timedelta(days=1)
    return {"notice_id": notice(world, case, "approved"), "reference": "form 12", "at": at}


def _import_before_photo(world: World, case: str) -> dict[str, Any]:
    exhibit(world, case, zipped(), "photos.zip")
    photos.add_photo(world.holder, case, drawn(), "mine.png")
    return {}


def _one_place(world: World, case: str) -> dict[str, Any]:
    sighting(world, case)
    return {}


def _gone(world: World, case: str) -> dict[str, Any]:
    made = notice(world, case, "sent")
    place = next(one.sighting for one in notices.list_notices(world.holder, case) if one.id == made)
    world.site.pages["/page"] = (410, "text/html", b"gone")
    return {"sighting_id": place}


def _found_there(world: World, case: str) -> dict[str, Any]:
    """A find whose picture can be fetched."""
    photos.add_photo(world.holder, case, drawn(), "mine.png")
    world.site.pages["/a.png"] = (200, "image/png", drawn())
    world.visits.images = {world.site.url("/a.png"): drawn()}
    found = captures.capture_page(world.holder, case, "https://leaks.example/page", child="no").found
    return {"sighting_id": found[0].sighting, "lang": "ar", "clear": True, "anew": True}


def _two_captures(world: World, case: str) -> dict[str, Any]:
    made = []
    for _ in range(2):
        world.clock.forward(hours=1)
        view = captures.capture_page(world.holder, case, "https://leaks.example/p", child="no")
        made.append(view.exhibits[0].id)
    return {"exhibit_id": made[1], "other_id": made[0]}


def _watch(world: World, case: str) -> str:
    return watches.add(world.holder, case, world.site.show("/watched"))[0].id


def _paused(world: World, case: str) -> dict[str, Any]:
    made = _watch(world, case)
    watches.pause(world.holder, case, made)
    return {"watch_id": made}


def watched(world: World, case: str) -> None:
    """A watched address whose page went away: seen by a worker, opened by nobody yet."""
    _watch(world, case)
    world.site.pages["/watched"] = (410, "text/html", b"gone")
    worker = Worker(Identity.generate(), world.services)
    watches.hand_out(world.holder, worker.identity.public)
    list(orders.run(worker, manners=Manners(), sleep=world.clock.sleep))
    watches.take_back(worker)


def _news(world: World, case: str) -> dict[str, Any]:
    watched(world, case)
    return {}


def _photo(world: World, case: str) -> str:
    return photos.add_photo(world.holder, case, drawn(1, 160), "a.png").id


def _handed(world: World, case: str) -> dict[str, Any]:
    made = submissions.submit(world.holder, case, _photo(world, case), "memory", consent=True)
    return {"submission_id": made.id}


def _jar(world: World, case: str) -> dict[str, Any]:
    jars.fill(world.holder, case, "sid=0123456789abcdef", host="leaks.example")
    return {}


TABLE = (
    Verb(openings.show),
    Verb(openings.answers),
    Verb(openings.case_plan),
    Verb(openings.answer, lambda _w, _c: {"answers": {**ADULT, "seen": ["seen"]}}, (("answer", "answer"),)),
    Verb(openings.mark_step, lambda _w, _c: {"step_id": "s-steady", "state": "done"}, (("answer", "step"),)),
    Verb(photos.list_photos),
    Verb(
        photos.add_photo, lambda _w, _c: {"image": drawn(1, 160), "name": "a.png", "keep": True},
        (("photo", "add_photo"),),
    ),
    Verb(
        photos.add_fingerprint, lambda _w, _c: {"untrusted_shareable": _print(), "name": "a"},
        (("photo", "add_fingerprint"),),
    ),
    Verb(sightings.list_sightings),
    Verb(sightings.add_sighting, lambda w, _c: {"text": f"see {w.site.url('/a')}"}, (("sighting", "add_sighting"),)),
    Verb(
        sightings.decide, lambda w, c: {"sighting_id": proposal(w, c), "accept": True}, (("sighting", "accept"),)
    ),
    Verb(proofs.about, lambda w, c: {"sighting_id": proposal(w, c)}),
    Verb(proofs.draw, _found_there, (("read", "fetch_proof"), ("read", "look"))),
    Verb(sightings.check, _gone, (("clock", "stop_clock"), ("sighting", "check"))),
    Verb(sightings.check_all, _one_place, (("sighting", "check"),)),
    Verb(
        captures.capture_page, lambda _w, _c: {"url": "https://leaks.example/p", "child": "no"},
        (("exhibit", "capture"),),
    ),
    Verb(comparisons.others, lambda w, c: {"exhibit_id": _two_captures(w, c)["exhibit_id"]}),
    Verb(comparisons.compare, _two_captures),
    Verb(jars.show),
    Verb(jars.fill, lambda _w, _c: {"text": "sid=0123456789abcdef", "host": "leaks.example"}, (("case", "fill_jar"),)),
    Verb(jars.forget, _jar, (("case", "forget_jar"),)),
    Verb(exhibits.list_exhibits),
    Verb(
        exhibits.add_exhibit, lambda _w, _c: {"data": io.BytesIO(b"a mail"), "name": "mail.eml"},
        (("exhibit", "add_exhibit"),),
    ),
    Verb(
        exhibits.export, lambda w, c: {"exhibit_id": exhibit(w, c), "target": w.folder},
        (("release", "export_exhibit"),),
    ),
    Verb(
        exhibits.preview, lambda w, c: {"exhibit_id": exhibit(w, c, drawn(), "a.png"), "blurred": False},
        (("read", "look"),),
    ),
    Verb(
        imports.import_file, lambda _w, _c: {"data": io.BytesIO(CHAT), "name": "_chat.txt"},
        (("exhibit", "add_exhibit"),),
    ),
    Verb(
        imports.answer,
        lambda w, c: {"exhibit_id": exhibit(w, c, CHAT, "_chat.txt"), "answers": {"date_order": "dmy"}},
        (("exhibit", "read_again"),),
    ),
    Verb(second_looks.look_again, _import_before_photo, (("exhibit", "look_again"),)),
    Verb(second_looks.waiting, lambda _w, _c: {}),
    Verb(imports.parsed, lambda w, c: {"exhibit_id": exhibit(w, c, CHAT, "_chat.txt")}),
    Verb(
        imports.private_facts, lambda w, c: {"exhibit_id": exhibit(w, c, CHAT, "_chat.txt")},
        (("read", "look_private"),),
    ),
    Verb(
        imports.picture_inside,
        lambda w, c: {"exhibit_id": exhibit(w, c, zipped(), "photos.zip"), "name": "a.png", "blurred": False},
        (("read", "look"),),
    ),
    Verb(notices.routes, lambda w, c: {"sighting_id": sighting(w, c)}),
    Verb(notices.list_notices),
    Verb(notices.draft, lambda w, c: {"sighting_id": sighting(w, c), "basis": BASIS}, (("notice", "draft"),)),
    Verb(notices.fill, _incomplete, (("notice", "fill"),)),
    Verb(notices.approve, lambda w, c: {"notice_id": notice(w, c)}, (("notice", "approve"),)),
    Verb(
        notices.send, lambda w, c: {"notice_id": notice(w, c, "approved")},
        (("notice", "send"), ("clock", "start_clock"), ("notice", "sent")),
    ),
    Verb(notices.mark_sent, _hand_sent, (("clock", "start_clock"), ("notice", "mark_sent"))),
    Verb(
        notices.file_reply, lambda w, c: {"notice_id": notice(w, c, "sent"), "raw": MAIL, "name": "re.eml"},
        (("reply", "file_reply"),),
    ),
    Verb(notices.close, lambda w, c: {"notice_id": notice(w, c, "sent")}, (("notice", "close"),)),
    Verb(
        notices.mark_refused, lambda w, c: {"notice_id": notice(w, c, "sent")}, (("reply", "answer_refused"),)
    ),
    Verb(shared_index.show, lambda w, c: {"photo_id": _photo(w, c)}),
    Verb(shared_index.show_all),
    Verb(
        shared_index.consent, lambda w, c: {"photo_id": _photo(w, c), "given": True}, (("release", "consent_index"),)
    ),
    Verb(
        submissions.submit, lambda w, c: {"photo_id": _photo(w, c), "exchange": "memory", "consent": True},
        (("release", "submit"), ("release", "submit_sent")),
    ),
    Verb(submissions.offer, lambda w, c: {"photo_id": _photo(w, c)}),
    Verb(submissions.list_submissions),
    Verb(
        submissions.withdraw, _handed, (("release", "withdraw_submission"), ("release", "withdrawal_sent"))
    ),
    Verb(outcomes.show),
    Verb(outcomes.consent, lambda _w, _c: {"given": True}, (("release", "consent_outcomes"),)),
    Verb(pairings.offer, entries=(("holder", "offer_pairing"),)),
    Verb(pairings.list_pairings),
    Verb(pairings.end, lambda w, c: {"pairing_id": paired(w, c).pairing}, (("holder", "end_pairing"),)),
    Verb(arrivals.list_arrivals),
    Verb(arrivals.glimpse, lambda w, c: {"file_id": arrived(w, c).first_picture}),
    Verb(arrivals.accept, lambda w, c: {"arrival_id": arrived(w, c).id}, (("exhibit", "accept_arrival"),)),
    Verb(arrivals.reject, lambda w, c: {"arrival_id": arrived(w, c).id}, (("exhibit", "reject_arrival"),)),
    Verb(watches.list_watches),
    Verb(watches.news),
    Verb(watches.away),
    Verb(watches.renew),
    Verb(watches.add, lambda w, _c: {"text": w.site.show("/watched")}, (("sighting", "add_watch"),)),
    Verb(watches.add_places, _one_place, (("sighting", "add_watch"),)),
    Verb(watches.pause, lambda w, c: {"watch_id": _watch(w, c)}, (("sighting", "pause_watch"),)),
    Verb(watches.resume, _paused, (("sighting", "resume_watch"),)),
    Verb(watches.remove, lambda w, c: {"watch_id": _watch(w, c)}, (("sighting", "remove_watch"),)),
    Verb(watches.consent, lambda _w, _c: {"given": False}, (("release", "withdraw_watch"),)),
    Verb(watches.take_in, _news, (("sighting", "take_watch_news"),)),
    Verb(journals.entries),
    Verb(journals.verify),
    Verb(journals.hand_checkpoint, entries=(("release", "hand_checkpoint"),)),
    Verb(custody.custody),
    Verb(releases.offer, lambda _w, _c: {"audience": "police"}),
    Verb(holders.list_holders),
    Verb(
        holders.add_holder, lambda _w, _c: {"public": Identity.generate().public}, (("holder", "add_holder"),),
        dangerous=True,
    ),
    Verb(holders.remove_holder, _third, (("holder", "remove_holder"),), dangerous=True),
    Verb(
        dossiers.make, lambda w, c: {"out": w.folder / f"{exhibit(w, c)}.age", "recipients": [w.other.identity.public]},
        (("release", "dossier_begun"), ("release", "dossier_made")), dangerous=True,
    ),
    Verb(
        portable.export_case, lambda w, c: {"out": w.folder / f"{exhibit(w, c)}.sitr"}, (("release", "export_case"),),
        dangerous=True,
    ),
    Verb(
        erasing.erase_exhibit, lambda w, c: {"exhibit_id": exhibit(w, c)}, (("erase", "erase_exhibit"),), dangerous=True
    ),
    Verb(
        erasing.erase_photo, lambda w, c: {"photo_id": _photo(w, c)}, (("erase", "erase_photo"),), dangerous=True
    ),
    Verb(erasing.erase_case, entries=(("erase", "erase_case"),), dangerous=True),
)  # fmt: skip

OF_THE_HOME = {
    "anchors.advance": "public calendars; needs nobody's key",
    "revocations.advance": "issuers of the authorities' certificates; needs nobody's key",
    "access.is_set_up": "says whether there is a holder; needs nobody's key",
    "access.set_up": "makes the first holder",
    "access.new_holder": "makes a holder",
    "access.unlock": "asks for the secret",
    "access.confirm": "asks for the secret again",
    "access.unlock_by_receipt": "asks for the code",
    "access.receipt_keys": "of a code, under the installation's salt",
    "access.receipt_salt": "the installation's",
    "access.receipt_lane": "of a code, under the installation's salt",
    "access.by_receipt": "of a holder, not of a case",
    "access.require_passphrase": "of a holder, not of a case",
    "access.keep": "of a holder, for a server's session",
    "access.resume": "of a holder, for a server's session",
    "agendas.agenda": "over all cases; tells a stranger hours only",
    "erasing.erase_home": "for whoever lost the secret",
    "erasing.finish_erasures": "at a start; needs nobody's key",
    "journals.stamp_pending": "needs nobody's key",
    "ledgers.contribute": "over all one's own cases that consented, in one batch",
    "ledgers.export_ledger": "holds no case; whoever has a key here may hand it on",
    "ledgers.import_ledger": "holds no case",
    "ledgers.stats": "holds no case; needs nobody's key",
    "openings.held_cases": "over all one's own cases",
    "receipts.give": "for chosen cases; test_cases_receipts",
    "receipts.list_receipts": "over all one's own cases; test_cases_receipts",
    "receipts.come_in": "asks for the code; test_cases_receipts",
    "receipts.lane": "tells how tries are counted; test_cases_receipts",
    "receipts.withdraw": "over all one's own cases; test_cases_receipts",
    "openings.list_cases": "tells ids, states and hours",
    "openings.open_case": "makes a case for its holder",
    "arrivals.receive": "by a paired browser's key, which only adds; test_cases_pairings",
    "partners.add": "the operator's; holds no case",
    "partners.end": "the operator's; holds no case",
    "partners.list_partners": "the operator's; holds no case",
    "partners.spend": "counts what a partner asks; test_cases_partners",
    "shared_index.export_index": "knows no case; whoever has a key here may hand it on",
    "shared_rows.sweep": "changes of the shared index; needs nobody's key",
    "pairings.exchange": "by a one-time code; test_cases_pairings",
    "pairings.expects": "of an extension's origin; test_cases_pairings",
    "pairings.guest": "by a paired browser's key; test_cases_pairings",
    "pairings.note_use": "the hour, in clear; test_cases_pairings",
    "pairings.writer": "a name for the journal",
    "portable.import_case": "makes a case for its holder",
    "orders.due": "tells ids and hours; test_cases_watches",
    "watches.hand_out": "over all one's own cases; test_cases_watches",
    "watches.take_in_all": "over all one's own cases; test_cases_watches",
    "watches.visit_now": "over all one's own cases; test_cases_watches",
    "workrooms.clear_abandoned": "at a start; needs nobody's key",
    "tidying.tidy": "at a start; needs nobody's key",
}
"""Public functions that take a keeper or the services and no case, and why; `test_cases_home` has their tests."""

INSIDE = {
    "holders.admit": "of add_holder and receipts.give, after the secret",
    "holders.expel": "of remove_holder and receipts.withdraw, after the secret",
    "access.case_keys": "the keys of one row, for the verbs",
    "journals.stamp_within": "asks the time authorities, for dossiers",
    "imports.letter_kept": "an answer that is filed, for notices",
    "imports.original": "the file of one exhibit of an opened case, for readings and second looks",
    "exhibits.soft": "one exhibit of an opened case, blurred, for dossiers",
    "exhibits.read": "one exhibit of an opened case, for previews",
    "exhibits.read_once": "one exhibit of an opened case, for dossiers",
    "fresh_files.fresh_files": "the files of one change, for the verbs",
    "shared_rows.put": "a row of the shared index, for the consent",
    "on_the_way.still_on_the_way": "of a row that an opened case holds, for notices and submissions",
    "outcomes.own": "what became of notices, in memory, for a ranking",
    "outcomes.own_cases": "opens one's own cases, for the ledger",
    "sightings.view": "a row as it is shown",
    "work.act": "the transaction of the verbs",
    "work.look": "opens a case for the verbs",
    "pairings.door": "for the session: whether pictures may come in, and nothing of the case else",
    "workrooms.workroom": "a folder in memory for one verb",
}
"""Public functions that take a keeper and are parts of verbs, not verbs."""


def called(name: str) -> Verb:
    """The row of this name."""
    return next(verb for verb in TABLE if verb.name == name)


WRITING = tuple(verb for verb in TABLE if verb.entries)
DANGEROUS = tuple(verb for verb in TABLE if verb.dangerous)
__all__ = ["DANGEROUS", "INSIDE", "OF_THE_HOME", "OPERATOR", "TABLE", "WRITING", "Verb", "called"]
