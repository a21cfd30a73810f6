"""What a re-visit says. Silence, refusal and doubt are never "gone"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitr.finding import Answer, State, image_addresses, judge_visit, markers
from sitr.words import LANGS, say

PAGE, IMAGE = "https://site.example/p/1", "https://cdn.example/1.jpg"
LOGIN_TEXT = "Please log in to see this post"
REMOVED_TEXT = "<h1>هذا المحتوى غير متاح</h1>"


def page(status: int | None, final: str = "", text: str = "", copy: bool | None = None) -> Answer:
    return Answer(PAGE, status, final, text, copy)


def image(status: int | None, copy: bool | None = None) -> Answer:
    return Answer(IMAGE, status, copy=copy)


@pytest.mark.parametrize(
    ("seen", "picture", "state", "reason"),
    [
        (page(200, copy=True), image(200, copy=True), "live", "live"),
        (page(200, copy=True), image(404), "live", "live_elsewhere_on_page"),
        (page(200), image(200, copy=True), "live", "live"),
        (page(404), image(200, copy=True), "live", "live_image_kept"),
        (page(None), image(200, copy=True), "live", "live"),
        (page(410), None, "gone", "gone_page"),
        (page(404), image(404), "gone", "gone_page_and_image"),
        (page(410), image(410), "gone", "gone_page_and_image"),
        (page(404), image(None), "unknown", "unknown_image"),
        (page(404), image(503), "unknown", "unknown_image"),
        (page(404), image(403), "unknown", "unknown_image"),
        (page(404), image(200, copy=False), "unknown", "unknown_changed"),
        (page(200, copy=False), image(404), "gone", "gone_image"),
        (page(200, copy=False), image(200, copy=False), "unknown", "unknown_changed"),
        (page(200, copy=False), image(500), "unknown", "unknown_image"),
        (page(200, copy=False), None, "unknown", "unknown_no_image"),
        (page(200), image(404), "unknown", "unknown_not_looked"),
        (page(200), None, "unknown", "unknown_not_looked"),
        (page(200, text=REMOVED_TEXT), image(404), "gone", "gone_notice"),
        (page(200, text=REMOVED_TEXT), None, "unknown", "unknown_soft"),
        (page(200, text=REMOVED_TEXT, copy=False), image(None), "unknown", "unknown_soft"),
        (page(401), image(404), "login_wall", "login_wall"),
        (page(403), None, "login_wall", "login_wall"),
        (page(200, "https://site.example/accounts/login/?next=/p/1"), image(404), "login_wall", "login_wall"),
        (page(200, text=LOGIN_TEXT, copy=False), image(404), "login_wall", "login_wall"),
        (page(None), None, "unknown", "unknown_silent"),
        (page(500), image(404), "unknown", "unknown_server"),
        (page(503), None, "unknown", "unknown_server"),
        (page(429), image(404), "unknown", "unknown_busy"),
        (page(451), None, "unknown", "unknown_answer"),
        (page(302), None, "unknown", "unknown_answer"),
        (page(200, "https://site.example/home"), None, "moved", "moved"),
        (page(200, "https://site.example/p/2", copy=True), image(404), "moved", "moved_copy"),
        (page(200, "https://site.example/", copy=False), image(410), "gone", "gone_image"),
        (page(200, "https://www.site.example/p/1/", copy=True), None, "live", "live"),
    ],
)
def test_the_rules(seen: Answer, picture: Answer | None, state: str, reason: str) -> None:
    visit = judge_visit(seen, picture)
    assert (visit.state, visit.reason.code) == (State(state), f"finding.visit_{reason}")
    for lang in LANGS:
        assert say(visit.reason.code, lang, **visit.reason.data)


statuses = st.one_of(st.none(), st.integers(100, 599))
copies = st.sampled_from([True, False, None])
texts = st.sampled_from(["", LOGIN_TEXT, REMOVED_TEXT, "<p>hello</p>"])
finals = st.sampled_from(["", PAGE, "https://site.example/login", "https://other.example/x", "http://[broken"])
pages = st.builds(page, statuses, finals, texts, copies)
pictures = st.one_of(st.none(), st.builds(image, statuses, copies))


@given(pages, pictures)
def test_every_answer_has_a_state_and_a_sentence_in_both_languages(seen: Answer, picture: Answer | None) -> None:
    visit = judge_visit(seen, picture)
    assert all(say(visit.reason.code, lang, **visit.reason.data) for lang in LANGS)


@given(pages, pictures)
def test_gone_is_said_only_when_the_site_said_so(seen: Answer, picture: Answer | None) -> None:
    if judge_visit(seen, picture).state is not State.GONE:
        return
    told = {404, 410}
    assert seen.status is not None
    assert seen.status < 500
    assert picture.status in told if picture else seen.status in told


@given(statuses, finals, texts, copies)
def test_silence_about_the_image_is_never_gone(status: int | None, final: str, text: str, copy: bool | None) -> None:
    for silent in (image(None), image(500), image(403), image(429)):
        assert judge_visit(page(status, final, text, copy), silent).state is not State.GONE


@given(pages, pictures)
def test_a_copy_that_was_seen_is_never_gone_nor_unknown(seen: Answer, picture: Answer | None) -> None:
    shows = [a for a in (seen, picture) if a and a.copy and a.status is not None and 200 <= a.status < 300]
    if shows:
        assert judge_visit(seen, picture).state in {State.LIVE, State.MOVED}


def test_the_images_that_html_names_are_listed_once_and_absolute() -> None:
    html = """<base><img src="/a.jpg"><img src='/a.jpg'><img data-src="b.jpg" src="data:image/png;base64,AA">
      <picture><source srcset="c.webp 1x, d.webp 2x"></picture><video poster="//cdn.example/p.jpg"></video>
      <meta property="og:image" content="https://cdn.example/og.jpg"><div style="background:url('e.jpg')"></div>
      <img src="http://[broken"><img src="javascript:alert(1)">"""
    assert image_addresses(html, "https://site.example/p/1") == [
        "https://site.example/a.jpg",
        "https://site.example/p/b.jpg",
        "https://site.example/p/c.webp",
        "https://site.example/p/d.webp",
        "https://cdn.example/p.jpg",
        "https://cdn.example/og.jpg",
        "https://site.example/p/e.jpg",
    ]


@given(st.text(max_size=300), st.text(max_size=40))
def test_no_html_breaks_the_reader(html: str, base: str) -> None:
    for address in image_addresses("<img src=" + html, base):
        assert address.startswith("http")


def test_words_are_recognised_however_they_are_written() -> None:
    assert markers.says_removed("Sorry, this page isn’t\n available")
    assert markers.says_removed("تمت إزالة هذا المنشور")
    assert markers.says_login("You must log  in to continue")
    assert not markers.says_removed("a gallery of pictures")
    assert markers.leads_to_login("https://x.example/i/flow/login?next=1")
    assert not markers.leads_to_login("https://x.example/loginova/photos")
