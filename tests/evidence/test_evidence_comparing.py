"""What changed between two captures, from what was sealed of each."""

import io
import json
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.evidence.evidence_site import drawn

from sitr.errors import Damaged
from sitr.evidence.blocks import changes
from sitr.evidence.comparing import (
    Became,
    Changed,
    PageState,
    Picture,
    TextChange,
    compare_pages,
    digests_to_hash,
    picture_hash,
    read_state,
)

PAGE = PageState(
    "https://leaks.example/p", "t", 200, None, partial=False, text=("one", "two", "three"),
    links=("https://a.example/",), pictures=(Picture("https://leaks.example/a.jpg", "aa"),),
)  # fmt: skip
PICTURES = st.lists(
    st.builds(Picture, st.sampled_from(["https://x/a", "https://x/b", "blob:1"]), st.sampled_from("abcd"))
)
STATES = st.builds(
    lambda text, links, pictures: replace(PAGE, text=tuple(text), links=tuple(links), pictures=tuple(pictures)),
    st.lists(st.sampled_from(["one", "two", "three", "four"])), st.lists(st.sampled_from("xyz"), unique=True), PICTURES,
)  # fmt: skip


@given(STATES)
def test_a_page_is_the_same_as_itself(page: PageState) -> None:
    found = compare_pages(page, page, {})
    assert found.nothing
    assert found.same_pictures == len(page.pictures)
    assert digests_to_hash(page, page) == set()


@given(STATES, STATES)
def test_what_is_new_one_way_is_gone_the_other_way(one: PageState, other: PageState) -> None:
    there, back = compare_pages(one, other, {}), compare_pages(other, one, {})
    assert there.links_added == back.links_removed
    assert there.same_pictures == back.same_pictures
    count = {became: sum(c.became is became for c in there.pictures) for became in Became}
    turned = {became: sum(c.became is became for c in back.pictures) for became in Became}
    assert (count[Became.ADDED], count[Became.MOVED]) == (turned[Became.REMOVED], turned[Became.MOVED])
    kept = len(one.pictures) - count[Became.REMOVED]
    assert kept == len(other.pictures) - count[Became.ADDED]


@given(st.lists(st.sampled_from("abcdefgh")), st.lists(st.sampled_from("abcdefgh")))
def test_what_went_and_came_leads_from_one_list_to_the_other(before: list[str], after: list[str]) -> None:
    runs = list(changes(before, after))
    gone, come = (Counter(block for run in runs for block in run[side]) for side in (0, 1))
    assert Counter(before) - gone + come == Counter(after)
    assert bool(runs) == (before != after)


def test_blocks_of_text_are_told_as_changed_new_or_gone() -> None:
    after = replace(PAGE, text=("one", "2", "three", "four"))
    assert compare_pages(PAGE, after, {}).text == (TextChange("two", "2"), TextChange("", "four"))
    assert compare_pages(after, PAGE, {}).text == (TextChange("2", "two"), TextChange("four", ""))


def smaller(data: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.resize((200, 150)).save(out, "JPEG", quality=60)
    return out.getvalue()


def test_pictures_are_told_apart_by_bytes_place_and_look() -> None:
    sharp, soft, other = (picture_hash(data) for data in (drawn("a"), smaller(drawn("a")), drawn("zebra")))
    hashes = {"aa": sharp or b"", "a2": soft or b"", "zz": other or b""}
    cases: list[tuple[Picture, Picture, Became]] = [
        (Picture("u", "aa"), Picture("v", "aa"), Became.MOVED),
        (Picture("u", "aa"), Picture("u", "a2"), Became.REENCODED),
        (Picture("u", "aa"), Picture("v", "a2"), Became.REENCODED),
        (Picture("u", "aa"), Picture("u", "zz"), Became.REPLACED),
    ]
    for before, after, became in cases:
        found = compare_pages(replace(PAGE, pictures=(before,)), replace(PAGE, pictures=(after,)), hashes)
        assert [one.became for one in found.pictures] == [became]
    unknown = compare_pages(
        replace(PAGE, pictures=(Picture("u", "q"),)), replace(PAGE, pictures=(Picture("u", "p"),)), {}
    )
    assert (unknown.pictures[0].became, unknown.pictures[0].distance, unknown.unread) == (Became.REPLACED, None, 2)


def test_a_blob_picture_with_the_same_bytes_is_no_change() -> None:
    pages = [replace(PAGE, pictures=(Picture(f"blob:https://x/{n}", "aa"),)) for n in (1, 2)]
    found = compare_pages(pages[0], pages[1], {})
    assert found.nothing
    assert found.same_pictures == 1


def record(**source: Any) -> bytes:
    told = {
        "source": {
            "url_final": "https://leaks.example/p", "title": "t", "http_status": 200, "redirects": [{"url": "https://s/"}],
            "addresses": {"leaks.example:443": "192.0.2.1"},
            "certificates": [{"host": "leaks.example", "chain": [{"sha256": "c1"}, {"sha256": "root"}]}], **source,
        },
        "collection": {"started_at": "2026-11-22T20:00:00+00:00", "pictures": True, "tools": {"locale": "ar"}},
        "partial": False, "images": [{"url": "https://leaks.example/a.jpg", "sha256": "aa"}],
        "exchanges": [
            {"url": "https://leaks.example/p", "type": "Document", "status": 200,
             "response_headers": [["Server", "nginx"], ["Date", "now"]]},
        ],
    }  # fmt: skip
    return json.dumps(told).encode()


def test_server_address_and_certificate_are_compared_and_the_date_of_the_visit_is_not() -> None:
    html = b"<base href='/dir/'><a href='x'>x</a><a href='javascript:1'>y</a><a href='https://b.example/'>b</a>"
    before = read_state(record(), b"words\n\n  of  it ", html)
    assert before.links == ("https://leaks.example/dir/x", "https://b.example/")
    assert before.text == ("words", "of it")
    assert before.headers == {"server": "nginx"}
    chain = [
        {"host": "leaks.example", "chain": [{"sha256": "c2"}]},
        {"host": "new.example", "chain": [{"sha256": "n"}]},
    ]
    after = read_state(record(certificates=chain, addresses={"leaks.example:443": "192.0.2.9"}), b"words", b"")
    found = compare_pages(before, after, {})
    assert found.certificates == (Changed("leaks.example", "c1", "c2"),)
    assert found.addresses == (Changed("leaks.example:443", "192.0.2.1", "192.0.2.9"),)
    assert found.text == (TextChange("of it", ""),)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"source": 1, "collection": {}}', record()[:-5]])
def test_what_is_no_record_is_told_as_damaged(data: bytes) -> None:
    with pytest.raises(Damaged) as caught:
        read_state(data, b"", b"")
    assert caught.value.code == "evidence.record_unread"


def test_a_page_made_to_be_slow_to_compare_is_compared_in_time() -> None:
    """Few different blocks, many times: the usual alignment takes a minute and a half for this."""
    one, other = ("\n".join("ab"[i * i % 7 % 2] + str(i * k % 5) for i in range(3000)).encode() for k in (3, 4))
    began = time.process_time()
    found = compare_pages(read_state(record(), one, b""), read_state(record(), other, b""), {})
    assert found.text
    assert time.process_time() - began < 5
