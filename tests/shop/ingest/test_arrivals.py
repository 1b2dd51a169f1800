from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlmodel import col

from shop.db import changed_customers
from shop.db.engine import reading, writing
from shop.db.upsert import table_of
from shop.ingest.arrivals import OWNED, Arrivals, arrive
from shop.tables import Basis, BasisStatement, Customer, Identity, Order, OrderLine
from tests.rows import cart, identity, order, order_line, statement

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def write(engine: Engine, **rows: list[Any]) -> set[int]:
    with writing(engine) as connection:
        return arrive(connection, "online-shop", Arrivals(**rows))


def read(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0]))]


def test_an_older_version_never_wins(engine: Engine) -> None:
    write(engine, identities=[identity("clara", email="clara@example.com", version=2)])
    write(engine, identities=[identity("clara", email="old@example.com", version=1)])
    assert read(engine, col(Customer.email)) == [("clara@example.com",)]


def test_a_hidden_address_does_not_take_a_known_one_away(engine: Engine) -> None:
    write(engine, identities=[identity("clara", email="clara@example.com", version=1)])
    write(engine, identities=[identity("clara", email=None, version=2)])
    assert read(engine, col(Customer.email)) == [("clara@example.com",)]


def test_two_spellings_of_one_address_are_one_customer(engine: Engine) -> None:
    write(
        engine,
        identities=[
            identity("a", email="Clara@Example.com"),
            identity("b", email="clara@example.com "),
        ],
    )
    assert len(read(engine, col(Customer.id))) == 1


def test_people_without_an_address_stay_apart(engine: Engine) -> None:
    write(engine, identities=[identity("ana"), identity("bruno")])
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
        write(engine, **rows)
    assert read(engine, col(Order.customer_id)) == read(engine, col(Customer.id))


CLARAS: dict[str, Any] = {
    "source": "online-shop", "external_id": "1", "customer_source": "online-shop",
    "customer_key": "clara", "version": 1,
}  # fmt: skip
FOUND_LATER = {
    "orders": order("1", "clara", MARCH),
    "carts": cart("1", "clara", MARCH),
    "bookings": CLARAS | {"made_at": MARCH, "starts_at": MARCH + DAY, "status": "booked"},
    "answers": CLARAS | {"answered_at": MARCH, "csat": 5},
    "points": CLARAS | {"kind": "earned", "points": 10, "at": MARCH},
}


@pytest.mark.parametrize("what", OWNED)
def test_whatever_came_before_its_customer_finds_them(sqlite: Engine, what: str) -> None:
    write(sqlite, **{what: [FOUND_LATER[what]]})
    write(sqlite, identities=[identity("ana")])
    model = OWNED[what]
    assert read(sqlite, col(model.customer_id)) == [(None,)]
    concerned = write(sqlite, identities=[identity("clara")])
    assert read(sqlite, col(model.customer_id)) == [(one,) for one in concerned]


def test_fifty_come_in_as_few_statements_as_one(sqlite: Engine) -> None:
    asked: list[str] = []
    event.listen(sqlite, "before_cursor_execute", lambda _c, _k, sql, *_: asked.append(sql))
    for names in ["ana"], [f"customer {number}" for number in range(50)]:
        asked.clear()
        write(
            sqlite,
            identities=[identity(name, email=f"{name}@example.com") for name in names],
            statements=[statement(name, "yes", MARCH) for name in names],
        )
        assert len(asked) <= 17


def test_a_guests_order_has_no_customer_and_marks_nobody(engine: Engine) -> None:
    assert write(engine, orders=[order("1", None, MARCH)]) == set()
    with reading(engine) as connection:
        assert changed_customers.waiting(connection) == 0


def test_lines_of_an_older_order_go_with_it(engine: Engine) -> None:
    write(
        engine,
        orders=[order("1", None, MARCH)],
        order_lines=[order_line("1", 0, "Granola"), order_line("1", 1, "Tea")],
    )
    write(
        engine,
        orders=[order("1", None, MARCH, version=2)],
        order_lines=[order_line("1", 0, "Granola", version=2)],
    )
    write(
        engine,
        orders=[order("1", None, MARCH, version=1)],
        order_lines=[order_line("1", 1, "Tea", version=1)],
    )
    assert read(engine, col(OrderLine.title)) == [("Granola",)]


def everything(engine: Engine) -> list[list[tuple[Any, ...]]]:
    return [read(engine, *table_of(model).c) for model in (Customer, Identity, Order, Basis)]


def test_the_same_rows_again_change_nothing_but_the_marks(engine: Engine) -> None:
    rows: dict[str, Any] = {
        "identities": [identity("clara", email="clara@example.com")],
        "statements": [statement("clara", "yes", MARCH)],
        "orders": [order("1", "clara", MARCH)],
    }
    write(engine, **rows)
    before = everything(engine)
    write(engine, **rows)
    assert everything(engine) == before


UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "state"),
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
def test_a_no_stands_until_a_newer_dated_yes(
    engine: Engine, said: list[tuple[str, datetime]], state: str, backwards: bool
) -> None:
    write(engine, identities=[identity("clara", email="clara@example.com")])
    for says, at in reversed(said) if backwards else said:
        # Recorded in March, whatever its own date: that is when an undated no counts from.
        told = statement("clara", says, at, recorded_at=MARCH)
        write(engine, identities=[identity("clara", email="clara@example.com")], statements=[told])
    states = read(engine, col(Basis.state))
    assert states == ([(state,)] if said else [])


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["yes", "yes"], "yes"),
        (["yes", "none"], "none"),
        (["yes", "none", "yes"], "yes"),
        (["none", "yes", "none", "yes", "yes"], "yes"),
        (["yes", "no", "yes"], "no"),
    ],
)
def test_of_undated_words_the_last_one_told_counts_but_lifts_no_no(
    engine: Engine, words: list[str], state: str
) -> None:
    for day, says in enumerate(words):
        told = statement("clara", says, UNDATED, recorded_at=MARCH + day * DAY)
        write(engine, identities=[identity("clara")], statements=[told])
    assert read(engine, col(Basis.state)) == [(state,)]
    kept = read(engine, col(BasisStatement.id))
    assert len(kept) == len([1 for n, says in enumerate(words) if not n or words[n - 1] != says])


def test_a_no_that_finds_its_customer_counts_whoever_brings_them_together(engine: Engine) -> None:
    """Another source has a customer of that number too."""
    write(engine, identities=[identity("7", email="ana@example.com")])
    told = statement("7", "no", MARCH)
    with writing(engine) as connection:
        arrive(connection, "till", Arrivals(statements=[told]))
    bruno = identity("7", source="till", email="bruno@example.com")
    assert len(write(engine, identities=[bruno])) == 2
    assert ("no",) in read(engine, col(Basis.state))


def test_the_newest_yes_is_quoted_whichever_was_told_first(engine: Engine) -> None:
    for at, evidence in ((MARCH, "new"), (MARCH - DAY, "old")):
        told = statement("clara", "yes", at, evidence=evidence)
        write(engine, identities=[identity("clara")], statements=[told])
    quoted = select(col(BasisStatement.evidence)).join(
        Basis, col(Basis.statement_id) == col(BasisStatement.id)
    )
    with reading(engine) as connection:
        assert connection.scalars(quoted).all() == ["new"]
