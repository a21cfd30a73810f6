"""`sitr receipt`: given, come in by, listed, withdrawn."""

from pathlib import Path

import pytest
from tests.cli.cli_desk import Desk

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_a_code_is_given_opens_its_case_and_is_withdrawn(desk: Desk, tmp_path: Path) -> None:
    case, other = desk.case(), desk.case()
    assert desk.type("receipt", "list").out == "No code was given yet.\n"
    made = desk.done("receipt", "give", case)
    (one,) = desk.done("receipt", "list")["receipts"]
    assert (one["id"], one["cases"], made["code"] in str(one)) == (made["id"], [case], False)
    slip = tmp_path / "slip"
    slip.write_text(made["code"] + "\n")
    by_code = {"SITR_RECEIPT_FILE": str(slip)}
    assert desk.done("case", "show", case, env=by_code)["case"]["id"] == case
    assert desk.type("case", "show", other, env=by_code).status == 2
    assert desk.type("case", "erase", case, "--yes", env=by_code).status == 1
    assert "Receipt code: " in desk.type("receipt", "give", case, other).out
    desk.done("receipt", "withdraw", made["id"])
    gone = desk.type("case", "show", case, env=by_code)
    assert (gone.status, made["code"] in gone.err) == (3, False)
    assert desk.type("receipt", "withdraw", "nosuchreceipt").status == 2
    assert desk.type("receipt", "give", case, secret="not the words").status == 3
