"""Test helper: orders, refunds and points arrive, and a tick settles them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import col

from loyalty import ledger
from loyalty.audit import Discrepancy, audit_ledger
from loyalty.config import Earn
from loyalty.earn import Programme, award_points
from loyalty.fold import OWN_SOURCE
from shop.db import changed_customers
from shop.db.engine import read_transaction, write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Customer, PointsBalance, PointsEntry, PointsLot
from tests.rows import identity, order

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
OPENED = MARCH - 1000 * DAY
YEAR = 365 * DAY
PER_EURO = Programme(Earn(1, Decimal(1)), YEAR, "EUR", OPENED)


def points_row(key: str, customer: str | None, points: int, at: datetime, **more: Any) -> Any:
    return {
        "source": "till", "external_id": key, "customer_source": "online-shop",
        "customer_key": customer, "kind": "earned" if points > 0 else "spent",
        "points": points, "at": at, "expires_at": None, "order_source": None,
        "order_key": None, "version": 1,
    } | more  # fmt: skip


def refund_row(key: str, order_key: str, total: int, at: datetime, **more: Any) -> Any:
    return {
        "source": "online-shop", "external_id": key, "order_key": order_key,
        "refunded_at": at, "total": total, "version": 1,
    } | more  # fmt: skip


class Till:
    """A shop with a points programme and its customers."""

    def __init__(self, engine: Engine, programme: Programme | None = PER_EURO) -> None:
        self.engine = engine
        self.programme = programme
        self._ticks = 0

    def arrive(self, source: str = "online-shop", **rows: list[Any]) -> None:
        with write_transaction(self.engine) as connection:
            ingest_rows(connection, source, SourceRows(**rows))

    def customer(self, *names: str) -> None:
        identities = [identity(name, email=f"{name}@example.com") for name in names]
        self.arrive(identities=identities)

    def order(self, key: str, name: str | None, at: datetime, euros: float, **more: Any) -> None:
        self.arrive(orders=[order(key, name, at, **({"total": round(euros * 100)} | more))])

    def refund(self, key: str, order_key: str, euros: float, at: datetime, **more: Any) -> None:
        self.arrive(refunds=[refund_row(key, order_key, round(euros * 100), at, **more)])

    def points(self, key: str, name: str | None, points: int, at: datetime, **more: Any) -> None:
        self.arrive("till", points=[points_row(key, name, points, at, **more)])

    def tick(self, now: datetime = MARCH) -> None:
        """Runs the points part of a tick."""
        self._ticks += 1
        with write_transaction(self.engine) as connection:
            ledger.mark_expired_lots(connection, now)
            changed_customers.claim_changes(connection, self._ticks)
            award_points(connection, self._ticks, self.programme)
            ledger.settle_points(connection, self._ticks, now)
            changed_customers.clear_changes(connection, self._ticks)

    def spend(
        self, name: str, points: int, key: str = "coffee", at: datetime = MARCH
    ) -> ledger.Spending:
        with write_transaction(self.engine) as connection:
            return ledger.spend_points(connection, self.id_of(name), points, at, key)

    def id_of(self, name: str) -> int:
        ids: dict[str, int] = dict(self.all(col(Customer.email), col(Customer.id)))
        return ids[f"{name}@example.com"]

    def balance(self, name: str = "ana") -> int | None:
        return dict(self.all(col(PointsBalance.customer_id), col(PointsBalance.balance))).get(
            self.id_of(name)
        )

    def lots(self, name: str = "ana") -> list[tuple[datetime | None, int]]:
        """Returns expiry and remaining points of each lot, soonest first."""
        rows = self.all(col(PointsLot.customer_id), col(PointsLot.expires_at), col(PointsLot.left))
        lots = [(ends, remaining) for owner, ends, remaining in rows if owner == self.id_of(name)]
        return sorted(lots, key=lambda lot: (lot[0] is None, lot[0] or MARCH, lot[1]))

    def entries(self) -> list[tuple[str, int]]:
        """Returns kind and points of the entries that Regulars wrote, in chronological order."""
        rows = self.all(
            col(PointsEntry.source), col(PointsEntry.at), col(PointsEntry.id),
            col(PointsEntry.kind), col(PointsEntry.points),
        )  # fmt: skip
        return [
            (kind, points) for source, _, _, kind, points in sorted(rows) if source == OWN_SOURCE
        ]

    def discrepancies(self) -> list[Discrepancy]:
        with read_transaction(self.engine) as connection:
            return audit_ledger(connection)

    def all(self, *columns: Any) -> list[Any]:
        with read_transaction(self.engine) as connection:
            return [tuple(row) for row in connection.execute(select(*columns))]
