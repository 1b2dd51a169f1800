"""What the shop runs on: its platforms, their keys tried as they are typed, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from connectors.config import Csv, ShopifySource, SquareSource
from connectors.csv.guess_config import proposed
from connectors.probe import Introduction
from regulars.commands.init import parse_answers, questions
from regulars.commands.init.answers import OnlineShop, Rows, Till
from regulars.commands.init.probe import World, described
from regulars.commands.init.render_config import ONLINE_SHOP, TILL, named
from regulars.commands.init.terminal_user import Owner
from settings.errors import DataTrouble, OutOfReach, OwnersFileTrouble, WrongUse
from settings.values import Secret

S = TypeVar("S", ShopifySource, SquareSource)
READ_SO = "Where that is not so, change `columns:` in your file."
LATER = "Left for later: it stands in your file as a comment."


@dataclass(frozen=True)
class Addresses:
    """Where look-alikes answer, to try things out."""

    shopify: str | None = None
    square: str | None = None


@dataclass
class Platforms:
    """Those the shop runs on, and what they told."""

    online_shop: OnlineShop | None = None
    till: Till | None = None
    with_files: bool = False
    told: tuple[Introduction, ...] = ()
    keys: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Files:
    """How files are read: where they are, and what the shop counts in."""

    beside: Path
    currency: str
    timezone: str


def platforms(owner: Owner, world: World, addresses: Addresses) -> Platforms:
    kept, wanted = Platforms(), _wanted(owner)
    kept.with_files = "csv" in wanted
    if "shopify" in wanted:
        _online_shop(owner, world, addresses.shopify, kept)
    if "square" in wanted:
        _till(owner, world, addresses.square, kept)
    return kept


def _wanted(owner: Owner) -> set[str]:
    """Flags that name a source are the answer."""
    flags = {"shopify": "--shopify", "square": "--square", "csv": "--csv"}
    said = {what for what, flag in flags.items() if owner.flags.get(flag)}
    return said or owner.answer(questions.RUNS_ON, parse_answers.platforms)


def _online_shop(owner: Owner, world: World, address: str | None, kept: Platforms) -> None:
    store = ""
    while store := owner.answer(replace(questions.STORE, left=store), parse_answers.store):
        client_id = owner.answer(questions.CLIENT_ID, parse_answers.key)
        secret = owner.answer(questions.CLIENT_SECRET, parse_answers.key) if client_id else ""
        if not secret:
            owner.say(LATER)
            kept.online_shop = OnlineShop(store, address, later=True)
            return
        words = {"from": "shopify", "store": store, "address": address}
        keys = {"client id": Secret(client_id), "client secret": Secret(secret)}
        source = _checked("--shopify-address", ShopifySource, {**words, **keys})
        if told := _introduced(owner, world, ONLINE_SHOP, source):
            kept.online_shop = OnlineShop(store, source.address)
            kept.told += (told,)
            kept.keys |= {"SHOPIFY_CLIENT_ID": client_id, "SHOPIFY_CLIENT_SECRET": secret}
            return


def _till(owner: Owner, world: World, address: str | None, kept: Platforms) -> None:
    while token := owner.answer(questions.ACCESS_TOKEN, parse_answers.key):
        words = {"from": "square", "access token": Secret(token), "address": address}
        source = _checked("--square-address", SquareSource, words)
        if told := _introduced(owner, world, TILL, source):
            kept.till = Till(source.address, told.points, told.rewards)
            kept.told += (told,)
            kept.keys["SQUARE_ACCESS_TOKEN"] = token
            return
    owner.say(LATER)
    kept.till = Till(address, later=True)


def _introduced(
    owner: Owner, world: World, name: str, source: ShopifySource | SquareSource
) -> Introduction | None:
    try:
        told = world.introduced(name, source)
    except OutOfReach as trouble:
        owner.refused(trouble)
        return None
    owner.say(f"{source.from_.capitalize()} knows the keys: {told.name or 'they fit'}.")
    return told


def _checked(flag: str, kind: type[S], words: Mapping[str, Any]) -> S:
    """Only the address of a look-alike can be wrong here, and only a flag says it."""
    try:
        return kind.model_validate(words)
    except ValidationError as wrong:
        raise WrongUse(f"{flag}: {parse_answers.refusal(wrong)}") from None


def files(owner: Owner, how: Files, wanted: bool) -> tuple[Rows, ...]:
    """Each is looked at when it is named."""
    found: list[Rows] = []
    by_flag = owner.has_said(questions.FILE)
    while owner.has_said(questions.FILE) if by_flag else wanted:
        path = owner.answer(questions.FILE, str)
        if not path:
            break
        try:
            found.append(_file(owner, how, path, found))
        except (DataTrouble, OwnersFileTrouble) as trouble:
            owner.refused(trouble)
            by_flag, wanted = owner.has_said(questions.FILE), True
    return tuple(found)


def _file(owner: Owner, how: Files, path: str, before: list[Rows]) -> Rows:
    whole = how.beside / Path(path).expanduser()
    held = proposed(whole, Path(path).name)
    consent = None
    if held.holds == "customers" and "consent" not in held.columns:
        consent = owner.answer(questions.SAID_YES, parse_answers.no_name) or None
    rows = Rows(_beside(whole, how.beside), held.holds, held.columns, consent)
    name = [*named([*before, rows])][-1][0]
    owner.say(described(name, _source(rows), how.beside, how.currency, how.timezone))
    owner.say(READ_SO)
    return rows


def _beside(path: Path, folder: Path) -> str:
    """As it is written: by its name alone where it lies beside the file."""
    whole = path.resolve()
    here = folder.resolve()
    return (whole.relative_to(here) if whole.is_relative_to(here) else whole).as_posix()


def _source(rows: Rows) -> Any:
    said: Mapping[str, Any] = {
        "from": "csv", "holds": rows.holds, "file": rows.file, "columns": dict(rows.columns),
    }  # fmt: skip
    consent = {"imported consent": rows.imported_consent} if rows.imported_consent else {}
    return TypeAdapter(Csv).validate_python({**said, **consent})
