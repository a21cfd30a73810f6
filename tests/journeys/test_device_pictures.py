"""The photos page of a case with the fingerprint worked out in the browser: what is sent, and what the page says."""

import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page
from tests.fingerprint.drawn_pictures import drawn_photo, encoded
from tests.journeys.drawn_pages import BASE, drawn, fits, phone, shoot
from tests.journeys.phones import held_to_the_rules

from sitr.cases import journals, openings, photos
from sitr.fingerprint import Fingerprint, compare, fingerprint
from sitr.words import LANGS, Lang, say

if TYPE_CHECKING:
    from tests.web.web_cast import Cast

pytestmark = [
    pytest.mark.browser, pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
]  # fmt: skip
PICTURE = drawn_photo(31, 500, 400)
CHOSEN: Any = {"name": "canary-name.jpg", "mimeType": "image/jpeg", "buffer": encoded(PICTURE, quality=88)}
EVEN = encoded(PICTURE.resize((1, 1)).resize((90, 90)), "PNG")
FLAT: Any = {"name": "flat.png", "mimeType": "image/png", "buffer": EVEN}
SAID = """async (words) => {
  while (document.querySelector('[data-said]').textContent !== words) await new Promise((then) => setTimeout(then, 20));
}"""


@pytest.fixture
def cast(transactional_db: None, home: Any) -> Any:
    """The holder's browser, unlocked."""
    from tests.web.web_cast import gathered

    yield from gathered(home)


@pytest.mark.parametrize("lang", LANGS)
def test_only_the_fingerprint_leaves_the_browser(cast: "Cast", lang: Lang) -> None:
    case = openings.open_case(cast.keeper, country="EG", answers={"age": ["adult"]}, time_proof=False)
    path = f"/n/{case}/pictures"
    photos.add_fingerprint(cast.keeper, case, fingerprint(encoded(drawn_photo(32, 300, 200))).shareable(), "Y")
    with phone(drawn(cast.in_language(lang), [path]), lang) as page:
        sent = _sent(page, path, lang)
    assert compare(Fingerprint.from_shareable(b64decode(sent["print"])), encoded(PICTURE.resize((300, 240)))).match
    answer = cast.browser.post(path, {name: sent[name] for name in ("print", "name", "way")})
    assert answer.status_code == 302
    made = photos.list_photos(cast.keeper, case)[-1]
    assert (made.name, made.width, made.height, made.shareable_only) == ("X", 500, 400, True)
    assert [one.verb for one in journals.entries(cast.keeper, case)][-1] == "add_fingerprint"


def _sent(page: Page, path: str, lang: Lang) -> dict[str, str]:
    """What the form sends when the photo is worked out in the browser."""
    page.goto(BASE + path)
    assert page.is_checked("[value=sitr]")  # reached on this very machine: the photo does not leave it either way
    page.check("[value=here]")
    assert say("web.pictures_only_shareable", lang) in page.inner_text("main")
    shoot(page, "pictures", lang)
    fits(page, lang, "pictures")
    held_to_the_rules(page, "pictures")
    page.set_input_files("[name=photo]", FLAT)
    page.click("form[data-device] > button")
    page.evaluate(SAID, say("web.device_too_flat", lang))
    page.set_input_files("[name=photo]", CHOSEN)
    page.fill("[name=name]", "X")
    with page.expect_request(lambda request: request.method == "POST") as posted:
        page.click("form[data-device] > button")
    body = posted.value.post_data_buffer or b""
    assert b"canary" not in body
    assert len(body) < 3000
    assert b"image/" not in body
    return _fields(body.decode())


def _fields(body: str) -> dict[str, str]:
    """The fields of a form as it was sent."""
    return dict(re.findall(r'name="([^"]+)"\r\n(?:[^\r\n]+\r\n)*\r\n(.*?)\r\n--', body, re.DOTALL))


def test_a_desk_offers_the_browser_first(cast: "Cast", monkeypatch: pytest.MonkeyPatch) -> None:
    case = openings.open_case(cast.keeper, country="EG", answers={"age": ["adult"]}, time_proof=False)
    path = f"/n/{case}/pictures"
    assert 'value="sitr" checked' in cast.browser.read(path)
    monkeypatch.setattr("sitr.web.survivor.pictures.is_own_machine", lambda _host: False)
    text = cast.browser.read(path)
    assert 'value="here" checked' in text
    assert say("web.device_sitr_desk", "en") in text


def test_what_comes_is_read_strictly_and_finds_whole_copies(cast: "Cast") -> None:
    case = openings.open_case(cast.keeper, country="EG", answers={"age": ["adult"]}, time_proof=False)
    path = f"/n/{case}/pictures"
    for bad in ("!", "AAAA", "A" * 400_000):
        answer = cast.browser.post(path, {"print": bad})
        assert answer.status_code == 400
        assert say("fingerprint.bad_shareable", "en") in answer.content.decode()
    assert not photos.list_photos(cast.keeper, case)


def test_where_no_picture_may_be_taken_in_none_is_worked_out(cast: "Cast") -> None:
    for age in ({}, {"age": ["minor"]}):
        case = openings.open_case(cast.keeper, country="EG", answers=age, time_proof=False)
        assert "data-device" not in cast.browser.read(f"/n/{case}/pictures")
        cast.browser.post(f"/n/{case}/pictures", {"print": "AAAA"})
        assert not photos.list_photos(cast.keeper, case)
