"""`sitr journal`: the record of a case, shown and checked."""

from collections.abc import Iterator
from typing import Any

from sitr.cases import journals
from sitr.cli.call import Call
from sitr.cli.showing import moment
from sitr.cli.verbs.unlocking import keeper


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
    report = journals.verify(keeper(call), call.given.one("CASE"))
    call.answer(report_document(report), _lines(call, report))
    return 0 if report.ok else 1


def report_document(report: Any) -> dict[str, Any]:
    """A report as JSON."""
    return {
        "ok": report.ok,
        "size": report.size,
        "root": report.root,
        "problems": report.problems,
        "checks": report.checks,
    }


def _lines(call: Call, report: Any) -> Iterator[str]:
    root = report.root.hex() if isinstance(report.root, bytes) else report.root
    yield call.say("journal_ok", n=report.size, root=root) if report.ok else call.say("journal_bad")
    for problem in report.problems:
        yield call.say("problem_line", problem=problem)
