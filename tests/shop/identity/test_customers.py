"""Which identities become one customer."""

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

from shop.db.engine import open_database, read_transaction, write_transaction
from shop.identity.match import MAX_CLAIMS, TOO_MANY, TWO_PEOPLE
from shop.identity.merge import current_customer
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import ChangeMarker, Customer, Identity, Merge, SharedPhone
from tests.examples import examples
from tests.rows import identity

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
TILL, ONLINE = "till", "online-shop"


def ingest(engine: Engine, source: str = ONLINE, **rows: Any) -> set[int]:
    with write_transaction(engine) as connection:
        return ingest_rows(connection, source, SourceRows(**rows), country="PT", now=MARCH)


def ingest_identity(engine: Engine, name: str, source: str = ONLINE, **more: Any) -> set[int]:
    return ingest(engine, source, identities=[identity(name, source=source, **more)])


def read(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with read_transaction(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0]))]


def identity_groups(engine: Engine) -> set[frozenset[str]]:
    """The keys of the identities of each customer."""
    keys_by_customer: dict[int, set[str]] = {}
    for customer, key in read(engine, col(Identity.customer_id), col(Identity.external_id)):
        keys_by_customer.setdefault(customer, set()).add(key)
    return {frozenset(keys) for keys in keys_by_customer.values()}


def test_the_till_and_the_online_shop_know_one_person_by_their_number(engine: Engine) -> None:
    ingest_identity(engine, "clara", email="clara@example.com", phone="+351 912 345 678")
    ingest_identity(engine, "17", TILL, phone="912345678", first_name=None)
    assert identity_groups(engine) == {frozenset({"clara", "17"})}
    assert read(engine, col(Customer.email), col(Customer.first_name), col(Customer.phone_key)) == [
        ("clara@example.com", "Clara", "+351912345678")
    ]


def test_a_name_alone_joins_no_identities(engine: Engine) -> None:
    ingest_identity(engine, "a", first_name="Ana", last_name="Sousa", birthday="1990-09-21")
    ingest_identity(engine, "b", TILL, first_name="Ana", last_name="Sousa", birthday="1990-09-21")
    assert identity_groups(engine) == {frozenset({"a"}), frozenset({"b"})}


@pytest.mark.parametrize(
    "phone",
    ["", "123", "000000000", "999999999", "call me", "800 200 200", "+351 210 000 000 ext. 7"],
)
def test_an_impersonal_number_joins_no_identities(engine: Engine, phone: str) -> None:
    ingest_identity(engine, "ana", phone=phone)
    ingest_identity(engine, "bruno", TILL, phone=phone)
    assert len(identity_groups(engine)) == 2


def test_a_number_without_its_country_is_one_of_the_shops_country(engine: Engine) -> None:
    ingest_identity(engine, "ana", phone="0171 2345678")
    with write_transaction(engine) as connection:
        german_rows = SourceRows(identities=[identity("anna", phone="0171 2345678")])
        ingest_rows(connection, ONLINE, german_rows, country="DE", now=MARCH)
        rows_without_country = SourceRows(identities=[identity("anne", phone="0171 2345678")])
        ingest_rows(connection, ONLINE, rows_without_country, now=MARCH)
    assert read(engine, col(Identity.external_id), col(Identity.phone_key)) == [
        ("ana", None), ("anna", "+491712345678"), ("anne", None),
    ]  # fmt: skip


def test_a_number_of_two_names_and_two_addresses_joins_no_identities(engine: Engine) -> None:
    ingest_identity(engine, "ana", email="ana@example.com", phone="912345678")
    ingest_identity(engine, "bruno", TILL, email="bruno@example.com", phone="912345678")
    assert identity_groups(engine) == {frozenset({"ana"}), frozenset({"bruno"})}
    assert read(engine, col(SharedPhone.phone_key), col(SharedPhone.why)) == [
        ("+351912345678", TWO_PEOPLE)
    ]


@pytest.mark.parametrize("other", ["Ana Sousa", "ÂNA", ""])
def test_a_name_told_longer_or_otherwise_spelt_is_no_other_name(engine: Engine, other: str) -> None:
    ingest_identity(engine, "a", email="ana@example.com", phone="912345678", first_name="Ana")
    ingest_identity(
        engine, "b", TILL, email="sousa@example.com", phone="912345678", first_name=other
    )
    assert identity_groups(engine) == {frozenset({"a", "b"})}


def test_a_nameless_record_does_not_make_two_people_one(engine: Engine) -> None:
    """A loyalty card without a name belongs to no one, once two people claim its number."""
    ingest_identity(engine, "ana", email="ana@example.com", phone="912345678")
    ingest_identity(engine, "card", TILL, phone="912345678", first_name=None)
    assert identity_groups(engine) == {frozenset({"ana", "card"})}
    ingest_identity(engine, "bruno", email="bruno@example.com", phone="912345678")
    assert identity_groups(engine) == {
        frozenset({"ana"}),
        frozenset({"card"}),
        frozenset({"bruno"}),
    }


def test_a_number_that_many_claim_is_the_shops_own(engine: Engine) -> None:
    for place in range(MAX_CLAIMS):
        ingest_identity(engine, f"guest-{place}", TILL, phone="912345678", first_name=None)
    assert len(identity_groups(engine)) == 1
    ingest_identity(engine, "one-more", TILL, phone="912345678", first_name=None)
    ingest_identity(engine, "and-another", TILL, phone="912345678", first_name=None)
    assert len(identity_groups(engine)) == MAX_CLAIMS + 2
    assert read(engine, col(SharedPhone.why)) == [(TOO_MANY,)]


def test_a_later_record_makes_two_customers_one(engine: Engine) -> None:
    [first_id] = ingest_identity(engine, "clara", email="clara@example.com")
    [second_id] = ingest_identity(engine, "17", TILL, phone="912345678")
    assert ingest_identity(engine, "c", email="clara@example.com", phone="912345678") == {first_id}
    assert read(engine, col(Customer.id)) == [(first_id,)]
    assert read(engine, col(Merge.gone), col(Merge.kept), col(Merge.why), col(Merge.at)) == [
        (second_id, first_id, "phone", MARCH)
    ]
    assert {customer for (customer,) in read(engine, col(ChangeMarker.customer_id))} == {first_id}


def test_the_id_of_a_merged_customer_is_never_used_again(engine: Engine) -> None:
    [first] = ingest_identity(engine, "clara", email="clara@example.com")
    [merged_id] = ingest_identity(engine, "17", TILL, phone="912345678")
    ingest_identity(engine, "c", email="clara@example.com", phone="912345678")
    [new_id] = ingest_identity(engine, "bruno")
    assert new_id > merged_id
    with read_transaction(engine) as connection:
        assert current_customer(connection, merged_id) == first
        assert current_customer(connection, new_id) == new_id
        assert current_customer(connection, 4711) is None


def test_a_merged_customer_is_found_through_later_merges(engine: Engine) -> None:
    [oldest_id] = ingest_identity(engine, "z", email="z@example.com")
    ingest_identity(engine, "a", email="a@example.com")
    [merged_id] = ingest_identity(engine, "b", email="b@example.com")
    ingest_identity(engine, "a", email="b@example.com", version=2)
    ingest_identity(engine, "z", email="a@example.com", version=2)
    assert identity_groups(engine) == {frozenset({"a", "b", "z"})}
    with read_transaction(engine) as connection:
        assert current_customer(connection, merged_id) == oldest_id


def test_a_new_address_keeps_the_customer(engine: Engine) -> None:
    ingest_identity(engine, "clara", email="clara@example.com")
    ingest_identity(engine, "c", TILL, email="clara@example.com")
    ingest_identity(engine, "clara", email="new@example.com", version=2)
    assert identity_groups(engine) == {frozenset({"clara", "c"})}
    assert read(engine, col(Customer.email)) == [("new@example.com",)]


NAMES = st.sampled_from([None, "Ana", "Ana Sousa", "Bruno", "Clara"])
ADDRESSES = st.sampled_from([None, "a@example.com", "b@example.com", "c@example.com"])
PHONES = st.sampled_from([None, "912345671", "912345672"])


@st.composite
def records(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Identities of two sources, of a few people who share numbers and addresses."""
    return [
        identity(
            f"{source}-{place}", source=source, email=draw(ADDRESSES), phone=draw(PHONES),
            first_name=draw(NAMES), version=draw(st.integers(1, 3)),
        )
        for source in (ONLINE, TILL)
        for place in range(draw(st.integers(1, 4)))
    ]  # fmt: skip


def outcome_of(engine: Engine, rows: Sequence[dict[str, Any]], page: int) -> tuple[Any, ...]:
    """Ingests `rows` in this order, `page` at a time; returns the customers that come of it."""
    empty_tables(engine)
    for start in range(0, len(rows), page):
        ingest(engine, identities=rows[start : start + page])
    return (
        identity_groups(engine),
        customer_facts(engine),
        read(engine, col(SharedPhone.phone_key), col(SharedPhone.why)),
    )


def customer_facts(engine: Engine) -> list[tuple[Any, ...]]:
    of_customer = col(Identity.customer_id) == col(Customer.id)
    facts = (col(Identity.external_id), col(Customer.email), col(Customer.first_name),
             col(Customer.phone_key))  # fmt: skip
    with read_transaction(engine) as connection:
        rows = connection.execute(select(*facts).join(Customer, of_customer).order_by(facts[0]))
        return [tuple(row) for row in rows]


def empty_tables(engine: Engine) -> None:
    tables: Iterable[Any] = reversed(SQLModel.metadata.sorted_tables)
    with write_transaction(engine) as connection:
        for table in tables:
            connection.execute(delete(table))


@pytest.fixture(scope="module")
def in_memory() -> Engine:
    engine = open_database("sqlite://", base_folder=Path())
    SQLModel.metadata.create_all(engine)
    return engine


@given(st.data())
@settings(max_examples=examples(30), deadline=None)
def test_the_order_in_which_records_come_changes_nobody(
    in_memory: Engine, data: st.DataObject
) -> None:
    rows = data.draw(records())
    shuffled = data.draw(st.permutations(rows))
    page = data.draw(st.integers(1, 4))
    assert outcome_of(in_memory, shuffled, page) == outcome_of(in_memory, rows, len(rows))
