"""`sitr exhibit`: sealed items of evidence, taken in and given out byte for byte."""

from pathlib import Path

from sitr.cases import exhibits
from sitr.cli.call import Call
from sitr.cli.files import existing
from sitr.cli.verbs.captures import exhibit_line
from sitr.cli.verbs.unlocking import keeper
from sitr.errors import BadInput


def add(call: Call) -> int:
    """Seal files. All names are looked at first, so that a slip in the last keeps none of them."""
    files = [_with_content(name) for name in call.given.many("FILE")]
    holder, case = keeper(call), call.given.one("CASE")
    added = []
    for file in files:
        with file.open("rb") as data:
            added.append(exhibits.add_exhibit(holder, case, data, file.name))
    call.answer({"exhibits": added}, [exhibit_line(call, view) for view in added])
    return 0


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
    """Write the original bytes into a folder; nothing there is written over."""
    folder = Path(call.given.option("--out") or "")
    if folder.exists() and not folder.is_dir():
        raise BadInput("cli.file_exists", file=str(folder))
    holder = keeper(call)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = exhibits.export(holder, call.given.one("CASE"), call.given.one("EXHIBIT"), folder)
    call.answer({"file": written}, [call.say("exhibit_exported", file=written)])
    return 0
