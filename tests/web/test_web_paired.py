"""What a paired browser may ask of the app: who may read an answer, what is refused and how, and what is never said."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.cases.case_browser import ORIGIN, OTHER_ORIGIN, bundle, files
from tests.web.web_cast import ADULT, Cast

from sitr.cases import arrivals, bundles, openings, pairings
from sitr.web.pace import Pace
from sitr.words import say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


class Extension:
    """A paired browser: asks as the extension's worker does, without cookies."""

    def __init__(self, cast: Cast, case: str, origin: str = ORIGIN) -> None:
        self.cast, self.case, self.origin, self.key = cast, case, origin, ""
        self.client = cast.new_browser().client
        self.client.cookies.clear()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
        """One request; the key goes along once there is one."""
        given = {"Origin": self.origin, "Accept-Language": "en", **{n.replace("_", "-"): v for n, v in headers.items()}}
        if self.key:
            given.setdefault("Authorization", f"Bearer {self.key}")
        return self.client.generic(method, path, body, "application/octet-stream", headers=given)

    def pair(self, code: str) -> Any:
        """Type the code."""
        answer = self.ask("POST", "/x/pair", json.dumps({"v": 1, "code": code, "browser": "chromium"}).encode())
        if answer.status_code == 200:
            self.key = answer.json()["key"]
        return answer


@pytest.fixture
def case(cast: Cast) -> str:
    return openings.open_case(cast.keeper, country="DE", answers=ADULT, time_proof=False)


@pytest.fixture
def extension(cast: Cast, case: str) -> Extension:
    """Paired through the pages, and the case looked at since."""
    made = Extension(cast, case)
    answer = cast.browser.post(f"/n/{case}/browser/code")
    shown = cast.browser.read(answer["Location"])
    code = shown.partition('<p class="phrase"><bdi dir="ltr">')[2].partition("<")[0]
    assert made.pair(code).status_code == 200
    cast.browser.read(f"/n/{case}/browser")
    return made


def _silent(answer: Any) -> bool:
    return answer.status_code == 403 and answer.content == b"" and "Access-Control-Allow-Origin" not in answer


def test_what_is_sent_waits_on_the_page_and_becomes_evidence_when_accepted(cast: Cast, extension: Extension) -> None:
    assert extension.ask("GET", "/x/state").json() == {"v": 1, "open": True, "pictures": True}
    got = extension.ask("POST", "/x/add", bundle(files()))
    assert got.status_code == 200, got.content
    assert got.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert got.cookies == {}
    page = cast.browser.read(f"/n/{extension.case}/browser")
    assert "leaks.example/behind/the/wall" in page
    (view,) = arrivals.list_arrivals(cast.keeper, extension.case)
    soft = cast.browser.get(f"/n/{extension.case}/browser/{view.first_picture}.png")
    assert soft.content.startswith(b"\x89PNG")
    answer = cast.browser.post(f"/n/{extension.case}/browser/{view.id}/decide", {"accept": "yes"})
    assert say("browser.accepted_same", "en") in cast.browser.read(answer["Location"])
    for lang in ("ar", "en"):
        assert cast.in_language(lang).get(f"/n/{extension.case}/browser").status_code == 200


def test_rejected_is_gone_and_an_ended_pairing_is_refused_in_words(cast: Cast, extension: Extension) -> None:
    extension.ask("POST", "/x/add", bundle(files()))
    (view,) = arrivals.list_arrivals(cast.keeper, extension.case)
    cast.browser.post(f"/n/{extension.case}/browser/{view.id}/decide", {"accept": "no"})
    assert arrivals.list_arrivals(cast.keeper, extension.case) == []
    (one,) = pairings.list_pairings(cast.keeper, extension.case)
    cast.browser.post(f"/n/{extension.case}/browser/{one.id}/end")
    refused = extension.ask("POST", "/x/add", bundle(files()))
    assert (refused.status_code, refused.json()["error"]) == (403, "cases.pair_ended")
    assert refused.json()["sentence"] == say("cases.pair_ended", "en")
    assert arrivals.list_arrivals(cast.keeper, extension.case) == []


def test_nothing_is_taken_in_while_the_app_is_locked(cast: Cast, extension: Extension) -> None:
    cast.clock.now += 599
    extension.ask("GET", "/x/state")  # a browser that asks is no sign of the person: the session goes on to its lock
    cast.clock.now += 1
    for method, path in (("GET", "/x/state"), ("POST", "/x/add")):
        answer = extension.ask(method, path, bundle(files()) if method == "POST" else b"")
        assert (answer.status_code, answer.json()["error"]) == (403, "cases.browser_locked")
    assert arrivals.list_arrivals(cast.keeper, extension.case) == []
    cast.browser.unlock()
    assert extension.ask("GET", "/x/state").json()["error"] == "cases.browser_locked"
    cast.browser.read(f"/n/{extension.case}/items")
    assert extension.ask("GET", "/x/state").status_code == 200


def test_another_holders_session_opens_no_case_that_is_not_theirs(cast: Cast, extension: Extension) -> None:
    cast.browser.post("/lock")
    assert cast.stranger().get(f"/n/{extension.case}/browser").status_code == 404
    assert extension.ask("GET", "/x/state").json()["error"] == "cases.browser_locked"


def test_a_changed_answer_about_age_closes_the_door_to_pictures_at_once(cast: Cast, extension: Extension) -> None:
    cast.browser.post(f"/n/{extension.case}/q/age", {"choice": "under18"})
    openings.answer(cast.keeper, extension.case, {"age": []})
    cast.browser.read(f"/n/{extension.case}/")
    assert extension.ask("GET", "/x/state").json()["pictures"] is False
    refused = extension.ask("POST", "/x/add", bundle(files()))
    assert refused.json()["error"] == "cases.no_pictures"
    assert extension.ask("POST", "/x/add", bundle(files(pictures=False))).status_code == 200


def test_any_other_origin_is_refused_without_a_word(extension: Extension) -> None:
    others = (OTHER_ORIGIN, "https://evil.example", "null", "", "http://127.0.0.1:8440", ORIGIN + ".evil",
              "chrome-extension://short")  # fmt: skip
    for origin in others:
        other = Extension(extension.cast, extension.case, origin)
        other.key = extension.key
        for method, path in (("OPTIONS", "/x/add"), ("GET", "/x/state"), ("POST", "/x/add"), ("POST", "/x/pair")):
            assert _silent(other.ask(method, path, b"{}" if method == "POST" else b"")), (origin, method, path)


def test_before_any_code_was_shown_nobody_is_told_that_somebody_is_here(cast: Cast, case: str) -> None:
    early = Extension(cast, case)
    assert _silent(early.ask("OPTIONS", "/x/pair"))
    assert _silent(early.pair("012345678901"))
    cast.browser.post(f"/n/{case}/browser/code")
    preflight = early.ask("OPTIONS", "/x/pair", Access_Control_Request_Private_Network="true")
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Private-Network"] == "true"
    assert "Access-Control-Allow-Credentials" not in preflight
    wrong = early.pair("012345678901")
    assert wrong.json()["error"] in {"cases.pair_wrong_code"}
    assert say("cases.pair_wrong_code", "en", n=5) == wrong.json()["sentence"]


def test_five_wrong_codes_lock_the_code(cast: Cast, case: str) -> None:
    offer = pairings.offer(cast.keeper, case)
    digits = offer.code.replace(" ", "")
    wrong = f"{digits[:6]}{(int(digits[6:]) + 7) % 10**6:06d}"
    one = Extension(cast, case)
    others = [one.pair(f"{(int(digits) + n * 10**6) % 10**12:012d}").json()["error"] for n in range(1, 31)]
    assert others == ["cases.pair_wrong_code"] * 30  # a flood of guesses keeps nobody out
    said = [one.pair(wrong).json()["error"] for _ in range(4)]
    assert said == ["cases.pair_wrong_code"] * 4
    assert _silent(one.pair(wrong)) or one.pair(wrong).status_code in {403, 400}
    assert _silent(one.pair(offer.code))
    assert one.key == ""


BAD: Mapping[str, tuple[str, dict[str, str], bytes, int]] = {
    "no key": ("POST", {"Authorization": ""}, b"x", 403),
    "another scheme of key": ("POST", {"Authorization": "Basic " + "A" * 43}, b"x", 403),
    "a key that is none": ("POST", {"Authorization": "Bearer " + "A" * 43}, b"x", 403),
    "a wrong method": ("PUT", {}, b"x", 400),
    "no body": ("POST", {}, b"", 400),
    "noise": ("POST", {}, b"\x00\x00\x00\x05noise and more", 400),
    "another host": ("POST", {"Host": "evil.example"}, b"x", 400),
}


def test_what_does_not_fit_is_refused(extension: Extension) -> None:
    for name, (method, headers, body, status) in BAD.items():
        assert extension.ask(method, "/x/add", body, **headers).status_code == status, name
    assert extension.client.get(f"/x/state?key={extension.key}", headers={"Origin": ORIGIN}).status_code == 403


def test_a_bundle_that_is_too_large_is_refused_by_its_length(
    extension: Extension, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sitr.web.middleware.LARGEST_BUNDLE", 100)
    assert extension.ask("POST", "/x/add", bundle(files())).status_code == 413
    monkeypatch.undo()
    assert bundles.MOST_BYTES > 65 * 2**20
    # A page's own form keeps its smaller limit.
    monkeypatch.setattr("sitr.web.middleware.LARGEST_BODY", 100)
    assert extension.cast.browser.post(f"/n/{extension.case}/browser/code", {"x": "y" * 200}).status_code == 413


def test_too_many_bundles_are_slowed_down(extension: Extension, cast: Cast) -> None:
    object.__setattr__(cast.web, "bundles", Pace(1, 600.0, cast.clock))
    assert extension.ask("POST", "/x/add", bundle(files(pictures=False))).status_code == 200
    slow = extension.ask("POST", "/x/add", bundle(files(pictures=False)))
    assert (slow.status_code, slow.json()["error"]) == (429, "cases.browser_pace")
    cast.clock.now += 600
    cast.browser.unlock().read(f"/n/{extension.case}/browser")
    assert extension.ask("POST", "/x/add", bundle(files(pictures=False))).status_code == 200


def test_the_pages_need_their_csrf_token_and_a_stranger_finds_none_of_them(cast: Cast, extension: Extension) -> None:
    extension.ask("POST", "/x/add", bundle(files(pictures=False)))
    (view,) = arrivals.list_arrivals(cast.keeper, extension.case)
    (one,) = pairings.list_pairings(cast.keeper, extension.case)
    base = f"/n/{extension.case}/browser"
    posts = [f"{base}/code", f"{base}/{view.id}/decide", f"{base}/{one.id}/end"]
    stranger = cast.stranger()
    for path in posts:
        assert cast.browser.post(path, token=False).status_code == 403, path
        assert stranger.post(path).status_code == 404, path
        assert cast.browser.get(path).status_code in {405, 302}, path
    assert stranger.get(base).status_code == 404
    assert cast.new_browser().get(base).status_code == 403
