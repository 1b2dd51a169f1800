"""Below which age a person gets no advertising, whatever the list says about consent.

Under GDPR Art. 8 a child agrees alone from 16 on, or from an age between 13 and 16 where the member
state says so; in the US the limit is 13 (COPPA). The default is the highest of them. The owner may
set another one: a list may also hold the birthdays of children under their parents' addresses.
"""

from __future__ import annotations

from datetime import date

from shop.consent.config import Consent

DEFAULT_YOUNGEST_AGE = 16


def youngest_age(consent: Consent | None) -> int:
    """Return the age from which a person may get advertising."""
    if consent is None or consent.youngest_age is None:
        return DEFAULT_YOUNGEST_AGE
    return consent.youngest_age


def age_on(birthday: str | None, day: date) -> int | None:
    """Return the age on `day` by a birthday like 1990-09-21; None where its year is not known."""
    if birthday is None or birthday.startswith("-"):
        return None
    year, month_day = int(birthday[:4]), birthday[5:]
    return day.year - year - (f"{day:%m-%d}" < month_day)
