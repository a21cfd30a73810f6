"""Coming in and going out: link, passphrase, lock, quick exit, language, and what a program without the cookie gets."""

import re

import pytest
from django.conf import settings
from tests.web.web_cast import ADULT, SECRET, Browser, Cast

from sitr.cases import openings
from sitr.web.sessions import IDLE_SECONDS
from sitr.words import LANGS, Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def _case(cast: Cast) -> str:
    return openings.open_case(cast.keeper, country=None, answers=ADULT, time_proof=False)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("path", ["/", "/open", "/begin", "/new", "/dates", "/leave", "/n/abc/", "/nothing/at/all"])
def test_without_the_link_every_address_is_the_same_short_page(cast: Cast, path: str, lang: Lang) -> None:
    browser = cast.new_browser(lang)
    answer = browser.get(path)
    assert answer.status_code == 403
    assert say("web.problem_no_link", lang) in answer.content.decode()
    assert 'href="/leave"' not in answer.content.decode()
    assert "s" not in browser.client.cookies


def test_the_link_sets_a_strict_cookie_and_works_once(cast: Cast) -> None:
    token = cast.web.gate.token
    browser = cast.new_browser()
    answer = browser.get(f"/k/{token}")
    cookie = answer.cookies["s"]
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert (cookie["samesite"], bool(cookie["httponly"]), cookie["path"], cookie["max-age"]) == (
        "Strict",
        True,
        "/",
        "",
    )
    again = cast.new_browser().get(f"/k/{token}")
    assert again.status_code == 403
    assert "s" not in again.cookies


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[::1]", "sitr.local:8440"])
def test_another_host_name_gets_nothing_not_even_the_style_sheet(cast: Cast, host: str) -> None:
    for path in ("/", f"/k/{cast.web.gate.token}", "/static/web/pages.css"):
        assert cast.browser.client.get(path, headers={"host": host}).status_code == 400


def test_the_passphrase_is_chosen_by_writing_it_twice(cast: Cast) -> None:
    cast.services.home.joinpath("nothing")
    page = cast.browser.get("/begin")
    assert (page.status_code, page["Location"]) == (302, "/")  # it is set already, and is never asked for twice


def test_the_wrong_passphrase_gets_a_sentence_beside_the_field(cast: Cast) -> None:
    browser = cast.new_browser("ar").come_in()
    answer = browser.post("/open", {"secret": "not it"})
    text = answer.content.decode()
    assert answer.status_code == 403
    assert say("vault.wrong_secret", "ar") in text
    assert 'aria-invalid="true"' in text
    assert "not it" not in text
    assert browser.get("/")["Location"] == "/open"


def test_unlocking_gives_a_new_cookie_and_locking_takes_the_pages_away(cast: Cast) -> None:
    browser = cast.new_browser().come_in()
    before = browser.client.cookies["s"].value
    browser.unlock()
    assert browser.client.cookies["s"].value != before
    browser.read("/")
    assert browser.post("/lock")["Location"] == "/open"
    assert browser.get("/")["Location"] == "/open"


def test_an_old_cookie_opens_nothing_after_unlocking(cast: Cast) -> None:
    browser = cast.new_browser().come_in()
    before = browser.client.cookies["s"].value
    browser.unlock()
    thief = cast.new_browser()
    thief.client.cookies["s"] = before
    assert thief.get("/").status_code == 403


def test_the_server_keeps_no_identity_that_opens_without_the_cookie(cast: Cast) -> None:
    found = cast.web.sessions.find(cast.browser.client.cookies["s"].value)
    assert found is not None
    assert found.session.kept is not None
    secret = cast.keeper.identity.secret().encode()
    assert secret not in repr(vars(found.session)).encode()
    assert secret not in found.session.kept


def test_ten_idle_minutes_lock_and_the_way_leads_back(cast: Cast) -> None:
    case = _case(cast)
    cast.clock.now += IDLE_SECONDS
    assert cast.browser.get(f"/n/{case}/places", **{"Sec-Fetch-Dest": "document"})["Location"] == "/open"
    answer = cast.browser.post("/open", {"secret": SECRET})
    assert answer["Location"] == f"/n/{case}/places"


def test_what_was_typed_before_the_lock_comes_back_and_lay_sealed(cast: Cast) -> None:
    case = _case(cast)
    cast.browser.read(f"/n/{case}/places")
    cast.clock.now += IDLE_SECONDS
    typed = "see https://leaks.example/canary-7781"
    assert cast.browser.post(f"/n/{case}/places", {"text": typed})["Location"] == "/open"
    found = cast.web.sessions.find(cast.browser.client.cookies["s"].value)
    assert found is not None
    assert found.session.draft is not None
    assert b"canary-7781" not in found.session.draft
    assert "canary-7781" not in cast.browser.read("/open")
    answer = cast.browser.post("/open", {"secret": SECRET})
    assert typed in cast.browser.read(answer["Location"])
    assert typed not in cast.browser.read(answer["Location"])


def test_a_form_that_waits_opens_for_nobody_else(cast: Cast) -> None:
    case = _case(cast)
    stranger = cast.stranger()
    stranger.get(f"/n/{case}/places")
    cast.clock.now += IDLE_SECONDS
    stranger.post(f"/n/{case}/places", {"text": "theirs"})
    answer = stranger.post("/open", {"secret": SECRET})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_page_left_open_goes_away_by_itself_without_scripts(cast: Cast) -> None:
    answer = cast.browser.get("/dates")
    assert answer["Refresh"] == "601; url=/away"
    cast.clock.now += IDLE_SECONDS + 1
    assert cast.browser.get("/away")["Location"] == "/open"
    assert "Refresh" not in cast.browser.get("/open").headers


def test_a_page_left_open_beside_a_busy_one_is_emptied_and_nothing_is_locked(cast: Cast) -> None:
    assert say("web.away", "en") in cast.browser.read("/away")
    cast.browser.read("/")


def test_a_page_with_a_form_stays_because_something_is_being_typed(cast: Cast) -> None:
    assert "Refresh" not in cast.browser.get(f"/n/{_case(cast)}/places").headers


@pytest.mark.parametrize("lang", LANGS)
def test_the_quick_exit_forgets_everything_and_leads_to_a_harmless_page(cast: Cast, lang: Lang) -> None:
    browser = cast.in_language(lang)
    cookie = browser.client.cookies["s"].value
    answer = browser.get("/leave")
    assert answer["Location"] == f"https://{lang}.wikipedia.org/"
    assert answer["Clear-Site-Data"] == '"cookies", "storage", "cache"'
    assert answer.cookies["s"]["max-age"] == 0
    assert cast.web.sessions.find(cookie) is None
    assert browser.get("/").status_code == 403


def test_the_language_is_switched_on_the_same_page_and_nowhere_else(cast: Cast) -> None:
    answer = cast.browser.post("/lang", {"lang": "ar", "back": "/dates"})
    assert (answer["Location"], answer.cookies["lang"].value) == ("/dates", "ar")
    for back in ("https://evil.example/", "//evil.example", "\\\\evil.example", "javascript:alert(1)", "dates"):
        assert cast.browser.post("/lang", {"lang": "ar", "back": back})["Location"] == "/"
    assert cast.browser.post("/lang", {"lang": "fr", "back": "/"}).status_code == 404


@pytest.mark.parametrize(
    ("asked", "lang"), [("en-GB,ar;q=0.5", "en"), ("ar-EG", "ar"), ("fr", "ar"), ("", "ar"), ("%%", "ar")]
)
def test_the_first_language_is_what_the_browser_asks_for(cast: Cast, asked: str, lang: Lang) -> None:
    browser = cast.new_browser()
    del browser.client.cookies["lang"]
    text = browser.client.get("/", headers={"accept-language": asked}).content.decode()
    assert re.search(f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">', text)


def test_a_form_from_elsewhere_is_refused_with_a_page(cast: Cast) -> None:
    answer = cast.browser.post("/lock", token=False)
    assert answer.status_code == 403
    assert say("web.problem_csrf", "en") in answer.content.decode()
    cast.browser.read("/")


@pytest.mark.parametrize("path", ["/lock", "/lang"])
def test_what_changes_something_needs_a_button(cast: Cast, path: str) -> None:
    answer = cast.browser.get(path)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert say("web.problem_method", "en") in answer.content.decode()


def test_a_body_that_is_too_large_is_refused_with_a_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sitr.web.middleware.LARGEST_BODY", 2000)
    answer = cast.browser.post("/lang", {"lang": "ar", "back": "x" * 3000})
    assert answer.status_code == 413
    assert say("web.problem_too_large", "en", megabytes=64) in answer.content.decode()


def test_an_upload_never_touches_a_disk() -> None:
    assert settings.FILE_UPLOAD_HANDLERS == ["django.core.files.uploadhandler.MemoryFileUploadHandler"]


def test_a_new_home_asks_for_the_passphrase_first(cast: Cast) -> None:
    from sitr.cases.models import HolderLock, writing_allowed

    with writing_allowed():
        HolderLock.objects.all().delete()
    browser: Browser = cast.new_browser().come_in()
    assert browser.get("/")["Location"] == "/begin"
    assert browser.get("/open")["Location"] == "/begin"
    first = browser.read("/begin")
    suggestion = re.search(r'name="suggestion" value="([a-z-]+)"', first)
    assert suggestion is not None
    wrong = browser.post("/begin", {"secret": SECRET, "again": SECRET + "x", "suggestion": suggestion[1]})
    assert wrong.status_code == 400
    assert say("web.begin_not_same", "en") in wrong.content.decode()
    assert suggestion[1] in wrong.content.decode()
    assert SECRET not in wrong.content.decode()
    short = browser.post("/begin", {"secret": "12345", "again": "12345"})
    assert say("cases.short_secret", "en", least=8) in short.content.decode()
    empty = browser.post("/begin", {"secret": "", "again": ""})
    assert say("vault.empty_passphrase", "en") in empty.content.decode()
    assert browser.post("/begin", {"secret": SECRET, "again": SECRET})["Location"] == "/"
    browser.read("/")
