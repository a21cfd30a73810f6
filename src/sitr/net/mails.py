"""Reading a mail as it comes from anywhere: the standard library's policy, without the headers at which it ends.

What belongs here: that and its time, and nothing else of what a mail means. Found by fuzzing; each is in the museum.
"""

import re
from datetime import datetime
from email.errors import MessageError
from email.policy import EmailPolicy
from email.utils import parsedate_to_datetime
from typing import Any

ODD = (ValueError, LookupError, AttributeError, TypeError, OverflowError, MessageError, AssertionError)
"""What the library's header parser raises for what is no header."""
_INSTEAD = {"content-type": "text/plain", "content-disposition": "attachment", "content-transfer-encoding": "8bit"}


class _Forgiving(EmailPolicy):
    """How a part is packed is asked for while the mail is taken apart, where nobody can catch what the library's header
    parser trips over: such a header then says what its RFC says of one that cannot be read (RFC 2045, 5.2; RFC 2183,
    2.8). Other headers fail as ever, so that whoever reads them can say so.
    """

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """As the library's."""
        try:
            return super().header_fetch_parse(name, value)
        except ODD:
            instead = _INSTEAD.get(name.lower())
            if instead is None:
                raise
            return self.header_factory(name, instead)


FORGIVING = _Forgiving()
"""In place of `email.policy.default`."""

_ZONES = frozenset({"UT", "UTC", "GMT", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"})
"""Zones by name of RFC 5322, 4.3. Other names mean several zones: `AST` is Arabia's and the Atlantic's."""
_HALF = re.compile(r"(?<=[\d\s])(?:[ap]\.?\s?m\.?|ص|م)(?=\W|$)", re.IGNORECASE)
_NAMED_ZONE = re.compile(r"(?<=\d)\s*([A-Za-z]{1,5})$")


def mail_time(text: str) -> datetime | None:
    """The time of a raw `Date` field; naive where its zone is not known, None where the time is not.

    The library passes over what it does not know: of `10:05 PM` it makes the morning, of `AST` the Atlantic's zone.
    Both would be wrong by hours without a word: half days, and zones whose names mean several, are not guessed.
    """
    bare = re.sub(r"\([^()]*\)", " ", text[:300]).strip()
    if _HALF.search(bare):
        return None
    zone = _NAMED_ZONE.search(bare)
    if zone and zone[1].upper() not in _ZONES:
        bare = bare[: zone.start(1)].strip()
    try:
        return parsedate_to_datetime(bare)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
