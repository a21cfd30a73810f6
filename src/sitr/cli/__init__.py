"""cli: the `sitr` command. It reads arguments, calls one verb, and shows the answer; no rule lives here.

`run` is all that is handed on. `commands` lists what there is, one file a noun does it; each is loaded only when called
for. The wiring is handed in by `sitr.__main__`, because arrows run from wiring to here and not back.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

from sitr.cli import grammar
from sitr.cli.call import Call, Wire, read_line
from sitr.cli.commands import COMMANDS
from sitr.cli.failing import tell
from sitr.cli.helping import show_help, show_version
from sitr.cli.home import usable
from sitr.cli.keys import ask_unseen
from sitr.words import LANGS, Lang

__all__ = ["Wire", "run"]


def run(argv: Sequence[str], wire: Wire, env: Mapping[str, str]) -> int:
    """Do what was typed and give the exit status.

    0 done, 1 the answer is no, 2 wrong use or input, 3 locked, 4 an outside party is silent, 5 a program is missing.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal set to another encoding must not stop a sentence in Arabic.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    lang = language(argv, env)
    call = Call(grammar.Given(), lang, env, wire, sys.stdout, sys.stderr, ask_unseen, read_line)
    try:
        call.given = grammar.read(argv, COMMANDS)
        return _do(call)
    except BaseException as problem:  # every way out becomes a sentence and a status, here
        return tell(call, problem, wants_json="--json" in argv)


def language(argv: Sequence[str], env: Mapping[str, str]) -> Lang:
    """`--lang`, else what LANG begins with, else Arabic."""
    asked = grammar.early(argv, "--lang") or env.get("LANG", "")[:2]
    return next((lang for lang in LANGS if lang == asked), "ar")


def _do(call: Call) -> int:
    if call.given.has("--version"):
        return show_version(call)
    if call.given.has("--help") or call.given.command is None:
        return show_help(call, COMMANDS)
    if call.given.command.needs_services:
        call.services = call.wire.services(usable(call.settings()))
    module, _, function = call.given.command.does.partition(":")
    return int(getattr(import_module(f"{__name__}.{module}"), function)(call))
