"""The page of what changed between two captures, and the way to it from an exhibit."""

import pytest
from tests.web.web_case import story
from tests.web.web_cast import Cast

from sitr.cases import captures
from sitr.words import LANGS, Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.mark.parametrize("lang", LANGS)
def test_what_changed_is_told_in_the_language_with_the_page_s_words_kept_apart(cast: Cast, lang: Lang) -> None:
    made = story(cast)
    browser = cast.in_language(lang)
    path = made.path("items", made.pair[0], "since", made.pair[1])
    way = made.path("items", made.pair[0], "since") + "/"
    assert f'href="{way}' in browser.read(made.path("items", made.pair[0]))
    text = browser.read(path)
    for word in ("diff_title", "diff_conditions", "diff_name_device", "diff_partial", "diff_text", "diff_before"):
        assert say(f"web.{word}", lang) in text
    assert f"</span> {say('web.save_viewport_phone', lang)}</dd>" in text
    assert "a\\u202egnp.visitor" in text
    assert "\u202e" not in text


def test_two_exhibits_of_one_capture_or_of_none_have_no_such_page(cast: Cast) -> None:
    made = story(cast)
    view = captures.capture_page(cast.keeper, made.case, "https://leaks.example/once", child="no")
    one, two = view.exhibits[0].id, view.exhibits[1].id
    assert cast.browser.get(made.path("items", one, "since", two)).status_code == 400
    assert cast.browser.get(made.path("items", made.item, "since", one)).status_code == 400
    assert cast.browser.get(made.path("items", "nosuchthing", "since", one)).status_code == 404


def test_the_device_is_asked_and_a_session_only_where_there_is_one(cast: Cast) -> None:
    from sitr.cases import jars

    made = story(cast)
    page = made.path("places", made.place, "save")
    text = cast.browser.read(page)
    assert 'name="viewport"' in text
    assert 'name="session"' not in text
    jars.fill(cast.keeper, made.case, "sid=0123456789abcdef", host="leaks.example")
    text = cast.browser.read(page)
    assert 'name="session"' in text
    assert "0123456789abcdef" not in text
    assert cast.browser.post(page, {"child": "no", "viewport": "phone", "session": "yes"}).status_code == 302
