"""Receipt codes on the pages: given and shown once, come in by here and under a desk's name, withdrawn."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.utils.html import escape
from tests.cases.case_browser import ORIGIN, bundle, files
from tests.web.web_cast import ADULT, SECRET, Browser, Cast

from sitr.cases import arrivals, journals, openings, receipts, watches
from sitr.web.pace import Pace
from sitr.words import LANGS, Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

DESK = "https://desk.example.org"


@pytest.fixture
def case(cast: Cast) -> str:
    return openings.open_case(cast.keeper, country="DE", answers=ADULT, time_proof=False)


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def _code_on(page: str) -> str:
    return page.partition('<p class="phrase digits"><bdi dir="ltr">')[2].partition("<")[0]


def _given(cast: Cast, case: str) -> str:
    return receipts.give(cast.keeper, [case], secret=SECRET).code


@pytest.mark.parametrize("lang", LANGS)
def test_the_code_is_shown_once_and_never_again(cast: Cast, case: str, lang: Lang) -> None:
    browser = cast.in_language(lang)
    assert f'name="opens" value="{case}" checked' in browser.read("/slips")
    answer = browser.post("/slips", {"opens": case, "secret": SECRET})
    page = browser.read(answer["Location"])
    code = _code_on(page)
    assert re.fullmatch(r"(\d{4} ){5}\d{4}", code)
    assert say("receipt.keep_paper", lang) in page
    assert browser.get(answer["Location"])["Location"] == "/slips"
    for path in ("/", "/slips", f"/n/{case}/log", answer["Location"]):
        assert code not in _text(browser.get(path))
    assert say("receipt.given_opens", lang) in browser.read("/slips")


def test_a_code_is_given_for_the_passphrase_only_and_for_a_case(cast: Cast, case: str) -> None:
    wrong = cast.browser.post("/slips", {"opens": case, "secret": "not these words"})
    assert (wrong.status_code, escape(say("vault.wrong_secret", "en")) in _text(wrong)) == (403, True)
    none = cast.browser.post("/slips", {"secret": SECRET})
    assert say("cases.receipt_no_case", "en") in _text(none)
    assert receipts.list_receipts(cast.keeper) == []


def test_another_holder_neither_sees_nor_ends_a_receipt(cast: Cast, case: str) -> None:
    _given(cast, case)
    (one,) = receipts.list_receipts(cast.keeper)
    stranger = cast.stranger()
    assert one.id not in stranger.read("/slips")
    assert stranger.get(f"/slips/{one.id}/end").status_code == 404
    assert stranger.post(f"/slips/{one.id}/end", {"secret": SECRET}).status_code == 404
    assert stranger.post("/slips", {"opens": case, "secret": SECRET}).status_code in {403, 404}
    assert len(receipts.list_receipts(cast.keeper)) == 1


@pytest.mark.parametrize("lang", LANGS)
def test_coming_in_by_the_code_on_this_machine(cast: Cast, case: str, lang: Lang) -> None:
    code = _given(cast, case)
    other = openings.open_case(cast.keeper, country="DE", answers=ADULT, time_proof=False)
    watches.add(cast.keeper, other, "https://watched.example/gallery")
    assert other in cast.browser.read("/dates")
    browser = cast.new_browser(lang).come_in()
    assert say("receipt.come_link", lang) in browser.read("/open")
    page = browser.read("/come")
    assert 'inputmode="numeric"' in page
    assert say("web.leave", lang) in page
    wrong = browser.post("/come", {"secret": "1" * 24})
    assert (wrong.status_code, say("cases.receipt_wrong", lang) in _text(wrong)) == (403, True)
    assert "1111" not in _text(wrong)
    answer = browser.post("/come", {"secret": code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    home = browser.read("/")
    assert f"/n/{case}/" in home
    assert other not in home
    assert 'href="/new"' not in home
    assert other not in browser.read("/dates")
    assert browser.read(f"/n/{case}/")
    assert browser.get(f"/n/{other}/").status_code == 404
    assert "open_by_receipt" in [one.verb for one in journals.entries(cast.keeper, case)]


def test_a_receipt_neither_erases_nor_gives_and_locks_to_its_own_door(cast: Cast, case: str) -> None:
    code = _given(cast, case)
    browser = cast.new_browser().come_in()
    browser.post("/come", {"secret": code})
    barred = say("cases.not_by_receipt", "en")
    assert barred in _text(browser.post(f"/n/{case}/erase", {"sure": "yes", "secret": code}))
    assert barred in browser.read("/slips")
    assert barred in _text(browser.post("/slips", {"opens": case, "secret": code}))
    assert barred in _text(browser.post("/new", {"time_proof": "no"}))
    assert say("receipt.again", "en") in browser.read(f"/n/{case}/file")
    assert browser.post("/lock")["Location"] == "/come"
    assert browser.get(f"/n/{case}/")["Location"] == "/come"
    # What was begun before the lock is there again.
    browser.post(f"/n/{case}/places", {"text": "https://half.example/typed"})
    answer = browser.post("/come", {"secret": code})
    assert answer["Location"] == f"/n/{case}/places"
    assert "https://half.example/typed" in browser.read(answer["Location"])


def not_given(cast: Cast, code: str, count: int) -> list[str]:
    """Codes that no receipt here can be, told by their marks as the verb tells them."""
    start = int(code.replace(" ", ""))
    others = (f"{(start + n) % 10**24:024d}" for n in range(1, 1000))
    return [one for one in others if receipts.lane(cast.web.services, one) is None][:count]


def test_codes_are_not_tried_without_end(cast: Cast, case: str) -> None:
    web = replace(cast.web, receipts=Pace(2, 60.0, cast.clock))
    code = _given(cast, case)
    browser = Browser(web).come_in()
    for wrong in not_given(cast, code, 4):  # what nobody was given keeps nobody out
        assert browser.post("/come", {"secret": wrong}).status_code == 403
    for _ in range(2):
        assert browser.post("/come", {"secret": code}).status_code == 302
        browser.post("/lock")
    refused = browser.post("/come", {"secret": code})
    assert (refused.status_code, say("cases.receipt_pace", "en") in _text(refused)) == (429, True)
    cast.clock.now += 61
    assert browser.post("/come", {"secret": code}).status_code == 302


def test_a_withdrawn_code_opens_nothing_and_an_open_page_is_empty(cast: Cast, case: str) -> None:
    code = _given(cast, case)
    browser = cast.new_browser().come_in()
    browser.post("/come", {"secret": code})
    (one,) = receipts.list_receipts(cast.keeper)
    end = f"/slips/{one.id}/end"
    assert say("receipt.end_epoch", "en") in cast.browser.read(end)
    assert cast.browser.post(end, {"secret": "not these words"}).status_code == 403
    assert cast.browser.post(end, {"secret": SECRET})["Location"] == "/slips"
    assert browser.get(f"/n/{case}/").status_code == 404
    assert case not in browser.read("/")
    assert cast.new_browser().come_in().post("/come", {"secret": code}).status_code == 403


# --- under a desk's name ---


@pytest.fixture
def desk(cast: Cast, settings: Any) -> Browser:
    """A browser far away, that has no link."""
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "desk.example.org"]
    settings.CSRF_TRUSTED_ORIGINS = [DESK]
    web = replace(cast.web, services=replace(cast.services, desk_origins=(DESK,)))
    return Browser(web, host="desk.example.org")


def _post(browser: Browser, path: str, data: dict[str, str], origin: str = DESK) -> Any:
    """As a browser sends a form there: with its origin."""
    browser.get("/come")
    token = browser.client.cookies["csrftoken"].value
    return browser.client.post(path, {**data, "csrfmiddlewaretoken": token}, headers={"Origin": origin})


def test_under_a_desks_name_there_is_the_door_for_codes_and_nothing_else(cast: Cast, case: str, desk: Browser) -> None:
    for path in ("/", "/open", "/begin", "/slips", "/new", f"/n/{case}/", f"/k/{cast.web.gate.token}"):
        assert desk.get(path)["Location"] == "/come", path
    page = desk.get("/come")
    assert (page.status_code, page["Strict-Transport-Security"]) == (200, "max-age=31536000")
    assert say("receipt.come_passphrase", "en") not in _text(page)
    assert say("web.leave", "en") in _text(page)
    assert desk.get("/leave")["Location"].startswith("https://en.wikipedia.org")
    assert _post(desk, "/open", {"secret": SECRET})["Location"] == "/come"
    assert "s" not in desk.client.cookies or desk.client.cookies["s"].value == ""
    # The link is still good: nobody from elsewhere used it up.
    assert cast.new_browser().get(f"/k/{cast.web.gate.token}").status_code == 302


def test_the_code_opens_there_with_a_cookie_for_tls_alone(cast: Cast, case: str, desk: Browser) -> None:
    code = _given(cast, case)
    assert _post(desk, "/come", {"secret": code}, origin="https://elsewhere.example").status_code == 403
    answer = _post(desk, "/come", {"secret": code})
    assert answer.status_code == 302
    cookie = desk.client.cookies["s"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
    assert f"/n/{case}/" in desk.read("/")
    assert desk.read(f"/n/{case}/")
    assert desk.get("/leave").status_code == 302
    assert desk.get(f"/n/{case}/")["Location"] == "/come"


def test_other_names_and_ports_get_nothing(cast: Cast, desk: Browser) -> None:
    for host in ("desk.example.org:8443", "www.desk.example.org", "evil.example", "desk.example.org.evil.example"):
        assert Browser(desk.web, host=host).get("/come").status_code == 400, host
    assert Browser(cast.web, host="desk.example.org").get("/come").status_code == 400


def test_a_session_of_a_passphrase_counts_for_nothing_under_that_name(cast: Cast, case: str, desk: Browser) -> None:
    desk.client.cookies["s"] = cast.browser.client.cookies["s"].value
    assert desk.get(f"/n/{case}/")["Location"] == "/come"


def test_a_browser_is_paired_there_and_what_it_saves_is_handed_in(cast: Cast, case: str, desk: Browser) -> None:
    _post(desk, "/come", {"secret": _given(cast, case)})
    shown = desk.read(_post(desk, f"/n/{case}/browser/code", {})["Location"])
    assert f'<bdi dir="ltr">{DESK}</bdi>' in shown
    code = shown.partition('<p class="phrase"><bdi dir="ltr">')[2].partition("<")[0]
    extension = Browser(desk.web, host="desk.example.org").client
    asked = json.dumps({"v": 1, "code": code, "browser": "firefox"}).encode()
    key = extension.post("/x/pair", asked, "application/json", headers={"Origin": ORIGIN}).json()["key"]
    desk.read(f"/n/{case}/browser")
    given = {"Origin": ORIGIN, "Authorization": f"Bearer {key}"}
    got = extension.post("/x/add", bundle(files()), "application/octet-stream", headers=given)
    assert (got.status_code, got["Access-Control-Allow-Origin"]) == (200, ORIGIN)
    (waiting,) = arrivals.list_arrivals(cast.keeper, case)
    assert waiting.different == ()
    _post(desk, "/lock", {})
    assert extension.post("/x/add", bundle(files()), "application/octet-stream", headers=given).status_code == 403
