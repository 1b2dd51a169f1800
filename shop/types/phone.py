"""Phone numbers as the whole world would dial them (E.164)."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

# Nobody can be reached there, so it is no number of a person; a demo's people have them all.
FICTION_NUMBERS = re.compile(r"\+447700900[0-9]{3}")
PERSONAL_TYPES = {
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.VOIP,
}


def phone_key(written: str | None, country: str | None) -> str | None:
    """+351912345678 for 912 345 678 in PT; None for what is no number of a person.

    Without its country a number counts only where it is written with it. Free and dear lines,
    and numbers behind a switchboard, belong to no one person.
    """
    if not written or len(written) > 40:
        return None
    try:
        number = phonenumbers.parse(written, country)
    except NumberParseException:
        return None
    key = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if FICTION_NUMBERS.fullmatch(key):
        return key
    is_personal = (
        phonenumbers.number_type(number) in PERSONAL_TYPES
    )  # unknown where it is not valid
    return key if is_personal and not number.extension else None
