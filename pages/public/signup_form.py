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
PLACES = ("address", "first_name", "birthday")  # where something can be wrong
TRAP = "website"  # no person sees it; robots fill in all there is
MOST_FIELDS = 10
LONGEST_KEPT = 254  # of whatever is shown once more
A_LEAP_YEAR = 2024

NO_ADDRESS = "Please write your e-mail address, like clara@example.com."
NOT_AN_ADDRESS = "This is not an e-mail address. It looks like clara@example.com."
NO_NAME = "A name has letters, and no more than 40. You may also leave it empty."
HALF = "Please give the day and the month, or neither."
NO_SUCH_DAY = "There is no such day. Please look at the day and the month again."


@dataclass(frozen=True)
class Form:
    """As it was sent."""

    typed: Mapping[str, str]
    by_robot: bool = False


@dataclass
class Read:
    """What it comes to; where `wrong` has anything, the rest is not to be used."""

    address: str = ""
    first_name: str | None = None
    birthday: str | None = None
    wrong: dict[str, str] = field(default_factory=dict)


def form_of(body: bytes) -> Form | None:
    """The fields of a form that a browser sent; None where it is something else."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS,
            errors="strict",
        )  # fmt: skip
    except ValueError:  # no such form, too many fields, no UTF-8
        return None
    sent = dict(reversed(pairs))
    typed = {name: sent.get(name, "").strip()[:LONGEST_KEPT] for name in FIELDS}
    return Form(typed, by_robot=bool(sent.get(TRAP)))


def understood(form: Form, ask_for: Collection[str]) -> Read:
    """What was not asked for is not taken, whoever sends it."""
    read = Read()
    _address(form, read)
    if "first name" in ask_for:
        _first_name(form, read)
    if "birthday" in ask_for:
        _birthday(form, read)
    return read


def _address(form: Form, read: Read) -> None:
    typed = form.typed["address"]
    try:
        found = validate_email(typed, check_deliverability=False)
    except EmailNotValidError:
        read.wrong["address"] = NOT_AN_ADDRESS if typed else NO_ADDRESS
        return
    # Few servers take other letters before the @; and who takes them for Latin ones is misled.
    if found.ascii_email is None:
        read.wrong["address"] = NOT_AN_ADDRESS
    read.address = found.normalized


def _first_name(form: Form, read: Read) -> None:
    typed = form.typed["first_name"]
    if typed and not NAME.fullmatch(typed):
        read.wrong["first_name"] = NO_NAME
    read.first_name = typed or None


def _birthday(form: Form, read: Read) -> None:
    day, month = form.typed["day"], form.typed["month"]
    if not day and not month:
        return
    if not day or not month:
        read.wrong["birthday"] = HALF
        return
    try:
        meant = date(A_LEAP_YEAR, _number(month), _number(day))
    except ValueError:
        read.wrong["birthday"] = NO_SUCH_DAY
        return
    read.birthday = f"--{meant.month:02}-{meant.day:02}"


def _number(typed: str) -> int:
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 2):
        raise ValueError("no number")
    return int(typed)


def birthday_told(birthday: str | None) -> str | None:
    """21 September."""
    if birthday is None:
        return None
    month, day = birthday[-5:].split("-")
    return f"{int(day)} {MONTHS[int(month) - 1]}"
