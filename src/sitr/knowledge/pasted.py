"""Addresses inside pasted text: with or without a scheme, several at once, words of any language around them.

Here belongs finding where an address begins and ends, and undoing what messengers, mail programs and careful helpers do
to addresses (invisible direction marks, `hxxp`, `[.]`, `&amp;`). What an address means is `identify`'s question.
"""

import re
from collections.abc import Callable, Iterator

from sitr.knowledge.suffixes import is_public_ending

LONGEST = 8192  # characters of one address; browsers stop far earlier

# Direction marks, joiners and byte-order marks that copying brings along; none belongs into an address.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u061c\u180e\ufeff")) | dict.fromkeys(
    (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x206A))
)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3002: ord(".")}
_CLEAN = _INVISIBLE | _FULL_WIDTH
_NEEDS_CLEANING = re.compile("[" + re.escape("".join(map(chr, sorted(_CLEAN)))) + "]")

_DEFANGED_DOT = re.compile(r"\s?[\[({]\s?(?:\.|dot|نقطة)\s?[\])}]\s?", re.IGNORECASE)
_DEFANGED = re.compile(r"(?i)\bhxxp|[\[({]\s?(?:\.|dot|نقطة)\s?[\])}]|\[:\]|\[://\]")

_MAY_BE_DEFANGED = re.compile(r"[\[({]|[hH][xX]{2}")
_HXXP = re.compile(r"(?i)\bhxxp")
_BACKSLASHES = re.compile(r"(?i)(https?:)\\\\?([^\s\\]+)")

# Local and inline things that look like addresses and are none that anybody could act on.
_NO_PLACE = frozenset({"data", "javascript", "about", "file", "content", "mailto", "tel", "sms", "magnet", "chrome"})

# A link that was copied without its first letters is still read.
_SCHEME = (
    r"(?:[a-z][a-z0-9+.-]{1,30}:(?://|\\\\)|https?:/(?!/)|(?<![a-z])(?:ttps?|tps?)://"
    r"|(?:intent|viber|vnd\.youtube|at):(?=[\w/]))"
)
_STOP = r"\s<>\"“”«»‹›｢｣`|\\^{}،؛؟"
_WITH_SCHEME = rf"{_SCHEME}[^{_STOP}]+"
_LABEL = r"[^\W_](?:[\w-]{0,62})"
_BARE = rf"(?<![\w@.\-/])(?:{_LABEL}\.)+[^\W\d_][\w-]{{1,23}}\.?(?::\d{{2,5}})?(?![\w@-])(?:[/?#][^{_STOP}]*)?"
_BARE_IP = rf"(?<![\w@.\-/])(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?::\d{{2,5}})?/[^{_STOP}]*"
_ADDRESS = re.compile(rf"https?://[^{_STOP}]+|(?i:{_WITH_SCHEME})|{_BARE_IP}|{_BARE}")

_WEB = ("https://", "http://")
_CLOSING = {")": "(", "]": "[", "}": "{"}
_TRAILING = ".,;:!?'*_~…·،؛؟。"
_HOST = re.compile(r"[^/?#:]+")

# Endings that are also words or file endings: a bare name with one of them is a sentence or a file, unless it is known.
_WORDS_OR_FILES = frozenset(
    word
    for line in (
        "ac ad ae ai am app as at be bio by cat cc co do es eu fm go id ie im in is it la link ma md me mo mov mr ms",
        "my ne no one pa page pl pm ps py re rs sh so st tel to tv uk us ws zip",
    )
    for word in line.split()
)


def addresses_in(text: str, is_known_host: Callable[[str], bool]) -> Iterator[str]:
    """The addresses in `text` in order, as they stand there but for invisible marks and defanging.

    `is_known_host` decides for bare names such as `bit.ly`, which could also be words.
    """
    for found in _ADDRESS.finditer(_readable(text)):
        address = found.group()
        if address[-1].isalnum() and address.startswith(_WEB) and 8 < len(address) < LONGEST:
            yield address  # nothing to trim and nothing to doubt: by far the most
            continue
        address = _trimmed(address)[:LONGEST]
        if _is_address(address, is_known_host):
            yield address


def _readable(text: str) -> str:
    if not text.isascii() and _NEEDS_CLEANING.search(text):
        text = text.translate(_CLEAN)
    if "&amp;" in text:
        text = text.replace("&amp;", "&")
    if _MAY_BE_DEFANGED.search(text) and _DEFANGED.search(text):
        text = _HXXP.sub("http", text).replace("[://]", "://").replace("[:]", ":")
        text = _DEFANGED_DOT.sub(".", text)
    if "\\" in text:
        text = _BACKSLASHES.sub(r"\1//\2", text)
    return text


def _trimmed(address: str) -> str:
    """Without the punctuation of the sentence around it; a closing bracket stays where its opening one is inside."""
    while address:
        last = address[-1]
        if last in _TRAILING or (last in _CLOSING and address.count(last) > address.count(_CLOSING[last])):
            address = address[:-1]
        else:
            break
    return address


def _is_address(address: str, is_known_host: Callable[[str], bool]) -> bool:
    if address.startswith(_WEB):
        return len(address) > 8
    scheme, colon, rest = address.partition(":")
    if colon and (rest.startswith("/") or scheme.lower() in ("intent", "viber", "vnd.youtube", "at")):
        return scheme.lower() not in _NO_PLACE and len(rest.strip("/")) > 0
    found = _HOST.match(address)
    host = found.group().lower().rstrip(".") if found else ""
    return _bare_name_counts(host, address[len(host) :], is_known_host)


def _bare_name_counts(host: str, rest: str, is_known_host: Callable[[str], bool]) -> bool:
    ending = host.rpartition(".")[2]
    if host.replace(".", "").isdigit():
        return all(int(part) < 256 for part in host.split("."))
    if is_known_host(host):
        return True
    if not is_public_ending(ending):
        return False
    return len(rest) > 1 or host.startswith("www.") or (ending.isascii() and ending not in _WORDS_OR_FILES)
