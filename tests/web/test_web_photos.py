"""One photo's pages: its hashes handed over by consent, the photo erased; and why a find is called a copy."""

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from tests.web.web_case import found
from tests.web.web_cast import ADULT, SECRET, Browser, Cast, drawn

from sitr.cases import journals, openings, photos, proofs, sightings, submissions
from sitr.finding.exchange import MemoryExchange
from sitr.web.application import Web
from sitr.words import Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


class Shown:
    """A case with one photo and one find, in a home where one exchange is set up."""

    def __init__(self, cast: Cast) -> None:
        old = cast.browser.web
        self.party = MemoryExchange(name="ncii")
        services = replace(old.services, exchange=lambda _name: self.party, exchange_names=lambda: ("ncii",))
        self.browser = Browser(Web(services, old.gate, old.sessions))
        self.browser.client.cookies.update(cast.browser.client.cookies)
        self.keeper = replace(cast.keeper, services=services)
        self.case = openings.open_case(self.keeper, country="DE", answers=ADULT, time_proof=False)
        self.photo = photos.add_photo(self.keeper, self.case, drawn(size=(300, 240)), "mine.png", keep=True).id

    def path(self, *parts: str) -> str:
        """An address inside the case."""
        return "/".join((f"/n/{self.case}", *parts))

    def said(self, path: str) -> str:
        """The words of a page."""
        return words(self.browser.read(path))

    def verbs(self) -> list[str]:
        """What the journal names."""
        return [str(one.verb) for one in journals.entries(self.keeper, self.case)]


def words(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.fixture
def shown(cast: Cast) -> Shown:
    return Shown(cast)


def test_hashes_go_only_with_a_tick_and_can_be_taken_back(shown: Shown) -> None:
    path = shown.path("pictures", shown.photo, "hand")
    offered = submissions.offer(shown.keeper, shown.case, shown.photo)
    page = shown.said(path)
    for key, blanks in (("handing_sends", {"n": offered.hashes}), ("handing_never", {}), ("handing_back", {})):
        assert say(f"web.{key}", "en", **blanks) in page
    refused = shown.browser.post(path, {"act": "submit", "exchange": "ncii"})
    assert say("web.handing_tick", "en") in words(refused.content.decode())
    assert (refused.status_code, shown.party.taken) == (400, [])
    assert shown.browser.post(path, {"act": "submit", "exchange": "ncii", "agree": "yes"}).status_code == 302
    assert [what for what, _ in shown.party.taken] == ["submit"]
    page = shown.said(path)
    assert say("web.submission_sent", "en") in page
    assert say("web.handing_do", "en") not in page, "nothing is sent twice"
    (made,) = submissions.list_submissions(shown.keeper, shown.case)
    shown.browser.post(path, {"act": "withdraw", "submission": made.id})
    assert say("web.submission_withdrawn", "en") in shown.said(path)


def test_a_lost_answer_is_said_and_left_to_the_person(shown: Shown) -> None:
    path = shown.path("pictures", shown.photo, "hand")
    shown.party.lost = True
    shown.browser.post(path, {"act": "submit", "exchange": "ncii", "agree": "yes"})
    page = shown.said(path)
    for key in ("handing_unknown", "handing_withdraw", "handing_do", "submission_unknown"):
        assert say(f"web.{key}", "en") in page, key


def test_nobody_under_age_is_offered_it(shown: Shown) -> None:
    openings.answer(shown.keeper, shown.case, {"age": ["minor"]})
    page = shown.said(shown.path("pictures", shown.photo, "hand"))
    assert say("web.handing_minor", "en") in page
    assert say("web.handing_do", "en") not in page


def test_a_photo_is_erased_by_a_tick_and_the_passphrase(shown: Shown) -> None:
    path = shown.path("pictures", shown.photo, "erase")
    for data, status in (({"secret": SECRET}, 400), ({"sure": "yes", "secret": "not it"}, 403)):
        assert shown.browser.post(path, data).status_code == status
    shown.browser.post(
        shown.path("pictures", shown.photo, "hand"), {"act": "submit", "exchange": "ncii", "agree": "yes"}
    )
    assert say("web.photo_erase_handed", "en") in shown.said(path)
    assert shown.browser.post(path, {"sure": "yes", "secret": SECRET}).status_code == 409
    assert photos.list_photos(shown.keeper, shown.case)
    gone = shown.browser.post(path, {"sure": "yes", "forget": "yes", "secret": SECRET})
    assert say("web.photo_gone_title", "en") in shown.said(gone["Location"])
    assert photos.list_photos(shown.keeper, shown.case) == []
    assert shown.browser.get(path).status_code == 404


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_why_a_find_matched_is_shown_blurred_once_and_clear_by_a_press(
    shown: Shown, lang: Lang, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawings: list[dict[str, Any]] = []

    def fetched(_keeper: object, _body: object) -> bytes:
        return drawn(size=(300, 240))

    monkeypatch.setattr(proofs, "_fetched", fetched)
    draw = proofs.draw

    def noted(*args: Any, **asked: Any) -> proofs.DrawnView:
        drawings.append(asked)
        return draw(*args, **asked)

    monkeypatch.setattr(proofs, "draw", noted)
    shown.browser.client.cookies["lang"] = lang
    place = found(shown.keeper, shown.case, shown.photo)
    path = shown.path("places", place, "why")
    assert path in shown.browser.read(shown.path("places"))
    page = shown.browser.read(path)
    assert "<img" not in page, "nothing was kept, and nothing is fetched without a press"
    assert say("web.why_not_kept", lang) in words(page)
    assert shown.browser.post(path, {"act": "soft", "anew": "yes"}).status_code == 302
    page = shown.browser.read(path)
    assert f'src="{path}/soft.png"' in page
    image = shown.browser.get(f"{path}/soft.png")
    assert (image["Content-Type"], image.content[:4]) == ("image/png", b"\x89PNG")
    assert "no-store" in image["Cache-Control"]
    assert shown.browser.get(f"{path}/soft.png").status_code == 404, "it was there once"
    shown.browser.post(path, {"act": "clear", "anew": "yes"})
    assert f'src="{path}/clear.png"' in shown.browser.read(path)
    assert shown.browser.get(f"{path}/clear.png").status_code == 200
    assert [(one["clear"], one["anew"]) for one in drawings] == [(False, True), (True, True)]
    assert shown.verbs()[-3:] == ["fetch_proof", "fetch_proof", "look"]


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_a_find_that_is_no_sure_copy_is_said_to_be_none_before_the_decision(shown: Shown, lang: Lang) -> None:
    shown.browser.client.cookies["lang"] = lang
    place = found(shown.keeper, shown.case, shown.photo, same_scene=True)
    for page in (shown.path("places"), shown.path("places", place, "why")):
        assert say("web.found_scene", lang) in words(shown.browser.read(page))
        assert say("web.found_score", lang, n=93) not in words(shown.browser.read(page))


def test_what_can_be_fetched_no_more_is_said_on_the_page(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "_fetched", lambda _keeper, _body: None)
    place = found(shown.keeper, shown.case, shown.photo)
    answer = shown.browser.post(shown.path("places", place, "why"), {"act": "soft", "anew": "yes"})
    assert answer.status_code == 409
    assert say("cases.no_proof", "en") in words(answer.content.decode())
    (added,) = sightings.add_sighting(shown.keeper, shown.case, "https://b.example/x")
    assert shown.browser.get(shown.path("places", added.id, "why")).status_code == 404
