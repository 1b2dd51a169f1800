"""Corrects how a file is read: its kind, its columns, the name of its source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from connectors.csv.guess.guess_config import (
    ANSWER_ROLES,
    CUSTOMER_ROLES,
    ORDER_ROLES,
    guess_columns_as,
    read_headings,
)
from regulars.init import questions
from regulars.init.answers import CsvFile
from regulars.init.files.csv_file import csv_file_of, title_of, with_columns
from regulars.init.terminal_user import Owner
from settings.names import Slug
from settings.questions import Question, validated

SAID_NO = "said no"
ROLES = {"customers": CUSTOMER_ROLES, "orders": ORDER_ROLES, "answers": ANSWER_ROLES}
NAME, KIND, LEAVE_OUT = "name", "kind", "leave out"
NO_COLUMN = "none"
LEFT_OUT = "{file} is left out."


def correct_file(
    owner: Owner, csv_file: CsvFile, folder: Path, taken: Sequence[str]
) -> CsvFile | None:
    """Ask what is to be changed until there is no more; returns None for a file to leave out.

    `taken` are the names of the other sources.
    """
    while True:
        owner.say(f"{csv_file.file}: {title_of(csv_file)}")
        change = owner.answer(_change_question(csv_file), _change_of(csv_file))
        if not change:
            return csv_file
        if change == LEAVE_OUT:
            owner.say(LEFT_OUT.format(file=csv_file.file))
            return None
        if change == NAME:
            name = owner.answer(questions.SOURCE_NAME, _source_name(taken))
            csv_file = replace(csv_file, name=name or csv_file.name)
        elif change == KIND:
            csv_file = _with_kind(csv_file, owner.answer(questions.KIND, _choice), folder)
        else:
            csv_file = _with_column(owner, csv_file, change)


def _change_question(csv_file: CsvFile) -> Question:
    words = [NAME, KIND, LEAVE_OUT, *_roles(csv_file)]
    return replace(questions.CHANGE, hint=f"{', '.join(words)}. Enter where all is right.")


def _roles(csv_file: CsvFile) -> list[str]:
    roles = [*ROLES.get(csv_file.holds, ())]
    return [*roles, SAID_NO] if csv_file.holds == "customers" else roles


def _change_of(csv_file: CsvFile) -> Callable[[str], str]:
    words = ["", NAME, KIND, LEAVE_OUT, *_roles(csv_file)]

    def parse(text: str) -> str:
        folded = text.casefold()
        if folded in words:
            return folded
        raise ValueError(f'"{text}" is none of them. There are: {", ".join(words[1:])}.')

    return parse


def _source_name(taken: Sequence[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text in taken:
            raise ValueError(f"Another source is called {text}.")
        return str(validated(Slug, text)) if text else ""

    return parse


def _choice(text: str) -> str:
    folded = text.casefold()
    if folded.isdecimal() and 1 <= int(folded) <= len(questions.KINDS):
        return questions.KINDS[int(folded) - 1]
    if folded and folded not in questions.KINDS:
        raise ValueError(f'"{text}" is none of them. There are: {", ".join(questions.KINDS)}.')
    return folded


def _with_kind(csv_file: CsvFile, kind: str, folder: Path) -> CsvFile:
    """Return `csv_file` as one that holds `kind`, with its columns guessed again."""
    if kind in ("", csv_file.holds):
        return csv_file
    headings = read_headings(folder / csv_file.file, csv_file.file)
    if headings is None:
        return csv_file
    guess = guess_columns_as(kind, headings)
    return replace(csv_file_of(guess, csv_file.file), name=csv_file.name)


def _with_column(owner: Owner, csv_file: CsvFile, role: str) -> CsvFile:
    """Ask for the column of `role`; of opt-outs there may be several."""
    listed = questions.numbered(csv_file.headings)
    question = replace(
        questions.COLUMN,
        text=f"Which column is {role}?",
        hint=f"{listed}, or {NO_COLUMN}. Enter keeps it.",
    )
    chosen = owner.answer(question, _columns_of(csv_file.headings))
    if chosen is None:
        return csv_file
    if role == SAID_NO:
        return replace(csv_file, said_no=tuple(chosen))
    others = {
        other: column
        for other, column in csv_file.columns.items()
        if other != role and column not in chosen
    }
    order = ROLES[csv_file.holds]
    columns = others | {role: chosen[0]} if chosen else others
    return with_columns(csv_file, {word: columns[word] for word in order if word in columns})


def _columns_of(headings: Sequence[str]) -> Callable[[str], list[str] | None]:
    """Return a parser of one or several headings, by name or number; None keeps what is there."""
    by_name = {heading.casefold(): heading for heading in headings if heading}
    numbers = {str(number): heading for number, heading in enumerate(headings, start=1)}

    def parse(text: str) -> list[str] | None:
        if not text:
            return None
        if text.casefold() == NO_COLUMN:
            return []
        if heading := by_name.get(text.casefold()):
            return [heading]
        parts = [part.strip() for part in text.split(",")]
        chosen = [by_name.get(part.casefold()) or numbers.get(part) for part in parts]
        if all(chosen):
            return [heading for heading in chosen if heading]
        raise ValueError(f'"{text}" is no column. Write a number from 1 to {len(headings)}.')

    return parse
