"""Shows how a CSV file would be read, without writing anything."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from connectors.csv.connector import CsvConnector
from connectors.csv.preview import describe_file
from connectors.factory import make_connector
from engine.config.owner_config import OwnerConfig


def preview_file(config: OwnerConfig, folder: Path, name: str, *, now: datetime) -> str:
    """Return a description of source `name`: its columns, and the records they become."""
    connector = make_connector(
        name,
        config.sources[name],
        beside=folder,
        shop_currency=config.shop.currency,
        zone=config.shop.zone,
        sources=config.sources,
    )
    assert isinstance(connector, CsvConnector)  # noqa: S101  # called for CSV sources only
    return describe_file(connector, now)
