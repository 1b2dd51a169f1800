"""What the shop runs on: its platforms, their keys tried as they are typed, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from connectors.config import CsvSource, ShopifySource, SquareSource
from connectors.csv.guess_config import guess_config
from connectors.probe import ShopProfile
from regulars.commands.init import parse_answers, questions
from regulars.commands.init.answers import CsvFile, OnlineShop, Till
from regulars.commands.init.probe import World, describe_csv
from regulars.commands.init.render_config import ONLINE_SHOP, TILL, named_sources
from regulars.commands.init.terminal_user import Owner
from settings.errors import OwnerFileError, SourceDataError, UnavailableError, WrongUsageError
from settings.questions import api_key, plain_text, refusal
from settings.values import Secret

S = TypeVar("S", ShopifySource, SquareSource)
COLUMNS_NOTE = "Where that is not so, change `columns:` in your file."
LEFT_FOR_LATER = "Left for later: it stands in your file as a comment."


@dataclass(frozen=True)
class SandboxAddresses:
    """Where look-alikes answer, to try things out."""

    shopify: str | None = None
    square: str | None = None


@dataclass
class Platforms:
    """Those the shop runs on, and what they told."""

    online_shop: OnlineShop | None = None
    till: Till | None = None
    has_csv: bool = False
    introductions: tuple[ShopProfile, ...] = ()
    keys: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CsvContext:
    """How files are read: where they are, and what the shop counts in."""

    folder: Path
    currency: str
    timezone: str


def ask_platforms(owner: Owner, world: World, addresses: SandboxAddresses) -> Platforms:
    shop_platforms, chosen = Platforms(), _chosen_platforms(owner)
    shop_platforms.has_csv = "csv" in chosen
    if "shopify" in chosen:
        _ask_shopify(owner, world, addresses.shopify, shop_platforms)
    if "square" in chosen:
        _ask_square(owner, world, addresses.square, shop_platforms)
    return shop_platforms


def _chosen_platforms(owner: Owner) -> set[str]:
    """Flags that name a source are the answer."""
    flags = {"shopify": "--shopify", "square": "--square", "csv": "--csv"}
    flagged = {platform for platform, flag in flags.items() if owner.flags.get(flag)}
    return flagged or owner.answer(questions.RUNS_ON, parse_answers.platforms)


def _ask_shopify(
    owner: Owner, world: World, address: str | None, shop_platforms: Platforms
) -> None:
    store = ""
    while store := owner.answer(replace(questions.STORE, default=store), parse_answers.store):
        client_id = owner.answer(questions.CLIENT_ID, api_key)
        secret = owner.answer(questions.CLIENT_SECRET, api_key) if client_id else ""
        if not secret:
            owner.say(LEFT_FOR_LATER)
            shop_platforms.online_shop = OnlineShop(store, address, later=True)
            return
        settings = {"from": "shopify", "store": store, "address": address}
        keys = {"client id": Secret(client_id), "client secret": Secret(secret)}
        source = _validate_source("--shopify-address", ShopifySource, {**settings, **keys})
        if introduction := _try_keys(owner, world, ONLINE_SHOP, source):
            shop_platforms.online_shop = OnlineShop(store, source.address)
            shop_platforms.introductions += (introduction,)
            shop_platforms.keys |= {"SHOPIFY_CLIENT_ID": client_id, "SHOPIFY_CLIENT_SECRET": secret}
            return


def _ask_square(owner: Owner, world: World, address: str | None, shop_platforms: Platforms) -> None:
    while token := owner.answer(questions.ACCESS_TOKEN, api_key):
        settings = {"from": "square", "access token": Secret(token), "address": address}
        source = _validate_source("--square-address", SquareSource, settings)
        if introduction := _try_keys(owner, world, TILL, source):
            shop_platforms.till = Till(source.address, introduction.points, introduction.rewards)
            shop_platforms.introductions += (introduction,)
            shop_platforms.keys["SQUARE_ACCESS_TOKEN"] = token
            return
    owner.say(LEFT_FOR_LATER)
    shop_platforms.till = Till(address, later=True)


def _try_keys(
    owner: Owner, world: World, name: str, source: ShopifySource | SquareSource
) -> ShopProfile | None:
    try:
        introduction = world.introduce(name, source)
    except UnavailableError as error:
        owner.reject(error)
        return None
    owner.say(f"{source.from_.capitalize()} knows the keys: {introduction.name or 'they fit'}.")
    return introduction


def _validate_source(flag: str, source_type: type[S], settings: Mapping[str, Any]) -> S:
    """Only the address of a look-alike can be wrong here, and only a flag says it."""
    try:
        return source_type.model_validate(settings)
    except ValidationError as error:
        raise WrongUsageError(f"{flag}: {refusal(error)}") from None


def ask_csv_files(owner: Owner, csv_context: CsvContext, ask_more: bool) -> tuple[CsvFile, ...]:
    """Each is looked at when it is named."""
    csv_files: list[CsvFile] = []
    by_flag = owner.has_answer(questions.FILE)
    while owner.has_answer(questions.FILE) if by_flag else ask_more:
        path = owner.answer(questions.FILE, str)
        if not path:
            break
        try:
            csv_files.append(_ask_csv_file(owner, csv_context, path, csv_files))
        except (SourceDataError, OwnerFileError) as error:
            owner.reject(error)
            by_flag, ask_more = owner.has_answer(questions.FILE), True
    return tuple(csv_files)


def _ask_csv_file(
    owner: Owner, csv_context: CsvContext, path: str, previous: list[CsvFile]
) -> CsvFile:
    full_path = csv_context.folder / Path(path).expanduser()
    guess = guess_config(full_path, Path(path).name)
    consent = None
    if guess.holds == "customers" and "consent" not in guess.columns:
        consent = owner.answer(questions.IMPORTED_CONSENT, plain_text) or None
    csv_file = CsvFile(
        _relative_path(full_path, csv_context.folder), guess.holds, guess.columns, consent
    )
    name = [*named_sources([*previous, csv_file])][-1][0]
    owner.say(
        describe_csv(
            name,
            _csv_config(csv_file),
            csv_context.folder,
            csv_context.currency,
            csv_context.timezone,
        )
    )
    owner.say(COLUMNS_NOTE)
    return csv_file


def _relative_path(path: Path, folder: Path) -> str:
    """As it is written: by its name alone where it lies beside the file."""
    full_path = path.resolve()
    base = folder.resolve()
    return (full_path.relative_to(base) if full_path.is_relative_to(base) else full_path).as_posix()


def _csv_config(csv_file: CsvFile) -> Any:
    settings: Mapping[str, Any] = {
        "from": "csv", "holds": csv_file.holds, "file": csv_file.file, "columns": dict(csv_file.columns),
    }  # fmt: skip
    consent = {"imported consent": csv_file.imported_consent} if csv_file.imported_consent else {}
    return TypeAdapter(CsvSource).validate_python({**settings, **consent})
