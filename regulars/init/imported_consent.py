"""Asks how, where and since when the people of a list said yes, and has the answer confirmed.

Nobody is vouched for by a sentence that says none of it, or by an answer to another question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from connectors.csv.consent.imported_consent import HOW, WHERE, ImportedConsent
from regulars.init import questions
from regulars.init.parse_answers import NONE_WORDS
from regulars.init.terminal_user import Owner
from settings.errors import WrongUsageError
from shop.consent.config import Day

UNKNOWN = "unknown"
UNKNOWN_WORDS = (*NONE_WORDS, UNKNOWN, "i do not know", "i don't know", "")
SUMMARY = (
    "So all people in {file} {consent}. Advertising may then go to every one of them, and you may "
    "have to prove it."
)
NOBODY_VOUCHED = "Then nobody is mailed because of {file}."
MONTH_FORMATS = ("%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%B %Y", "%b %Y", "%Y-%m", "%Y")


def ask_imported_consent(owner: Owner, file: str) -> str | None:
    """Return the value of `imported consent:` for `file`; None where the owner cannot vouch."""
    owner.say(f"{file} is a list of customers, and no column of it says who may be mailed.")
    while True:
        consent = _ask_consent(owner)
        if consent is None:
            owner.say(NOBODY_VOUCHED.format(file=file))
            return None
        owner.say(SUMMARY.format(file=file, consent=consent))
        if owner.answer(questions.CONSENT_CONFIRMED, yes_or_no):
            return str(ImportedConsent.parse(consent))


def _ask_consent(owner: Owner) -> str | None:
    """Return how, where and since when they said yes; None once a reply is unknown."""
    replies = []
    for question, parse in (
        (questions.CONSENT_HOW, choice_of(HOW)),
        (questions.CONSENT_WHERE, choice_of(WHERE)),
        (questions.CONSENT_SINCE, first_day),
    ):
        reply = owner.answer(question, parse)
        if reply == UNKNOWN:
            return None
        replies.append(reply)
    how, where, since = replies
    return f"{how} {where}, since {since}"


def choice_of(choices: Sequence[str]) -> Callable[[str], str]:
    """Return a parser of one of `choices`, by its words or its number."""

    def parse(text: str) -> str:
        folded = text.casefold().rstrip(".")
        if folded in UNKNOWN_WORDS:
            return UNKNOWN
        if folded in choices:
            return folded
        if folded.isdecimal() and 1 <= int(folded) <= len(choices):
            return choices[int(folded) - 1]
        raise ValueError(
            f'"{text}" is none of them. Write a number from 1 to {len(choices)}, or none.'
        )

    return parse


def first_day(text: str) -> str:
    """Return "1 June 2024" for that day in several spellings, for June 2024 and for 2024-06."""
    folded = text.casefold()
    if folded in UNKNOWN_WORDS:
        return UNKNOWN
    for spelling in MONTH_FORMATS:
        try:
            return str(Day(datetime.strptime(text, spelling).date()))  # noqa: DTZ007 - a day alone
        except ValueError:
            continue
    return str(Day.parse(text))


def yes_or_no(text: str) -> bool:
    folded = text.casefold()
    if folded in ("yes", "y"):
        return True
    if folded in ("no", "n"):
        return False
    raise ValueError("Write yes or no.")


def consent_by_file(owner: Owner, files: Sequence[str]) -> Mapping[str, str]:
    """Return what --imported-consent says of `files`, those given with --csv, by file.

    With several files it names one: "kunden.csv: ticked a box at the till, since 1 June 2024".
    Raises WrongUsageError.
    """
    flag = questions.IMPORTED_CONSENT.flag
    consents: dict[str, str] = {}
    for text in owner.flags.get(flag, ()):
        file, consent = _split_file(text, files)
        if file is None:
            raise WrongUsageError(
                f"{flag}: say of which list that is, like {flag} "
                f'"{files[0] if files else "customers.csv"}: {consent}".'
            )
        try:
            parsed = ImportedConsent.parse(consent)
        except ValueError as error:
            raise WrongUsageError(f"{flag}: {error}") from None
        if parsed.is_free:
            raise WrongUsageError(
                f"{flag}: write how, where and since when they said yes. "
                f"How: {', '.join(HOW)}. Where: {', '.join(WHERE)}."
            )
        consents[file] = str(parsed)
    return consents


def _split_file(text: str, files: Sequence[str]) -> tuple[str | None, str]:
    for file in files:
        if text.startswith(f"{file}:"):
            return file, text.removeprefix(f"{file}:").strip()
    return (files[0] if len(files) == 1 else None), text
