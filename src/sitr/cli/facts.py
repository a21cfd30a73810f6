"""`sitr knowledge`: are the facts whole, sourced, fresh, in both languages; and how many there are."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sitr.cli.call import Call
from sitr.knowledge import check as find_problems
from sitr.knowledge import stats as count


def check(call: Call) -> int:
    """Every problem with file, field and cure. 1 when one of them is hard; what grew old only warns."""
    found = find_problems(call.settings().knowledge, datetime.now(UTC).date())
    problems = [
        {"file": p.file, "field": p.field, "kind": p.kind, "severity": p.severity, "message": p.message(call.lang)}
        for p in found
    ]
    hard = sum(p["severity"] == "hard" for p in problems)
    counts = {"hard": hard, "soft": len(problems) - hard}
    call.answer({"ok": not hard, "problems": problems, **counts}, _problems(call, problems, counts))
    return 1 if hard else 0


def _problems(call: Call, problems: list[dict[str, Any]], counts: Mapping[str, int]) -> Iterator[str]:
    for problem in problems:
        mark = call.say("check_bad" if problem["severity"] == "hard" else "mark_warning")
        yield f"{mark}  {problem['message']}"
    yield call.say("knowledge_counts", **counts)
    if not counts["hard"]:
        yield call.say("knowledge_fine")


def stats(call: Call) -> int:
    """Entries of each kind, facts by certainty, texts by language."""
    counts = count(call.settings().knowledge)
    call.answer(counts, _counts(call, counts))
    return 0


def _counts(call: Call, counts: Mapping[str, Any]) -> Iterator[str]:
    for group, found in counts.items():
        if isinstance(found, Mapping):
            yield group
            for name, n in found.items():
                yield "    " + call.say("case_count", name=name, n=n)
        else:
            yield call.say("case_count", name=group, n=found)
