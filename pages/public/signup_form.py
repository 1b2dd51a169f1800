"""What stands in a sign-up form, and what is wrong with it, each at its field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qsl

from email_validator import EmailNotValidError, validate_email

from mail.render.renderer import NAME
from settings.days import MONTHS

FIELDS = ("address", "first_name", "day", "month")
ERROR_FIELDS = ("address", "first_name", "birthday")  # where something can be wrong
HONEYPOT = "website"  # no person sees it; robots fill in all there is
MAX_FIELDS = 10
MAX_VALUE_LENGTH = 254  # of whatever is shown once more
LEAP_YEAR = 2024

ADDRESS_MISSING = "Please write your e-mail address, like clara@example.com."
ADDRESS_INVALID = "This is not an e-mail address. It looks like clara@example.com."
NAME_INVALID = "A name has letters, and no more than 40. You may also leave it empty."
BIRTHDAY_INCOMPLETE = "Please give the day and the month, or neither."
BIRTHDAY_INVALID = "There is no such day. Please look at the day and the month again."


@dataclass(frozen=True)
class Form:
    """As it was sent."""

    fields: Mapping[str, str]
    is_robot: bool = False


@dataclass
class ParsedForm:
    """What it comes to; where `errors` has anything, the rest is not to be used."""

    address: str = ""
    first_name: str | None = None
    birthday: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


def decode_form(body: bytes) -> Form | None:
    """The fields of a form that a browser sent; None where it is something else."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS,
            errors="strict",
        )  # fmt: skip
    except ValueError:  # no such form, too many fields, no UTF-8
        return None
    sent = dict(reversed(pairs))
    fields = {name: sent.get(name, "").strip()[:MAX_VALUE_LENGTH] for name in FIELDS}
    return Form(fields, is_robot=bool(sent.get(HONEYPOT)))


def parse_form(form: Form, ask_for: Collection[str]) -> ParsedForm:
    """What was not asked for is not taken, whoever sends it."""
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
        validated = validate_email(typed, check_deliverability=False)
    except EmailNotValidError:
        parsed.errors["address"] = ADDRESS_INVALID if typed else ADDRESS_MISSING
        return
    # Few servers take other letters before the @; and who takes them for Latin ones is misled.
    if validated.ascii_email is None:
        parsed.errors["address"] = ADDRESS_INVALID
    parsed.address = validated.normalized


def _first_name(form: Form, parsed: ParsedForm) -> None:
    typed = form.fields["first_name"]
    if typed and not NAME.fullmatch(typed):
        parsed.errors["first_name"] = NAME_INVALID
    parsed.first_name = typed or None


def _birthday(form: Form, parsed: ParsedForm) -> None:
    day, month = form.fields["day"], form.fields["month"]
    if not day and not month:
        return
    if not day or not month:
        parsed.errors["birthday"] = BIRTHDAY_INCOMPLETE
        return
    try:
        birthday = date(LEAP_YEAR, _parse_number(month), _parse_number(day))
    except ValueError:
        parsed.errors["birthday"] = BIRTHDAY_INVALID
        return
    parsed.birthday = f"--{birthday.month:02}-{birthday.day:02}"


def _parse_number(typed: str) -> int:
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 2):
        raise ValueError("no number")
    return int(typed)


def format_birthday(birthday: str | None) -> str | None:
    """21 September."""
    if birthday is None:
        return None
    month, day = birthday[-5:].split("-")
    return f"{int(day)} {MONTHS[int(month) - 1]}"
