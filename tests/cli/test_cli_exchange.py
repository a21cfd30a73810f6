"""`sitr exchange`, `sitr index`, `sitr partner`: other parties' lists over HTTP, consent in words, keys shown once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.cli_desk import BuiltWire, Desk
from tests.finding.exchange_servers import FEEDBACK, FETCH, SUBMIT, SUBSCRIPTION, StopNCIIServer, served
from tests.web.web_cast import drawn

from sitr.finding.exchange import open_exchange
from sitr.settings import SITR

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HASHES = [f"{n:02x}" * 32 for n in range(1, 6)]


@pytest.fixture
def server() -> StopNCIIServer:
    return StopNCIIServer()


def named(desk: Desk, folder: Path, base: str) -> Desk:
    """The desk with one exchange set up."""
    keys = folder / "ncii.toml"
    said = {"subscription": SUBSCRIPTION, "fetch": FETCH, "submit": SUBMIT, "feedback": FEEDBACK}
    keys.write_text("".join(f'{name} = "{value}"\n' for name, value in said.items()), encoding="utf-8")
    file = folder / "exchanges.toml"
    file.write_text(f'[ncii]\nkind = "stopncii"\nurl = "{base}"\nkeys = "{keys}"\nseconds = 5\n', encoding="utf-8")
    settings = replace(SITR, home=folder / "lists", exchanges=file)
    services = replace(desk.wire.services(), exchange=lambda name: open_exchange(file, name, lambda _seconds: None))
    return Desk(BuiltWire(services, settings), desk.mailer, desk.folder)


def test_a_list_is_fetched_written_and_forgotten(desk: Desk, tmp_path: Path, server: StopNCIIServer) -> None:
    for value in HASHES:
        server.put(value)
    with served(server) as base:
        here = named(desk, tmp_path, base)
        assert here.done("exchange", "list")["exchanges"] == [
            {"name": "ncii", "kind": "stopncii", "entries": 0, "fetched": None}
        ]
        fetched = here.done("exchange", "fetch", "ncii")["fetched"]
        assert fetched == {"name": "ncii", "pages": 3, "added": 5, "removed": 0, "left_out": 0, "entries": 5}
        server.put(HASHES[0], "Withdrawn")
        assert here.done("exchange", "fetch", "ncii")["fetched"]["removed"] == 1
        out = tmp_path / "list.csv"
        assert here.done("exchange", "export", "ncii", str(out), "--as", "csv")["entries"] == 4
        assert HASHES[0] not in out.read_text()
        assert here.type("exchange", "export", "ncii", str(out)).status == 2  # nothing is written over
        entry = json.loads(_exported(here, tmp_path))["id"]
        assert here.done("exchange", "feedback", "ncii", entry, "blocked", "--yes")["state"] == "sent"
        assert server.feedbacks[0]["feedbackValue"] == "Blocked"
        assert here.type("exchange", "feedback", "ncii", "nothing", "blocked", "--yes").status == 2
        assert here.type("exchange", "forget", "ncii").status == 2
        here.done("exchange", "forget", "ncii", "--yes")
        assert here.done("exchange", "list")["exchanges"][0]["entries"] == 0


def _exported(here: Desk, folder: Path) -> str:
    out = folder / "list.jsonl"
    here.done("exchange", "export", "ncii", str(out))
    return out.read_text().splitlines()[0]


def test_an_exchange_that_refuses_the_key_ends_with_4_and_no_key_is_said(
    desk: Desk, tmp_path: Path, server: StopNCIIServer
) -> None:
    server.moods = ["403"]
    with served(server) as base:
        said = named(desk, tmp_path, base).type("exchange", "fetch", "ncii")
    assert said.status == 4
    assert "refused the key (403)" in said.err
    assert FETCH not in said.err + said.out
    assert named(desk, tmp_path, "https://a.example").type("exchange", "fetch", "other").status == 2


def test_hashes_are_handed_over_with_the_word_for_it_only(desk: Desk, tmp_path: Path, server: StopNCIIServer) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(drawn(size=(300, 240)))
    with served(server) as base:
        here = named(desk, tmp_path, base)
        case = here.case()
        photo = here.done("photo", "add", case, str(picture))["photos"][0]["id"]
        asked = here.type("exchange", "submit", case, photo, "ncii")
        assert asked.status == 1
        assert "What goes to ncii" in asked.err
        assert server.submitted == []
        made = here.done("exchange", "submit", case, photo, "ncii", "--consent")["submission"]
        assert (made["state"], len(server.submitted)) == ("sent", made["hashes"])
        assert here.done("exchange", "sent", case)["submissions"] == [made]
        assert here.type("exchange", "submit", case, photo, "ncii", "--consent").status == 1
        back = here.done("exchange", "withdraw", case, made["id"])["submission"]
        assert (back["state"], {one["feedbackValue"] for one in server.feedbacks}) == ("withdrawn", {"Withdrawn"})


def test_the_index_tells_what_it_reveals_and_the_operator_gets_ids_and_hashes(desk: Desk, tmp_path: Path) -> None:
    picture, out = tmp_path / "a.png", tmp_path / "index.jsonl"
    picture.write_bytes(drawn(size=(300, 240)))
    case = desk.case()
    photo = desk.done("photo", "add", case, str(picture))["photos"][0]["id"]
    assert desk.done("index", "consent", case, photo)["index"]["given"] is False
    assert desk.type("index", "consent", case, photo, "on").status == 2  # not confirmed
    said = desk.type("index", "consent", case, photo, "on", "--yes")
    assert "coarse pattern of light and dark" in said.err
    assert desk.done("index", "export", str(out))["photos"] == 1
    assert set(json.loads(out.read_text().splitlines()[0])) == {
        "id", "kind", "value", "quality", "state", "labels", "updated",
    }  # fmt: skip
    assert desk.done("index", "consent", case, photo, "off")["index"]["given"] is False
    assert desk.type("index", "export", str(tmp_path / "none")).status == 1


def test_a_partners_key_is_shown_once(desk: Desk) -> None:
    made = desk.done("partner", "add", "Site A", "--per-day", "500")["partner"]
    assert made["key"].startswith("sitr_")
    assert made["key"] not in desk.type("partner", "list").out
    assert desk.done("partner", "list")["partners"][0]["per_day"] == 500
    assert desk.done("partner", "end", made["id"]) == {"ended": made["id"]}
    assert desk.type("partner", "end", made["id"]).status == 2
    for quota in ("0", "-1", "١٠", "x", "9" * 20):
        assert desk.type("partner", "add", "B", "--per-day", quota).status == 2
