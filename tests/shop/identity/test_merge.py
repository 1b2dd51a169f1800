"""Merging and splitting customers: what moves, what ends, what is computed again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, UniqueConstraint, insert, select
from sqlmodel import SQLModel, col

from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import table_of
from shop.identity.merge import customer_columns
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import (
    Answer,
    Basis,
    BasisStatement,
    Booking,
    Cart,
    Customer,
    Enrolment,
    Identity,
    Message,
    Metrics,
    Order,
    PointsBalance,
    PointsEntry,
    PointsLot,
    Task,
    Tick,
)
from tests.rows import cart, identity, order, statement

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
PHONE = "+351912345678"


def ingest(engine: Engine, **rows: Any) -> set[int]:
    with write_transaction(engine) as connection:
        return ingest_rows(connection, "online-shop", SourceRows(**rows), now=MARCH)


def read(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with read_transaction(engine) as connection:
        return sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr)


def two_customers(engine: Engine) -> tuple[int, int]:
    """Clara of the online shop and Clara of the till, not yet known to be one person."""
    [online] = ingest(engine, identities=[identity("clara", email="clara@example.com")])
    [till] = ingest(engine, identities=[identity("17", phone=PHONE)])
    return online, till


def owned_row(key: str, customer: str, **more: Any) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": key, "customer_source": "online-shop",
        "customer_key": customer, "version": 1,
    } | more  # fmt: skip


def merge_them(engine: Engine) -> set[int]:
    return ingest(engine, identities=[identity("c", email="clara@example.com", phone=PHONE)])


def insert_enrolment(engine: Engine, customer: int, occasion: str = "2026", **more: Any) -> int:
    row = {
        "rule": "birthday", "customer_id": customer, "occasion": occasion, "since_at": MARCH,
        "due_at": MARCH, "backlog": False, "enrolled_at": MARCH, "verdict": "go", "step": "1",
        "next_at": MARCH + DAY, "tick_id": insert_tick(engine),
    } | more  # fmt: skip
    with write_transaction(engine) as connection:
        inserted = connection.execute(insert(table_of(Enrolment)).values(**row))
        return int(inserted.inserted_primary_key[0])  # type: ignore[index]


def insert_message(engine: Engine, enrolment: int, customer: int, state: str) -> None:
    row = {
        "id": f"{customer}-{state}", "rule": "birthday", "customer_id": customer,
        "occasion": "2026", "step": "1", "enrolment_id": enrolment, "template": "birthday",
        "extra": "{}", "purpose": "marketing", "approve_first": False, "state": state,
        "created_at": MARCH, "due_at": MARCH, "deadline": MARCH + DAY,
        "tick_id": insert_tick(engine),
    }  # fmt: skip
    with write_transaction(engine) as connection:
        connection.execute(insert(table_of(Message)).values(**row))


def insert_tick(engine: Engine) -> int:
    with write_transaction(engine) as connection:
        inserted = connection.execute(insert(table_of(Tick)).values(at=MARCH, started_at=MARCH))
        return int(inserted.inserted_primary_key[0])  # type: ignore[index]


def fill_every_table(engine: Engine, customer: int) -> None:
    """A row in every table that refers to the customer of the till."""
    ingest(
        engine,
        identities=[identity("17", phone=PHONE)],
        statements=[statement("17", "no", MARCH)],
        orders=[order("1", "17", MARCH)],
        carts=[cart("2", "17", MARCH)],
        bookings=[owned_row("3", "17", made_at=MARCH, starts_at=MARCH, status="kept")],
        answers=[owned_row("4", "17", answered_at=MARCH, csat=2)],
        points=[owned_row("5", "17", kind="earned", points=30, at=MARCH)],
    )
    enrolment = insert_enrolment(engine, customer)
    insert_message(engine, enrolment, customer, "sent")
    with write_transaction(engine) as connection:
        entry = connection.scalar(select(col(PointsEntry.id)))
        for model, row in (
            (Task, {"rule": "sorry", "customer_id": customer, "enrolment_id": enrolment,
                    "step": "1", "words": "Call them", "created_at": MARCH}),
            (PointsLot, {"entry_id": entry, "customer_id": customer, "earned_at": MARCH,
                         "left": 30}),
            (PointsBalance, {"customer_id": customer, "balance": 30}),
            (Metrics, {"customer_id": customer, "visits": 1, "orders": 1, "spent": 1250}),
        ):  # fmt: skip
            connection.execute(insert(table_of(model)).values(**row))


MOVED_MODELS = (
    Identity, BasisStatement, Order, Cart, Booking, Answer, PointsEntry, PointsLot, Task, Enrolment,
    Message,
)  # fmt: skip


def test_everything_moves_to_the_older_customer(engine: Engine) -> None:
    online, till = two_customers(engine)
    fill_every_table(engine, till)
    assert merge_them(engine) == {online}
    for model in MOVED_MODELS:
        owners = {owner for (owner,) in read(engine, table_of(model).c.customer_id)}
        assert owners == {online}, model.__name__
    assert read(engine, col(Customer.id), col(Customer.email)) == [(online, "clara@example.com")]
    assert read(engine, col(PointsBalance.customer_id), col(PointsBalance.balance)) == [
        (online, 30)
    ]
    assert read(engine, col(Metrics.customer_id)) == []


def test_rows_that_arrive_with_a_merge_mark_only_the_kept_customer(engine: Engine) -> None:
    online, _ = two_customers(engine)
    ingest(engine, orders=[order("1", "17", MARCH)])
    joining_identity = identity("c", email="clara@example.com", phone=PHONE)
    updated_order = order("1", "17", MARCH, version=2)
    assert ingest(engine, identities=[joining_identity], orders=[updated_order]) == {online}


def test_an_opt_out_of_one_holds_for_both(engine: Engine) -> None:
    online, till = two_customers(engine)
    ingest(
        engine,
        identities=[identity("clara", email="clara@example.com")],
        statements=[statement("clara", "yes", MARCH - DAY)],
    )
    ingest(
        engine,
        identities=[identity("17", phone=PHONE)],
        statements=[statement("17", "no", MARCH)],
    )
    assert read(engine, col(Basis.customer_id), col(Basis.state)) == [(online, "yes"), (till, "no")]
    merge_them(engine)
    assert read(engine, col(Basis.customer_id), col(Basis.state)) == [(online, "no")]


def enrolments(engine: Engine) -> list[tuple[Any, ...]]:
    table = table_of(Enrolment)
    return read(engine, table.c.occasion, table.c.next_at.is_not(None), table.c.ended.is_not(None))


@pytest.mark.parametrize("mailed", ["online", "till"])
def test_of_one_occasion_of_both_the_one_that_was_mailed_stands(
    engine: Engine, mailed: str
) -> None:
    online, till = two_customers(engine)
    mailed_customer, unmailed_customer = (online, till) if mailed == "online" else (till, online)
    insert_message(
        engine,
        insert_enrolment(engine, mailed_customer, next_at=None, ended="done"),
        mailed_customer,
        "sent",
    )
    insert_message(engine, insert_enrolment(engine, unmailed_customer), unmailed_customer, "queued")
    merge_them(engine)
    renamed_occasion = f"2026 (as customer {unmailed_customer})"
    assert enrolments(engine) == [(renamed_occasion, False, True), ("2026", False, True)]
    assert read(engine, col(Message.state), col(Message.occasion)) == [
        ("sent", "2026"), ("skipped", renamed_occasion),
    ]  # fmt: skip


def test_two_that_were_both_mailed_keep_their_history(engine: Engine) -> None:
    online, till = two_customers(engine)
    for customer in (online, till):
        enrolment = insert_enrolment(engine, customer, next_at=None, ended="done")
        insert_message(engine, enrolment, customer, "sent")
    merge_them(engine)
    states = read(engine, col(Message.state), col(Message.customer_id))
    assert states == [("sent", online), ("sent", online)]
    assert {reason for (reason,) in read(engine, col(Enrolment.ended))} == {"done"}


def test_different_occasions_both_go_on(engine: Engine) -> None:
    online, till = two_customers(engine)
    insert_enrolment(engine, online, "cart-1")
    insert_enrolment(engine, till, "cart-2")
    merge_them(engine)
    assert enrolments(engine) == [("cart-1", True, False), ("cart-2", True, False)]


def test_a_split_moves_the_rows_of_the_identity(engine: Engine) -> None:
    [ana] = ingest(engine, identities=[identity("ana", email="ana@example.com", phone=PHONE)])
    ingest(engine, identities=[identity("17", phone=PHONE, first_name=None)])
    fill_every_table(engine, ana)
    insert_enrolment(engine, ana, "2027")
    with write_transaction(engine) as connection:
        opt_out = statement("page 1", "no", MARCH, source="pages", customer_id=ana)
        connection.execute(insert(table_of(BasisStatement)).values(**opt_out))
    ingest(engine, identities=[identity("b", email="b@example.com", phone=PHONE)])
    [(card_customer,)] = read(engine, col(Order.customer_id))
    assert card_customer != ana
    for model in (Cart, Booking, Answer, PointsEntry, PointsLot, PointsBalance):
        assert read(engine, table_of(model).c.customer_id) == [(card_customer,)], model.__name__
    states = dict(read(engine, col(Basis.customer_id), col(Basis.state)))
    assert (states[ana], states[card_customer]) == ("no", "no")
    assert {customer for (customer,) in read(engine, col(Message.customer_id))} == {ana}
    assert enrolments(engine) == [("2026", False, True), ("2027", False, True)]


def test_a_split_customer_may_take_the_address(engine: Engine) -> None:
    """What the till called them by was newer than what the online shop did."""
    ingest(engine, identities=[identity("ana", email="ana@example.com", phone=PHONE)])
    late = identity("17", email="card@example.com", phone=PHONE, first_name=None, version=9)
    ingest(engine, identities=[late])
    assert read(engine, col(Customer.email)) == [("card@example.com",)]
    ingest(engine, identities=[identity("b", email="b@example.com", phone=PHONE)])
    emails = [email for (email,) in read(engine, col(Customer.email))]
    assert emails == ["ana@example.com", "b@example.com", "card@example.com"]


def test_a_merge_handles_every_table_with_a_unique_customer() -> None:
    """A new table that a merge could bring into conflict with itself must be named here."""
    unique_tables = {
        table.name
        for table, column in customer_columns()
        for rule in table.constraints
        if isinstance(rule, UniqueConstraint) and column in list(rule.columns)
    }
    assert unique_tables == {"enrolments", "messages"}
    derived_tables = {table.name for table, column in customer_columns() if column.primary_key}
    assert derived_tables == {
        "basis",
        "customer_search",
        "metrics",
        "points_balances",
        "visit_days",
    }
    assert {table.name for table, _ in customer_columns()} <= set(SQLModel.metadata.tables)
