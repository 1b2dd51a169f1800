"""Asks for the shop's colour and its logo in one answer; both can be left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from regulars.init import questions
from regulars.init.answers import BrandAnswers
from regulars.init.files.paths import relative_path
from regulars.init.parse_answers import NONE_WORDS
from regulars.init.terminal_user import Owner
from settings.brand.colour import is_colour, parse_colour
from settings.brand.picture_file import ENDINGS, read_picture
from settings.questions import Question

UNREADABLE = "{file} cannot be read: {reason}."
AROUND_PARTS = " ,;\"'"


def ask_brand(owner: Owner, folder: Path) -> BrandAnswers:
    """Returns the colour and the logo, a file in `folder`: from options, or asked.

    A command whose options have answered everything until here is not asked: it is a script.
    """
    has_option = owner.has_answer(questions.COLOUR) or owner.has_answer(questions.LOGO)
    if has_option or not owner.has_typed:
        return BrandAnswers(
            _optional(owner, questions.COLOUR, parse_colour),
            _optional(owner, questions.LOGO, partial(_parse_logo, folder=folder)),
        )
    question = replace(questions.BRAND, default=_proposed_logo(owner, folder))
    return owner.answer(question, partial(parse_brand, folder=folder))


def parse_brand(text: str, folder: Path) -> BrandAnswers:
    """Returns what "#0a5 logo.png" names, in any order; raises ValueError with a sentence."""
    text = text.strip(AROUND_PARTS)
    if not text or text.casefold() in NONE_WORDS:
        return BrandAnswers()
    try:
        colour, logo = _parts(text, folder)
    except OSError as error:
        raise ValueError(UNREADABLE.format(file=text, reason=error.strerror)) from error
    return BrandAnswers(
        parse_colour(colour) if colour else None, _parse_logo(logo, folder) if logo else None
    )


def _parts(text: str, folder: Path) -> tuple[str, str]:
    """Returns the colour and the file that `text` names; the name of a file can have spaces."""
    first, _, rest = (part.strip(AROUND_PARTS) for part in text.partition(" "))
    before, _, last = (part.strip(AROUND_PARTS) for part in text.rpartition(" "))
    if (folder / text).is_file():
        return "", text
    if before and is_colour(last) and not is_colour(first):
        return last, before
    names_no_file = first.startswith("#") or not any(sign in first for sign in "./\\")
    return (first, rest) if names_no_file else ("", text)


def _parse_logo(text: str, folder: Path) -> str:
    """Returns the file as config.yaml names it; raises ValueError where it is no use for mail."""
    file = relative_path(folder / text, folder)
    try:
        read_picture(folder, file, "logo")
    except OSError as error:
        raise ValueError(UNREADABLE.format(file=text, reason=error.strerror)) from error
    return file


def _optional(owner: Owner, question: Question, parse: Callable[[str], str]) -> str | None:
    """Returns the answer of an option, or None where it is not given."""
    if not owner.has_answer(question):
        return None
    return owner.answer(question, lambda text: parse(text) if text else None)


def _proposed_logo(owner: Owner, folder: Path) -> str:
    """Returns a file called logo in `folder`, "" without one; says why one is no use."""
    names = (f"logo{ending}" for ending in ENDINGS)
    name = next((name for name in names if (folder / name).is_file()), "")
    try:
        return _parse_logo(name, folder) if name else ""
    except ValueError as error:
        owner.say(str(error))
        return ""
