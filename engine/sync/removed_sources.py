"""Sources that were taken out of config.yaml: their records stop deciding who may be mailed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, case, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from shop.consent.basis import EMAIL, ConsentValue
from shop.db.engine import HEAD, open_database, read_transaction, schema_revision
from shop.ingest.missing_records import mark_source_removed, mark_source_restored
from shop.tables import BasisStatement, Identity, Order, SyncState

RENAMED = (
    " If you have renamed it to {names}: a new name is a new source, which reads everything again; "
    "its yeses count from its first sync on."
)


@dataclass(frozen=True)
class RemovedSource:
    """What the database still holds of a source that is not in config.yaml.

    `yes` and `no` are customers whose latest statement there says so.
    """

    name: str
    customers: int
    yes: int
    no: int
    orders: int

    def __str__(self) -> str:
        held = f"customers: {self.customers:,} ({self.yes:,} yes, {self.no:,} no)"
        return (
            f"{self.name} is no longer in the file. What it brought is kept: {held}, "
            f"orders: {self.orders:,}. Its yeses no longer count, its noes do. Put it back, and "
            "all counts as before."
        )


def apply_removed_sources(
    connection: Connection, configured: Collection[str], now: datetime
) -> None:
    """Withdraw what removed sources said, and restore it where a source is `configured` again.

    Opt-outs stay. Orders, and statements that customers made to the shop itself, are not touched.
    """
    for source, removed_at in connection.execute(_read_sources_query()).all():
        if source not in configured and removed_at is None:
            mark_source_removed(connection, source, now)
            _save_removal(connection, source, now)
        elif source in configured and removed_at is not None:
            mark_source_restored(connection, source, now)
            _save_removal(connection, source, None)


def describe_removed_sources(config: OwnerConfig, folder: Path) -> list[str]:
    """Return a sentence for each source that the database in `folder` holds but `config` lacks.

    A database that cannot be read has none: other commands say so.
    """
    engine = open_database(config.database, base_folder=folder)
    try:
        if schema_revision(engine) != HEAD:
            return []
        with read_transaction(engine) as connection:
            removed = load_removed_sources(connection, config.sources)
            unread = load_unread_sources(connection, config.sources) if removed else []
    except SQLAlchemyError:
        return []
    finally:
        engine.dispose()
    hint = RENAMED.format(names=" or ".join(unread)) if unread else ""
    return [f"{source}{hint}" for source in removed]


def load_removed_sources(
    connection: Connection, configured: Collection[str]
) -> list[RemovedSource]:
    """Return what each source holds that was read once and is not `configured` now."""
    names = [row[0] for row in connection.execute(_read_sources_query())]
    removed = (_count_records(connection, name) for name in names if name not in configured)
    return [source for source in removed if source.customers or source.orders]


def load_unread_sources(connection: Connection, configured: Collection[str]) -> list[str]:
    """Return the `configured` sources that were never read: perhaps a removed one's new name."""
    read = {row[0] for row in connection.execute(_read_sources_query())}
    return [name for name in configured if name not in read]


@cache
def _read_sources_query() -> Select[Any]:
    """Every source that was ever read; the shop's own statements have no sync state."""
    return (
        select(col(SyncState.source), func.max(col(SyncState.removed_at)))
        .group_by(col(SyncState.source))
        .order_by(col(SyncState.source))
    )


def _save_removal(connection: Connection, source: str, removed_at: datetime | None) -> None:
    states = update(SyncState).where(col(SyncState.source) == source)
    connection.execute(states.values(removed_at=removed_at))


def _count_records(connection: Connection, source: str) -> RemovedSource:
    customers = select(func.count(col(Identity.customer_id).distinct())).where(
        col(Identity.source) == source
    )
    orders = select(func.count()).select_from(Order).where(col(Order.source) == source)
    yes, no = connection.execute(_latest_statements_query(source)).one()
    return RemovedSource(
        source, connection.scalar(customers) or 0, yes or 0, no or 0,
        connection.scalar(orders) or 0,
    )  # fmt: skip


def _latest_statements_query(source: str) -> Select[Any]:
    latest = (
        select(func.max(col(BasisStatement.id)))
        .where(col(BasisStatement.source) == source, col(BasisStatement.channel) == EMAIL)
        .group_by(col(BasisStatement.external_id))
    )
    says = col(BasisStatement.says)
    counts = (
        func.sum(case((says == value.value, 1), else_=0))
        for value in (ConsentValue.YES, ConsentValue.NO)
    )
    return select(*counts).where(col(BasisStatement.id).in_(latest))
