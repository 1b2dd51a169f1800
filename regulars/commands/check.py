"""`check` and `schema`: the owner's file and the files it names, read and nothing else."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.registry import platform_of
from engine.config.checks import source_files_check
from engine.config.owner_config import OwnerConfig, config_remarks, load_owner_config
from regulars.terminal.output import console, count_noun, print_json, printable
from settings import environment
from settings.errors import RegularsError, SourceDataError
from settings.schema import json_schema
from settings.yaml.load import ConfigError

Descriptions = dict[str, str | RegularsError]


def run(config: Path, *, as_json: bool) -> None:
    """Raises every mistake at once; says what was read where there is none."""
    environ = environment.load_environment(config.parent, os.environ)
    try:
        owner_config = load_owner_config(
            config, environ, extra_checks=[source_files_check(config.parent)]
        )
    except ConfigError as error:
        if as_json:
            print_json(
                {
                    "mistakes": [_mistake_document(mistake) for mistake in error.mistakes],
                    "sources": {},
                }
            )
        raise
    descriptions = _describe_files(config, owner_config)
    if as_json:
        sources = {
            name: _source_document(description) for name, description in descriptions.items()
        }
        print_json({"mistakes": [], "sources": sources})
    else:
        _print_descriptions(descriptions)
    errors = [
        str(description)
        for description in descriptions.values()
        if isinstance(description, RegularsError)
    ]
    if errors:
        raise SourceDataError("\n".join(errors))
    if not as_json:
        console.print(_summary(config, owner_config), soft_wrap=True)
        for remark in config_remarks(owner_config):
            console.print(remark, soft_wrap=True)


def print_schema() -> None:
    print_json(json_schema(OwnerConfig))


def _describe_files(config: Path, owner_config: OwnerConfig) -> Descriptions:
    """Each file of rows: how it would be read, or what stands in the way."""
    return {
        name: _describe_file(config, owner_config, name)
        for name, source in owner_config.sources.items()
        if platform_of(source).describe
    }


def _describe_file(config: Path, owner_config: OwnerConfig, name: str) -> str | RegularsError:
    # Only here, for reading files needs what a file without them need not wait for.
    from engine.sync.describe_source import describe_source

    try:
        return describe_source(owner_config, config.parent, name, now=datetime.now(UTC)) or ""
    except RegularsError as error:
        return error


def _print_descriptions(descriptions: Descriptions) -> None:
    for name, description in descriptions.items():
        if isinstance(description, str):
            console.print(f"[bold]{name}[/]")
            for line in description.splitlines():
                console.print(printable(line), soft_wrap=True)
            console.print()


def _source_document(description: str | RegularsError) -> dict[str, Any]:
    if isinstance(description, RegularsError):
        return {"trouble": str(description)}
    return {"described": [line.strip() for line in description.splitlines()]}


def _mistake_document(mistake: object) -> dict[str, object]:
    names = ("line", "column", "message", "where")
    return {name: getattr(mistake, name) for name in names}


def _summary(config: Path, owner_config: OwnerConfig) -> str:
    rules, sources = (
        count_noun(len(owner_config.rules), "rule"),
        count_noun(len(owner_config.sources), "source"),
    )
    return f"{config} is fine: {rules}, {sources}, mail through {owner_config.sending.through}."
