"""What all platforms' records have in common: moments that have happened, birthdays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.read_record import UnreadableError, happened, read_birthday
from shop.identity.customers import WITHDRAWN

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)


def test_a_moment_more_than_a_day_ahead_has_not_happened() -> None:
    tomorrow = NOW + timedelta(days=1)
    assert happened(tomorrow, NOW) == tomorrow
    with pytest.raises(UnreadableError, match="lies in the future"):
        happened(tomorrow + timedelta(seconds=1), NOW)


@pytest.mark.parametrize(
    ("written", "birthday", "errors"),
    [
        (None, None, []),
        ("1990-03-06", "1990-03-06", []),
        ("0000-03-06", "--03-06", []),
        ("1991-01-01", "1991-01-01", []),
        ("0000-01-01", "--01-01", []),
        ("soon", None, ["The birthday is no day of a year."]),
        ("2062-03-06", WITHDRAWN, ["The birthday is in the future."]),
        (
            "1970-01-01",
            WITHDRAWN,
            ["The birthday is the first day of 1970, which stands for none."],
        ),
    ],
)
def test_a_birthday_that_stands_for_none_is_withdrawn(
    written: str | None, birthday: str | None, errors: list[str]
) -> None:
    assert read_birthday(written, NOW) == (birthday, errors)
