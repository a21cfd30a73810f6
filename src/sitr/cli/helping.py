"""`--help` and `--version`, in both languages, from the same table that is obeyed."""

from collections.abc import Iterable, Sequence

from sitr.cli.call import Call
from sitr.cli.grammar import COMMON, Command, by_noun


def show_version(call: Call) -> int:
    """`sitr 0.1.0`."""
    from importlib.metadata import version  # a tenth of a second that no other command should pay

    number = version("sitr")
    call.answer({"version": number}, [f"sitr {number}"])
    return 0


def show_help(call: Call, commands: Sequence[Command]) -> int:
    """Help for what was typed: one command, a group, or all. With nothing typed at all the status says wrong use."""
    typed = tuple(call.given.words)
    if call.given.command:
        lines = list(_one(call, call.given.command))
    else:
        lines = list(_all(call, [c for c in commands if c.words[: len(typed)] == typed] or commands))
    asked = call.given.has("--help")
    if asked:
        call.answer({"help": lines}, lines)
        return 0
    for line in lines:
        call.note(line)
    return 2


def _one(call: Call, command: Command) -> Iterable[str]:
    yield call.say("does_" + "_".join(command.words))
    yield ""
    yield "  " + command.usage
    options = (*command.options, *COMMON)
    width = max(len(o.usage) for o in options) + 2
    yield ""
    for option in options:
        yield f"  {option.usage:<{width}}" + call.say("option_" + option.name.strip("-").replace("-", "_"))


def _all(call: Call, commands: Sequence[Command]) -> Iterable[str]:
    yield call.say("what_sitr_is")
    width = max(len(c.name) for c in commands) + 2
    for group in by_noun(commands).values():
        for command in group:
            yield f"  sitr {command.name:<{width}}" + call.say("does_" + "_".join(command.words))
    yield ""
    yield call.say("more_help")
