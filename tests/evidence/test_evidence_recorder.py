"""What a visit writes down, without a browser: bounded notes, what counts as missing, signs that no file takes."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.capture_world import NOW

from sitr.evidence import CaptureLimits
from sitr.evidence.captured import BodyState, Exchange
from sitr.evidence.cdp import Cdp
from sitr.evidence.completeness import count
from sitr.evidence.gate import Gate
from sitr.evidence.images import Ways
from sitr.evidence.recorder import Recorder, is_short
from sitr.evidence.seen import Reference
from sitr.net import Door


def exchange(url: str, kind: str = "XHR", status: int = 200, **given: Any) -> Exchange:
    """One that was answered whole, unless told otherwise."""
    headers = tuple(given.pop("headers", {}).items())
    state = given.pop("state", BodyState.KEPT)
    return Exchange(1, url, "GET", kind, "f", NOW, status=status, state=state, response_headers=headers, **given)


def test_what_a_page_does_without_end_is_counted_and_not_listed_without_end(tmp_path: Path) -> None:
    async def written() -> Recorder:
        recorder = Recorder(Cdp(), Gate(Door(), 1, 1), tmp_path, CaptureLimits(), lambda: NOW, pictures=True)
        for number in range(500):
            recorder.note("evidence.note_dialog", text=f"{number}" + "x" * 10**5)
        recorder.note("evidence.note_crash")
        await recorder.finish(0)
        return recorder

    problems = list(asyncio.run(written()).problems.values())
    assert len(problems) <= 40
    assert {one.code for one in problems} == {"evidence.note_" + name for name in ("dialog", "crash", "unlisted")}
    assert max(len(str(one.data)) for one in problems) < 1000
    assert sum(one.code.endswith("dialog") for one in problems) + problems[-1].data["n"] == 500


def test_a_packed_body_is_never_asked_for_in_one_piece_and_a_document_is_not_either() -> None:
    assert is_short(exchange("u", headers={"content-length": "5"}))
    assert not is_short(exchange("u", headers={"content-length": "5", "content-encoding": "br"}))
    assert not is_short(exchange("u", "Document", headers={"content-length": "5"}))
    assert not is_short(exchange("u"))
    assert not is_short(exchange("u", headers={"content-length": str(10**9)}))


def test_a_set_of_data_that_did_not_come_is_missing_and_one_that_the_page_gave_up_is_not() -> None:
    cut = exchange("https://a.example/cut", state=BodyState.CUT, why="cut")
    lost = exchange("https://a.example/lost", "Script", 0, state=BodyState.ABSENT, why="failed:ConnectionReset")
    given_up = exchange("https://a.example/no", status=0, state=BodyState.ABSENT, why="failed:Aborted")
    counted = count([cut, lost, given_up, exchange("https://a.example/yes")], [], {})
    assert (counted.kept, counted.expected) == (1, 3)
    assert {one.why for one in counted.missing} == {"cut", "failed:ConnectionReset"}


def test_a_redirect_is_followed_to_where_the_browser_went_however_the_server_spelled_it() -> None:
    away = exchange(
        "https://a.example/x", "Image", 302, network_id="7", headers={"location": "https://B.example/صورة 1"}
    )
    there = exchange("https://b.example/%D8%B5%D9%88%D8%B1%D8%A9%201", "Image", network_id="7")
    there.number = 2
    assert Ways([away, there]).end_of("https://a.example/x") is there
    assert count([away, there], [Reference("https://a.example/x", ("img",), "f")], {}).missing == ()


def test_a_part_of_a_video_does_not_stand_for_the_whole_that_was_kept_too() -> None:
    part = exchange("https://a.example/v.mp4", "Media", 206, headers={"content-range": "bytes 0-9/90"})
    whole = exchange("https://a.example/v.mp4", "Fetch")
    wanted = [Reference("https://a.example/v.mp4", ("media",), "f")]
    for order in ([part, whole], [whole, part]):
        assert Ways(order).end_of("https://a.example/v.mp4") is whole
        assert count(order, wanted, {}).missing == ()
    assert [one.why for one in count([part], wanted, {}).missing] == ["part_only"]


@pytest.mark.parametrize("text", ["\ud800", "a\udc00b", "\ud83d\ude00", "plain"])
def test_half_a_letter_from_a_page_becomes_one_that_a_file_can_hold(text: str) -> None:
    got: list[dict[str, Any]] = []
    cdp = Cdp()
    cdp.on("Page.said", lambda params, _session: got.append(params))
    cdp.data_received(json.dumps({"method": "Page.said", "params": {"text": [text], text: 1}}).encode() + b"\0")
    ((said,),) = [one["text"] for one in got]
    assert said.encode("utf-8")
    assert said == (text if text in {"plain"} else "😀" if text == "\ud83d\ude00" else said)
    assert ("\ufffd" in said) is (text not in {"plain", "\ud83d\ude00"})
