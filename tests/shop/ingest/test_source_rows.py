"""Ingesting rows: versions, linking to customers, statements and their basis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlmodel import col

from shop.db import changed_customers
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import table_of
from shop.ingest.source_rows import OWNED_MODELS, SourceRows, ingest_rows
from shop.tables import Basis, BasisStatement, Customer, Identity, Order, OrderCoupon, OrderLine
from tests.rows import cart, identity, order, order_coupon, order_line, statement

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def ingest(engine: Engine, **rows: list[Any]) -> set[int]:
    with write_transaction(engine) as connection:
        return ingest_rows(connection, "online-shop", SourceRows(**rows))


def read(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with read_transaction(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0]))]


def test_an_older_version_never_wins(engine: Engine) -> None:
    ingest(engine, identities=[identity("clara", email="clara@example.com", version=2)])
    ingest(engine, identities=[identity("clara", email="old@example.com", version=1)])
    assert read(engine, col(Customer.email)) == [("clara@example.com",)]


def test_a_hidden_address_does_not_take_a_known_one_away(engine: Engine) -> None:
    ingest(engine, identities=[identity("clara", email="clara@example.com", version=1)])
    ingest(engine, identities=[identity("clara", email=None, version=2)])
    assert read(engine, col(Customer.email)) == [("clara@example.com",)]


def test_two_spellings_of_one_address_are_one_customer(engine: Engine) -> None:
    ingest(
        engine,
        identities=[
            identity("a", email="Clara@Example.com"),
            identity("b", email="clara@example.com "),
        ],
    )
    assert len(read(engine, col(Customer.id))) == 1


def test_people_without_an_address_stay_apart(engine: Engine) -> None:
    ingest(engine, identities=[identity("ana"), identity("bruno")])
    assert read(engine, col(Customer.first_name)) == [("Ana",), ("Bruno",)]


@pytest.mark.parametrize("order_first", [True, False])
def test_an_order_finds_its_customer_whichever_comes_first(
    engine: Engine, order_first: bool
) -> None:
    steps: list[dict[str, Any]] = [
        {"orders": [order("1", "clara", MARCH)]},
        {"identities": [identity("clara")]},
    ]
    for rows in steps if order_first else reversed(steps):
        ingest(engine, **rows)
    assert read(engine, col(Order.customer_id)) == read(engine, col(Customer.id))


CLARA_ROW: dict[str, Any] = {
    "source": "online-shop", "external_id": "1", "customer_source": "online-shop",
    "customer_key": "clara", "version": 1,
}  # fmt: skip
ROWS_BEFORE_CUSTOMER = {
    "orders": order("1", "clara", MARCH),
    "carts": cart("1", "clara", MARCH),
    "bookings": CLARA_ROW | {"made_at": MARCH, "starts_at": MARCH + DAY, "status": "booked"},
    "answers": CLARA_ROW | {"answered_at": MARCH, "csat": 5},
    "points": CLARA_ROW | {"kind": "earned", "points": 10, "at": MARCH},
}


@pytest.mark.parametrize("table", OWNED_MODELS)
def test_rows_that_arrive_before_their_customer_are_linked(sqlite: Engine, table: str) -> None:
    ingest(sqlite, **{table: [ROWS_BEFORE_CUSTOMER[table]]})
    ingest(sqlite, identities=[identity("ana")])
    model = OWNED_MODELS[table]
    assert read(sqlite, col(model.customer_id)) == [(None,)]
    affected = ingest(sqlite, identities=[identity("clara")])
    assert read(sqlite, col(model.customer_id)) == [(customer_id,) for customer_id in affected]


def test_fifty_rows_take_as_few_statements_as_one(sqlite: Engine) -> None:
    executed: list[str] = []
    event.listen(sqlite, "before_cursor_execute", lambda _c, _k, sql, *_: executed.append(sql))
    for names in ["ana"], [f"customer {number}" for number in range(50)]:
        executed.clear()
        ingest(
            sqlite,
            identities=[identity(name, email=f"{name}@example.com") for name in names],
            statements=[statement(name, "yes", MARCH) for name in names],
        )
        assert len(executed) <= 23


def test_a_guests_order_has_no_customer_and_marks_nobody(engine: Engine) -> None:
    assert ingest(engine, orders=[order("1", None, MARCH)]) == set()
    with read_transaction(engine) as connection:
        assert changed_customers.count_changes(connection) == 0


def test_lines_of_an_older_order_go_with_it(engine: Engine) -> None:
    ingest(
        engine,
        orders=[order("1", None, MARCH)],
        order_lines=[order_line("1", 0, "Granola"), order_line("1", 1, "Tea")],
    )
    ingest(
        engine,
        orders=[order("1", None, MARCH, version=2)],
        order_lines=[order_line("1", 0, "Granola", version=2)],
    )
    ingest(
        engine,
        orders=[order("1", None, MARCH, version=1)],
        order_lines=[order_line("1", 1, "Tea", version=1)],
    )
    assert read(engine, col(OrderLine.title)) == [("Granola",)]


def ingest_coupons(engine: Engine, version: int, *codes: str) -> None:
    coupons = [order_coupon("1", n, code, version=version) for n, code in enumerate(codes)]
    orders = [order("1", None, MARCH, version=version)]
    ingest(engine, orders=orders, order_coupons=coupons)


def test_a_newer_order_replaces_its_coupons(engine: Engine) -> None:
    ingest(engine, orders=[order("2", None, MARCH)], order_coupons=[order_coupon("2", 0, "TEA")])
    ingest_coupons(engine, 1, "BREAKFAST", "FIRST")
    ingest_coupons(engine, 2, "Breakfast")
    columns = col(OrderCoupon.order_key), col(OrderCoupon.code), col(OrderCoupon.discount)
    assert read(engine, *columns) == [("1", "Breakfast", 100), ("2", "TEA", 100)]
    ingest_coupons(engine, 3)
    assert read(engine, *columns) == [("2", "TEA", 100)]


def test_an_older_order_brings_no_coupon_back(engine: Engine) -> None:
    ingest_coupons(engine, 2, "BREAKFAST")
    ingest_coupons(engine, 1, "OLD", "OLDER")
    assert read(engine, col(OrderCoupon.code)) == [("BREAKFAST",)]


def everything(engine: Engine) -> list[list[tuple[Any, ...]]]:
    return [read(engine, *table_of(model).c) for model in (Customer, Identity, Order, Basis)]


def test_the_same_rows_again_change_nothing_but_the_markers(engine: Engine) -> None:
    rows: dict[str, Any] = {
        "identities": [identity("clara", email="clara@example.com")],
        "statements": [statement("clara", "yes", MARCH)],
        "orders": [order("1", "clara", MARCH)],
    }
    ingest(engine, **rows)
    before = everything(engine)
    ingest(engine, **rows)
    assert everything(engine) == before


UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        ([], "none"),
        ([("yes", MARCH)], "yes"),
        ([("yes", UNDATED)], "yes"),
        ([("no", MARCH)], "no"),
        ([("yes", MARCH), ("no", MARCH + DAY)], "no"),
        ([("no", MARCH), ("yes", MARCH + DAY)], "yes"),
        ([("no", MARCH), ("yes", MARCH)], "no"),
        ([("no", MARCH), ("yes", UNDATED)], "no"),
        ([("no", UNDATED), ("yes", MARCH - DAY)], "no"),
        ([("yes", MARCH), ("none", MARCH + DAY)], "none"),
        ([("no", MARCH), ("none", MARCH + DAY)], "no"),
        ([("none", MARCH), ("yes", MARCH + DAY)], "yes"),
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_an_opt_out_holds_until_a_newer_dated_opt_in(
    engine: Engine, statements: list[tuple[str, datetime]], state: str, backwards: bool
) -> None:
    ingest(engine, identities=[identity("clara", email="clara@example.com")])
    for consent, at in reversed(statements) if backwards else statements:
        # Recorded in March: an undated opt-out counts from its recording.
        row = statement("clara", consent, at, recorded_at=MARCH)
        ingest(engine, identities=[identity("clara", email="clara@example.com")], statements=[row])
    states = read(engine, col(Basis.state))
    assert states == ([(state,)] if statements else [])


@pytest.mark.parametrize(
    ("consents", "state"),
    [
        (["yes", "yes"], "yes"),
        (["yes", "none"], "none"),
        (["yes", "none", "yes"], "yes"),
        (["none", "yes", "none", "yes", "yes"], "yes"),
        (["yes", "no", "yes"], "no"),
    ],
)
def test_the_last_undated_statement_counts_but_lifts_no_opt_out(
    engine: Engine, consents: list[str], state: str
) -> None:
    for day, consent in enumerate(consents):
        row = statement("clara", consent, UNDATED, recorded_at=MARCH + day * DAY)
        clara = identity("clara", email="clara@example.com")
        ingest(engine, identities=[clara], statements=[row])
    assert read(engine, col(Basis.state)) == [(state,)]
    stored_ids = read(engine, col(BasisStatement.id))
    assert len(stored_ids) == len(
        [1 for n, consent in enumerate(consents) if not n or consents[n - 1] != consent]
    )


def test_an_opt_out_counts_once_its_customer_is_known(engine: Engine) -> None:
    """Another source has a customer of that number too."""
    ingest(engine, identities=[identity("7", email="ana@example.com")])
    opt_out = statement("7", "no", MARCH, source="till")
    with write_transaction(engine) as connection:
        ingest_rows(connection, "till", SourceRows(statements=[opt_out]))
    bruno = identity("7", source="till", email="bruno@example.com")
    assert len(ingest(engine, identities=[bruno])) == 1
    assert read(engine, col(Basis.customer_id), col(Basis.state)) == [(2, "no")]


def test_an_order_may_bring_an_opt_out_of_a_customer_of_another_source(engine: Engine) -> None:
    opt_outs: list[Any] = [statement(name, "no", MARCH) for name in ("7", "8")]
    ingest(engine, identities=[identity("7", email="ana@example.com")])
    with write_transaction(engine) as connection:
        affected = ingest_rows(connection, "till", SourceRows(statements=opt_outs))
    assert len(affected) == 1
    ingest(engine, identities=[identity("8", email="bruno@example.com")])
    assert read(engine, col(Basis.customer_id), col(Basis.state)) == [(1, "no"), (2, "no")]


def test_the_newest_opt_in_is_quoted_in_any_order_of_arrival(engine: Engine) -> None:
    for at, evidence in ((MARCH, "new"), (MARCH - DAY, "old")):
        row = statement("clara", "yes", at, evidence=evidence)
        clara = identity("clara", email="clara@example.com")
        ingest(engine, identities=[clara], statements=[row])
    query = select(col(BasisStatement.evidence)).join(
        Basis, col(Basis.statement_id) == col(BasisStatement.id)
    )
    with read_transaction(engine) as connection:
        assert connection.scalars(query).all() == ["new"]
