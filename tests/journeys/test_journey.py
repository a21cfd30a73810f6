"""The whole path by hand in a phone-width browser, in each language, and once without scripts.

Every page on the way is held to the accessibility rules of axe-core, asks for nothing outside, and fits 390 pixels.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from tests.journeys.drawn_pages import fits, shoot
from tests.journeys.phones import chromium, held_to_the_rules

from sitr.words import Lang, say

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SECRET = "six quiet green words here"
FIELDS = {
    "identity": "S. Demo",
    "contact": "person@sitr.invalid",
    "ground": "Art. 17(1)(d) GDPR: published unlawfully.",
}
_REPLY = (
    b"From: abuse@leaks.example\r\nTo: notices@sitr.invalid\r\nSubject: Re: removal\r\n"
    b"Date: Sun, 22 Nov 2026 21:00:00 +0000\r\nMessage-ID: <a@leaks.example>\r\n\r\nRemoved.\r\n"
)


@dataclass
class World:
    """The program of `world.py`, and what it said."""

    process: "subprocess.Popen[str]"
    said: dict[str, Any] = field(default_factory=dict)

    def hear(self, name: str) -> Any:
        """The value that the program says under this name, next."""
        assert self.process.stdout is not None
        while name not in self.said:
            line = self.process.stdout.readline()
            assert line, "the world ended early"
            self.said |= json.loads(line)
        return self.said.pop(name)

    def ask(self, word: str, name: str) -> Any:
        """Say a word to the program and hear its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.hear(name)


@pytest.fixture
def world() -> Iterator[World]:
    yield from world_of()


def world_of(name: str = "world.py") -> Iterator[World]:
    """The program of that name, started in the environment of now and ended at the end."""
    program = [sys.executable, str(Path(__file__).parent / name)]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:  # closes its pipes, whose end the program waits for
        yield World(process)


@dataclass
class Walker:
    """A person with a phone: goes to pages, and looks at each one."""

    page: Page
    checker: Page | None
    base: str
    lang: Lang
    shots: str
    outside: list[str] = field(default_factory=list)
    seen: int = 0

    def look(self, name: str) -> str:
        """Hold the page to the rules, hand on its text; SITR_SHOTS keeps a picture."""
        self.seen += 1
        self.page.wait_for_load_state("load")
        shoot(self.page, self.shots, f"{self.seen:02}-{name}")
        shown = self.page if self.checker is None else self._shown_to(self.checker)
        fits(shown, self.lang, name)
        held_to_the_rules(shown, name)
        assert self.outside == [], name
        return self.page.inner_text("main")

    def _shown_to(self, checker: Page) -> Page:
        """The same page in a browser with scripts, which axe-core needs and this person does not have."""
        address, content = self.page.url.partition("#")[0], self.page.content()
        checker.route(address, lambda route: route.fulfill(body=content, content_type="text/html; charset=utf-8"))
        checker.goto(address)
        checker.unroute(address)
        return checker

    def press(self, words: str) -> None:
        """Press the button or link with these words of the catalogue."""
        exactly = re.compile(rf"^\s*{re.escape(say(f'web.{words}', self.lang))}\s*$")
        self.page.locator("main button, main a").filter(has_text=exactly).first.click()

    def go(self, *places: str) -> None:
        """Open an address of the app."""
        self.page.goto("/".join((self.base, *places)))

    def choose(self, *values: str) -> None:
        """Tick these answers and go on."""
        for value in values:
            self.page.check(f"main [value={value}]")
        self.press("go_on")


def _browsers() -> Iterator[tuple[Lang, bool]]:
    yield "ar", False
    yield "en", True


@pytest.mark.parametrize(("lang", "scripts"), list(_browsers()))
def test_the_whole_path_by_hand(world: World, lang: Lang, scripts: bool) -> None:
    token, base = world.hear("token"), world.hear("base")
    with chromium() as browser:
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, locale=lang, java_script_enabled=scripts, accept_downloads=True
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        checker = None if scripts else browser.new_page(viewport={"width": 390, "height": 844}, locale=lang)
        walker = Walker(page, checker, base, lang, lang)
        page.on("request", lambda request: _note_outside(walker, request.url))
        _come_in(walker, token)
        case = _first_questions(walker)
        _pictures(walker, case, world.hear("photos"))
        place = _save_the_page(walker, case, world.hear("short"))
        _notice(walker, case, place, world)
        _follow_up(walker, case, place, world)
        _journal_and_dossier(walker, case)
        _erase_and_leave(walker, case)


def _note_outside(walker: Walker, url: str) -> None:
    if urlsplit(url).scheme in {"http", "https"} and not url.startswith(walker.base):
        walker.outside.append(url)


def _come_in(walker: Walker, token: str) -> None:
    walker.go()
    assert say("web.problem_no_link", walker.lang) in walker.look("no-link")
    walker.go("k", token)
    walker.look("begin")
    walker.page.fill("[name=secret]", SECRET)
    walker.page.fill("[name=again]", "something else")
    walker.press("go_on")
    assert say("web.begin_not_same", walker.lang) in walker.look("begin-wrong")
    walker.page.fill("[name=secret]", SECRET)
    walker.page.fill("[name=again]", SECRET)
    walker.press("go_on")
    walker.look("home-empty")


def _first_questions(walker: Walker) -> str:
    walker.press("home_begin")
    walker.look("new")
    walker.page.check("[name=time_proof]")
    walker.press("new_do")
    for answers in (["self"], ["safe"], ["private"], ["public"]):
        walker.look(f"question-{answers[0]}")
        walker.choose(*answers)
    walker.look("question-age")
    walker.press("skip")
    assert say("web.level_now", walker.lang) in walker.look("plan")
    case = urlsplit(walker.page.url).path.split("/")[2]
    steps = walker.page.locator("#steps li.step")
    first = steps.first.get_attribute("id")
    steps.first.get_by_text(say("web.step_done", walker.lang), exact=True).click()
    assert walker.page.locator("#steps li.step").first.get_attribute("id") != first
    walker.go("n", case, "q", "country?then=plan")
    walker.look("country")
    walker.page.select_option("[name=choice]", "DE")
    walker.press("go_on")
    return case


def _pictures(walker: Walker, case: str, photos: list[str]) -> None:
    walker.go("n", case, "pictures")
    walker.look("pictures-age")
    walker.press("pictures_age_do")
    walker.choose("adult")
    walker.look("pictures")
    walker.page.set_input_files("[name=photo]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    walker.press("pictures_do")
    assert say("web.to_correct", walker.lang) in walker.look("pictures-wrong")
    for photo in photos:
        walker.page.set_input_files("[name=photo]", photo)
        walker.press("pictures_do")
    assert walker.look("pictures-two").count(say("web.pictures_only_print", walker.lang)) == 2


def _save_the_page(walker: Walker, case: str, address: str) -> str:
    walker.go("n", case, "places")
    walker.look("places")
    walker.page.fill("[name=text]", "لا رابط هنا")
    walker.press("places_do")
    assert walker.page.input_value("[name=text]") == "لا رابط هنا"
    walker.look("places-wrong")
    walker.page.fill("[name=text]", f"هذا هو الرابط {address} كما وصل")
    walker.press("places_do")
    walker.look("recognised")
    walker.press("save_title")
    walker.look("save")
    walker.press("save_do")
    assert say("web.save_choose", walker.lang) in walker.look("save-wrong")
    walker.page.check("[value=no]")
    walker.press("save_do")
    assert say("web.found_title", walker.lang, n=4) in walker.look("saved")
    accept = walker.page.get_by_text(say("web.found_accept", walker.lang), exact=True)
    assert accept.count() == 4
    accept.first.click()
    place = urlsplit(walker.page.url).path.split("/")[4]
    walker.look("place")
    walker.go("n", case, "places")
    walker.look("places-proposed")
    walker.page.get_by_text(say("web.found_reject", walker.lang), exact=True).first.click()
    assert walker.page.get_by_text(say("web.found_reject", walker.lang), exact=True).count() == 2
    walker.go("n", case, "items")
    walker.look("items")
    walker.page.get_by_role("link", name=say("web.kind_screenshot", walker.lang)).first.click()
    for name in ("item-blurred", "item-clear"):
        walker.look(name)
        shown = walker.page.locator("img.preview").bounding_box()
        assert shown is not None
        assert shown["height"] > 200, "the preview is not there"
        if name == "item-blurred":
            walker.press("item_look")
    return place


def _notice(walker: Walker, case: str, place: str, world: World) -> None:
    walker.go("n", case, "places", place)
    door = walker.page.locator("form:has([name=basis][value=gdpr_art17])").first
    folded = walker.page.locator("main > details > summary")
    if folded.count() and not door.is_visible():
        folded.first.click()
    door.locator("button[value=en]").click()
    assert say("web.letter_missing", walker.lang) in walker.look("letter")
    walker.page.fill("[name=recipient]", "abuse@leaks.example")
    walker.page.check("[name=content][value=private]")
    for name, text in FIELDS.items():
        walker.page.fill(f"[name={name}]", text)
    walker.press("letter_save")
    text = walker.look("letter-filled")
    assert "S. Demo" in text
    assert say("web.letter_missing", walker.lang) not in text
    walker.press("letter_approve")
    walker.look("letter-approved")
    walker.page.locator("main button[value=send]").click()
    text = walker.look("letter-sent")
    assert say("web.notice_sent", walker.lang) in text
    assert say("web.letter_clock", walker.lang) in text
    assert world.ask("mails", "mails") == [["abuse@leaks.example"]]


def _follow_up(walker: Walker, case: str, place: str, world: World) -> None:
    walker.page.set_input_files("[name=reply]", {"name": "reply.eml", "mimeType": "message/rfc822", "buffer": _REPLY})
    walker.press("letter_reply_do")
    assert say("web.notice_answered", walker.lang) in walker.look("letter-answered")
    walker.go("n", case, "letters")
    walker.look("letters")
    walker.go("dates")
    walker.look("dates")
    world.ask("down", "down")
    walker.go("n", case, "places", place)
    walker.press("place_recheck")
    assert say("web.sighting_gone", walker.lang) in walker.look("place-gone")


def _journal_and_dossier(walker: Walker, case: str) -> None:
    walker.go("n", case, "log")
    walker.look("log")
    walker.press("log_check")
    assert say("web.checked_ok", walker.lang) in walker.look("log-checked")
    walker.go("n", case, "file")
    walker.page.fill("[name=secret]", "not this one")
    walker.press("file_do")
    assert say("vault.wrong_secret", walker.lang) in walker.look("file-wrong")
    walker.page.fill("[name=secret]", SECRET)
    walker.press("file_do")
    walker.look("file-ready")
    assert re.fullmatch("(?:[a-z]{5}-){5}[a-z]{5}", walker.page.inner_text(".phrase"))
    with walker.page.expect_download() as started:
        walker.press("ready_get")
    assert Path(started.value.path()).read_bytes().startswith(b"age-encryption.org/v1")
    walker.press("ready_noted")
    assert walker.page.locator(".phrase").count() == 0


def _erase_and_leave(walker: Walker, case: str) -> None:
    walker.go()
    walker.look("home")
    walker.go("n", case, "erase")
    walker.page.fill("[name=secret]", SECRET)
    walker.press("erase_do")
    assert say("web.erase_tick", walker.lang) in walker.look("erase-wrong")
    walker.page.check("[name=sure]")
    walker.page.fill("[name=secret]", SECRET)
    walker.press("erase_do")
    walker.look("erased")
    walker.go("n", case, "")
    assert say("web.problem_missing_title", walker.lang) in walker.look("gone")
    walker.page.locator("header").get_by_text(say("web.lock", walker.lang), exact=True).click()
    walker.look("locked")
    cookie = next(one for one in walker.page.context.cookies() if one.get("name") == "s")
    assert (cookie.get("sameSite"), cookie.get("httpOnly")) == ("Strict", True)
    # The harmless page is not on this machine: it is answered here, and nothing leaves.
    walker.page.route("https://**", lambda route: route.fulfill(body="harmless"))
    walker.page.locator("header a[data-leave]").click()
    walker.page.wait_for_url(f"https://{walker.lang}.wikipedia.org/")
    assert not [one for one in walker.page.context.cookies() if one.get("name") == "s"]
    walker.page.go_back()
    assert SECRET not in walker.page.content()
    assert say("web.home_title", walker.lang) not in walker.page.content()
