"""`sitr exchange list|fetch|export|forget|feedback`: other parties' watch-lists, without Django and without any case.

What was fetched stands in one file of the home; keys are read from the files that the operator's exchanges.toml names.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

from sitr.cli.call import Call
from sitr.cli.files import new_file
from sitr.cli.home import usable
from sitr.cli.showing import moment
from sitr.errors import BadInput, NotFound, OutsideSilent
from sitr.finding.exchange import (
    Applied,
    Form,
    HandoverState,
    Opinion,
    Shelf,
    open_exchange,
    read_exchanges,
    write_list,
)
from sitr.vault.files import written_whole


def _shelf(call: Call) -> Shelf:
    home = usable(call.settings()).home
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Shelf(Path(home) / "exchange.sqlite3")


def list_all(call: Call) -> int:
    """The exchanges that the operator named, and what was fetched from each; no one is asked."""
    file = call.settings().exchanges
    named = read_exchanges(file) if file.exists() else {}
    shelf = {one.name: one for one in _shelf(call).lists()}
    found, lines = [], []
    for name in sorted({*named, *shelf}):
        here = shelf.get(name)
        kind, entries, at = named.get(name, {}).get("kind"), here.entries if here else 0, here.fetched if here else None
        found.append({"name": name, "kind": kind, "entries": entries, "fetched": at})
        fetched = moment(at) if at else call.say("exchange_never")
        lines.append(call.say("exchange_line", name=name, entries=entries, fetched=fetched))
    call.answer({"exchanges": found}, lines or [call.say("exchange_none", file=file)])
    return 0


def fetch(call: Call) -> int:
    """Page after page, each written with its checkpoint; 4 when the exchange falls silent, with all that came kept."""
    name = call.given.one("NAME")
    exchange = open_exchange(call.settings().exchanges, name, time.sleep)
    shelf, pages, left_out, total = _shelf(call), 0, 0, Applied(0, 0)
    try:
        while True:
            delta = exchange.fetch(shelf.checkpoint(name), datetime.now(UTC))
            done = shelf.apply(name, delta, datetime.now(UTC))
            total = Applied(total.added + done.added, total.removed + done.removed)
            pages, left_out = pages + 1, left_out + delta.left_out
            if not delta.more:
                break
    except OutsideSilent:
        if pages:
            call.note(call.say("exchange_unfinished", name=name, pages=pages))
        raise
    entries = next(one.entries for one in shelf.lists() if one.name == name)
    figures = {"added": total.added, "removed": total.removed, "left_out": left_out, "entries": entries}
    told = [call.say("exchange_fetched", name=name, **figures)]
    call.answer({"fetched": {"name": name, "pages": pages, **figures}}, told)
    return 0


def export(call: Call) -> int:
    """A fetched list as a file: the watch-list of `sitr sweep`, or of another program."""
    name, out = call.given.one("NAME"), new_file(call.given.one("FILE"))
    shelf = _shelf(call)
    line = next((one for one in shelf.lists() if one.name == name), None)
    if line is None:
        raise NotFound("exchange.no_such", name=name, names=", ".join(one.name for one in shelf.lists()) or "-")
    form = Form(call.given.option("--as") or Form.JSONL)
    with written_whole(out) as target:
        for piece in write_list(shelf.entries(name), form, name=name):
            target.write(piece)
    said = [call.say("exchange_exported", entries=line.entries, file=out)]
    call.answer({"file": out, "entries": line.entries}, said)
    return 0


def forget(call: Call) -> int:
    """Erase a fetched list, with its checkpoint: the next fetch begins anew."""
    name = call.given.one("NAME")
    call.confirm(call.say("exchange_forget_sure", name=name))
    _shelf(call).forget(name)
    call.answer({"forgotten": name}, [call.say("exchange_forgotten", name=name)])
    return 0


def feedback(call: Call) -> int:
    """Tell an exchange what was found out about one of its entries, by its id on the fetched list."""
    name, wanted = call.given.one("NAME"), call.given.one("ENTRY")
    word = call.given.one("blocked|not_blocked")
    exchange = open_exchange(call.settings().exchanges, name, time.sleep)
    found = [one for one in _shelf(call).entries(name) if one.id == wanted]
    if not found:
        raise BadInput("cli.exchange_no_entry", name=name)
    call.confirm(call.say("exchange_feedback_sure", name=name))
    done = exchange.feedback(found, Opinion(word), datetime.now(UTC))
    state = call.say(f"submission_{done.state.value}")
    call.answer(
        {"state": done.state, "detail": done.detail}, [call.say("exchange_feedback_done", name=name, state=state)]
    )
    return 0 if done.state is HandoverState.SENT else 4
