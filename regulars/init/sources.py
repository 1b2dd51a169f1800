"""Asks which platforms the shop runs on, tries their keys, and asks for CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from connectors.csv.guess.guess_config import GuessedConfig
from connectors.csv.guess.headings import shorten_headings
from connectors.csv.presets.recognition import recognize_file
from connectors.platform import SourceContext
from connectors.registry import Source
from connectors.setup import Setup
from connectors.setup_registry import setups
from connectors.shop_profile import ShopProfile
from connectors.source_config import SourceConfig
from regulars.init import parse_answers, questions
from regulars.init.answers import OPT_OUTS, CsvFile, PlatformAnswers
from regulars.init.customer_links import link_customers
from regulars.init.imported_consent import Back, ask_imported_consent, consent_by_file
from regulars.init.probe import World, describe_csv
from regulars.init.render_config import named_sources
from regulars.init.repeated_orders import mark_repeated_orders
from regulars.init.terminal_user import Owner
from settings.errors import OwnerFileError, SourceDataError, UnavailableError, WrongUsageError
from settings.questions import api_key, refusal
from settings.values import Secret

CSV = "csv"
COLUMNS_NOTE = "Where that is not so, change `columns:` in your file."
OPT_OUT_LIST = (
    "{file} is called a list of people who must not be mailed, and no column of it says anything "
    "else. It stands in your file as a comment with the command that stops mail to them for ever."
)
REPEATED_ORDERS = (
    "{file} holds the same orders as {first}. Each would count twice, so it stands in your file as "
    "a comment."
)
LEFT_FOR_LATER = "Left for later: it stands in your file as a comment."
SandboxAddresses = Mapping[str, str]
"""Addresses of sandbox servers, by platform."""


@dataclass
class Platforms:
    """The platforms the shop runs on, the profiles they gave of it, and the keys by their names."""

    answers: list[PlatformAnswers] = field(default_factory=list)
    profiles: list[tuple[Setup, ShopProfile]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    has_csv: bool = False


@dataclass(frozen=True)
class CsvContext:
    """The folder of CSV files, and the shop's currency, timezone and country."""

    folder: Path
    currency: str
    timezone: str
    country: str


def ask_platforms(owner: Owner, world: World, addresses: SandboxAddresses) -> Platforms:
    """Ask which platforms the shop runs on, and each platform's own questions."""
    chosen = _chosen_platforms(owner)
    shop_platforms = Platforms(has_csv=CSV in chosen)
    for setup in setups():
        if setup.name in chosen and setup.questions:
            _ask_platform(owner, world, setup, addresses.get(setup.name), shop_platforms)
    return shop_platforms


def _chosen_platforms(owner: Owner) -> set[str]:
    """Returns the chosen platforms: those named by options, else the owner's answer."""
    flagged = {setup.name for setup in setups() if owner.flags.get(setup.flag)}
    return flagged or owner.answer(questions.RUNS_ON, parse_answers.platforms)


def _ask_platform(
    owner: Owner, world: World, setup: Setup, address: str | None, shop_platforms: Platforms
) -> None:
    """Ask until the keys fit, or the owner leaves the platform out or for later."""
    settings: dict[str, str] = {}
    while True:
        settings, keys = _ask_settings(owner, setup, settings)
        needed = [question for question in setup.questions if not question.optional]
        if any(not question.env and question.key not in settings for question in needed):
            return
        if any(question.env and question.env not in keys for question in needed):
            owner.say(LEFT_FOR_LATER)
            shop_platforms.answers.append(PlatformAnswers(setup, settings, address, later=True))
            return
        source = _validate_source(setup, settings, keys, address)
        if profile := _try_keys(owner, world, setup, source):
            shop_platforms.answers.append(
                PlatformAnswers(
                    setup, settings, address, points=profile.points, rewards=profile.rewards
                )
            )
            shop_platforms.profiles.append((setup, profile))
            shop_platforms.keys |= keys
            return


def _ask_settings(
    owner: Owner, setup: Setup, previous: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return settings by their keys in config.yaml, and secrets by their environment names.

    They end before the first question without an answer. Enter keeps a setting of `previous`.
    """
    settings: dict[str, str] = {}
    keys: dict[str, str] = {}
    for question in setup.questions:
        prompt = questions.platform_question(question)
        if question.env:
            answer = keys[question.env] = owner.answer(prompt, api_key)
        else:
            prompt = replace(prompt, default=previous.get(question.key, ""))
            answer = settings[question.key] = owner.answer(prompt, question.parse)
        if not answer and not question.optional:
            break
    filled = [{name: text for name, text in texts.items() if text} for texts in (settings, keys)]
    return filled[0], filled[1]


def _try_keys(owner: Owner, world: World, setup: Setup, source: SourceConfig) -> ShopProfile | None:
    try:
        profile = world.probe(setup.source, source)
    except UnavailableError as error:
        owner.reject(error)
        return None
    owner.say(f"{setup.label} knows the keys: {profile.name or 'they fit'}.")
    return profile


def _validate_source(
    setup: Setup, settings: Mapping[str, str], keys: Mapping[str, str], address: str | None
) -> SourceConfig:
    """Return the source block; only a sandbox server's address can be wrong here."""
    block: dict[str, Any] = {"from": setup.name, **settings}
    block |= {
        question.key: Secret(keys[question.env]) for question in setup.questions if question.env
    }
    if address:
        block["address"] = address
    try:
        source: SourceConfig = TypeAdapter(Source).validate_python(block)
    except ValidationError as error:
        flag = setup.address_flag or setup.flag
        raise WrongUsageError(f"{flag}: {refusal(error)}") from None
    return source


def ask_csv_files(owner: Owner, csv_context: CsvContext, ask_more: bool) -> tuple[CsvFile, ...]:
    """Ask for CSV files until there is no more; each is read at once and described."""
    csv_files: list[CsvFile] = []
    vouched = consent_by_file(owner, owner.flags.get(questions.FILE.flag, ()))
    by_flag = owner.has_answer(questions.FILE)
    while owner.has_answer(questions.FILE) if by_flag else ask_more:
        path = owner.answer(questions.FILE, str)
        if not path:
            break
        try:
            consent = vouched.get(path)
            csv_files.append(_ask_csv_file(owner, csv_context, path, consent, csv_files))
        except Back:
            continue
        except (SourceDataError, OwnerFileError) as error:
            owner.reject(error)
            by_flag, ask_more = owner.has_answer(questions.FILE), True
    marked_files = mark_repeated_orders(csv_files, csv_context.folder)
    for csv_file in marked_files:
        if csv_file.repeats:
            owner.say(REPEATED_ORDERS.format(file=csv_file.file, first=csv_file.repeats))
    return link_customers(marked_files, csv_context.folder)


def _ask_csv_file(
    owner: Owner,
    csv_context: CsvContext,
    path: str,
    vouched: str | None,
    previous: list[CsvFile],
) -> CsvFile:
    full_path = csv_context.folder / Path(path).expanduser()
    guess = recognize_file(full_path, Path(path).name)
    file = _relative_path(full_path, csv_context.folder)
    if any(csv_file.file == file for csv_file in previous):
        raise OwnerFileError(f"{file} is named already.")
    if guess.is_opt_out_list:
        owner.say(OPT_OUT_LIST.format(file=full_path.name))
        return CsvFile(file, OPT_OUTS, {})
    if guess.missing:
        owner.say(_unread_file_message(full_path.name, guess))
        return CsvFile(
            file,
            guess.holds,
            guess.columns,
            missing=guess.missing,
            headings=guess.headings,
            said_no=guess.said_no,
            preset=guess.preset,
        )
    if reason := _reason_not_to_vouch(guess):
        if vouched:
            raise WrongUsageError(f"{questions.IMPORTED_CONSENT.flag}: {full_path.name} {reason}.")
    elif vouched is None and owner.ask:
        vouched = ask_imported_consent(owner, full_path.name)
    csv_file = CsvFile(
        file,
        guess.holds,
        guess.columns,
        vouched,
        said_no=guess.said_no,
        total_is_of=guess.total_is_of,
        preset=guess.preset,
    )
    _show_csv_file(owner, csv_context, csv_file, previous)
    return csv_file


def _show_csv_file(
    owner: Owner, csv_context: CsvContext, csv_file: CsvFile, previous: list[CsvFile]
) -> None:
    """Tells `owner` how `csv_file` will be read, with the name that it gets after `previous`."""
    name = [*named_sources([*previous, csv_file])][-1][0]
    config = _csv_config(csv_file)
    source_context = SourceContext(
        name=name,
        folder=csv_context.folder,
        currency=csv_context.currency,
        zone=ZoneInfo(csv_context.timezone),
        sources={name: config},
        country=csv_context.country,
    )
    owner.say(describe_csv(config, source_context))
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


def _relative_path(path: Path, folder: Path) -> str:
    """Returns `path` relative to `folder` if it lies in it, else absolute."""
    full_path = path.resolve()
    base = folder.resolve()
    return (full_path.relative_to(base) if full_path.is_relative_to(base) else full_path).as_posix()


def _csv_config(csv_file: CsvFile) -> Any:
    said_no = {"said no": list(csv_file.said_no)} if csv_file.said_no else {}
    settings: Mapping[str, Any] = {
        "from": "csv",
        "holds": csv_file.holds,
        "file": csv_file.file,
        "columns": {**csv_file.columns, **said_no},
    }
    optional = {
        "imported consent": csv_file.imported_consent,
        "total is of": csv_file.total_is_of,
    }
    given = {word: text for word, text in optional.items() if text}
    return TypeAdapter(Source).validate_python({**settings, **given})
