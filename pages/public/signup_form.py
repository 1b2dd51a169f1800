"""Parses and validates the sign-up form; each error belongs to a field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from urllib.parse import parse_qsl

from settings.email_address import normalized_address
from shop.types.person_name import is_shaped_like_a_name
from templates.language import Language

FIELDS = ("address", "first_name", "day", "month")
ERROR_FIELDS = ("address", "first_name", "birthday")  # fields that can have an error
HONEYPOT = "website"  # hidden from people; bots fill it in
MAX_FIELDS = 10
MAX_VALUE_LENGTH = 254  # of values that are shown again in the form
LEAP_YEAR = 2024


class FormError(StrEnum):
    """Errors of the form; the value is the name of the sentence in `public_pages`."""

    ADDRESS_MISSING = "ADDRESS_MISSING"
    ADDRESS_INVALID = "ADDRESS_INVALID"
    NAME_INVALID = "NAME_INVALID"
    BIRTHDAY_INCOMPLETE = "BIRTHDAY_INCOMPLETE"
    BIRTHDAY_INVALID = "BIRTHDAY_INVALID"


@dataclass(frozen=True)
class Form:
    """The submitted fields."""

    fields: Mapping[str, str]
    is_robot: bool = False


@dataclass
class ParsedForm:
    """The validated fields; use them only if `errors` is empty."""

    address: str = ""
    first_name: str | None = None
    birthday: str | None = None
    errors: dict[str, FormError] = field(default_factory=dict)


def decode_form(body: bytes) -> Form | None:
    """Returns the fields of a URL-encoded `body`, or None if it is no such form."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS,
            errors="strict",
        )  # fmt: skip
    except ValueError:  # not URL-encoded, too many fields, or not UTF-8
        return None
    sent = dict(reversed(pairs))
    fields = {name: sent.get(name, "").strip()[:MAX_VALUE_LENGTH] for name in FIELDS}
    return Form(fields, is_robot=bool(sent.get(HONEYPOT)))


def parse_form(form: Form, ask_for: Collection[str]) -> ParsedForm:
    """Returns the validated fields; optional fields outside `ask_for` are ignored."""
    parsed = ParsedForm()
    _address(form, parsed)
    if "first name" in ask_for:
        _first_name(form, parsed)
    if "birthday" in ask_for:
        _birthday(form, parsed)
    return parsed


def _address(form: Form, parsed: ParsedForm) -> None:
    typed = form.fields["address"]
    try:
        parsed.address = normalized_address(typed)
    except ValueError:
        parsed.errors["address"] = FormError.ADDRESS_INVALID if typed else FormError.ADDRESS_MISSING
        return
    # Few servers accept non-ASCII local parts, and lookalike letters mislead people.
    if not parsed.address.rpartition("@")[0].isascii():
        parsed.errors["address"] = FormError.ADDRESS_INVALID


def _first_name(form: Form, parsed: ParsedForm) -> None:
    typed = form.fields["first_name"]
    if typed and not is_shaped_like_a_name(typed):
        parsed.errors["first_name"] = FormError.NAME_INVALID
    parsed.first_name = typed or None


def _birthday(form: Form, parsed: ParsedForm) -> None:
    day, month = form.fields["day"], form.fields["month"]
    if not day and not month:
        return
    if not day or not month:
        parsed.errors["birthday"] = FormError.BIRTHDAY_INCOMPLETE
        return
    try:
        birthday = date(LEAP_YEAR, _parse_number(month), _parse_number(day))
    except ValueError:
        parsed.errors["birthday"] = FormError.BIRTHDAY_INVALID
        return
    parsed.birthday = f"--{birthday.month:02}-{birthday.day:02}"


def _parse_number(typed: str) -> int:
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 2):
        raise ValueError("no number")
    return int(typed)


def format_birthday(birthday: str | None, language: Language) -> str | None:
    """Returns a stored `birthday` (--MM-DD) as text in `language`, such as `21 September`."""
    if birthday is None:
        return None
    month, day = birthday[-5:].split("-")
    return language.day(date(LEAP_YEAR, int(month), int(day)))
