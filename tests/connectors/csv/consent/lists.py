"""Reads a file of customers into an empty shop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from connectors.csv.connector import CsvConnector
from connectors.csv.preview import describe_file
from connectors.platform import SourceDescription
from sandbox.cafe import NOW
from tests.connectors.corner_cafe import connect_source, hours_later, run_sync

LIST = """\
sources:
  old-list:
    from: csv
    holds: customers
    file: customers.csv
    columns: {{{columns}}}
"""


def list_config(columns: str, vouched: str | None = None) -> str:
    block = LIST.format(columns=columns)
    return block + (f"    imported consent: {vouched}\n" if vouched else "")


def sync_rows(shop: Engine, folder: Path, rows: str, config: str, *, hour: int = 0) -> Any:
    (folder / "customers.csv").write_text(rows)
    return run_sync(shop, connect_source(folder, config), name="old-list", now=hours_later(hour))


def describe_rows(folder: Path, rows: str, config: str) -> str:
    return describe_list(folder, rows, config).text


def describe_list(folder: Path, rows: str, config: str) -> SourceDescription:
    (folder / "customers.csv").write_text(rows)
    connector = connect_source(folder, config)
    assert isinstance(connector, CsvConnector)
    return describe_file(connector, NOW)


def states(shop: Engine) -> dict[str, str]:
    """Return the basis of each customer with an address, by its part before the @."""
    query = (
        "SELECT c.email, b.state FROM customers c JOIN basis b ON b.customer_id = c.id "
        "WHERE c.email IS NOT NULL"
    )
    with shop.connect() as connection:
        return {email.partition("@")[0]: state for email, state in connection.execute(text(query))}


def statements(shop: Engine) -> list[tuple[str, str, int]]:
    """Return key, statement and date of each consent statement, in their order."""
    query = "SELECT external_id, says, said_at FROM basis_statements ORDER BY id"
    with shop.connect() as connection:
        return [(key, says, said_at) for key, says, said_at in connection.execute(text(query))]
