"""What stands in clear: every column of every table is read raw, and holds only what is allowed to stand there."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from django.apps import apps
from django.db import connections
from tests.cases.case_browser import arrived
from tests.cases.case_snapshots import columns, standing_in_clear, tables
from tests.cases.case_verbs import exhibit, notice, proposal, watched
from tests.cases.case_world import ADULT, MAIL, SECRET, World, drawn

from sitr.cases import (
    captures,
    holders,
    jars,
    journals,
    ledgers,
    notices,
    openings,
    outcomes,
    partners,
    photos,
    receipts,
    second_looks,
    shared_index,
    shared_rows,
    sightings,
    submissions,
)
from sitr.cases.models import (
    Anchor,
    ArrivalState,
    CaseState,
    Checkpoint,
    Exhibit,
    HolderKind,
    NewsState,
    PairingState,
    Renewal,
    SightingState,
    SubmissionState,
    WatchState,
)
from sitr.cases.shared_models import PartnerState
from sitr.cases.work import bookkeeping
from sitr.journal import AnchorState, Frontier, Kind, StampState, anchor_facts, read_checkpoint, renewal_text
from sitr.journal.verifier import OTS_HEAD, OTS_PENDING, read_renewal
from sitr.takedown import LedgerRow, NoticeState, Outcome, Result, Span, write_ledger
from sitr.takedown.ledger import EDGES
from sitr.vault import SALT_BYTES, LockedIdentity, age
from sitr.vault.padding import file_size, text_size

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]

ID = re.compile(r"[2-9a-hjkmnp-z]{20}")
_AGE_KEY = re.compile(r"age1[02-9ac-hj-np-z]{58}")


def _id(value: Any) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def _count(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 10**9


def _chance(value: Any) -> bool:
    return isinstance(value, int) and 0 < value < 2**63


def _flag(value: Any) -> bool:
    return value in {0, 1}


def _one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: value in words


def _hour(value: Any) -> bool:
    time = datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
    return (time.minute, time.second, time.microsecond) == (0, 0, 0)


def _time(value: Any) -> bool:
    return isinstance(value, datetime) or datetime.fromisoformat(value) is not None


def _edge(value: Any) -> bool:
    return value in EDGES


def _public(value: Any) -> bool:
    return _AGE_KEY.fullmatch(value) is not None


def _hex(length: int) -> Callable[[Any], bool]:
    return lambda value: re.fullmatch(f"[0-9a-f]{{{length}}}", value) is not None


def _sealed(value: Any) -> bool:
    inner = age.inner_length(bytes(value), len(value))
    return value.startswith(b"age-encryption.org/v1\n-> X25519 ") and inner is not None and inner == text_size(inner)


def _wrapped(value: Any) -> bool:
    return bytes(value).startswith(b"age-encryption.org/v1\n-> X25519 ") and len(value) < 1024


def _line(value: Any) -> bool:
    line = json.loads(bytes(value))
    fits = set(line) == {"v", "seq", "time", "type", "commit"} and _hex(64)(line["commit"])
    return fits and line["type"] in set(Kind)


def _note(value: Any) -> bool:
    checkpoint = read_checkpoint(value)
    return _id(checkpoint.origin.removeprefix("sitr/")) and len(value) < 300


def _or_nothing(check: Callable[[Any], bool], *nothing: Any) -> Callable[[Any], bool]:
    return lambda value: value in nothing or check(value)


_ROW: dict[str, Callable[[Any], bool]] = {"id": _id, "case_id": _id, "epoch": _count, "order": _count, "body": _sealed}
# What an authority's certificate was said to be: PEM of other people's making, about no case.
_REVOCATION: dict[str, Callable[[Any], bool]] = {
    "revocation": _or_nothing(lambda cell: bytes(cell).startswith(b"-----BEGIN "), None, b""),
    "revocation_tries": _count, "revocation_next": _or_nothing(_time, None),
}  # fmt: skip
ALLOWED: dict[str, dict[str, Callable[[Any], bool]]] = {
    "cases_holder": {"id": _id, "kind": _one_of(*HolderKind), "public": _public, "since_hour": _hour},
    "cases_case": {
        "id": _id, "state": _one_of(*CaseState), "public": _or_nothing(_public, ""), "epoch": _count,
        "opened_hour": _hour, "time_proof": _flag, "calendar_proof": _flag,
        "frontier": lambda cell: Frontier.unpack(bytes(cell)).size > 0,
        "seen": _or_nothing(_sealed, b""),
    },
    "cases_entry": {
        "id": _count, "case_id": _id, "seq": _count, "epoch": _count, "line": _line,
        "opening": _or_nothing(_sealed, None),
    },
    "cases_checkpoint": {"id": _count, "case_id": _id, "size": _count, "note": _note},
    "cases_stamp": {
        "id": _count, "checkpoint_id": _count, "authority": _count, "state": _one_of(*StampState), "attempts": _count,
        "next_try": _time, "reply": _or_nothing(lambda cell: bytes(cell).startswith(b"tsr of "), None),
        "ends": _or_nothing(_time, None), "renewed": _or_nothing(_flag, None), **_REVOCATION,
    },
    "cases_anchor": {
        "id": _count, "checkpoint_id": _count, "state": _one_of(*AnchorState), "attempts": _count,
        "next_try": _or_nothing(_time, None), "asked": _or_nothing(_time, None),
        "proof": _or_nothing(lambda cell: bool(anchor_facts(bytes(cell)).digest), None),
    },
    "cases_renewal": {
        "id": _count, "case_id": _id, "authority": _count, "state": _one_of(*StampState), "attempts": _count,
        "next_try": _time, "text": lambda cell: bool(read_renewal(bytes(cell))), "renewed": _or_nothing(_flag, None),
        "reply": _or_nothing(lambda cell: bytes(cell).startswith(b"tsr of "), None), "ends": _or_nothing(_time, None),
        **_REVOCATION,
    },
    "cases_answers": _ROW,
    "cases_step": _ROW,
    "cases_reply": _ROW,
    "cases_photo": {**_ROW, "blob": _or_nothing(_hex(32), "")},
    "cases_sighting": {**_ROW, "state": _one_of(*SightingState)},
    "cases_exhibit": {
        **_ROW, "blob": _hex(32), "sha256": _hex(64), "padded": _count, "preview": _sealed, "preview_epoch": _count,
    },
    "cases_jar": {**_ROW, "secret": _or_nothing(_sealed, b"")},
    "cases_notice": {**_ROW, "state": _one_of(*NoticeState), "due_hour": _or_nothing(_hour, None)},
    "cases_consent": _ROW,
    "cases_pairing": {
        **_ROW, "state": _one_of(*PairingState), "until": _time, "digest": _or_nothing(_hex(64), ""),
        "salt": _or_nothing(_hex(32), ""), "origin_mark": _or_nothing(_hex(64), ""), "tries": _count,
        "used_hour": _or_nothing(_hour, None),
        "place": _or_nothing(lambda text: re.fullmatch("[0-9]{6}", text) is not None, ""),
    },
    "cases_arrival": {
        **_ROW, "state": _one_of(*ArrivalState), "blob": _or_nothing(_hex(32), ""), "sha256": _or_nothing(_hex(64), ""),
        "padded": _count,
    },
    "cases_watch": {**_ROW, "state": _one_of(*WatchState)},
    "cases_watchnews": {**_ROW, "state": _one_of(*NewsState)},
    "cases_watchround": {
        "id": _id, "case_id": _id, "due_hour": _or_nothing(_hour, None), "key": _or_nothing(_hex(32), ""),
        "order": _or_nothing(_sealed, b""), "account": _sealed, "epoch": _count, "lease": _or_nothing(_hex(32), ""),
        "lease_until": _or_nothing(_time, None),
    },
    "cases_hostturn": {"id": _hex(32), "free_at": _time},
    "cases_parsed": {**_ROW, "exhibit": _id, "part": _count},
    "cases_looked": {**_ROW, "exhibit": _id},
    # The ledger stands in clear by its nature, and knows no case: decision 0012.
    # So does the shared index, by consent: decision 0019.
    "cases_sharedphoto": {"id": _chance, "hashes": lambda cell: len(shared_rows.unpack(bytes(cell))[0]) > 0},
    "cases_sharedchange": {"number": _count, "entry": _chance, "at": _time},
    "cases_sharedcount": {"id": _count, "number": _count},
    "cases_partner": {
        "id": _id, "name": lambda name: isinstance(name, str), "prefix": lambda text: len(text) == 8,
        "digest": _hex(64), "state": _one_of(*PartnerState), "since_hour": _hour, "per_day": _count,
        "per_minute": _count, "day": _or_nothing(lambda _day: True, None), "day_used": _count, "minute": _count,
        "minute_used": _count,
    },
    "cases_submission": {**_ROW, "state": _one_of(*SubmissionState)},
    "cases_ledgeroutcome": {
        "key": _hex(32), "service": _one_of("x"), "channel": _one_of("x_copyright"), "basis": _one_of("dmca_512c3"),
        "answer_low": _or_nothing(_edge, None), "answer_high": _or_nothing(_edge, None), "removal_low": _edge,
        "removal_high": _or_nothing(_edge, None), "result": _one_of(*Result), "came_back": _or_nothing(_flag, None),
    },
    "cases_holderlock": {"holder_id": _id, "locked": lambda cell: LockedIdentity.unpack(bytes(cell)) is not None},
    "cases_wrappedkey": {
        "id": _count, "case_id": _id, "holder_id": _or_nothing(_id, ""), "epoch": _count, "wrapped": _wrapped,
    },
    "cases_receiptlock": {"holder_id": _id, "locate": _hex(32), "mark": _hex(4), "locked": _wrapped},
    "cases_receiptsalt": {"id": _count, "salt": lambda cell: len(bytes(cell)) == SALT_BYTES},
}  # fmt: skip
# Django's own, which say which tables and rights there are, and accounts, of which personal mode has none.
_DJANGO = {
    "auth_group", "auth_group_permissions", "auth_permission", "cases_user", "django_content_type",
    "django_migrations", "sqlite_sequence", "cases_user_groups", "cases_user_user_permissions",
}  # fmt: skip
WORDS = (
    "كلمات لا يعرفها أحد",
    "leaks.example",
    "S. Demo",
    "gdpr_art17",
    "s-steady",
    "instagram",
    "UK GDPR",  # the four letters alone: chance writes them into a seal in one run of some hundreds
    "mine.png",
    "We got it",
    "We-got-it",
)


def _everything_done(world: World) -> None:
    openings.answer(world.holder, world.case, {**ADULT, "seen": ["seen"]}, {"seen": WORDS[0]})
    openings.mark_step(world.holder, world.case, "s-steady", "done")
    proposal(world, world.case)
    jars.fill(world.holder, world.case, f"sid={WORDS[-1]}-of-the-session", host="leaks.example")
    photos.add_photo(world.holder, world.case, drawn(2, 160), "mine.png", keep=True)
    sightings.add_sighting(world.holder, world.case, "https://www.instagram.com/p/Cxyz123abcd/")
    for size in (1, 300, 70_000, 1_000_003):
        exhibit(world, world.case, bytes(size), f"{size}.bin")
    letter = notice(world, world.case, "sent")
    notices.file_reply(world.holder, world.case, letter, MAIL, "re.eml")
    captures.capture_page(world.holder, world.case, "https://leaks.example/p", child="yes")
    second_looks.look_again(world.holder, world.case)
    world.authorities[0].silent = False
    journals.stamp_pending(world.services)
    with bookkeeping():
        text, wanted = renewal_text([b"a reply"]), {"state": StampState.STAMPED, "next_try": world.clock()}
        promise = OTS_PENDING + b"\x11\x10https://cal.test"
        newest = Checkpoint.objects.filter(case=world.case).latest("size")
        proof, waits = OTS_HEAD + bytes(32) + b"\0" + promise, {"asked": world.clock(), "next_try": world.clock()}
        Anchor(checkpoint=newest, state=AnchorState.PENDING, proof=proof, **waits).save()
        Renewal(case_id=world.case, authority=0, text=text, reply=b"tsr of text", **wanted).save()
    openings.show(world.holder, world.case)
    watched(world, world.case)
    outcomes.consent(world.holder, world.case, given=True)
    for photo in photos.list_photos(world.holder, world.case):
        shared_index.consent(world.holder, world.case, photo.id, given=True)
        submissions.submit(world.holder, world.case, photo.id, "memory", consent=True)
    partners.spend(world.services, partners.add(world.services, "Site A").id, 3)
    arrived(world, world.case)
    row = LedgerRow("0f" * 16, Outcome("x", "x_copyright", "dmca_512c3", None, Span(6, 12), Result.REMOVED))
    (world.folder / "ledger").write_bytes(b"".join(write_ledger([row])))
    ledgers.import_ledger(world.holder, world.folder / "ledger")
    (world.folder / "ledger").unlink()
    holders.remove_holder(world.holder, world.case, world.other.holder_id, secret=SECRET)
    receipts.give(world.holder, [world.case], secret=SECRET)
    notices.fill(world.holder, world.case, notice(world, world.case), {"name": "S. Demo"})
    openings.answer(world.holder, world.case, {}, {"seen": WORDS[0] * 900})


def test_every_column_holds_only_what_may_stand_in_clear(world: World) -> None:
    _everything_done(world)
    seen = set()
    for alias in ("default", "keys"):
        for table, rows in tables(alias).items():
            if table in _DJANGO:
                continue
            allowed, names = ALLOWED[table], columns(alias, table)
            assert set(names) == set(allowed), table
            for row in rows:
                seen.add(table)
                for name, value in zip(names, row, strict=True):
                    assert allowed[name](value), (table, name, value)
    assert seen == ALLOWED.keys()


def test_no_word_of_the_person_stands_in_any_cell_or_file(world: World) -> None:
    _everything_done(world)
    needles = [word.encode() for word in WORDS]
    assert standing_in_clear(world.services.home, needles) == []


def test_the_sizes_of_files_are_padded_ones(world: World) -> None:
    """age adds a stanza of random length to each header, so it is the inside that is looked at."""
    for size in (1, 100, 91_000, 91_500, 1_000_003):
        exhibit(world, world.case, b"x" * size, "a.txt")
    inner = []
    for row in Exhibit.objects.all():
        data = (world.services.home / "blobs" / row.blob).read_bytes()
        assert (row.padded, row.sha256) == (len(data), sha256(data).hexdigest())
        inner.append(age.inner_length(data, len(data)) or 0)
    assert inner == [file_size(length) for length in inner]
    assert inner[0] == inner[1]
    assert inner[2] == inner[3]


def test_wrapped_keys_lie_apart_from_what_they_open(world: World) -> None:
    if connections["default"].vendor != "sqlite":
        assert connections["keys"].settings_dict["NAME"] == connections["default"].settings_dict["NAME"]
        return
    keys = {"cases_wrappedkey", "cases_holderlock", "cases_receiptlock", "cases_receiptsalt"}
    assert keys <= tables("keys").keys()
    assert not tables("default").keys() & keys
    assert not {name for name in tables("keys") if name.startswith("cases_")} - keys
    assert world.case


def test_the_table_of_what_is_allowed_names_every_model() -> None:
    ours = {model._meta.db_table for model in apps.get_app_config("cases").get_models()}
    assert ours - _DJANGO == ALLOWED.keys()
