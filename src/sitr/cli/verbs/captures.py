"""`sitr capture`: one page as sealed exhibits, and the person's photos found on it."""

import base64
from collections.abc import Iterator
from typing import Any

from sitr.cases import captures, exhibits
from sitr.cli.call import Call
from sitr.cli.verbs.unlocking import keeper
from sitr.words import say

_NO = {"لا", "no", "n"}
_YES = {"نعم", "yes", "y"}


def capture(call: Call) -> int:
    """Capture; a partial one is kept and says what is missing. Raises OutsideSilent when nothing came."""
    holder = keeper(call)
    url, case = call.given.one("URL"), call.given.one("CASE")
    view = captures.capture_page(holder, case, url, child=_child(call), wish=_wish(call))
    document = {
        "exhibits": view.exhibits,
        "completeness": {"kept": view.kept, "expected": view.expected, "missing": view.missing},
        "found": view.found,
        "partial": view.partial,
        "pictures": view.pictures,
        "session": [{"host": host, "name": name} for host, name in view.session],
        "proxied": view.proxied,
        **({"previews": list(_previews(call, holder, case, view))} if call.given.has("--blur") else {}),
        "notes": [{"code": n.code, "message": say(n.code, call.lang, **n.data)} for n in view.notes],
    }
    call.answer(document, _lines(call, view))
    return 0


def _previews(call: Call, holder: Any, case: str, view: Any) -> Iterator[dict[str, str]]:
    """With `--blur`: the blurred previews of the pictures, so that a program need not ask for any picture itself."""
    for one in view.exhibits:
        if one.media_type.startswith("image/") and call.json:
            png = exhibits.preview(holder, case, one.id, blurred=True)
            yield {"exhibit": one.id, "png": base64.b64encode(png).decode("ascii")}


def _wish(call: Call) -> captures.Wish:
    return captures.Wish(
        viewport="phone" if call.given.option("--viewport") == "phone" else "desktop",
        locale=call.given.option("--locale"),
        scroll=call.given.option("--scroll") != "no",
        expand=call.given.has("--expand"),
        session=call.given.has("--session"),
    )


def _child(call: Call) -> Any:
    """Could a child be on this page? Only a clear no lets pictures be kept; silence is doubt."""
    said = call.given.option("--child")
    if said is None:
        call.note(call.say("child_question"))
        answer = call.read_line().strip().casefold()
        said = "no" if answer in _NO else "yes" if answer in _YES else "unsure"
    return said


def _lines(call: Call, view: Any) -> Iterator[str]:
    yield call.say("captured", kept=view.kept, expected=view.expected)
    for missing in view.missing:
        yield "    " + call.say("captured_missing", what=f"{missing['url']} ({missing['why']})")
    for note in view.notes:
        yield "    " + say(note.code, call.lang, **note.data)
    if not view.pictures:
        yield call.say("captured_no_pictures")
    for exhibit in view.exhibits:
        yield "    " + exhibit_line(call, exhibit)
    for found in view.found:
        yield call.say("found_scene" if found.same_scene else "found_copy", url=found.image_url)
    if not view.found:
        yield call.say("nothing_found")


def exhibit_line(call: Call, view: Any) -> str:
    """One exhibit on one line."""
    return call.say("exhibit_line", id=view.id, kind=view.kind, bytes=view.bytes, sha256=view.sha256)
