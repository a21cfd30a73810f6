"""The ledger: outcomes leave their cases in one batch of ten or more, once, and nothing in it leads back."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models
from tests.cases.case_snapshots import columns, everything, tables
from tests.cases.case_world import World
from tests.cases.ledger_cases import TIKTOK, X, removed_case

from sitr.cases import erasing, journals, ledgers, notices, outcomes, portable, sightings
from sitr.cases.models import LedgerOutcome
from sitr.cases.outcomes import ready
from sitr.cases.work import look
from sitr.errors import AnswerIsNo, BadInput
from sitr.takedown import Batch, LedgerRow, Outcome, Result, Span, make_batch, write_ledger

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]

TABLE = "cases_ledgeroutcome"


def ten(world: World) -> list[str]:
    return [removed_case(world, X, 10 + 3 * n) for n in range(10)]


def test_nine_cases_are_too_few_and_nothing_leaves_them(world: World) -> None:
    for n in range(9):
        removed_case(world, X, 10 + n)
    removed_case(world, X, consent=False)
    before = everything(world)
    with pytest.raises(AnswerIsNo) as refused:
        ledgers.contribute(world.holder)
    assert refused.value.code == "takedown.batch_small"
    with pytest.raises(AnswerIsNo):
        ledgers.contribute(world.stranger)
    assert everything(world) == before


def test_a_batch_enters_whole_and_once_and_nothing_of_a_case_is_in_it(world: World) -> None:
    cases = [*ten(world), removed_case(world, TIKTOK)]
    given = ledgers.contribute(world.holder)
    assert (given.cases, given.rows, given.waiting) == (10, 10, 1)
    _nothing_of_a_case(world, cases)
    for case in cases:
        view = outcomes.show(world.holder, case)
        assert view.entered == ((X,) if case != cases[-1] else ())
        assert journals.verify(world.holder, case).ok
    assert ledgers.stats(world.services).rows == 10
    again = everything(world)
    with pytest.raises(AnswerIsNo):
        ledgers.contribute(world.holder)
    assert everything(world) == again
    # What entered is no longer one's own: it is counted once, as of the ledger.
    assert X not in outcomes.own(world.holder)
    assert len(ledgers.pooled(["x"])[X]) == 10


def _nothing_of_a_case(world: World, cases: list[str]) -> None:
    rows = tables("default")[TABLE]
    text, beside = json.dumps(rows), json.dumps([row[1:] for row in rows])
    ids = {*cases, world.holder.holder_id}
    for case in cases:
        ids |= {one.id for one in sightings.list_sightings(world.holder, case)}
        ids |= {one.id for one in notices.list_notices(world.holder, case)}
    assert not [word for word in (*ids, "http", "someone", "x.com") if word in text]
    # Not in the keys: they are hexadecimal, and chance writes this year into one of ten in one run of two hundred.
    assert not [time for time in ("2026", "03-14", "09:26") if time in beside]
    assert {type(cell) for row in rows for cell in row} <= {str, int, bool, type(None)}
    # Each row has at least three twins beside its random key.
    assert min(Counter(row[1:] for row in rows).values()) >= 3


def test_the_table_knows_no_case_no_time_and_no_order(world: World) -> None:
    fields = LedgerOutcome._meta.get_fields()
    assert not [f for f in fields if f.is_relation]
    assert not [f for f in fields if isinstance(f, models.DateField | models.TimeField | models.AutoField)]
    assert set(columns("default", TABLE)) == {f.name for f in fields}
    ten(world)
    ledgers.contribute(world.holder)
    with connection.cursor() as cursor:
        order = "rowid" if connection.vendor == "sqlite" else "ctid"
        cursor.execute(f"SELECT key FROM {TABLE} ORDER BY {order}")  # noqa: S608  both words are ours
        keys = [row[0] for row in cursor.fetchall()]
    # As they lie in the table they are in the order of chance: where a row lies says nothing of its case.
    assert keys == sorted(keys)
    assert all(len(key) == 32 for key in keys)


def test_a_crash_in_the_middle_loses_nothing_and_doubles_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ten(world)
    before = everything(world)

    def dying(call: Callable[..., Any], at: int) -> Callable[..., Any]:
        calls = iter(range(100))

        def called(*said: Any, **how: Any) -> Any:
            if next(calls) == at:
                raise OSError("the process is gone")
            return call(*said, **how)

        return called

    after_three_cases = ("sitr.cases.ledgers.mark_entered", dying(outcomes.mark_entered, 3))
    before_the_rows = ("sitr.cases.ledgers._insert", dying(ledgers._insert, 0))
    among_the_rows = ("sitr.cases.models.LedgerOutcome.save", dying(LedgerOutcome.save, 5))
    for name, call in (after_three_cases, before_the_rows, among_the_rows):
        with monkeypatch.context() as patched:
            patched.setattr(name, call)
            with pytest.raises(OSError, match="gone"):
                ledgers.contribute(world.holder)
        assert everything(world) == before
    assert ledgers.contribute(world.holder).rows == 10
    assert ledgers.stats(world.services).rows == 10


def test_a_consent_that_is_withdrawn_while_it_runs_stops_the_batch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = ten(world)

    def withdrawn(*said: Any) -> Batch:
        outcomes.consent(world.holder, cases[4], given=False)
        return make_batch(*said)

    monkeypatch.setattr("sitr.cases.ledgers.make_batch", withdrawn)
    with pytest.raises(AnswerIsNo) as refused:
        ledgers.contribute(world.holder)
    assert refused.value.code == "cases.changed_meanwhile"
    assert ledgers.stats(world.services).rows == 0
    assert all(outcomes.show(world.holder, case).entered == () for case in cases)


def test_a_home_that_is_destroyed_loses_its_ledger(world: World) -> None:
    ledgers.import_ledger(world.holder, a_file(world.folder / "l", 3))
    erasing.erase_home(world.services)
    assert tables("default")[TABLE] == []


# --- files ---


def a_file(path: Path, n: int, first: int = 0, door: tuple[str, str | None, str] = X, low: int = 6) -> Path:
    rows = [
        LedgerRow(f"{number:032x}", Outcome(*door, None, Span(low, 48), Result.REMOVED))
        for number in range(first, first + n)
    ]
    path.write_bytes(b"".join(write_ledger(rows)))
    return path


def test_a_ledger_goes_to_another_desk_and_back_and_counts_once(world: World) -> None:
    taken = ledgers.import_ledger(world.holder, a_file(world.folder / "one", 5))
    assert (taken.new, taken.known, taken.left_out) == (5, 0, 0)
    taken = ledgers.import_ledger(world.holder, a_file(world.folder / "two", 5, first=3))
    assert (taken.new, taken.known) == (3, 2)
    out = world.folder / "out.jsonl"
    assert ledgers.export_ledger(world.holder, out) == 8
    taken = ledgers.import_ledger(world.holder, out)
    assert (taken.new, taken.known) == (0, 8)
    assert out.stat().st_mode & 0o077 == 0
    line = ledgers.stats(world.services).doors[0]
    assert (line.n, line.removed, line.service) == (8, 8, "x")


def test_names_that_nobody_knows_here_are_left_out(world: World) -> None:
    for name, door in {
        "a": ("somebodys_name", None, "dmca_512c3"),
        "b": ("x", "call_me_at_0100", "dmca_512c3"),
        "c": ("x", "x_copyright", "a_secret"),
    }.items():
        taken = ledgers.import_ledger(world.holder, a_file(world.folder / name, 2, door=door))
        assert (taken.new, taken.left_out) == (0, 2)
    assert tables("default")[TABLE] == []
    authority = ("au_image_based_abuse", None, "au_image_based_abuse")
    assert ledgers.import_ledger(world.holder, a_file(world.folder / "d", 2, door=authority)).new == 2


def test_a_file_that_contradicts_what_is_here_changes_nothing(world: World) -> None:
    ledgers.import_ledger(world.holder, a_file(world.folder / "one", 5))
    before = everything(world)
    with pytest.raises(BadInput) as refused:
        ledgers.import_ledger(world.holder, a_file(world.folder / "two", 9, low=24))
    assert refused.value.code == "takedown.ledger_contradicts"
    (world.folder / "three").write_bytes(b'{"format":"sitr-ledger-v1","rows":1}\nnonsense\n')
    with pytest.raises(BadInput):
        ledgers.import_ledger(world.holder, world.folder / "three")
    assert everything(world) == before


def test_an_empty_ledger_is_not_written_and_no_file_is_written_over(world: World) -> None:
    with pytest.raises(AnswerIsNo):
        ledgers.export_ledger(world.holder, world.folder / "none")
    assert not (world.folder / "none").exists()
    file = a_file(world.folder / "one", 3)
    ledgers.import_ledger(world.holder, file)
    with pytest.raises(BadInput):
        ledgers.export_ledger(world.holder, file)


def test_a_case_that_moves_takes_along_what_it_gave(world: World) -> None:
    """Seen in the words that the package holds: a second home would otherwise give the same outcome again."""
    cases = ten(world)
    ledgers.contribute(world.holder)
    case = look(world.holder, cases[0])
    (row,) = [one for one in portable._document(case)["rows"] if one["table"] == "consent"]
    assert [tuple(one["door"]) for one in row["body"]["entered"]] == [X]
    assert ready(case, world.services.knowledge).by_door == {}
