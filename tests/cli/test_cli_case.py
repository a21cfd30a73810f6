"""A case from the command line, with a real database: what each command says, and with which status."""

import json
from pathlib import Path

import pytest
from tests.cli.cli_desk import SECRET, Desk

from sitr.cli.demo.leaksite import LeakSite
from sitr.cli.demo.photographs import find_photographs
from sitr.fingerprint.fingerprints import VERSION

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


# --- opening, and who may ---


def test_a_first_case_sets_the_passphrase_and_later_ones_need_it(desk: Desk) -> None:
    first = desk.done("case", "new", "--country", "EG")
    second = desk.done("case", "new")
    assert first["holder"] == second["holder"]
    assert desk.type("case", "new", secret="another").status == 3
    assert {c["id"] for c in desk.done("case", "list")["cases"]} == {first["case"], second["case"]}


def test_without_the_passphrase_ids_states_and_hours_are_shown_and_nothing_else(desk: Desk) -> None:
    case = desk.case()
    for argv in (["case", "show", case], ["case", "plan", case], ["sighting", "list", case], ["exhibit", "list", case],
                 ["journal", "show", case], ["journal", "verify", case]):  # fmt: skip
        said = desk.type(*argv, secret="wrong")
        assert (said.status, said.out) == (3, "")
    assert desk.type("case", "list", secret="wrong").status == 0


def test_a_home_that_was_never_used_says_so(desk: Desk) -> None:
    said = desk.type("case", "show", "x")
    assert said.status == 2
    assert "sitr case new" in said.err


def test_a_case_that_is_not_there_is_wrong_input(desk: Desk) -> None:
    desk.case()
    assert desk.type("case", "show", "nosuchcase").status == 2


def test_an_answer_that_the_playbook_does_not_have_opens_nothing(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"answers": {"age": ["ancient"]}}))
    assert desk.type("case", "new", "--answers", str(file)).status == 2
    assert desk.done("case", "list")["cases"] == []


def test_the_plan_of_a_case_remembers_what_was_done(desk: Desk) -> None:
    case = desk.case()
    first = desk.done("case", "plan", case)["steps"][0]
    desk.done("case", "step", case, first["id"], "done")
    after = {s["id"]: s for s in desk.done("case", "plan", case)["steps"]}
    assert after[first["id"]]["state"] == "done"
    assert desk.type("case", "step", case, "no-such-step", "done").status == 2


def test_putting_a_step_off_keeps_it_open_and_moves_it_by_a_day(desk: Desk) -> None:
    case = desk.case()
    before = next(s for s in desk.done("case", "plan", case)["steps"] if s["due_at"])
    desk.done("case", "step", case, before["id"], "later")
    after = next(s for s in desk.done("case", "plan", case)["steps"] if s["id"] == before["id"])
    assert after["state"] == before["state"]
    assert after["due_at"][:10] > before["due_at"][:10]


# --- photos and exhibits ---


def test_a_photo_becomes_a_fingerprint_and_is_not_kept(desk: Desk) -> None:
    case, photo = desk.case(), find_photographs()[0].path
    (added,) = desk.done("photo", "add", case, str(photo))["photos"]
    assert (added["kept"], added["fingerprint_version"]) == (False, VERSION)


def test_one_photo_is_listed_and_erased_with_the_secret_again(desk: Desk) -> None:
    case, photo = desk.case(), find_photographs()[0].path
    (added,) = desk.done("photo", "add", case, str(photo))["photos"]
    assert desk.done("photo", "list", case)["photos"] == [added]
    assert desk.type("photo", "erase", case, added["id"]).status == 2, "nobody confirmed"
    assert desk.type("photo", "erase", case, added["id"], "--yes", secret="wrong").status == 3
    assert desk.done("photo", "erase", case, added["id"], "--yes")["erased"] == added["id"]
    assert desk.done("photo", "list", case)["photos"] == []


def test_no_photo_is_taken_in_where_the_age_is_not_known(desk: Desk) -> None:
    case = desk.done("case", "new")["case"]
    said = desk.type("photo", "add", case, str(find_photographs()[0].path))
    assert said.status == 1
    assert desk.done("case", "show", case)["case"]["counts"]["photo"] == 0


def test_a_slip_in_the_last_name_keeps_no_photo(desk: Desk) -> None:
    case, photo = desk.case(), str(find_photographs()[0].path)
    assert desk.type("photo", "add", case, photo, "no-such-file.jpg").status == 2
    assert desk.done("case", "show", case)["case"]["counts"]["photo"] == 0


def test_an_exhibit_comes_out_as_it_went_in(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    given = tmp_path / "رسالة.bin"
    given.write_bytes(bytes(range(256)) * 9)
    (added,) = desk.done("exhibit", "add", case, str(given))["exhibits"]
    assert desk.done("exhibit", "list", case)["exhibits"][0]["id"] == added["id"]
    out = Path(desk.done("exhibit", "export", case, added["id"], "--out", str(tmp_path / "out"))["file"])
    assert out.read_bytes() == given.read_bytes()
    assert desk.type("exhibit", "export", case, added["id"], "--out", str(tmp_path / "out")).status == 2


def test_an_empty_file_keeps_nothing_of_the_others(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    (tmp_path / "full").write_bytes(b"x")
    (tmp_path / "empty").touch()
    assert desk.type("exhibit", "add", case, str(tmp_path / "full"), str(tmp_path / "empty")).status == 2
    assert desk.done("exhibit", "list", case)["exhibits"] == []


# --- from a place to an answer ---


def test_words_around_addresses_do_no_harm_and_no_address_is_wrong_input(desk: Desk) -> None:
    case = desk.case()
    found = desk.done("sighting", "add", case, "شوفي هنا https://www.instagram.com/p/Cabc123/ وهنا", "t.me/x/5")
    assert found["sightings"][0]["service"] == "instagram"
    assert len(desk.done("sighting", "list", case)["sightings"]) == 2
    assert desk.type("sighting", "add", case, "no address here").status == 2


def test_a_place_that_is_gone_is_seen_with_its_reason(desk: Desk, site: LeakSite) -> None:
    case = desk.case()
    desk.done("sighting", "add", case, site.url)
    site.take_down()
    try:
        (view,) = desk.done("sighting", "check", case)["sightings"]
    finally:
        site.put_back()
    assert view["state"] == "gone"
    assert "410" in view["reason"]


def _notice(desk: Desk, case: str, tmp_path: Path) -> tuple[str, str]:
    sighting = desk.done("sighting", "add", case, "https://leaks.example/page")["sightings"][0]["id"]
    fields = tmp_path / "fields.json"
    fields.write_text(
        json.dumps({"name": "S. D.", "identity": "S. D.", "email": "s@sitr.invalid", "contact": "s@sitr.invalid",
                    "ground": "no consent", "recipient": "abuse@leaks.example"})
    )  # fmt: skip
    return sighting, str(fields)


def test_a_notice_is_checked_refused_filled_approved_sent_and_answered(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    sighting, fields = _notice(desk, case, tmp_path)
    bare = desk.done("notice", "draft", case, sighting, "--basis", "gdpr_art17")["notice"]
    assert bare["missing"]
    assert desk.done("notice", "check", case, bare["id"], status=1)["notice"]["missing"] == bare["missing"]
    assert desk.done("notice", "approve", case, bare["id"], status=1)["notice"]["missing"] == bare["missing"]
    full = desk.done("notice", "draft", case, sighting, "--basis", "gdpr_art17", "--fields", fields)["notice"]
    assert full["missing"] == []
    assert desk.done("notice", "check", case, full["id"])
    assert desk.type("notice", "send", case, full["id"]).status == 1
    assert desk.mailer.mails == []
    assert desk.done("notice", "approve", case, full["id"])["notice"]["state"] == "approved"
    sent = desk.done("notice", "send", case, full["id"])["notice"]
    assert sent["state"] == "sent"
    assert sent["clock"]["due_at"]
    assert len(desk.mailer.mails) == 1
    (due,) = desk.done("agenda")["due"]
    assert (due["case"], due["is_due"]) == (case, False)
    reply = tmp_path / "reply.eml"
    reply.write_bytes(b"From: abuse@leaks.example\r\nSubject: done\r\n\r\nremoved\r\n")
    assert desk.done("notice", "reply", case, full["id"], str(reply))["reply"]["subject"] == "done"


def test_a_notice_sent_by_hand_long_ago_is_due_now(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    sighting, fields = _notice(desk, case, tmp_path)
    notice = desk.done("notice", "draft", case, sighting, "--basis", "gdpr_art17", "--fields", fields)["notice"]["id"]
    desk.done("notice", "approve", case, notice)
    for wrong in ("yesterday", "2026-01-05T10:00:00"):
        assert desk.type("notice", "sent", case, notice, "--reference", "R1", "--at", wrong).status == 2
    desk.done("notice", "sent", case, notice, "--reference", "R1", "--at", "2026-01-05T10:00:00Z")
    calendar = tmp_path / "dates.ics"
    (due,) = desk.done("agenda", "--ics", str(calendar), status=1)["due"]
    assert due["is_due"]
    text = calendar.read_text()
    assert text.count("BEGIN:VEVENT") == 1
    assert case not in text
    assert "leaks.example" not in text


def test_a_notice_that_is_not_there_is_wrong_input(desk: Desk) -> None:
    assert desk.type("notice", "check", desk.case(), "nosuch").status == 2


def test_the_doors_for_a_place_are_ranked_from_one_on(desk: Desk) -> None:
    case = desk.case()
    sighting = desk.done("sighting", "add", case, "https://www.instagram.com/p/Cabc123/")["sightings"][0]["id"]
    ranks = [door["rank"] for door in desk.done("route", case, sighting)["routes"]]
    assert ranks == list(range(1, len(ranks) + 1))
    assert ranks


# --- the record, the dossier, the end ---


def test_the_journal_shows_every_step_and_verifies(desk: Desk) -> None:
    case = desk.case()
    desk.done("sighting", "add", case, "https://leaks.example/page")
    entries = desk.done("journal", "show", case)["entries"]
    assert [e["verb"] for e in entries] == ["open", "add_sighting"]
    report = desk.done("journal", "verify", case)
    assert (report["ok"], report["size"], report["problems"]) == (True, 2, [])
    assert len(report["root"]) == 64


def test_a_dossier_is_sealed_to_words_shown_once_and_verifies_by_them(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    (tmp_path / "x.txt").write_text("evidence")
    desk.done("exhibit", "add", case, str(tmp_path / "x.txt"))
    out = tmp_path / "dossier.age"
    built = desk.done("dossier", case, "--out", str(out))
    assert built["items"] == 1
    verified = desk.type("verify", str(out), "--json", secret=built["phrase"])
    assert (verified.status, verified.document["ok"]) == (0, True)
    assert desk.type("verify", str(out), secret="not these words").status == 3
    assert desk.type("dossier", case, "--out", str(out)).status == 2


def test_what_goes_into_a_dossier_is_shown_and_changed_by_audience_and_item(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    (tmp_path / "x.txt").write_text("evidence")
    item = desk.done("exhibit", "add", case, str(tmp_path / "x.txt"))["exhibits"][0]["id"]
    shown = {a: desk.done("dossier", "items", case, "--for", a)["items"] for a in ("lawyer", "platform")}
    forms = {a: {i["id"]: i["form"] for i in items} for a, items in shown.items()}
    assert (forms["lawyer"][item], forms["platform"][item]) == ("full", "none")
    assert (forms["lawyer"]["words"], forms["platform"]["words"]) == ("full", "none")
    changed = desk.done("dossier", "items", case, "--for", "platform", "--item", f"{item}=full")["items"]
    assert {i["id"]: i["form"] for i in changed}[item] == "full"
    for wrong in ("nothing=full", f"{item}=blurred", item, "=full"):
        assert desk.type("dossier", "items", case, "--item", wrong).status == 2, wrong
    assert desk.type("dossier", case, "--out", str(tmp_path / "d"), "--wait", "soon").status == 2
    assert not (tmp_path / "d").exists()


def test_a_checkpoint_is_kept_and_compared_later_and_the_life_of_an_exhibit_is_told(desk: Desk, tmp_path: Path) -> None:
    case, other = desk.case(), desk.case()
    kept, code = tmp_path / "kept.txt", tmp_path / "kept.svg"
    handed = desk.done("journal", "checkpoint", case, "--out", str(kept), "--qr", str(code))
    assert (handed["size"], code.read_text()[:4]) == (2, "<svg")
    assert kept.stat().st_mode & 0o077 == 0
    assert desk.type("journal", "checkpoint", case, "--out", str(kept)).status == 2, "nothing is written over"
    (tmp_path / "x.txt").write_text("evidence")
    item = desk.done("exhibit", "add", case, str(tmp_path / "x.txt"))["exhibits"][0]["id"]
    assert desk.done("journal", "verify", case, "--earlier", str(kept))["ok"]
    assert desk.type("journal", "verify", other, "--earlier", str(kept)).status == 1
    (life,) = desk.done("custody", case, item)["exhibits"]
    assert [(one["verb"], one["mine"]) for one in life["moments"]] == [("add_exhibit", True)]


def test_erasing_asks_needs_the_secret_and_leaves_nothing_to_open(desk: Desk) -> None:
    case = desk.case()
    assert desk.type("case", "erase", case).status == 2, "nobody confirmed"
    assert desk.type("case", "erase", case, "--yes", secret="wrong").status == 3
    assert desk.done("case", "show", case)["case"]["id"] == case
    assert desk.done("case", "erase", case, "--yes")["erased"] == case
    assert desk.type("case", "show", case).status == 2
    assert desk.done("case", "list")["cases"][0]["state"] == "erased"


def test_who_lost_the_secret_can_still_destroy_everything(desk: Desk) -> None:
    case = desk.case()
    assert desk.type("case", "erase", "--all", secret="forgotten").status == 2, "nobody confirmed"
    assert desk.type("case", "erase", "--all", "--yes", secret="forgotten").status == 0
    assert desk.type("case", "show", case, secret=SECRET).status == 2


@pytest.mark.parametrize("argv", [["case", "erase"], ["case", "erase", "x", "--all"]])
def test_erasing_says_exactly_what_it_is_asked_to_erase(desk: Desk, argv: list[str]) -> None:
    assert desk.type(*argv, "--yes").status == 2
