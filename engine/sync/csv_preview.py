"""What a file of rows would be read as, before anything of it is written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from connectors.csv.connector import Csv
from connectors.csv.preview import describe
from connectors.factory import connector_of
from engine.config.owner_config import OwnersFile


def described(file: OwnersFile, folder: Path, name: str, *, now: datetime) -> str:
    """As the sync would open it; nothing is kept."""
    connector = connector_of(
        name,
        file.sources[name],
        beside=folder,
        shop_currency=file.shop.currency,
        zone=file.shop.zone,
        sources=file.sources,
    )
    assert isinstance(connector, Csv)  # noqa: S101  # only asked of files
    return describe(connector, now)
