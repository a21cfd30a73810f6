"""`sitr dossier`: the sealed, signed package that a lawyer, the police or another desk gets."""

from collections.abc import Iterator
from typing import Any

from sitr.cases import dossiers
from sitr.cli.call import Call
from sitr.cli.files import new_file
from sitr.cli.keys import secret
from sitr.cli.verbs.unlocking import keeper


def make(call: Call) -> int:
    """Write it to a new file. Without a recipient it is sealed to words that are shown once, here."""
    out = new_file(call.given.option("--out") or "")
    holder = keeper(call)
    built = dossiers.make(
        holder,
        call.given.one("CASE"),
        out,
        secret=secret(call, "ask_again"),
        recipients=call.given.options.get("--to", ()),
        include=call.given.options.get("--include", ()),
    )
    document = {"file": out, "sha256": built.sha256, "items": built.items}
    call.answer({**document, "phrase": built.phrase} if built.phrase else document, _lines(call, built, str(out)))
    return 0


def _lines(call: Call, built: Any, file: str) -> Iterator[str]:
    yield call.say("dossier_made", file=file)
    yield call.say("dossier_sha", sha256=built.sha256)
    yield call.say("dossier_items", n=built.items)
    if built.phrase:
        yield call.say("dossier_phrase", phrase=built.phrase)
