"""The page of the person's own session: handed over in two ways, never shown again, destroyed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.web.web_cast import ADULT, Cast

from sitr.cases import jars, openings
from sitr.words import LANGS, Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
VALUE = "a-value-that-opens-the-account"
FILE = f".leaks.example\tTRUE\t/\tTRUE\t1900000000\tsid\t{VALUE}\n".encode()


@pytest.fixture
def case(cast: Cast) -> str:
    return openings.open_case(cast.keeper, country="DE", answers=ADULT, time_proof=False)


@pytest.mark.parametrize("lang", LANGS)
def test_a_session_is_kept_by_its_file_told_by_names_and_destroyed(cast: Cast, case: str, lang: Lang) -> None:
    browser = cast.in_language(lang)
    empty = browser.get(f"/n/{case}/account").content.decode()
    assert say("web.account_opens", lang) in empty
    assert say("web.account_forget", lang) not in empty
    browser.post(f"/n/{case}/account", {"file": SimpleUploadedFile("cookies.txt", FILE)})
    page = browser.get(f"/n/{case}/account").content.decode()
    assert "sid" in page
    assert "leaks.example" in page
    assert "2030" in page, "when it ends by its own word"
    assert VALUE not in page
    assert jars.show(cast.keeper, case).usable
    browser.post(f"/n/{case}/account/forget")
    assert not jars.show(cast.keeper, case).usable
    assert say("web.account_forget", lang) not in browser.get(f"/n/{case}/account").content.decode()


def test_a_pasted_line_needs_its_site_and_is_not_put_back_into_the_page(cast: Cast, case: str) -> None:
    browser = cast.in_language("en")
    refused = browser.post(f"/n/{case}/account", {"header": f"Cookie: sid={VALUE}", "host": ""})
    text = refused.content.decode()
    assert (refused.status_code, VALUE in text) == (400, False)
    assert say("evidence.cookie_host", "en") in text
    browser.post(f"/n/{case}/account", {"header": f"Cookie: sid={VALUE}", "host": "leaks.example"})
    view = jars.show(cast.keeper, case)
    assert (view.cookies, view.ends) == ((("leaks.example", "sid"),), None)
    assert VALUE not in browser.get(f"/n/{case}/account").content.decode()


def test_a_session_that_is_over_by_its_own_word_is_said_so(cast: Cast, case: str) -> None:
    jars.fill(cast.keeper, case, FILE.decode().replace("1900000000", "1000000000"))
    page = cast.in_language("en").get(f"/n/{case}/account").content.decode()
    assert say("web.account_over", "en") in page


def test_what_is_no_session_and_a_stranger_are_turned_away(cast: Cast, case: str) -> None:
    browser = cast.in_language("ar")
    for sent in ({}, {"header": "no equals sign", "host": "a.example"}):
        assert browser.post(f"/n/{case}/account", sent).status_code == 400
    assert jars.show(cast.keeper, case).cookies == ()
    assert browser.post("/n/nothere/account", {"header": "a=b", "host": "a.example"}).status_code == 404
    assert browser.get(f"/n/{case}/account/forget").status_code == 405
