"""`sitr exhibit`: sealed items of evidence, taken in and given out byte for byte."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from sitr.cases import exhibits, imports, second_looks
from sitr.cases.access import Keeper
from sitr.cli.call import Call
from sitr.cli.files import existing
from sitr.cli.verbs import readings
from sitr.cli.verbs.captures import exhibit_line
from sitr.cli.verbs.unlocking import keeper
from sitr.errors import BadInput
from sitr.evidence.imports import tell_kind


def add(call: Call) -> int:
    """Seal files and read what is in them. All are looked at first, so that a slip in the last keeps none of them."""
    files = [_with_content(name) for name in call.given.many("FILE")]
    answers = readings.answers_of(call)
    holder, case = keeper(call), call.given.one("CASE")
    for file in files:
        with file.open("rb") as data:
            tell_kind(data, file.name, imports.LIMITS)
    added = []
    for file in files:
        with file.open("rb") as data:
            added.append(imports.import_file(holder, case, data, file.name, answers=answers))
    read = [(one, readings.whole(holder, case, one.parsed)) for one in added]
    parsed = [readings.as_document(call, one.parsed, items) for one, items in read]
    document = {"exhibits": [one.exhibit for one in added], "parsed": parsed[0] if len(parsed) == 1 else parsed}
    call.answer(document, _added_lines(call, added))
    return 0


def _added_lines(call: Call, added: list[imports.ImportView]) -> Iterator[str]:
    for one in added:
        yield exhibit_line(call, one.exhibit)
        yield from readings.as_lines(call, one.parsed, [])
        if one.parsed.total:
            yield "  " + call.say("parsed_count", n=one.parsed.total, exhibit=one.exhibit.id)


def read(call: Call) -> int:
    """What was read out of an exhibit; with answers it is read anew. `--place`: place and device too, with an entry."""
    holder, case, exhibit = keeper(call), call.given.one("CASE"), call.given.one("EXHIBIT")
    answers = readings.answers_of(call)
    view = imports.answer(holder, case, exhibit, answers) if answers else imports.parsed(holder, case, exhibit)
    items = readings.whole(holder, case, view)
    document = {"parsed": readings.as_document(call, view, items)}
    lines = readings.as_lines(call, view, items)
    if call.given.has("--place"):
        document["private"] = imports.private_facts(holder, case, exhibit)
        lines = chain(lines, (f"  {name}: {value}" for name, value in document["private"].items()))
    call.answer(document, lines)
    return 0


def look(call: Call) -> int:
    """Look for the photos that were added later in what was imported before them; goes on where it was left."""
    looked = look_through(keeper(call), call.given.one("CASE"))
    call.answer({"looked": looked}, looked_lines(call, looked))
    return 0


def look_through(holder: Keeper, case: str) -> second_looks.SecondLook:
    """Every import that is left, some at a time: what was done stays done when it is cut short."""
    whole = second_looks.look_again(holder, case)
    while whole.left:
        more = second_looks.look_again(holder, case)
        whole = second_looks.SecondLook(
            whole.files + more.files, more.left, whole.found + more.found, (*whole.proposed, *more.proposed)
        )
        if not more.files:
            break
    return whole


def looked_lines(call: Call, looked: second_looks.SecondLook) -> Iterator[str]:
    """What came of it, in words; nothing where no file was waiting."""
    if looked.files:
        yield call.say("looked_again", n=looked.files)
        yield call.say("looked_found", n=looked.found)
    if looked.proposed:
        yield call.say("looked_proposed")


def _with_content(name: str) -> Path:
    path = existing(name)
    if path.stat().st_size == 0:
        raise BadInput("cli.empty_file", file=name)
    return path


def list_all(call: Call) -> int:
    """All exhibits of a case."""
    found = exhibits.list_exhibits(keeper(call), call.given.one("CASE"))
    call.answer({"exhibits": found}, [exhibit_line(call, view) for view in found] or [call.say("no_exhibits")])
    return 0


def export(call: Call) -> int:
    """Write the original bytes, or with `--blur` a picture's preview, into a folder; nothing is written over."""
    folder = Path(call.given.option("--out") or "")
    if folder.exists() and not folder.is_dir():
        raise BadInput("cli.file_exists", file=str(folder))
    holder = keeper(call)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    case, exhibit, blur = call.given.one("CASE"), call.given.one("EXHIBIT"), call.given.has("--blur")
    written = exhibits.export(holder, case, exhibit, folder, blur=blur)
    call.answer({"file": written}, [call.say("exhibit_exported", file=written)])
    return 0
