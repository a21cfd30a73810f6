"""How what was read out of an imported file is written: as a document for programs, as lines for people."""

from collections.abc import Iterator
from typing import Any

from sitr.cases import imports
from sitr.cases.imports import ParsedView
from sitr.cli.call import Call
from sitr.evidence.imports import visible_only
from sitr.words import isolate, one_line, say

_SPOKEN = frozenset({"message", "service", "mail"})
_SHOWN = 500
"""Characters of one message on the screen; `--json` gives all."""


def answers_of(call: Call) -> dict[str, str]:
    """What `--answer QUESTION=ANSWER` said."""
    said = (one.rpartition("=") for one in call.given.options.get("--answer", ()))
    return {question.strip(): answer.strip() for question, _, answer in said}


def whole(holder: Any, case: str, first: ParsedView) -> list[Any]:
    """All items of a view, in order, part by part."""
    items = list(first.items)
    for part in range(1, first.parts):
        items += imports.parsed(holder, case, first.exhibit, part).items
    return items


def as_document(call: Call, view: ParsedView, items: list[Any]) -> dict[str, Any]:
    """The view as `parsed` of the contract."""
    document: dict[str, Any] = {
        "exhibit": view.exhibit, "kind": view.kind, "ambiguous": view.ambiguous,
        "messages": [_message(one) for one in items if one.kind in _SPOKEN],
        "items": [{"kind": one.kind, **_message(one)} for one in items if one.kind not in _SPOKEN],
        "questions": [_question(call, one) for one in view.questions], "answers": view.answers,
        "choices": [c.id for q in view.questions if not q.optional for c in q.choices],
        "unparsed": [{"line": line, "text": text} for line, text in view.unparsed],
        "facts": view.facts, "words_only": view.words_only, "original_sha256": view.original_sha256,
        "problems": [{"code": p.code, "message": say(p.code, call.lang, **p.data)} for p in view.problems],
        "found": view.found,
    }  # fmt: skip
    if view.kind == "mail":
        document |= _mail(view, items)
    return document


def _mail(view: ParsedView, items: list[Any]) -> dict[str, Any]:
    main = next((one for one in items if one.kind == "mail"), None)
    attached = [{"name": one.text, **one.extra} for one in items if one.kind == "attachment"]
    return {
        "subject": view.facts.get("subject", ""), "from": view.facts.get("from", ""),
        "time": main.time if main else "", "text": main.text if main else "", "attachments": attached,
        "dkim": view.facts.get("dkim", ""),
    }  # fmt: skip


def _message(one: Any) -> dict[str, Any]:
    said = {
        "time": one.time, "written": one.written, "sender": one.sender, "text": one.text, "media": one.media,
        "line": one.line,
    }  # fmt: skip
    beside = {"chat": one.chat, "readings": one.readings, "extra": dict(one.extra)}
    return said | {name: value for name, value in beside.items() if value}


def _question(call: Call, one: Any) -> dict[str, Any]:
    choices = [{"id": c.id, "label": _label(call, c), "example": c.example} for c in one.choices]
    return {
        "id": one.id, "question": say(one.code, call.lang), "choices": choices, "examples": one.examples,
        "optional": one.optional,
    }  # fmt: skip


def _label(call: Call, choice: Any) -> str:
    return say(choice.label, call.lang)


def as_lines(call: Call, view: ParsedView, items: list[Any]) -> Iterator[str]:
    """The view for a person: what is asked first, then what was noticed, then the messages."""
    if view.words_only:
        yield call.say("parsed_words_only")
    for question in view.questions:
        yield from _asked(call, view, question)
    for problem in view.problems:
        yield "  ! " + say(problem.code, call.lang, **problem.data)
    for copy in view.found:
        said = "parsed_scene" if copy.same_scene else "parsed_found"
        yield "  " + call.say(said, where=imports.where_found(copy, call.lang))
    for one in items:
        yield from _line(call, one)
    for line, text in view.unparsed:
        yield "  ? " + call.say("parsed_unread_line", n=line, text=text[:_SHOWN])


def _asked(call: Call, view: ParsedView, question: Any) -> Iterator[str]:
    yield "  ؟ " + say(question.code, call.lang)
    for example in question.examples[:3]:
        yield "      " + _written(example)
    for choice in question.choices:
        shown = f" ({_machine(call, choice.example)})" if choice.example else ""
        yield f"      {_machine(call, f'{question.id}={choice.id}')}  {_label(call, choice)}{shown}"
    how = f"{question.id}={question.choices[0].id if question.choices else 'Africa/Cairo'}"
    yield "      " + call.say("parsed_answer_by", command=f"sitr exhibit read CASE {view.exhibit} --answer {how}")


def _line(call: Call, one: Any) -> Iterator[str]:
    time = _machine(call, one.time) if one.time else _written(one.written) + (" ؟" if one.written else "")
    who = f"{_own(one.sender)}: " if one.sender else ""
    first, *more = (_own(line) for line in one.text[:_SHOWN].split("\n"))
    yield f"  {time}  {who}{first}".rstrip()
    yield from ("      " + line for line in more)
    for name in one.media:
        yield "      [" + _machine(call, name) + "]"


def _own(text: str) -> str:
    """What somebody wrote, kept from turning the text around it: first-strong isolate, its own marks made visible."""
    return f"\u2068{one_line(text)}\u2069" if text else ""


def _written(text: str) -> str:
    """A time as it stands in the file, without the invisible marks that phones put between its numbers."""
    return _own(visible_only(text))


def _machine(call: Call, text: str) -> str:
    return isolate(text) if call.lang == "ar" else one_line(text)
