"""Describes how a file of rows would be read, before anything of it is written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from connectors.platform import SourceContext, SourceDescription
from connectors.registry import platform_of
from engine.config.owner_config import OwnerConfig
from shop.consent.age import youngest_age


def source_context(config: OwnerConfig, folder: Path, name: str) -> SourceContext:
    """Return what the connector of source `name` needs to know of the shop."""
    return SourceContext(
        name=name,
        folder=folder,
        currency=config.shop.currency,
        zone=config.shop.zone,
        sources=config.sources,
        country=config.shop.country,
        youngest_age=youngest_age(config.consent),
    )


def describe_source(
    config: OwnerConfig, folder: Path, name: str, *, now: datetime
) -> SourceDescription | None:
    """Return how the sync would read source `name`; None where its platform holds no files.

    Raises `OwnerFileError` or `SourceDataError` where the file cannot be read.
    """
    source = config.sources[name]
    describe = platform_of(source).describe
    return describe(source, source_context(config, folder, name), now) if describe else None
