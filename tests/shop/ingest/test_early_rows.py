"""Rows that come before what they belong to: kept, and found by it later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import col

from shop.db import changed_customers
from shop.db.engine import reading, writing
from shop.ingest.arrivals import Arrivals, arrive
from shop.tables import Answer, Booking, Customer, Order, PointsEntry, Refund
from tests.rows import identity, order

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def write(engine: Engine, **rows: Any) -> set[int]:
    with writing(engine) as connection:
        return arrive(connection, "online-shop", Arrivals(**rows), now=MARCH)


def owners(engine: Engine, *models: type[Any]) -> list[int | None]:
    with reading(engine) as connection:
        return [connection.scalar(select(col(model.customer_id))) for model in models]


def theirs(key: str, **more: Any) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": key, "customer_source": "online-shop",
        "customer_key": "clara", "version": 1,
    } | more  # fmt: skip


def test_points_of_an_unknown_customer_wait_for_them(engine: Engine) -> None:
    points = theirs("p1", kind="earned", points=30, at=MARCH)
    assert write(engine, points=[points]) == set()
    assert owners(engine, PointsEntry) == [None]
    [clara] = write(engine, identities=[identity("clara")])
    assert owners(engine, PointsEntry) == [clara]
    with reading(engine) as connection:
        assert changed_customers.waiting(connection) == 1


def test_so_do_an_answer_and_a_booking(engine: Engine) -> None:
    write(
        engine,
        answers=[theirs("a1", answered_at=MARCH, csat=1)],
        bookings=[theirs("b1", made_at=MARCH, starts_at=MARCH + DAY, status="booked")],
    )
    assert owners(engine, Answer, Booking) == [None, None]
    [clara] = write(engine, identities=[identity("clara")])
    assert owners(engine, Answer, Booking) == [clara, clara]


def test_a_refund_before_its_order_is_kept_and_the_order_marks_its_customer(
    engine: Engine,
) -> None:
    refund = {
        "source": "online-shop", "external_id": "r1", "order_key": "1", "refunded_at": MARCH,
        "total": 1250, "version": 1,
    }  # fmt: skip
    [clara] = write(engine, identities=[identity("clara")])
    assert write(engine, refunds=[refund]) == set()
    assert write(engine, orders=[order("1", "clara", MARCH - DAY)]) == {clara}
    with reading(engine) as connection:
        kept = select(col(Order.customer_id), col(Refund.total)).join(
            Refund, col(Refund.order_key) == col(Order.external_id)
        )
        assert [tuple(row) for row in connection.execute(kept)] == [(clara, 1250)]


def test_a_later_refund_marks_the_orders_customer(engine: Engine) -> None:
    [clara] = write(engine, identities=[identity("clara")], orders=[order("1", "clara", MARCH)])
    refund = {
        "source": "online-shop", "external_id": "r1", "order_key": "1", "refunded_at": MARCH,
        "total": 1250, "version": 1,
    }  # fmt: skip
    assert write(engine, refunds=[refund]) == {clara}
    with reading(engine) as connection:
        assert connection.scalars(select(col(Customer.id))).all() == [clara]
