"""`sitr pair`, `sitr arrived`: a code, the browsers, what they sent."""

import io

import pytest
from tests.cases.case_browser import ORIGIN, bundle, files
from tests.cli.cli_desk import Desk

from sitr.cases import arrivals, pairings

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def _sends(desk: Desk, case: str) -> str:
    """A browser is paired by the code that the command shows, and sends a page; the pairing's id."""
    services = desk.wire.services()
    key = pairings.exchange(services, desk.done("pair", case)["code"], ORIGIN, "firefox").key
    guest = pairings.guest(services, key, ORIGIN)
    data = bundle(files(pictures=False))
    arrivals.receive(services, guest, io.BytesIO(data), len(data), pictures=False)
    return guest.pairing


def test_a_browser_is_paired_listed_and_ended(desk: Desk) -> None:
    case = desk.case()
    assert desk.done("pair", "list", case)["pairings"] == []
    pairing = _sends(desk, case)
    (one,) = desk.done("pair", "list", case)["pairings"]
    assert (one["id"], one["state"], one["browser"]) == (pairing, "paired", "firefox")
    assert one["used_hour"].endswith(":00:00Z")
    desk.done("pair", "end", case, pairing)
    assert desk.done("pair", "list", case)["pairings"][0]["state"] == "ended"
    said = desk.type("pair", case)
    assert "Code: " in said.out
    assert desk.type("pair", "end", case, "nosuchpairing").status == 2
    assert desk.type("pair", case, secret="not the words").status == 3


def test_what_arrived_is_listed_accepted_and_rejected(desk: Desk) -> None:
    case = desk.case()
    assert desk.type("arrived", "list", case).out == "Nothing is waiting.\n"
    for verb in ("accept", "reject"):
        _sends(desk, case)
        (one,) = desk.done("arrived", "list", case)["arrived"]
        made = desk.done("arrived", verb, case, one["id"])
        assert desk.done("arrived", "list", case)["arrived"] == []
        if verb == "accept":
            assert {exhibit["kind"] for exhibit in made["exhibits"]} == {"text", "record"}
            assert made["different"] == []
    assert len(desk.done("exhibit", "list", case)["exhibits"]) == 2
    assert desk.done("journal", "verify", case)["ok"] is True
