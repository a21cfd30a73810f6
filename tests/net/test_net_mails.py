"""The time of a mail: never wrong by hours without a word."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sitr.net.mails import mail_time

EVENING = datetime(2024, 2, 3, 22, 5)  # noqa: DTZ001  a mail without a zone has none


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Sat, 03 Feb 2024 22:05:00 +0200", EVENING.replace(tzinfo=timezone(timedelta(hours=2)))),
        ("Sat, 3 Feb 24 22:05 EST (New York)", EVENING.replace(tzinfo=timezone(timedelta(hours=-5)))),
        ("Sat, 03 Feb 2024 22:05:00 GMT", EVENING.replace(tzinfo=UTC)),
        ("Sat, 03 Feb 2024 22:05:00 AST", EVENING),
        ("Sat, 03 Feb 2024 22:05:00 XYZ", EVENING),
        ("Sat, 03 Feb 2024 22:05:00 -0000", EVENING),
        ("Sat, 03 Feb 2024 22:05:00", EVENING),
        ("Sat, 03 Feb 2024 10:05:00 PM +0200", None),
        ("Sat, 03 Feb 2024 10:05 p.m.", None),
        ("Sat, 03 Feb 2024 10:05 م", None),
        ("Sat, 03 Feb 2024 22:05:00 +9900", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_time_is_read_as_it_is_written_or_not_at_all(written: str, meant: datetime | None) -> None:
    assert mail_time(written) == meant
    assert meant is None or mail_time(written).tzinfo == meant.tzinfo  # type: ignore[union-attr]
