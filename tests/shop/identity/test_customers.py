from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select
from sqlmodel import SQLModel, col

from shop.db.engine import open_database, reading, writing
from shop.identity.matching import MOST_CLAIMS, TOO_MANY, TWO_PEOPLE
from shop.identity.merge import present
from shop.ingest.arrivals import Arrivals, arrive
from shop.tables import Customer, Dirty, Identity, Merge, SharedPhone
from tests.rows import identity

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
TILL, ONLINE = "till", "online-shop"


def write(engine: Engine, source: str = ONLINE, **rows: Any) -> set[int]:
    with writing(engine) as connection:
        return arrive(connection, source, Arrivals(**rows), country="PT", now=MARCH)


def know(engine: Engine, name: str, source: str = ONLINE, **more: Any) -> set[int]:
    return write(engine, source, identities=[identity(name, source=source, **more)])


def read(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0]))]


def people(engine: Engine) -> set[frozenset[str]]:
    """Who is one customer, by the keys of their identities."""
    found: dict[int, set[str]] = {}
    for customer, key in read(engine, col(Identity.customer_id), col(Identity.external_id)):
        found.setdefault(customer, set()).add(key)
    return {frozenset(one) for one in found.values()}


def test_the_till_and_the_online_shop_know_one_person_by_their_number(engine: Engine) -> None:
    know(engine, "clara", email="clara@example.com", phone="+351 912 345 678")
    know(engine, "17", TILL, phone="912345678", first_name=None)
    assert people(engine) == {frozenset({"clara", "17"})}
    assert read(engine, col(Customer.email), col(Customer.first_name), col(Customer.phone_key)) == [
        ("clara@example.com", "Clara", "+351912345678")
    ]


def test_a_name_alone_makes_nobody_one(engine: Engine) -> None:
    know(engine, "a", first_name="Ana", last_name="Sousa", birthday="1990-09-21")
    know(engine, "b", TILL, first_name="Ana", last_name="Sousa", birthday="1990-09-21")
    assert people(engine) == {frozenset({"a"}), frozenset({"b"})}


@pytest.mark.parametrize(
    "phone",
    ["", "123", "000000000", "999999999", "call me", "800 200 200", "+351 210 000 000 ext. 7"],
)
def test_what_is_no_number_of_a_person_makes_nobody_one(engine: Engine, phone: str) -> None:
    know(engine, "ana", phone=phone)
    know(engine, "bruno", TILL, phone=phone)
    assert len(people(engine)) == 2


def test_a_number_without_its_country_is_one_of_the_shops_country(engine: Engine) -> None:
    know(engine, "ana", phone="0171 2345678")
    with writing(engine) as connection:
        german = Arrivals(identities=[identity("anna", phone="0171 2345678")])
        arrive(connection, ONLINE, german, country="DE", now=MARCH)
        nowhere = Arrivals(identities=[identity("anne", phone="0171 2345678")])
        arrive(connection, ONLINE, nowhere, now=MARCH)
    assert read(engine, col(Identity.external_id), col(Identity.phone_key)) == [
        ("ana", None), ("anna", "+491712345678"), ("anne", None),
    ]  # fmt: skip


def test_a_number_of_two_names_and_two_addresses_makes_nobody_one(engine: Engine) -> None:
    know(engine, "ana", email="ana@example.com", phone="912345678")
    know(engine, "bruno", TILL, email="bruno@example.com", phone="912345678")
    assert people(engine) == {frozenset({"ana"}), frozenset({"bruno"})}
    assert read(engine, col(SharedPhone.phone_key), col(SharedPhone.why)) == [
        ("+351912345678", TWO_PEOPLE)
    ]


@pytest.mark.parametrize("other", ["Ana Sousa", "ÂNA", ""])
def test_a_name_told_longer_or_otherwise_spelt_is_no_other_name(engine: Engine, other: str) -> None:
    know(engine, "a", email="ana@example.com", phone="912345678", first_name="Ana")
    know(engine, "b", TILL, email="sousa@example.com", phone="912345678", first_name=other)
    assert people(engine) == {frozenset({"a", "b"})}


def test_a_nameless_record_does_not_make_two_people_one(engine: Engine) -> None:
    """Whoever came first: the loyalty card under their number is nobody's."""
    know(engine, "ana", email="ana@example.com", phone="912345678")
    know(engine, "card", TILL, phone="912345678", first_name=None)
    assert people(engine) == {frozenset({"ana", "card"})}
    know(engine, "bruno", email="bruno@example.com", phone="912345678")
    assert people(engine) == {frozenset({"ana"}), frozenset({"card"}), frozenset({"bruno"})}


def test_a_number_that_many_claim_is_the_shops_own(engine: Engine) -> None:
    for place in range(MOST_CLAIMS):
        know(engine, f"guest-{place}", TILL, phone="912345678", first_name=None)
    assert len(people(engine)) == 1
    know(engine, "one-more", TILL, phone="912345678", first_name=None)
    know(engine, "and-another", TILL, phone="912345678", first_name=None)
    assert len(people(engine)) == MOST_CLAIMS + 2
    assert read(engine, col(SharedPhone.why)) == [(TOO_MANY,)]


def test_a_later_record_makes_two_customers_one(engine: Engine) -> None:
    [first] = know(engine, "clara", email="clara@example.com")
    [second] = know(engine, "17", TILL, phone="912345678")
    assert know(engine, "c", email="clara@example.com", phone="912345678") == {first}
    assert read(engine, col(Customer.id)) == [(first,)]
    assert read(engine, col(Merge.gone), col(Merge.kept), col(Merge.why), col(Merge.at)) == [
        (second, first, "phone", MARCH)
    ]
    assert {customer for (customer,) in read(engine, col(Dirty.customer_id))} == {first}


def test_the_number_of_one_who_is_gone_never_comes_back(engine: Engine) -> None:
    [first] = know(engine, "clara", email="clara@example.com")
    [gone] = know(engine, "17", TILL, phone="912345678")
    know(engine, "c", email="clara@example.com", phone="912345678")
    [new] = know(engine, "bruno")
    assert new > gone
    with reading(engine) as connection:
        assert present(connection, gone) == first
        assert present(connection, new) == new
        assert present(connection, 4711) is None


def test_who_is_gone_is_found_through_every_later_merge(engine: Engine) -> None:
    [oldest] = know(engine, "z", email="z@example.com")
    know(engine, "a", email="a@example.com")
    [gone] = know(engine, "b", email="b@example.com")
    know(engine, "a", email="b@example.com", version=2)
    know(engine, "z", email="a@example.com", version=2)
    assert people(engine) == {frozenset({"a", "b", "z"})}
    with reading(engine) as connection:
        assert present(connection, gone) == oldest


def test_who_changes_their_address_stays_who_they_are(engine: Engine) -> None:
    know(engine, "clara", email="clara@example.com")
    know(engine, "c", TILL, email="clara@example.com")
    know(engine, "clara", email="new@example.com", version=2)
    assert people(engine) == {frozenset({"clara", "c"})}
    assert read(engine, col(Customer.email)) == [("new@example.com",)]


NAMES = st.sampled_from([None, "Ana", "Ana Sousa", "Bruno", "Clara"])
ADDRESSES = st.sampled_from([None, "a@example.com", "b@example.com", "c@example.com"])
PHONES = st.sampled_from([None, "912345671", "912345672"])


@st.composite
def records(draw: st.DrawFn) -> list[dict[str, Any]]:
    """What two sources say of a few people who share numbers and addresses, as people do."""
    return [
        identity(
            f"{source}-{place}", source=source, email=draw(ADDRESSES), phone=draw(PHONES),
            first_name=draw(NAMES), version=draw(st.integers(1, 3)),
        )
        for source in (ONLINE, TILL)
        for place in range(draw(st.integers(1, 4)))
    ]  # fmt: skip


def told(engine: Engine, rows: Sequence[dict[str, Any]], page: int) -> tuple[Any, ...]:
    """What becomes of these records when they come in this order, some at a time."""
    forget(engine)
    for start in range(0, len(rows), page):
        write(engine, identities=rows[start : start + page])
    return (
        people(engine),
        described(engine),
        read(engine, col(SharedPhone.phone_key), col(SharedPhone.why)),
    )


def described(engine: Engine) -> list[tuple[Any, ...]]:
    theirs = col(Identity.customer_id) == col(Customer.id)
    facts = (col(Identity.external_id), col(Customer.email), col(Customer.first_name),
             col(Customer.phone_key))  # fmt: skip
    with reading(engine) as connection:
        found = connection.execute(select(*facts).join(Customer, theirs).order_by(facts[0]))
        return [tuple(row) for row in found]


def forget(engine: Engine) -> None:
    tables: Iterable[Any] = reversed(SQLModel.metadata.sorted_tables)
    with writing(engine) as connection:
        for table in tables:
            connection.execute(delete(table))


@pytest.fixture(scope="module")
def in_memory() -> Engine:
    engine = open_database("sqlite://", beside=Path())
    SQLModel.metadata.create_all(engine)
    return engine


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_the_order_in_which_records_come_changes_nobody(
    in_memory: Engine, data: st.DataObject
) -> None:
    rows = data.draw(records())
    shuffled = data.draw(st.permutations(rows))
    page = data.draw(st.integers(1, 4))
    assert told(in_memory, shuffled, page) == told(in_memory, rows, len(rows))
