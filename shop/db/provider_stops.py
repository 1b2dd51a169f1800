"""Stops of the mail to one mailbox provider, and what the owner lets go in spite of refusals."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Select, delete, select
from sqlmodel import col

from shop.db.upsert import insert_into
from shop.tables import Stop

PROVIDER_PREFIX = "provider:"
ALLOWED_PREFIX = "go on:"
ALLOWED_FOR = timedelta(days=1)


def stop_provider(connection: Connection, provider: str, reason: str, *, now: datetime) -> bool:
    """Stops the mail to `provider`; False where it was stopped before."""
    insert = insert_into(Stop).on_conflict_do_nothing()
    row = {"what": PROVIDER_PREFIX + provider, "since": now, "because": reason}
    with_rowcount = connection.execution_options(preserve_rowcount=True)
    return with_rowcount.execute(insert, row).rowcount > 0


def resume_provider(connection: Connection, provider: str, *, now: datetime) -> bool:
    """Removes the stop, and allows the provider's mail for a day, whatever it answers; False where
    there was no stop.
    """
    was_stopped = _delete(connection, PROVIDER_PREFIX + provider)
    if was_stopped:
        _delete(connection, ALLOWED_PREFIX + provider)
        row = {"what": ALLOWED_PREFIX + provider, "since": now, "because": None}
        connection.execute(insert_into(Stop), row)
    return was_stopped


def load_provider_stops(connection: Connection) -> dict[str, tuple[datetime, str | None]]:
    """Returns since when and why mail to providers is stopped, by provider."""
    return {
        row.what.removeprefix(PROVIDER_PREFIX): (row.since, row.because)
        for row in connection.execute(_rows_query(PROVIDER_PREFIX))
    }


def allowed_providers(connection: Connection, *, now: datetime) -> frozenset[str]:
    """Returns the providers whose mail the owner let go within the last day."""
    return frozenset(
        row.what.removeprefix(ALLOWED_PREFIX)
        for row in connection.execute(_rows_query(ALLOWED_PREFIX))
        if row.since > now - ALLOWED_FOR
    )


def _delete(connection: Connection, what: str) -> bool:
    return connection.execute(delete(Stop).where(col(Stop.what) == what)).rowcount > 0


@cache
def _rows_query(prefix: str) -> Select[tuple[str, datetime, str | None]]:
    columns = select(col(Stop.what), col(Stop.since), col(Stop.because))
    return columns.where(col(Stop.what).startswith(prefix)).order_by(col(Stop.what))
