"""The steps of the path, page by page: what a form does, what it refuses, and what it keeps."""

import io

import pytest
from django.utils.html import escape
from PIL import Image
from tests.web.web_case import Story, story
from tests.web.web_cast import ADULT, Cast, drawn

from sitr.cases import journals, notices, openings, sightings
from sitr.takedown import DeliveryState
from sitr.words import LANGS, Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def made(cast: Cast) -> Story:
    """A case with something on every page."""
    return story(cast)


def _case(cast: Cast, **answers: list[str]) -> str:
    return openings.open_case(cast.keeper, country=None, answers={**ADULT, **answers}, time_proof=False)


def test_a_case_is_opened_by_one_consent_and_the_questions_come_one_by_one(cast: Cast) -> None:
    answer = cast.browser.post("/new", {})
    case = answer["Location"].split("/")[2]
    assert answer["Location"] == f"/n/{case}/q/helping"
    following = cast.browser.post(f"/n/{case}/q/helping", {"choice": "self"})
    assert following["Location"] == f"/n/{case}/q/safe_now"
    skipped = cast.browser.post(f"/n/{case}/q/safe_now", {"choice": "danger", "skip": "yes"})
    assert skipped["Location"] == f"/n/{case}/q/device"
    assert openings.answers(cast.keeper, case).answers == {"helping": ("self",)}


def test_danger_leads_to_the_plan_at_once_and_folds_what_can_wait(cast: Cast) -> None:
    case = _case(cast)
    answer = cast.browser.post(f"/n/{case}/q/safe_now", {"choice": "danger"})
    assert answer["Location"] == f"/n/{case}/"
    text = cast.browser.read(f"/n/{case}/")
    now, _, rest = text.partition(f"<summary>{say('web.plan_rest', 'en')}</summary>")
    assert 0 < now.count('class="card step"') <= 3
    assert rest.count('class="card step"') > 3


@pytest.mark.parametrize("lang", LANGS)
def test_a_step_can_be_done_skipped_put_off_and_taken_back(cast: Cast, lang: Lang) -> None:
    case = _case(cast)
    browser = cast.in_language(lang)
    first = openings.case_plan(cast.keeper, case).steps[0].id
    for state, expected in (("done", "done"), ("open", "open"), ("skipped", "skipped"), ("open", "open")):
        assert browser.post(f"/n/{case}/s/{first}", {"state": state})["Location"] == f"/n/{case}/#steps"
        steps = {step.id: step.state for step in openings.case_plan(cast.keeper, case).steps}
        assert steps[first] == expected
    assert browser.post(f"/n/{case}/s/{first}", {"state": "later"}).status_code == 302
    assert browser.post(f"/n/{case}/s/{first}", {"state": "nonsense"}).status_code == 404
    assert browser.post(f"/n/{case}/s/no-such-step", {"state": "done"}).status_code == 400


@pytest.mark.parametrize("lang", LANGS)
def test_steps_that_are_held_open_by_a_new_answer_to_the_question_that_held_them(cast: Cast, lang: Lang) -> None:
    case = _case(cast, device=["watched"])
    browser = cast.in_language(lang)
    assert any(step.state == "held" for step in openings.case_plan(cast.keeper, case).steps)
    text = browser.read(f"/n/{case}/")
    assert say("web.plan_held_changed", lang) in text
    assert f"/n/{case}/q/device?then=plan" in text
    assert f"/n/{case}/q/lives_with?then=plan" not in text
    browser.post(f"/n/{case}/q/device?then=plan", {"choice": "private"})
    assert not any(step.state == "held" for step in openings.case_plan(cast.keeper, case).steps)
    assert say("web.plan_held_changed", lang) not in browser.read(f"/n/{case}/")


@pytest.mark.parametrize("lang", LANGS)
def test_in_danger_the_emergency_number_stands_in_the_plan_before_any_fold(cast: Cast, lang: Lang) -> None:
    case = openings.open_case(cast.keeper, country="LB", answers={**ADULT, "safe_now": ["danger"]}, time_proof=False)
    text = cast.in_language(lang).read(f"/n/{case}/")
    open_part = text.partition("<details>")[0]
    assert "112" in open_part, text


@pytest.mark.parametrize("lang", LANGS)
def test_a_card_that_says_to_reach_somebody_says_whom_and_only_by_what_a_source_carries(cast: Cast, lang: Lang) -> None:
    case = openings.open_case(cast.keeper, country="FR", answers={**ADULT, "safe_now": ["self_harm"]}, time_proof=False)
    text = cast.in_language(lang).read(f"/n/{case}/")
    card = text.partition('id="step-s-self-harm"')[2].partition("</li>\n</ol>")[0]
    assert say("web.step_helpers", lang) in card
    assert 0 < card.index("3114") < card.index(f"/n/{case}/law#support")
    assert say("law.recalled", lang) not in card


@pytest.mark.parametrize("age", [["minor"], ["was_minor"], ["unsure"], []])
@pytest.mark.parametrize("lang", LANGS)
def test_no_photo_is_asked_for_unless_the_person_was_an_adult(cast: Cast, lang: Lang, age: list[str]) -> None:
    case = _case(cast, age=age)
    text = cast.in_language(lang).read(f"/n/{case}/pictures")
    assert 'type="file"' not in text
    assert say("web.pictures_minor" if age else "web.pictures_age", lang) in text
    answer = cast.browser.post(f"/n/{case}/pictures", {"photo": io.BytesIO(drawn())})
    assert answer.status_code == 200
    assert openings.show(cast.keeper, case).counts["photo"] == 0


def test_a_file_that_is_no_picture_gets_a_sentence_and_nothing_is_kept(cast: Cast) -> None:
    case = _case(cast)
    answer = cast.browser.post(f"/n/{case}/pictures", {"photo": io.BytesIO(b"canary text, named .jpg")})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert 'id="photo-wrong"' in text
    assert "canary" not in text
    none = cast.browser.post(f"/n/{case}/pictures", {})
    assert say("web.no_file", "en") in none.content.decode()
    assert openings.show(cast.keeper, case).counts["photo"] == 0


@pytest.mark.parametrize("typed", ["no address here", "", "http://", "<script>alert(1)</script>"])
def test_a_text_without_an_address_comes_back_with_a_sentence(cast: Cast, typed: str) -> None:
    answer = cast.browser.post(f"/n/{_case(cast)}/places", {"text": typed})
    assert answer.status_code == 400
    assert escape(typed) in answer.content.decode()
    assert 'id="text-wrong"' in answer.content.decode()


def test_the_question_about_children_has_to_be_answered_before_a_visit(cast: Cast, made: Story) -> None:
    path = made.path("places", made.place, "save")
    answer = cast.browser.post(path, {"child": "perhaps"})
    assert answer.status_code == 400
    assert escape(say("web.save_choose", "en")) in answer.content.decode()
    assert say("web.save_seen", "en") in answer.content.decode()


@pytest.mark.parametrize("child", ["yes", "unsure"])
def test_in_doubt_no_picture_of_the_page_is_taken_in(cast: Cast, made: Story, child: str) -> None:
    before = openings.show(cast.keeper, made.case).counts["exhibit"]
    answer = cast.browser.post(made.path("places", made.place, "save"), {"child": child})
    text = cast.browser.read(answer["Location"])
    assert say("web.saved_no_pictures", "en") in text
    assert say("web.kind_screenshot", "en") not in text
    assert openings.show(cast.keeper, made.case).counts["exhibit"] == before + 2


@pytest.mark.parametrize("lang", LANGS)
def test_a_partial_capture_says_how_much_and_what_is_missing_and_why(cast: Cast, made: Story, lang: Lang) -> None:
    browser = cast.in_language(lang)
    saved = browser.post(made.path("places", made.place, "save"), {"child": "no"})["Location"]
    text = browser.read(saved)
    assert say("web.saved_partial_title", lang) in text
    assert say("web.saved_parts", lang, n=11, of=13) in text
    assert "https://cdn.leaks.example/lazy-17.jpg" in text
    assert say("web.missing_status", lang, status="404") in text
    assert say("evidence.note_scroll", lang) in text


def test_a_picture_is_blurred_until_somebody_presses_and_clear_only_once(cast: Cast, made: Story) -> None:
    soft, clear = made.path("items", made.item, "soft.png"), made.path("items", made.item, "clear.png")
    blurred = cast.browser.get(soft)
    assert (blurred.status_code, blurred["Content-Type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(blurred.content)).format == "PNG"
    assert "no-store" in blurred["Cache-Control"]
    assert cast.browser.get(clear).status_code == 404
    assert clear not in cast.browser.read(made.path("items", made.item))
    cast.browser.post(made.path("items", made.item, "look"))
    assert clear in cast.browser.read(made.path("items", made.item))
    shown = cast.browser.get(clear)
    assert shown.status_code == 200
    assert shown.content != blurred.content
    assert cast.browser.get(clear).status_code == 404
    assert [entry.verb for entry in journals.entries(cast.keeper, made.case)].count("look") == 1


@pytest.mark.parametrize("lang", LANGS)
def test_a_delivery_that_nobody_knows_of_is_shown_as_such_and_not_sent_again(
    cast: Cast, made: Story, lang: Lang
) -> None:
    browser, path = cast.in_language(lang), made.path("letters", made.letter)
    cast.post.answer = DeliveryState.UNKNOWN
    browser.post(path, {"act": "approve"})
    browser.post(path, {"act": "send"})
    text = browser.read(path)
    assert say("web.letter_unknown", lang) in text
    assert 'value="send"' not in text
    assert len(cast.post.mails) == 1
    browser.post(path, {"act": "sent", "reference": "R-77"})
    (letter,) = notices.list_notices(cast.keeper, made.case)
    assert (letter.state, letter.detail, len(cast.post.mails)) == ("sent", "R-77", 1)


def test_a_notice_that_lacks_something_names_it_and_cannot_be_approved(cast: Cast, made: Story) -> None:
    bare = notices.draft(cast.keeper, made.case, made.place, basis="take_it_down_act", lang="en")
    path = made.path("letters", bare.id)
    text = cast.browser.read(path)
    assert say("web.letter_missing", "en") in text
    assert 'value="approve"' not in text
    answer = cast.browser.post(path, {"act": "approve"})
    assert answer.status_code == 409
    assert 'id="act-wrong"' in answer.content.decode()


def test_a_declaration_that_is_unticked_is_taken_back(cast: Cast, made: Story) -> None:
    bare = notices.draft(cast.keeper, made.case, made.place, basis="take_it_down_act", lang="en")
    path = made.path("letters", bare.id)
    declared = say("takedown.statement_good_faith_non_consensual", "en")
    cast.browser.post(path, {"act": "fill", "good_faith_non_consensual": "yes", "signature": "S. Demo"})
    assert declared in _text(cast, made, bare.id)
    cast.browser.post(path, {"act": "fill", "signature": "S. Demo"})
    assert declared not in _text(cast, made, bare.id)


def _text(cast: Cast, made: Story, letter: str) -> str:
    return next(one.text for one in notices.list_notices(cast.keeper, made.case) if one.id == letter)


def test_what_is_dangerous_asks_for_the_passphrase_again_and_does_nothing_without(cast: Cast, made: Story) -> None:
    forms = {made.path("file"): {}, made.path("erase"): {"sure": "yes"}, made.path("items", made.item): {}}
    for path, data in forms.items():
        answer = cast.browser.post(path, {**data, "secret": "not it"})
        assert answer.status_code == 403, path
        assert escape(say("vault.wrong_secret", "en")) in answer.content.decode(), path
    view = openings.show(cast.keeper, made.case)
    assert view.state == "open"
    assert sightings.list_sightings(cast.keeper, made.case)


def test_the_phrase_of_a_dossier_is_gone_once_it_was_taken_down_and_when_locked(cast: Cast, made: Story) -> None:
    ready = next(path for path in made.pages if "/file/" in path)
    assert "babal-hikum" in cast.browser.read(ready)
    cast.browser.post(f"{ready}/noted")
    assert "babal-hikum" not in cast.browser.read(ready)
    got = cast.browser.get(f"{ready}/get")
    assert (got.content, got["Content-Disposition"]) == (b"age", 'attachment; filename="file.age"')
    cast.browser.post("/lock")
    cast.browser.unlock()
    assert cast.browser.get(ready)["Location"] == made.path("file")
