"""`sitr case consent`, `sitr ledger`, `sitr notice refused`: consent in words, files of other desks, figures."""

import json
from pathlib import Path

import pytest
from tests.cli.cli_desk import Desk

from sitr.takedown import LedgerRow, Outcome, Result, Span, write_ledger

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]

DOOR = ("x", "x_private_form", "platform_ncii_policy")
ON_X = "https://x.com/someone/status/1712345678901234567"


def a_ledger(path: Path, n: int) -> str:
    rows = [
        LedgerRow(
            f"{k:032x}", Outcome("x", "x_private_form", "platform_ncii_policy", None, Span(6, 48), Result.REMOVED)
        )
        for k in range(n)
    ]
    path.write_bytes(b"".join(write_ledger(rows)))
    return str(path)


def test_consent_is_asked_in_words_given_and_withdrawn(desk: Desk) -> None:
    case = desk.case()
    assert desk.done("case", "consent", case, "outcomes")["consent"]["consented"] is False
    said = desk.type("case", "consent", case, "outcomes", "on", "--yes")
    assert said.status == 0
    assert "It holds no name, no address, no day, no text and no picture." in said.err
    assert "cannot be taken back" in said.err
    assert desk.done("case", "consent", case, "outcomes")["consent"]["consented"] is True
    assert desk.done("case", "consent", case, "outcomes", "off")["consent"]["consented"] is False
    assert desk.type("case", "consent", case, "pictures", "on").status == 2
    assert desk.type("case", "consent", case, "outcomes", "perhaps").status == 2


def test_a_consent_that_is_not_confirmed_is_none(desk: Desk) -> None:
    case = desk.case()
    assert desk.type("case", "consent", case, "outcomes", "on").status == 2
    assert desk.done("case", "consent", case, "outcomes")["consent"]["consented"] is False


def test_too_few_cases_contribute_nothing_and_say_so(desk: Desk) -> None:
    desk.case()
    said = desk.type("ledger", "contribute")
    assert said.status == 1
    assert "at least 10" in said.err


def test_a_ledger_comes_in_moves_a_door_and_goes_out(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    taken = desk.done("ledger", "import", a_ledger(tmp_path / "l", 12))["taken"]
    assert taken == {"new": 12, "known": 0, "left_out": 0}
    stats = desk.done("ledger", "stats")["ledger"]
    assert (stats["rows"], stats["doors"][0]["removed"]) == (12, 12)
    place = desk.done("sighting", "add", case, ON_X)["sightings"][0]["id"]
    doors = desk.done("route", case, place)["routes"]
    door = next(d for d in doors if (d["channel"], d["basis"]) == ("x_private_form", "platform_ncii_policy"))
    assert door["estimate"]["n_pooled"] == 12
    # Twelve of twelve here, and none of the 25 of the study of 2024: both count.
    assert (door["estimate"]["n_study"], round(door["estimate"]["chance"], 1)) == (25, 0.4)
    assert any("12 of 12" in why for why in door["why"])
    assert any("It is no promise." in line for line in door["expect"])
    assert [d["rank"] for d in doors] == list(range(1, len(doors) + 1))
    assert "12 of 12" in desk.type("route", case, place).out
    out = tmp_path / "out.jsonl"
    assert desk.done("ledger", "export", str(out), "--yes")["rows"] == 12
    assert json.loads(out.read_text().splitlines()[0]) == {"format": "sitr-ledger-v1", "rows": 12}
    assert desk.type("ledger", "export", str(out), "--yes").status == 2


def test_a_hostile_ledger_gets_a_sentence_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.case()
    (tmp_path / "bad").write_bytes(b'{"format":"sitr-ledger-v1","rows":1}\n{"key":"../../etc/passwd"}\n')
    said = desk.type("ledger", "import", str(tmp_path / "bad"))
    assert said.status == 2
    assert "Line 2 is not a row of a ledger" in said.err
    assert "passwd" not in said.err
    assert desk.type("ledger", "import", str(tmp_path / "none")).status == 2
    assert desk.done("ledger", "stats")["ledger"]["rows"] == 0
