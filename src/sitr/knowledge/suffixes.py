"""Registrable domains by the Public Suffix List, from the copy bundled with the `publicsuffixlist` package; offline.

Only the list is used, not the package's parser: reading the lines into a set takes 3 ms, which a cold `sitr identify`
can afford. The algorithm is the one of publicsuffix.org/list: the longest rule wins, `*` stands for one label, `!`
takes a name out, and an unlisted ending counts as a suffix of one label.
"""

from functools import cache
from importlib.resources import files


@cache
def rules() -> frozenset[str]:
    """Every rule of the list, private ones included (a page on github.io belongs to its own name)."""
    text = files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text(encoding="utf-8")
    return frozenset(line for line in text.split("\n") if line and line[:2] != "//")


def is_public_ending(label: str) -> bool:
    """Whether `label` is a top-level domain of the list."""
    return label in rules()


def registrable_domain(host: str) -> str | None:
    """The registrable domain of a lower-case host name, or None for an address, a bare suffix or a single label."""
    if ":" in host or (host[-1:].isdigit() and host.replace(".", "").isdigit()):
        return None
    labels = host.split(".")
    listed = _decoded(host).split(".") if "xn--" in host else labels
    length = _suffix_length(listed)
    if len(labels) <= length or not all(labels):
        return None
    return ".".join(labels[-length - 1 :])


def _suffix_length(labels: list[str]) -> int:
    known = rules()
    found, name = 1, ""
    for length, label in enumerate(reversed(labels), 1):
        if name and "*." + name in known:
            found = length
        name = f"{label}.{name}" if name else label
        if name in known:
            found = length
        elif "!" + name in known:
            return length - 1
    return found


def _decoded(host: str) -> str:
    """The list names international suffixes in their own script."""
    return ".".join(decoded_label(label) for label in host.split("."))


def decoded_label(label: str) -> str:
    """An `xn--` label in its own script; the label itself where it decodes to nothing."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return label
