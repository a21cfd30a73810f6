"""What may be typed after `sitr`, and what was meant by it.

Here belong the shapes of commands and options, and reading arguments by them. Not here: which commands there are
(`commands`) and what they do. argparse is not used: its messages are English sentences put together from parts, and a
person who reads Arabic must not meet them; common options may also stand anywhere, before or after the command.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sitr.errors import BadInput


@dataclass(frozen=True, slots=True)
class Option:
    """`name` as typed (`--out`), `value` its placeholder, empty for a flag.

    `many` takes all words up to the next option; `again` takes one, and may be typed several times.
    """

    name: str
    value: str = ""
    many: bool = False
    again: bool = False
    choices: tuple[str, ...] = ()
    required: bool = False

    @property
    def usage(self) -> str:
        """As shown in a usage line, without brackets."""
        shown = "|".join(self.choices) or self.value
        return f"{self.name} {shown}{'...' if self.many else ''}".strip()


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that `sitr` does.

    `words` are typed to reach it; `takes` the placeholders of what follows: `CASE`, `[SIGHTING]` may be left out,
    `FILE...` is one or more and stands last, `done|skipped|later` is one of these. `does` is `module:function` in cli/.
    """

    words: tuple[str, ...]
    does: str
    takes: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()

    @property
    def needs_services(self) -> bool:
        """Whether it works on cases: those commands stand in cli/verbs/, and are loaded after Django is set up."""
        return self.does.startswith("verbs.")

    @property
    def name(self) -> str:
        """`case new`."""
        return " ".join(self.words)

    @property
    def usage(self) -> str:
        """The whole line: `sitr case new [--answers FILE]`."""
        options = (o.usage if o.required else f"[{o.usage}]" for o in self.options)
        return " ".join(["sitr", *self.words, *self.takes, *options])


COMMON = (
    Option("--home", "DIR"),
    Option("--lang", "LANG", choices=("ar", "en")),
    Option("--json"),
    Option("--yes"),
    Option("--help"),
    Option("--version"),
)
_SHORT = {"-h": "--help", "-V": "--version"}


@dataclass
class Given:
    """What was typed, sorted. `command` is None when only help, the version or nothing was asked for."""

    command: Command | None = None
    words: list[str] = field(default_factory=list)
    taken: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the option was typed at all."""
        return name in self.options

    def option(self, name: str) -> str | None:
        """The last value of an option."""
        return self.options[name][-1] if self.options.get(name) else None

    def one(self, placeholder: str) -> str:
        """The word that stands for a placeholder which must be there."""
        value = self.taken[placeholder]
        return value if isinstance(value, str) else value[0]

    def maybe(self, placeholder: str) -> str | None:
        """The word for a placeholder that may be left out."""
        value = self.taken.get(placeholder)
        return value if isinstance(value, str) else None

    def many(self, placeholder: str) -> tuple[str, ...]:
        """All words for a placeholder that takes several."""
        value = self.taken[placeholder]
        return (value,) if isinstance(value, str) else value


def early(argv: Sequence[str], name: str) -> str | None:
    """The value of a common option before anything is known to be right: a usage error, too, has its language."""
    for place, word in enumerate(argv):
        if word == name and place + 1 < len(argv):
            return argv[place + 1]
        if word.startswith(name + "="):
            return word.partition("=")[2]
    return None


def read(argv: Sequence[str], commands: Sequence[Command]) -> Given:
    """Sort what was typed. Raises BadInput `cli.*`, naming the word that does not fit and what would."""
    given = Given()
    loose: list[str] = []
    todo = list(argv)
    while todo:
        word = todo.pop(0)
        if word == "--":
            loose += todo
            break
        if word.startswith("-") and word != "-":
            _take_option(_SHORT.get(word, word), todo, given, _command_of(loose, commands))
        else:
            loose.append(word)
    given.words = loose
    given.command = _command_of(loose, commands)
    if not (given.has("--help") or given.has("--version")):
        _place(loose, given, commands)
    return given


def _command_of(words: Sequence[str], commands: Iterable[Command]) -> Command | None:
    return next((c for c in commands if tuple(words[: len(c.words)]) == c.words), None)


def _take_option(word: str, todo: list[str], given: Given, command: Command | None) -> None:
    name, equals, value = word.partition("=")
    known = {o.name: o for o in (*COMMON, *(command.options if command else ()))}
    if name not in known:
        raise BadInput("cli.unknown_option", option=name, known=", ".join(sorted(known)))
    option = known[name]
    if not option.value:
        if equals:
            raise BadInput("cli.takes_no_value", option=name)
        given.options[name] = ()
        return
    values = [value] if equals else _values(todo, option)
    if not values or not values[0]:
        raise BadInput("cli.needs_value", option=name, value=option.value)
    for each in values:
        if option.choices and each not in option.choices:
            raise BadInput("cli.one_of", word=each, choices=", ".join(option.choices))
    before = given.options.get(name, ()) if option.many or option.again else ()
    given.options[name] = (*before, *values)


def _values(todo: list[str], option: Option) -> list[str]:
    values: list[str] = []
    while todo and not (todo[0].startswith("--") or todo[0] in _SHORT) and (option.many or not values):
        values.append(todo.pop(0))
    return values


def _place(loose: list[str], given: Given, commands: Sequence[Command]) -> None:
    if not loose:
        return
    if given.command is None:
        _say_which(loose, commands)
        return
    rest = [*loose[len(given.command.words) :], *_given_back(len(loose), given, given.command)]
    for placeholder in given.command.takes:
        rest = _fill(placeholder, rest, given)
    if rest:
        raise BadInput("cli.too_much", word=rest[0], usage=given.command.usage)
    for option in given.command.options:
        if option.required and not given.has(option.name):
            raise BadInput("cli.missing", what=option.usage, usage=given.command.usage)


def _given_back(typed: int, given: Given, command: Command) -> list[str]:
    """Words that an option of many words took, and that the command needs: `dossier --to age1… CASE --out FILE`."""
    needed = len(command.words) + sum(not p.startswith("[") for p in command.takes) - typed
    for option in command.options:
        values = given.options.get(option.name, ())
        if option.many and 0 < needed < len(values):
            given.options[option.name] = values[:-needed]
            return list(values[-needed:])
    return []


def _fill(placeholder: str, rest: list[str], given: Given) -> list[str]:
    command = given.command
    if not rest:
        if placeholder.startswith("["):
            return rest
        raise BadInput("cli.missing", what=placeholder.removesuffix("..."), usage=command.usage if command else "")
    if placeholder.rstrip("]").endswith("..."):
        given.taken[placeholder.strip("[]").removesuffix("...")] = tuple(rest)
        return []
    choices = placeholder.strip("[]").split("|")
    if len(choices) > 1 and rest[0] not in choices:
        raise BadInput("cli.one_of", word=rest[0], choices=", ".join(choices))
    given.taken[placeholder.strip("[]")] = rest[0]
    return rest[1:]


def _say_which(loose: list[str], commands: Iterable[Command]) -> None:
    """Raise for a command that is not there: name its group's verbs, or the nearest commands."""
    group = [c for c in commands if c.words[0] == loose[0]]
    if group and len(loose) == 1:
        raise BadInput("cli.which", word=loose[0], choices=", ".join(c.words[1] for c in group))
    if group:
        raise BadInput("cli.unknown_verb", word=loose[1], noun=loose[0], choices=", ".join(c.words[1] for c in group))
    from difflib import get_close_matches

    nouns = dict.fromkeys(c.words[0] for c in commands)
    near = get_close_matches(loose[0], nouns, n=3, cutoff=0.5) or list(nouns)
    raise BadInput("cli.unknown_command", word=loose[0], choices=", ".join(near))


def by_noun(commands: Iterable[Command]) -> Mapping[str, list[Command]]:
    """The commands grouped by their first word, in the order they were given."""
    groups: dict[str, list[Command]] = {}
    for command in commands:
        groups.setdefault(command.words[0], []).append(command)
    return groups
