"""`sitr fingerprint` and `sitr compare`: photos in, hashes or a verdict out; nothing is stored."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from sitr.cli import films
from sitr.cli.call import Call
from sitr.cli.files import new_file, read, write_new
from sitr.cli.showing import document, document_line
from sitr.errors import SitrError
from sitr.fingerprint import Look, Proof, draw_proof, prove
from sitr.fingerprint import fingerprint as take
from sitr.fingerprint.films import Film
from sitr.fingerprint.proof import Fonts
from sitr.words import say


def fingerprint(call: Call) -> int:
    """One JSON a line, with or without `--json`. A bad file has its line, which says why; then the status is 2."""
    worst = 0
    for name in call.given.many("FILE"):
        try:
            made = films.read_film(name) if films.is_film(name) else take(read(name))
            line: dict[str, Any] = {"file": name, **made.to_json()}
        except SitrError as problem:
            line = {"file": name, "error": _error(call, problem)}
            worst = max(worst, problem.exit_status)
        call.out.write(document_line(line) + "\n")
        call.out.flush()
    return worst


def compare(call: Call) -> int:
    """Whether each candidate is a copy of the reference. 0 when one is, 1 when none is, 2 when none could be read."""
    if films.is_film(call.given.one("REFERENCE")):
        return _compare_films(call)
    photo = read(call.given.one("REFERENCE"))
    asked = call.given.option("--proof")
    target = new_file(asked) if asked else None
    reference = take(photo)
    both = [_result(call, reference, name) for name in call.given.many("CANDIDATE")]
    results = [result for result, _ in both]
    if target:
        _draw(call, photo, both, target)
    return _answer(call, results)


def _compare_films(call: Call) -> int:
    reference = films.read_film(call.given.one("REFERENCE"))
    return _answer(call, [_film_result(call, reference, name) for name in call.given.many("CANDIDATE")])


def _film_result(call: Call, reference: Film, name: str) -> dict[str, Any]:
    try:
        return films.film_in(call, reference, name)
    except SitrError as problem:
        return _unread(call, name, problem)


def _answer(call: Call, results: list[dict[str, Any]]) -> int:
    call.answer({"results": results}, _lines(call, results))
    if any(result["match"] for result in results):
        return 0
    return 2 if all("error" in result for result in results) else 1


def _result(call: Call, reference: Any, name: str) -> tuple[dict[str, Any], Proof | None]:
    try:
        if films.is_film(name):
            return films.photo_in(call, reference, name), None
        proof = prove(reference, Look(read(name)))
    except SitrError as problem:
        return _unread(call, name, problem), None
    verdict = proof.verdict
    why = say(verdict.why.code, call.lang, **verdict.why.data)
    shown: dict[str, Any] = document(verdict)
    return {"candidate": name, **shown, "why": why, "why_code": verdict.why.code}, proof


def _draw(call: Call, photo: bytes, both: list[tuple[dict[str, Any], Proof | None]], target: Path) -> None:
    """The proof of the first copy; when there is none, of the first candidate that could be read."""
    read_ones = [(result, proof) for result, proof in both if proof is not None]
    if not read_ones:
        return
    result, proof = next((each for each in read_ones if each[0]["match"]), read_ones[0])
    folder = files("sitr.dossier") / "fonts"
    name = "ibm-plex-sans-arabic-{}-400-normal.ttf"
    fonts = Fonts(*((folder / name.format(part)).read_bytes() for part in ("arabic", "latin")))
    clear = call.given.has("--clear")
    picture = draw_proof(photo, read(result["candidate"]), proof, lang=call.lang, fonts=fonts, clear=clear)
    write_new(target, picture)
    result["proof"] = str(target)


def _unread(call: Call, name: str, problem: SitrError) -> dict[str, Any]:
    error = _error(call, problem)
    nothing = {"match": False, "score": 0.0, "region": None}
    return {"candidate": name, **nothing, "why": error["message"], "error": error}


def _error(call: Call, problem: SitrError) -> dict[str, str]:
    return {"code": problem.code, "message": say(problem.code, call.lang, **problem.data)}


def _lines(call: Call, results: list[dict[str, Any]]) -> Iterator[str]:
    for result in results:
        verdict = call.say("copy" if result["match"] else "no_copy")
        yield call.say("compared", file=result["candidate"]) + f" {verdict}"
        yield f"    {result['why']}"
