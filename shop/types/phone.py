"""Phone numbers as the whole world would dial them (E.164)."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

# Nobody can be reached there, so it is no number of a person; a demo's people have them all.
FOR_FICTION = re.compile(r"\+447700900[0-9]{3}")
SOMEBODYS = {
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
    if FOR_FICTION.fullmatch(key):
        return key
    somebodys = phonenumbers.number_type(number) in SOMEBODYS  # unknown where it is not valid
    return key if somebodys and not number.extension else None
