"""`sitr fingerprint` and `sitr compare`: photos in, hashes or a verdict out; nothing is stored."""

from collections.abc import Iterator
from typing import Any

from sitr.cli.call import Call
from sitr.cli.files import read
from sitr.cli.showing import document, document_line
from sitr.errors import SitrError
from sitr.fingerprint import compare as judge
from sitr.fingerprint import fingerprint as take
from sitr.words import say


def fingerprint(call: Call) -> int:
    """One JSON a line, with or without `--json`. A bad file has its line, which says why; then the status is 2."""
    worst = 0
    for name in call.given.many("FILE"):
        try:
            line: dict[str, Any] = {"file": name, **take(read(name)).to_json()}
        except SitrError as problem:
            line = {"file": name, "error": _error(call, problem)}
            worst = max(worst, problem.exit_status)
        call.out.write(document_line(line) + "\n")
        call.out.flush()
    return worst


def compare(call: Call) -> int:
    """Whether each candidate is a copy of the reference. 0 when one is, 1 when none is, 2 when none could be read."""
    reference = take(read(call.given.one("REFERENCE")))
    results = [_result(call, reference, name) for name in call.given.many("CANDIDATE")]
    call.answer({"results": results}, _lines(call, results))
    if any(result["match"] for result in results):
        return 0
    return 2 if all("error" in result for result in results) else 1


def _result(call: Call, reference: Any, name: str) -> dict[str, Any]:
    try:
        verdict = judge(reference, read(name))
    except SitrError as problem:
        error = _error(call, problem)
        nothing = {"match": False, "score": 0.0, "region": None}
        return {"candidate": name, **nothing, "why": error["message"], "error": error}
    why = say(verdict.why.code, call.lang, **verdict.why.data)
    shown: dict[str, Any] = document(verdict)
    return {"candidate": name, **shown, "why": why, "why_code": verdict.why.code}


def _error(call: Call, problem: SitrError) -> dict[str, str]:
    return {"code": problem.code, "message": say(problem.code, call.lang, **problem.data)}


def _lines(call: Call, results: list[dict[str, Any]]) -> Iterator[str]:
    for result in results:
        verdict = call.say("copy" if result["match"] else "no_copy")
        yield call.say("compared", file=result["candidate"]) + f" {verdict}"
        yield f"    {result['why']}"
