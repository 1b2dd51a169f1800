"""The age of a customer, and from which age on there is advertising."""

from __future__ import annotations

from datetime import date

import pytest

from shop.consent.age import age_on, youngest_age
from shop.consent.config import Consent


@pytest.mark.parametrize(
    ("birthday", "day", "age"),
    [
        ("2010-03-06", date(2026, 3, 5), 15),
        ("2010-03-06", date(2026, 3, 6), 16),
        ("2008-02-29", date(2026, 2, 28), 17),
        ("2008-02-29", date(2026, 3, 1), 18),
        ("2026-03-06", date(2026, 3, 6), 0),
        ("--03-06", date(2026, 3, 6), None),
        (None, date(2026, 3, 6), None),
    ],
)
def test_the_age_is_that_of_the_last_birthday(
    birthday: str | None, day: date, age: int | None
) -> None:
    assert age_on(birthday, day) == age


def test_the_owner_may_set_the_youngest_age() -> None:
    assert youngest_age(None) == youngest_age(Consent()) == 16
    assert youngest_age(Consent(youngest_age=13)) == 13
    assert youngest_age(Consent(youngest_age=0)) == 0
