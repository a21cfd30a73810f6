"""`sitr journal`: the record of a case, shown and checked."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sitr.cases import journals
from sitr.cli.call import Call
from sitr.cli.files import new_file, read, write_new
from sitr.cli.showing import moment
from sitr.cli.verbs.unlocking import keeper
from sitr.cli.verifying import chain_headers
from sitr.journal import Report, as_json, qr_svg, read_checkpoint


def show(call: Call) -> int:
    """All entries, in order."""
    entries = journals.entries(keeper(call), call.given.one("CASE"))
    lines = [
        call.say("entry_line", seq=e.seq, time=moment(e.time), kind=e.kind, verb=e.verb or call.say("due_sealed"))
        for e in entries
    ]
    call.answer({"entries": entries}, lines)
    return 0


def verify(call: Call) -> int:
    """Whether the record is whole and unchanged; 1 and the named problems when it is not."""
    earlier = [read(name) for name in call.given.options.get("--earlier", ())]
    headers = chain_headers(call)
    report = _document(call, journals.verify(keeper(call), call.given.one("CASE"), earlier, headers))
    call.answer(report, _lines(call, report))
    return 0 if report["ok"] else 1


def checkpoint(call: Call) -> int:
    """Hand out the newest checkpoint as a file, and with `--qr` as a picture of it; the journal says that it was."""
    out = new_file(call.given.option("--out") or "")
    picture = new_file(call.given.option("--qr") or "") if call.given.has("--qr") else None
    note = journals.hand_checkpoint(keeper(call), call.given.one("CASE"))
    write_new(out, note.encode())
    lines = [call.say("checkpoint_written", file=out), call.say("checkpoint_what")]
    if picture is not None:
        write_new(picture, qr_svg(note).encode())
        lines.append(call.say("checkpoint_picture", file=picture))
    head = read_checkpoint(note)
    call.answer({"file": out, "qr": picture, "size": head.size, "root": head.root.hex()}, lines)
    return 0


# What the case found beside the journal: a row that is not what its entry says. The journal has no sentence for it.
_OF_THE_CASE = frozenset({"row_differs", "row_unknown", "opening_damaged"})


def _document(call: Call, report: Report) -> dict[str, Any]:
    others = tuple(p for p in report.problems if p.code not in _OF_THE_CASE)
    found = as_json(replace(report, problems=others), call.lang)
    for problem in report.problems:
        if problem.code in _OF_THE_CASE:
            detail = call.say(f"problem_{problem.code}", seq=problem.seq)
            found["problems"].append({"code": problem.code, "seq": problem.seq, **problem.data, "detail": detail})
    return found


def _lines(call: Call, report: Mapping[str, Any]) -> Iterator[str]:
    if report["ok"]:
        yield call.say("journal_ok", n=report["size"], root=report["root"])
    else:
        yield call.say("journal_bad")
    for line in (*report["checks"], *report["problems"]):
        yield f"- {line['detail']}"
