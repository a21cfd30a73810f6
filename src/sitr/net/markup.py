"""Reading HTML as it comes from anywhere: the standard library's parser, without the places at which pages end it.

What belongs here: that, and nothing of what a page means. Found by fuzzing; each is in the museum.
"""

import re
from html.parser import HTMLParser

# `int` refuses more than 4,300 digits, and the parser does not expect it to; no character has a number that long.
_NO_CHARACTER = re.compile(r"&#[0-9]{9,}")


class Markup(HTMLParser):
    """`HTMLParser` for hostile pages. Never raises, whatever is fed."""

    def feed(self, data: str) -> None:
        """As `HTMLParser.feed`; give a whole page at once."""
        super().feed(_NO_CHARACTER.sub("&#65533", data))

    def parse_marked_section(self, i: int, report: int = 1) -> int:  # noqa: ARG002  the signature is the parser's
        """`<![…` is a bogus comment up to the next `>` (HTML standard, 13.2.5.42); Python 3.11 asserts a name there."""
        return self.parse_bogus_comment(i)
