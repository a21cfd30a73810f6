"""The words people see, in Arabic and English, outside of pages and knowledge.

`words/<lang>/<space>.toml` holds one table per space (errors, cli, web, dossier, demo ...). Both languages have the
same keys and the same blanks (tested). A value is a sentence, or a table of CLDR plural forms chosen by the blank `n`.
What belongs to a fact (a step, a service, a law) is in `knowledge/`, not here.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Lang = Literal["ar", "en"]
LANGS: tuple[Lang, ...] = ("ar", "en")

_LRI, _PDI = "\u2066", "\u2069"
_BIDI = {c: f"\\u{c:04x}" for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}
# A line break ends an isolate, and what follows would stand in a terminal as a line of our own.
_BREAKS = dict.fromkeys((0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029), "\u21b5")


def say(key: str, lang: Lang, /, **blanks: Any) -> str:
    """The sentence `space.name` in `lang`, with its blanks filled.

    Values that are not numbers are isolated left-to-right in Arabic sentences, because an address or a file name would
    otherwise be shown scrambled; bidi controls inside them are escaped, because they can fake an address, and so are
    line breaks, because they can fake a sentence of ours.
    Raises KeyError for an unknown key: a missing sentence is a defect, never an empty line.
    """
    space, _, name = key.partition(".")
    entry = catalogue(lang, space)[name]
    if isinstance(entry, dict):
        entry = entry.get(_plural_form(lang, blanks["n"]), entry["other"])
    return entry.format(**{k: _machine(v, lang) for k, v in blanks.items()})


@cache
def catalogue(lang: Lang, space: str) -> dict[str, str | dict[str, str]]:
    """All sentences of one space in one language."""
    return tomllib.loads(files(__name__).joinpath(lang, f"{space}.toml").read_text(encoding="utf-8"))


def isolate(value: str) -> str:
    """A machine value (address, hash, time, phone) as it can stand inside right-to-left plain text: on one line."""
    return f"{_LRI}{one_line(value)}{_PDI}"


def one_line(value: str) -> str:
    """What `plain` gives, with line breaks shown as \u21b5."""
    return plain(value.translate(_BREAKS))


def plain(value: str) -> str:
    """The same text with bidi controls made visible, so that it cannot look like another text."""
    return value.translate(_BIDI)


def _machine(value: Any, lang: Lang) -> Any:
    if isinstance(value, int | float):
        return value
    return isolate(str(value)) if lang == "ar" else one_line(str(value))


@cache
def _rule(lang: Lang) -> Any:
    from babel import Locale  # loaded late: `sitr identify` must start in 0.4 s

    return Locale(lang).plural_form


def _plural_form(lang: Lang, n: int) -> str:
    return str(_rule(lang)(n))
