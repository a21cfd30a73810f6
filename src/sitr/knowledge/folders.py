"""One entry folder read from disk: `facts.toml`, with the words of `ar.toml` and `en.toml` laid into it.

Here belongs reading and merging; what an entry may hold is in `schema`. A words file has the same shape as the facts:
a table of the facts is a table of the words, an item of a list is the table named by its `id`. Each text becomes
`{"ar": …, "en": …}` at its place, so that the models see one whole entry.
"""

import tomllib
from pathlib import Path
from typing import Any

from sitr.errors import BadInput

LANGS = ("ar", "en")
Table = dict[str, Any]


def broken(file: str, field: str, reason: str, **data: Any) -> BadInput:
    """The error for an entry that cannot be used: names the file (relative to the knowledge folder) and the field."""
    return BadInput(f"knowledge.{reason}", file=file, field=field, **data)


def read_text(root: Path, relative: str) -> str:
    """The text of one file under `root`. Raises BadInput where it is missing or is not UTF-8."""
    try:
        return (root / relative).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise broken(relative, "", "file_missing") from error
    except UnicodeDecodeError as error:
        raise broken(relative, "", "not_utf8") from error


def parsed_toml(text: str, relative: str) -> Table:
    """The text as TOML. Raises BadInput naming the file and the line where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise broken(relative, "", "not_toml", detail=str(error)) from error


def read_toml(root: Path, relative: str) -> Table:
    """One TOML file under `root`. Raises BadInput where it cannot be read."""
    return parsed_toml(read_text(root, relative), relative)


def read_entry(root: Path, folder: str, facts: str = "facts.toml") -> Table:
    """The facts of one folder with their words. Texts of a missing words file are left out, for the schema to name."""
    entry = read_toml(root, f"{folder}/{facts}")
    for lang in LANGS:
        relative = f"{folder}/{lang}.toml"
        if (root / relative).is_file():
            lay_words(entry, read_toml(root, relative), lang, relative)
    return entry


def lay_words(facts: Table, words: Table, lang: str, file: str, path: str = "") -> None:
    """Lay the texts of one language into `facts`, in place."""
    for key, value in words.items():
        field = f"{path}{key}"
        if isinstance(value, str):
            place = facts.setdefault(key, {})
            if not isinstance(place, dict):
                raise broken(file, field, "word_over_fact")
            place[lang] = value
        elif isinstance(value, dict):
            for table, inner, place in _tables(facts.get(key), value, file, field):
                lay_words(table, inner, lang, file, place)
        else:
            raise broken(file, field, "word_not_text")


def _tables(node: Any, words: Table, file: str, field: str) -> list[tuple[Table, Table, str]]:
    """The facts table that each words table belongs to, and the field name so far."""
    if isinstance(node, dict):
        return [(node, words, f"{field}.")]
    by_id = {item["id"]: item for item in node or () if isinstance(item, dict) and "id" in item}
    for name, value in words.items():
        if name not in by_id or not isinstance(value, dict):
            raise broken(file, f"{field}.{name}", "word_without_fact")
    return [(by_id[name], words[name], f"{field}.{name}.") for name in words]
