"""Asks for files, reads each at once, and shows what would be read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.csv.guess.guess_config import GuessedConfig
from connectors.csv.guess.headings import shorten_headings
from connectors.csv.presets.recognition import recognize_file
from connectors.csv.presets.registry import get_preset
from connectors.platform import SourceContext
from regulars.init import questions
from regulars.init.answers import OPT_OUTS, CsvFile
from regulars.init.files.correction import correct_file
from regulars.init.files.csv_file import csv_file_of, source_config, title_of
from regulars.init.files.customer_links import link_customers
from regulars.init.files.paths import find_files, relative_path
from regulars.init.files.repeated_orders import mark_repeated_orders
from regulars.init.imported_consent import ask_imported_consent, consent_by_file
from regulars.init.probe import describe_csv
from regulars.init.render_config import named_sources
from regulars.init.terminal_user import Owner
from settings.errors import OwnerFileError, SourceDataError, WrongUsageError
from settings.questions import Question

COLUMNS_NOTE = "Where that is not so, change `columns:` in your file."
OPT_OUT_LIST = (
    "{file} is called a list of people who must not be mailed, and no column of it says anything "
    "else. It stands in your file as a comment with the command that stops mail to them for ever."
)
REPEATED_ORDERS = (
    "{file} holds the same orders as {first}. Each would count twice, so it stands in your file as "
    "a comment."
)
LINES_OF = "{file} holds the articles of the orders in {source}, which get their products from it."
UNREADABLE = "{problem} It stands in your file as a comment."
STILL_MISSING = "{file} has no column for {roles} yet: it stands in your file as a comment."


@dataclass(frozen=True)
class CsvContext:
    """The folder of CSV files, and the shop's currency, timezone and country."""

    folder: Path
    currency: str
    timezone: str
    country: str


def ask_csv_files(owner: Owner, csv_context: CsvContext, ask_more: bool) -> tuple[CsvFile, ...]:
    """Ask for CSV files until there is no more; each is read at once and described."""
    csv_files: list[CsvFile] = []
    vouched = consent_by_file(owner, owner.flags.get(questions.FILE.flag, ()))
    by_flag = owner.has_answer(questions.FILE)
    while owner.has_answer(questions.FILE) if by_flag else ask_more:
        text = owner.answer(_file_question(csv_files), str)
        if not text:
            break
        try:
            if _is_number_of(text, csv_files, csv_context.folder):
                _correct(owner, csv_context, int(text) - 1, csv_files)
            else:
                _add_files(owner, csv_context, text, vouched, csv_files)
        except (SourceDataError, OwnerFileError) as error:
            owner.reject(error)
            by_flag, ask_more = owner.has_answer(questions.FILE), True
    marked_files = mark_repeated_orders(csv_files, csv_context.folder)
    for csv_file in marked_files:
        if csv_file.repeats:
            owner.say(REPEATED_ORDERS.format(file=csv_file.file, first=csv_file.repeats))
        if csv_file.lines_of:
            owner.say(LINES_OF.format(file=csv_file.file, source=csv_file.lines_of))
    return link_customers(marked_files, csv_context.folder)


def _file_question(csv_files: list[CsvFile]) -> Question:
    if not csv_files:
        return questions.FILE
    return replace(questions.FILE, hint=questions.NEXT_FILE_HINT)


def _is_number_of(text: str, csv_files: list[CsvFile], folder: Path) -> bool:
    """Return whether `text` is the number of a file, and no file's name."""
    is_number = text.isdecimal() and 1 <= int(text) <= len(csv_files)
    return is_number and not (folder / text).exists()


def _correct(owner: Owner, csv_context: CsvContext, index: int, csv_files: list[CsvFile]) -> None:
    """Let the owner correct file `index`, and show how it is read then."""
    others = [*csv_files[:index], *csv_files[index + 1 :]]
    names = [name for name, _ in named_sources(others)]
    corrected = correct_file(owner, csv_files[index], csv_context.folder, names)
    csv_files[index : index + 1] = [corrected] if corrected else []
    if corrected and not corrected.missing and corrected.holds != OPT_OUTS:
        show_file(owner, csv_context, corrected, others)
    elif corrected and corrected.missing:
        owner.say(STILL_MISSING.format(file=corrected.file, roles=" and ".join(corrected.missing)))


def _add_files(
    owner: Owner,
    csv_context: CsvContext,
    text: str,
    vouched: Mapping[str, str],
    csv_files: list[CsvFile],
) -> None:
    """Read the files that `text` names and append them to `csv_files`."""
    for path in find_files(text, csv_context.folder):
        file = relative_path(path, csv_context.folder)
        if any(csv_file.file == file for csv_file in csv_files):
            raise OwnerFileError(f"{file} is named already.")
        csv_files.append(_try_file(owner, csv_context, path, vouched.get(text), csv_files))


def _try_file(
    owner: Owner,
    csv_context: CsvContext,
    path: Path,
    vouched: str | None,
    previous: list[CsvFile],
) -> CsvFile:
    """Read a file; without a terminal, what cannot be opened is left for the owner to mend."""
    try:
        return _read_file(owner, csv_context, path, vouched, previous)
    except SourceDataError as error:
        if owner.ask:
            raise
        owner.say(UNREADABLE.format(problem=error))
        file = relative_path(path, csv_context.folder)
        return CsvFile(file, "customers", {}, missing=("e-mail",), problem=str(error))


def _read_file(
    owner: Owner,
    csv_context: CsvContext,
    path: Path,
    vouched: str | None,
    previous: list[CsvFile],
) -> CsvFile:
    guess = recognize_file(path, path.name)
    csv_file = csv_file_of(guess, relative_path(path, csv_context.folder))
    owner.say(f"{len(previous) + 1}. {path.name}: {title_of(csv_file)}")
    for note in preset.notes if (preset := get_preset(csv_file.preset)) else ():
        owner.say(f"  {note}")
    if csv_file.holds == OPT_OUTS:
        owner.say(OPT_OUT_LIST.format(file=path.name))
        return csv_file
    if csv_file.missing:
        owner.say(_unread_file_message(path.name, guess))
        return csv_file
    if reason := _reason_not_to_vouch(guess):
        if vouched:
            raise WrongUsageError(f"{questions.IMPORTED_CONSENT.flag}: {path.name} {reason}.")
    elif vouched is None and owner.ask:
        vouched = ask_imported_consent(owner, path.name)
    csv_file = replace(csv_file, imported_consent=vouched)
    show_file(owner, csv_context, csv_file, previous)
    return csv_file


def show_file(
    owner: Owner, csv_context: CsvContext, csv_file: CsvFile, previous: list[CsvFile]
) -> None:
    """Tells `owner` how `csv_file` will be read, with the name that it gets after `previous`."""
    name = [*named_sources([*previous, csv_file])][-1][0]
    config = source_config(csv_file)
    source_context = SourceContext(
        name=name,
        folder=csv_context.folder,
        currency=csv_context.currency,
        zone=ZoneInfo(csv_context.timezone),
        sources={name: config},
        country=csv_context.country,
    )
    owner.say(describe_csv(config, source_context).removeprefix(f"{Path(csv_file.file).name}: "))
    if not owner.ask:
        owner.say(COLUMNS_NOTE)


def _reason_not_to_vouch(guess: GuessedConfig) -> str | None:
    """Return why nobody can vouch for all people of the file; None where the owner may."""
    if guess.holds != "customers":
        return f"holds {guess.holds}, and is no list of people who said yes"
    if column := guess.columns.get("consent"):
        return f"says in its column {column} who said yes"
    if guess.about_mail:
        return f"says something about it in {shorten_headings(guess.about_mail)}"
    return None


def _unread_file_message(file: str, guess: GuessedConfig) -> str:
    """Return what was looked for in vain in `file`, what there is, and what to do."""
    if guess.columns:
        recognised = ", ".join(f"{role} from {column}" for role, column in guess.columns.items())
        problem = f"{file} looks like a file of {guess.holds} ({recognised}), but"
    else:
        problem = f"{file}:"
    return (
        f"{problem} no column could be recognised as {' or '.join(guess.missing)}. "
        f"Its columns: {shorten_headings(guess.headings)}. It stands in your file as a comment: "
        "name the column there, as docs/sources.md shows."
    )
