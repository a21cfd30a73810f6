"""Lines of a text file from elsewhere, read one at a time within bounds.

Belongs here: bytes to numbered lines. Not here: what a line means.
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from sitr.errors import BadInput

LONGEST = 1 << 20
"""Bytes of one line; a film of two hours has some 600 KB of frames."""


def numbered(source: BinaryIO) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, each with its number from 1, without their ends (LF or CRLF) and without a BOM.

    Raises BadInput `exchange.line_long`, `exchange.not_text` naming the line; no more than one line is in memory.
    """
    number = 0
    while raw := source.readline(LONGEST + 1):
        number += 1
        if len(raw) > LONGEST:
            raise BadInput("exchange.line_long", line=number, bytes=LONGEST)
        text = _text(raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw, number)
        if text.strip():
            yield number, text


def _text(raw: bytes, number: int) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("exchange.not_text", line=number) from None
    text = text.removesuffix("\n").removesuffix("\r")
    if "\0" in text or "\r" in text:
        raise BadInput("exchange.not_text", line=number)
    return text
