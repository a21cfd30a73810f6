"""The page of an imported chat: its question, its messages, its pictures blurred until a deliberate press."""

import io

import pytest
from tests.web.web_case import chat_with_media, story
from tests.web.web_cast import Cast

from sitr.cases import exhibits, journals
from sitr.words import LANGS, Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_an_unclear_chat_leads_to_its_question_and_the_answer_to_its_times(cast: Cast) -> None:
    made = story(cast)
    sent = cast.browser.post(made.path("items"), {"file": io.BytesIO(chat_with_media())})
    page = cast.in_language("ar").read(sent["Location"])
    assert say("evidence.ask_date_order", "ar") in page
    assert "2024-02-03" in page
    assert say("imported.not_decided", "ar") in page
    assert '<bdi dir="ltr">2024-02-03 21:05</bdi>' not in page
    answered = cast.browser.post(sent["Location"], {"q-date_order": "dmy"})
    page = cast.browser.read(answered["Location"])
    assert '<bdi dir="ltr">2024-02-03 21:05</bdi>' in page
    assert say("evidence.ask_date_order", "ar") not in page


@pytest.mark.parametrize("lang", LANGS)
def test_what_was_written_cannot_turn_the_page_around_it(cast: Cast, lang: Lang) -> None:
    made = story(cast)
    page = cast.in_language(lang).read(made.path("items", made.chat, "read"))
    assert "\u202e" not in page
    assert "\\u202eexe" in page
    assert '<bdi dir="auto">سارة</bdi>' in page


def test_a_wrong_zone_is_said_beside_its_field(cast: Cast) -> None:
    made = story(cast)
    answer = cast.browser.post(made.path("items", made.chat, "read"), {"q-zone": "Middle/Earth"})
    assert answer.status_code == 400
    assert "Middle/Earth" in answer.content.decode()


def test_a_picture_inside_is_blurred_until_a_press_and_then_shown_once(cast: Cast) -> None:
    made = story(cast)
    base = made.path("items", made.chat, "read", "0", "0", "0")
    assert cast.browser.get(f"{base}/soft.png").content.startswith(b"\x89PNG")
    assert cast.browser.get(f"{base}/clear.png").status_code == 404
    before = len(journals.entries(cast.keeper, made.case))
    cast.browser.post(f"{base}/look")
    assert len(journals.entries(cast.keeper, made.case)) == before
    assert cast.browser.get(f"{base}/clear.png").content.startswith(b"\x89PNG")
    assert [one.verb for one in journals.entries(cast.keeper, made.case)[before:]] == ["look"]
    assert cast.browser.get(f"{base}/clear.png").status_code == 404


def test_a_name_is_never_taken_from_an_address(cast: Cast) -> None:
    made = story(cast)
    for path in ("0/9/0", "0/0/9", "5/0/0"):
        assert cast.browser.get(made.path("items", made.chat, "read", f"{path}/soft.png")).status_code == 404


def test_a_saved_page_has_no_such_view(cast: Cast) -> None:
    made = story(cast)
    captured = next(one for one in exhibits.list_exhibits(cast.keeper, made.case) if one.source)
    assert cast.browser.get(made.path("items", captured.id, "read")).status_code == 404
