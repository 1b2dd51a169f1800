"""Rows that arrive before what they refer to are stored, and linked later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import col

from shop.db import changed_customers
from shop.db.engine import read_transaction, write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Answer, Booking, Customer, Order, PointsEntry, Refund
from tests.rows import identity, order

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def ingest(engine: Engine, **rows: Any) -> set[int]:
    with write_transaction(engine) as connection:
        return ingest_rows(connection, "online-shop", SourceRows(**rows), now=MARCH)


def owner_ids(engine: Engine, *models: type[Any]) -> list[int | None]:
    with read_transaction(engine) as connection:
        return [connection.scalar(select(col(model.customer_id))) for model in models]


def clara_row(key: str, **more: Any) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": key, "customer_source": "online-shop",
        "customer_key": "clara", "version": 1,
    } | more  # fmt: skip


def test_points_of_an_unknown_customer_are_linked_later(engine: Engine) -> None:
    points = clara_row("p1", kind="earned", points=30, at=MARCH)
    assert ingest(engine, points=[points]) == set()
    assert owner_ids(engine, PointsEntry) == [None]
    [clara] = ingest(engine, identities=[identity("clara")])
    assert owner_ids(engine, PointsEntry) == [clara]
    with read_transaction(engine) as connection:
        assert changed_customers.count_changes(connection) == 1


def test_answers_and_bookings_of_an_unknown_customer_are_linked_later(engine: Engine) -> None:
    ingest(
        engine,
        answers=[clara_row("a1", answered_at=MARCH, csat=1)],
        bookings=[clara_row("b1", made_at=MARCH, starts_at=MARCH + DAY, status="booked")],
    )
    assert owner_ids(engine, Answer, Booking) == [None, None]
    [clara] = ingest(engine, identities=[identity("clara")])
    assert owner_ids(engine, Answer, Booking) == [clara, clara]


def test_a_refund_before_its_order_is_kept_and_the_order_marks_its_customer(
    engine: Engine,
) -> None:
    refund = {
        "source": "online-shop", "external_id": "r1", "order_key": "1", "refunded_at": MARCH,
        "total": 1250, "version": 1,
    }  # fmt: skip
    [clara] = ingest(engine, identities=[identity("clara")])
    assert ingest(engine, refunds=[refund]) == set()
    assert ingest(engine, orders=[order("1", "clara", MARCH - DAY)]) == {clara}
    with read_transaction(engine) as connection:
        query = select(col(Order.customer_id), col(Refund.total)).join(
            Refund, col(Refund.order_key) == col(Order.external_id)
        )
        assert [tuple(row) for row in connection.execute(query)] == [(clara, 1250)]


def test_a_later_refund_marks_the_orders_customer(engine: Engine) -> None:
    [clara] = ingest(engine, identities=[identity("clara")], orders=[order("1", "clara", MARCH)])
    refund = {
        "source": "online-shop", "external_id": "r1", "order_key": "1", "refunded_at": MARCH,
        "total": 1250, "version": 1,
    }  # fmt: skip
    assert ingest(engine, refunds=[refund]) == {clara}
    with read_transaction(engine) as connection:
        assert connection.scalars(select(col(Customer.id))).all() == [clara]
