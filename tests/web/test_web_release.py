"""The pages of what goes into a dossier, of checkpoints, of an exhibit's life: both languages, what they refuse."""

import re

import pytest
from tests.web.web_case import Story, story
from tests.web.web_cast import SECRET, Cast

from sitr.cases import dossiers, journals
from sitr.dossier import Built
from sitr.words import LANGS, Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def made(cast: Cast) -> Story:
    """A case with something on every page."""
    return story(cast)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What the page asks to be made, without making it."""
    calls: list[dict[str, object]] = []

    def make(_keeper: object, _case: str, out: object, **given: object) -> Built:
        calls.append(given)
        out.write_bytes(b"age")  # type: ignore[attr-defined]
        return Built(out, "0" * 64, 1, "words")  # type: ignore[arg-type]

    monkeypatch.setattr(dossiers, "make", make)
    return calls


def _marked(text: str, field: str) -> str:
    found = re.search(rf'name="{field}" value="(\w+)" checked', text)
    return found[1] if found else ""


@pytest.mark.parametrize("lang", LANGS)
def test_what_goes_in_is_shown_for_each_audience_before_anything_is_made(
    cast: Cast, made: Story, asked: list[dict[str, object]], lang: Lang
) -> None:
    browser = cast.in_language(lang)
    first = browser.read(made.path("file"))
    assert _marked(first, "for") == "lawyer"
    assert _marked(first, f"item-{made.place}") == "full"
    assert _marked(first, f"item-{made.item}") == "none", "no picture unless chosen"
    for audience in ("lawyer", "police", "platform", "desk", "own"):
        page = browser.post(made.path("file"), {"for": audience, "seen": "lawyer", "act": "show"}).content.decode()
        assert _marked(page, "for") == audience
        assert _marked(page, "item-words") == ("none" if audience == "platform" else "full")
        assert say("web.file_inside", lang) in page
    assert asked == []


def test_what_was_not_shown_is_not_made(cast: Cast, made: Story, asked: list[dict[str, object]]) -> None:
    path = made.path("file")
    page = cast.browser.post(path, {"for": "platform", "seen": "lawyer", "secret": SECRET})
    assert say("web.file_changed", "en") in page.content.decode()
    assert asked == []
    sent = {"for": "platform", "seen": "platform", "secret": SECRET, f"item-{made.item}": "blurred", "tongue": "ar"}
    assert "/file/" in cast.browser.post(path, sent)["Location"]
    assert asked[0]["audience"] == "platform"
    assert asked[0]["items"] == {made.item: "blurred"}
    assert asked[0]["tongue"] == "ar"


def test_a_choice_that_is_none_changes_nothing_and_an_unknown_audience_is_named(
    cast: Cast, made: Story, asked: list[dict[str, object]]
) -> None:
    odd = {"for": "lawyer", "seen": "lawyer", "secret": SECRET, f"item-{made.item}": "sharp", "item-x": "full"}
    assert cast.browser.post(made.path("file"), odd).status_code == 302
    assert asked[0]["items"] == {}
    assert cast.browser.post(made.path("file"), {"for": "everybody", "act": "show"}).status_code == 400


@pytest.mark.parametrize("lang", LANGS)
def test_a_checkpoint_is_handed_out_as_a_code_and_a_file_and_written_down(cast: Cast, made: Story, lang: Lang) -> None:
    browser = cast.in_language(lang)
    assert browser.get(made.path("log", "keep")).status_code == 405
    kept = browser.post(made.path("log", "keep"))["Location"]
    page = browser.read(kept)
    assert "<svg" in page
    assert say("web.kept_what", lang) in page
    note = browser.get(f"{kept}/get").content
    assert journals.verify(cast.keeper, made.case, [note]).check("earlier").state == "ok"
    assert journals.entries(cast.keeper, made.case)[-1].verb == "hand_checkpoint"
    assert browser.get(made.path("log", "kept", "nothing"))["Location"] == made.path("log")


@pytest.mark.parametrize("lang", LANGS)
def test_the_life_of_an_exhibit_is_told_on_its_page(cast: Cast, made: Story, lang: Lang) -> None:
    browser = cast.in_language(lang)
    page = browser.read(made.path("items", made.item, "life"))
    assert say("cases.verb_add_exhibit", lang) in page
    assert say("web.life_you", lang) in page
    assert made.path("items", made.item) in browser.read(f"/n/{made.case}/lives")
    assert browser.get(made.path("items", "nothing", "life")).status_code == 404


def test_strangers_and_the_locked_see_none_of_it(cast: Cast, made: Story) -> None:
    cast.browser.post("/lock")
    for path in (made.path("items", made.item, "life"), f"/n/{made.case}/lives", made.path("log", "kept", "x")):
        assert cast.browser.get(path).status_code in {302, 404}
