"""Where a secret comes from: the terminal, or the file named by SITR_PASSPHRASE_FILE (SITR_RECEIPT_FILE for one who
comes by a receipt code). Never the command line.

The secret is handed to the verb and kept nowhere; dangerous verbs ask for it anew.
"""

import sys
from getpass import getpass
from pathlib import Path

from sitr.cli.call import Call
from sitr.errors import BadInput, Locked


def ask_unseen(question: str) -> str:
    """A secret typed at the terminal, not shown. Raises Locked `cli.no_passphrase` where there is no terminal."""
    if not sys.stdin.isatty():
        raise Locked("cli.no_passphrase")
    return getpass(question + " ", stream=sys.stderr)


def secret(call: Call, question: str = "ask_passphrase") -> str:
    """The passphrase. Raises Locked `cli.no_passphrase`, or BadInput when the named file cannot be read."""
    named = call.env.get("SITR_RECEIPT_FILE") or call.env.get("SITR_PASSPHRASE_FILE")
    given = from_file(Path(named)) if named else call.ask(call.say(question))
    if not given:
        raise Locked("cli.no_passphrase")
    return given


def from_file(path: Path) -> str:
    """The file's text without one final newline. Raises BadInput `cli.passphrase_file`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadInput("cli.passphrase_file", file=str(path)) from problem
    return text.removesuffix("\n").removesuffix("\r")


def package_secret(call: Call) -> str:
    """The passphrase that a case was exported with: its own file (`--sealed-with`), else as `secret`."""
    named = call.given.option("--sealed-with")
    return from_file(Path(named)) if named else secret(call, "ask_package")


def new_secret(call: Call) -> str:
    """A passphrase for a new home: typed twice at a terminal. Raises BadInput `cli.not_the_same`."""
    first = secret(call, "ask_new_passphrase")
    if not call.env.get("SITR_PASSPHRASE_FILE") and call.ask(call.say("ask_again")) != first:
        raise BadInput("cli.not_the_same")
    return first
