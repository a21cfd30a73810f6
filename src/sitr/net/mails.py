"""Reading a mail as it comes from anywhere: the standard library's policy, without the headers at which it ends.

What belongs here: that, and nothing of what a mail means. Found by fuzzing; each is in the museum.
"""

from email.errors import MessageError
from email.policy import EmailPolicy
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
