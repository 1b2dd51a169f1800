"""Phone numbers in international form (E.164)."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

# Numbers reserved for fiction: they reach no one, and the people of the demo have them.
FICTION_NUMBERS = re.compile(r"\+447700900[0-9]{3}")
PERSONAL_TYPES = {
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.VOIP,
}


def phone_key(written: str | None, country: str | None) -> str | None:
    """Returns +351912345678 for 912 345 678 in PT; None where `written` is no number of a person.

    `country` is that of numbers written without a country code; without it they count for nothing.
    Toll-free and premium numbers, and numbers with an extension, belong to no single person.
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
    )  # UNKNOWN for an invalid number
    return key if is_personal and not number.extension else None
