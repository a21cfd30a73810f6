"""`sitr dossier`: the sealed, signed package that a lawyer, the police or another desk gets; `sitr custody`."""

from collections.abc import Iterator
from typing import Any, cast

from sitr.cases import custody as lives
from sitr.cases import dossiers, releases
from sitr.cli.call import Call
from sitr.cli.files import new_file
from sitr.cli.keys import secret
from sitr.cli.showing import moment
from sitr.cli.verbs.unlocking import keeper
from sitr.dossier import Certified, Tongue
from sitr.errors import BadInput
from sitr.words import catalogue, say

_LONGEST_WAIT = 300


def make(call: Call) -> int:
    """Write it to a new file. Without a recipient it is sealed to words that are shown once, here."""
    out = new_file(call.given.option("--out") or "")
    chosen, wait = _chosen(call), _seconds(call)
    holder = keeper(call)
    built = dossiers.make(
        holder,
        call.given.one("CASE"),
        out,
        secret=secret(call, "ask_again"),
        recipients=call.given.options.get("--to", ()),
        include=call.given.options.get("--include", ()),
        audience=_audience(call),
        items=chosen,
        tongue=cast("Tongue", call.given.option("--to-lang") or "both"),
        wait=wait,
        stated=_stated(call),
    )
    document = {"file": out, "sha256": built.sha256, "items": built.items}
    call.answer({**document, "phrase": built.phrase} if built.phrase else document, _lines(call, built, str(out)))
    return 0


def _stated(call: Call) -> dossiers.Stated:
    def said(name: str) -> str:
        return call.given.option(name) or ""

    signed = Certified(
        said("--signed-by"), said("--capacity"), said("--training"), said("--departures"), said("--signed-at")
    )
    return dossiers.Stated(said("--alias"), said("--made-for"), said("--purpose"), signed)


def _audience(call: Call) -> str:
    return call.given.option("--for") or "lawyer"


def _chosen(call: Call) -> dict[str, str]:
    pairs = [word.partition("=") for word in call.given.options.get("--item", ())]
    for name, equals, form in pairs:
        if not (name and equals and form):
            raise BadInput("cli.bad_item", item=name)
    return {name: form for name, _, form in pairs}


def _seconds(call: Call) -> int:
    text = call.given.option("--wait") or "0"
    if not (text.isascii() and text.isdigit() and int(text) <= _LONGEST_WAIT):
        raise BadInput("cli.not_a_number", word=text)
    return int(text)


def _lines(call: Call, built: Any, file: str) -> Iterator[str]:
    yield call.say("dossier_made", file=file)
    yield call.say("dossier_sha", sha256=built.sha256)
    yield call.say("dossier_items", n=built.items)
    if built.phrase:
        yield call.say("dossier_phrase", phrase=built.phrase)


def items(call: Call) -> int:
    """What would go in for this audience, and what can be chosen for each; nothing is made."""
    found = releases.offer(keeper(call), call.given.one("CASE"), _audience(call), _chosen(call))
    call.answer({"audience": _audience(call), "items": found}, _offered(call, found))
    return 0


def _offered(call: Call, found: list[releases.Item]) -> Iterator[str]:
    yield call.say("items_for") + " " + getattr(releases.find_audience(_audience(call)).name, call.lang)
    for item in found:
        form = call.say(f"form_{item.form}")
        forms = "|".join(item.forms)
        if item.what == "section":
            yield call.say("item_section", form=form, id=item.id, forms=forms) + " " + call.say(f"section_{item.id}")
        else:
            yield call.say("item_line", form=form, id=item.id, kind=item.kind, name=item.name, forms=forms)


def custody(call: Call) -> int:
    """Each exhibit's life from sealing to release: when, what, who, why."""
    found = lives.custody(keeper(call), call.given.one("CASE"), call.given.maybe("EXHIBIT"))
    call.answer({"exhibits": found}, _told(call, found))
    return 0


def _told(call: Call, found: list[lives.Life]) -> Iterator[str]:
    if not found:
        yield call.say("no_exhibits")
    for life in found:
        yield call.say("custody_of", id=life.id, name=life.exhibit.name if life.exhibit else call.say("custody_erased"))
        for event in life.moments:
            key = f"verb_{event.verb}"
            what = say(f"cases.{key}", call.lang) if key in catalogue(call.lang, "cases") else event.verb
            who = call.say("custody_you") if event.mine else event.actor
            why = f" – {event.why(call.lang)}" if event.why(call.lang) else ""
            yield f"    {call.say('custody_line', time=moment(event.time), who=who, entry=event.entry)} {what}{why}"
