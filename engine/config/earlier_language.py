"""Applies to config.yaml what only the database knows: that a shop began in English."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.config.owner_config import OwnerConfig
from settings.errors import RegularsError

if TYPE_CHECKING:
    from sqlalchemy import Engine

SQLITE = "sqlite:///"


def with_earlier_language(config: OwnerConfig, engine: Engine) -> OwnerConfig:
    """Returns `config`, in English where the shop began so and the file says no language."""
    if config.shop.language is not None:
        return config
    # A file that says its language does not pay for this import.
    from shop.db.earlier_language import began_in_english

    return config.keep_english() if began_in_english(engine) else config


def with_language_of_database(config: OwnerConfig, folder: Path) -> OwnerConfig:
    """Returns the same for commands that open no shop; without a database the file decides."""
    path = config.database.removeprefix(SQLITE)
    if config.shop.language is not None or (
        path != config.database and not (folder / path).exists()
    ):
        return config
    from shop.db.engine import open_database

    try:
        return with_earlier_language(config, open_database(config.database, base_folder=folder))
    except RegularsError:  # a database that cannot be reached is reported by those who need it
        return config
