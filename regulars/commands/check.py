"""`regulars check`: reports every mistake in the owner's config, its templates and CSV files."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import count_noun, print_json, print_line, print_wrapped
from settings.errors import RegularsError, SourceDataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.platform import SourceDescription
    from engine.config.owner_config import OwnerConfig
    from engine.open.open_shop import OpenShop

Descriptions = dict[str, "SourceDescription | RegularsError"]


def command(context: typer.Context, as_json: Json = False, at: At = None) -> None:
    """Read the owner's file and its templates; name every mistake, change nothing.

    Until the rules have run for the first time, a look back shows what they would have sent.

    Example: regulars check
    """
    run(context.obj, now=parse_at(at), as_json=as_json)


def run(config: Path, *, now: datetime, as_json: bool) -> None:
    """Print how each CSV file would be read at `now`, and a look back if no rule has run yet.

    Raises ConfigError with every mistake at once, and SourceDataError for CSV files that cannot be
    read or have mistakes.
    """
    owner_config = _load(config, as_json=as_json)
    descriptions = _describe_sources(config, owner_config, now)
    removed = _removed_sources(config, owner_config)
    starved = _starved_rules(config, owner_config)
    if as_json:
        sources = {name: _document(description) for name, description in descriptions.items()}
        print_json({"mistakes": [], "sources": sources, "removed": removed, "no match": starved})
    else:
        _print_descriptions(descriptions)
    if errors := list(_errors(descriptions)):
        raise SourceDataError("\n".join(errors))
    if not as_json:
        _print_summary(config, owner_config)
        for sentence in (*removed, *starved):
            print_line(sentence, markup=False)
        if _has_database(config, owner_config):
            _print_first_look_back(config, now)


def _errors(descriptions: Descriptions) -> Iterator[str]:
    for name, description in descriptions.items():
        if isinstance(description, RegularsError):
            yield str(description)
        else:
            yield from (f"{name}: {mistake}" for mistake in description.mistakes)


def _load(config: Path, *, as_json: bool) -> OwnerConfig:
    from engine.config.checks import source_files_check
    from engine.config.earlier_language import with_language_of_database
    from engine.config.owner_config import load_owner_config
    from settings import environment
    from settings.yaml.load import ConfigError

    environ = environment.load_environment(config.parent, os.environ)
    try:
        loaded = load_owner_config(
            config, environ, extra_checks=[source_files_check(config.parent)]
        )
        return with_language_of_database(loaded, config.parent)
    except ConfigError as error:
        if as_json:
            mistakes = [_mistake_document(mistake) for mistake in error.mistakes]
            print_json({"mistakes": mistakes, "sources": {}})
        raise


def _describe_sources(config: Path, owner_config: OwnerConfig, now: datetime) -> Descriptions:
    from connectors.registry import platform_of

    return {
        name: _describe_source(config, owner_config, name, now)
        for name, source in owner_config.sources.items()
        if platform_of(source).describe
    }


def _describe_source(
    config: Path, owner_config: OwnerConfig, name: str, now: datetime
) -> SourceDescription | RegularsError:
    # A config without CSV files does not pay for this import.
    from engine.sync.describe_source import describe_source

    try:
        description = describe_source(owner_config, config.parent, name, now=now)
        assert description  # noqa: S101 - only asked of files
    except RegularsError as error:
        return error
    return description


def _removed_sources(config: Path, owner_config: OwnerConfig) -> list[str]:
    """Return a sentence for each source that the database still holds but the file does not.

    Without a database there is nothing to load, which keeps the command quick.
    """
    if not _has_database(config, owner_config):
        return []
    from engine.sync.removed_sources import describe_removed_sources

    return describe_removed_sources(owner_config, config.parent)


def _starved_rules(config: Path, owner_config: OwnerConfig) -> list[str]:
    """Return a sentence for each rule that matches nobody for want of data."""
    from engine.feeds.starved_rules import find_starved_rules

    shop = _open_shop(config) if _has_database(config, owner_config) else None
    if shop is None:  # without a database, what reads it is not imported
        return [str(rule) for rule in find_starved_rules(owner_config, None)]
    from engine.feeds.database_feeds import stored_feeds
    from engine.feeds.missing_values import find_missing_values, load_values

    stored = stored_feeds(shop.engine)
    starved = [str(rule) for rule in find_starved_rules(owner_config, stored)]
    if stored is None:
        return starved
    values = load_values(shop.engine, owner_config)
    return [*starved, *(str(rule) for rule in find_missing_values(owner_config, values))]


def _has_database(config: Path, owner_config: OwnerConfig) -> bool:
    """Connecting to SQLite would create the file. A database that is no file is taken as there."""
    file = owner_config.database.removeprefix("sqlite:///")
    return file == owner_config.database or (config.parent / file).exists()


def _print_first_look_back(config: Path, now: datetime) -> None:
    """Print a look back while the rules have not run yet."""
    from engine.lookback.lookback import has_begun
    from regulars.terminal.look_back_report import print_first_look_back

    shop = _open_shop(config)
    if shop and not has_begun(shop.engine):
        print_first_look_back(shop, now=now)


def _open_shop(config: Path) -> OpenShop | None:
    """Return the shop; None if its database is of another version, or out of reach.

    Other commands say so.
    """
    from engine.open.read_only import open_read_only

    try:
        return open_read_only(config)
    except RegularsError:
        return None


def _print_descriptions(descriptions: Descriptions) -> None:
    for name, description in descriptions.items():
        if not isinstance(description, RegularsError):
            print_line(f"[bold]{name}[/]")
            print_wrapped(description.text)
            print_line()


def _document(description: SourceDescription | RegularsError) -> dict[str, Any]:
    if isinstance(description, RegularsError):
        return {"trouble": str(description)}
    return {
        "described": [line.strip() for line in description.text.splitlines()],
        "mistakes": list(description.mistakes),
    }


def _mistake_document(mistake: object) -> dict[str, object]:
    names = ("line", "column", "message", "where")
    return {name: getattr(mistake, name) for name in names}


def _print_summary(config: Path, owner_config: OwnerConfig) -> None:
    from engine.config.owner_config import config_remarks
    from settings.brand.load import logo_remarks

    rules = count_noun(len(owner_config.rules), "rule")
    sources = count_noun(len(owner_config.sources), "source")
    through = owner_config.sending.through
    print_line(f"{config} is fine: {rules}, {sources}, mail through {through}.")
    for remark in config_remarks(owner_config):
        print_line(remark)
    for remark in logo_remarks(owner_config.brand, owner_config.appearance(config.parent)):
        print_line(remark, markup=False)
    for remark in _picture_remarks(config, owner_config):
        print_line(remark, markup=False)
    for remark in _language_remarks(config, owner_config):
        print_line(remark, markup=False)
    for mistake in _page_mistakes(config, owner_config):
        print_line(mistake, markup=False)


def _picture_remarks(config: Path, owner_config: OwnerConfig) -> list[str]:
    """Returns a sentence for each picture of the shop's own templates that no mail can show."""
    if not (config.parent / "templates").is_dir():
        return []
    from engine.config.owner_config import renderer_beside
    from engine.preview.pictures import picture_remarks

    appearance = owner_config.appearance(config.parent)
    renderer = renderer_beside(config, owner_config.language, appearance)
    return picture_remarks(owner_config, renderer)


def _language_remarks(config: Path, owner_config: OwnerConfig) -> Sequence[str]:
    """Returns what the owner should know about the languages of their customers, as far as the
    database knows them.
    """
    if not _has_database(config, owner_config):
        return []
    from engine.config.language_remarks import count_readers, language_remarks
    from engine.config.owner_config import renderer_beside
    from shop.db.engine import read_transaction

    readers = {}
    if shop := _open_shop(config):
        with read_transaction(shop.engine) as connection:
            readers = count_readers(connection)
    renderer = renderer_beside(config, owner_config.language)
    return list(language_remarks(owner_config, renderer, readers))


def _page_mistakes(config: Path, owner_config: OwnerConfig) -> Sequence[str]:
    """Returns a sentence for each page of the shop that the packaged one replaces."""
    if not (config.parent / "templates" / "pages").is_dir():
        return []
    from pages.app import page_renderer

    return page_renderer(config.parent, owner_config.shop, owner_config.language).mistakes
