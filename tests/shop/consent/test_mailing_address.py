"""Consent belongs to the address it was given for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlmodel import col

from shop.consent.basis import UNDATED, ConsentValue, record_direct_statement
from shop.consent.config import Consent
from shop.consent.existing_customer import ConsentTerm, basis_state, consent_terms
from shop.db.engine import read_transaction, write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Basis, BasisStatement, Customer, Identity
from tests.rows import identity, order, statement

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
PHONE = "+351 912 345 678"
ONLINE, TILL = "clara@x.example", "carla@y.example"

Row = dict[str, Any]


def arrive(engine: Engine, source: str, address: str | None, **rows: Any) -> None:
    """The record of Clara in `source`, known by her number, with an undated or dated consent."""
    version, reports_address = rows.pop("version", 1), rows.pop("reports_address", False)
    record = identity("clara", source=source, email=address, phone=PHONE, version=version)
    record["reports_address"] = reports_address
    with write_transaction(engine) as connection:
        ingest_rows(connection, source, SourceRows(identities=[record], **rows), now=NOW)


def consent(source: str, says: str, day: int | None = None, recorded: int = 0) -> Row:
    at = UNDATED if day is None else NOW + day * DAY
    return statement("clara", says, at, source=source, recorded_at=NOW + recorded * DAY)


def mailed_at(engine: Engine, terms: tuple[ConsentTerm, ...] = ()) -> list[tuple[str | None, str]]:
    """The address and the basis of each customer."""
    state = basis_state(col(Customer.id), col(Basis.state), terms, NOW)
    query = select(col(Customer.email), state).outerjoin(
        Basis, col(Basis.customer_id) == col(Customer.id)
    )
    with read_transaction(engine) as connection:
        return [tuple(row) for row in connection.execute(query.order_by(col(Customer.id)))]


def terms(*channels: str) -> tuple[ConsentTerm, ...]:
    notice = {"when buying": "may be mailed", "told since": "1 June 2025", "for": "365 days"}
    config = Consent.model_validate(dict.fromkeys(channels, notice))
    return consent_terms(config, "PT", NOW.tzinfo)  # type: ignore[arg-type]  # UTC is a time zone


@pytest.mark.parametrize("order_of_arrival", [1, -1])
@pytest.mark.parametrize("day", [None, -400])
def test_mail_goes_to_the_address_that_opted_in(
    engine: Engine, order_of_arrival: int, day: int | None
) -> None:
    records = [
        ("online-shop", ONLINE, [consent("online-shop", "yes", day)], 1),
        ("till", TILL, [consent("till", "none")], 9),
    ]
    for source, address, statements, version in records[::order_of_arrival]:
        arrive(engine, source, address, statements=statements, version=version)
    assert mailed_at(engine) == [(ONLINE, "yes")]


def test_of_two_opt_ins_the_later_one_names_the_address(engine: Engine) -> None:
    arrive(engine, "till", TILL, statements=[consent("till", "yes", -2)])
    arrive(engine, "online-shop", ONLINE, statements=[consent("online-shop", "yes", -9)])
    assert mailed_at(engine) == [(TILL, "yes")]


def test_an_opt_out_with_one_address_holds_for_all(engine: Engine) -> None:
    arrive(engine, "online-shop", ONLINE, statements=[consent("online-shop", "yes", -9)])
    arrive(engine, "till", TILL, statements=[consent("till", "no")])
    assert [state for _, state in mailed_at(engine)] == ["no"]


def test_an_opt_in_of_a_record_without_an_address_covers_no_other_address(engine: Engine) -> None:
    arrive(engine, "till", None, statements=[consent("till", "yes", -2)])
    arrive(engine, "online-shop", ONLINE, statements=[consent("online-shop", "none")])
    assert mailed_at(engine) == [(ONLINE, "none")]


def test_a_corrected_address_needs_the_word_of_its_source_again(engine: Engine) -> None:
    arrive(engine, "till", "carla@x.example", statements=[consent("till", "yes")])
    arrive(engine, "till", ONLINE, version=2)
    assert mailed_at(engine) == [(ONLINE, "none")]
    arrive(engine, "till", ONLINE, version=2, statements=[consent("till", "yes", recorded=1)])
    assert mailed_at(engine) == [(ONLINE, "yes")]
    with read_transaction(engine) as connection:
        addresses = connection.scalars(
            select(col(BasisStatement.address_key)).order_by(col(BasisStatement.id))
        ).all()
    assert addresses == ["carla@x.example", ONLINE]


def test_a_dated_opt_in_stays_with_the_address_that_was_first_reported(engine: Engine) -> None:
    for version, address in enumerate([TILL, ONLINE, None, ONLINE, TILL]):
        arrive(
            engine, "till", address, version=version, reports_address=True,
            statements=[consent("till", "yes", -400, recorded=version)],
        )  # fmt: skip
        expected = "yes" if address == TILL else "none"
        assert mailed_at(engine) == [(address, expected)]
    newer = consent("till", "yes", -9, recorded=9)
    arrive(engine, "till", ONLINE, version=9, statements=[newer])
    assert mailed_at(engine) == [(ONLINE, "yes")]


def test_words_that_were_not_read_do_not_move_a_dated_opt_in_to_another_address(
    engine: Engine,
) -> None:
    arrive(engine, "till", TILL, statements=[consent("till", "yes", -400)])
    arrive(engine, "till", TILL, statements=[consent("till", "unread", recorded=1)])
    edited = consent("till", "yes", -400, recorded=2)
    arrive(engine, "till", ONLINE, version=2, statements=[edited])
    assert mailed_at(engine) == [(ONLINE, "unread")]


def test_a_dated_opt_in_of_a_hidden_address_counts_once_it_is_shown(engine: Engine) -> None:
    arrive(engine, "till", None, statements=[consent("till", "yes", -400)])
    seen = consent("till", "yes", -400, recorded=1)
    arrive(engine, "till", TILL, version=2, statements=[seen])
    assert mailed_at(engine) == [(TILL, "yes")]


@pytest.mark.parametrize("day", [None, -400])
def test_an_address_that_the_source_has_deleted_is_not_mailed(
    engine: Engine, day: int | None
) -> None:
    purchase = _till_purchase(NOW - DAY)
    said_yes = [consent("till", "yes", day)]
    arrive(engine, "till", TILL, statements=said_yes, orders=[purchase])
    arrive(engine, "till", None, version=2, reports_address=True, statements=said_yes)
    assert mailed_at(engine, terms("till")) == [(None, "none")]
    back = [consent("till", "yes", day, recorded=1)]
    arrive(engine, "till", TILL, version=3, reports_address=True, statements=back)
    assert mailed_at(engine) == [(TILL, "yes")]


def test_an_address_deleted_at_one_source_is_mailed_because_of_another(engine: Engine) -> None:
    arrive(engine, "till", TILL, statements=[consent("till", "yes")])
    arrive(engine, "online-shop", TILL, statements=[consent("online-shop", "yes")])
    arrive(engine, "till", None, version=2, reports_address=True)
    assert mailed_at(engine) == [(TILL, "yes")]
    arrive(engine, "online-shop", None, version=2, reports_address=True)
    assert mailed_at(engine) == [(None, "none")]


def test_an_older_copy_without_an_address_deletes_none(engine: Engine) -> None:
    arrive(engine, "till", TILL, version=2, statements=[consent("till", "yes")])
    arrive(engine, "till", None, version=1, reports_address=True)
    assert mailed_at(engine) == [(TILL, "yes")]


def test_an_opt_in_that_comes_again_for_the_same_address_is_not_new(engine: Engine) -> None:
    for recorded in range(2):
        arrive(engine, "till", TILL, statements=[consent("till", "yes", None, recorded)])
    with read_transaction(engine) as connection:
        assert len(connection.scalars(select(col(BasisStatement.id))).all()) == 1


def test_an_existing_customer_is_mailed_at_the_address_of_the_purchase(engine: Engine) -> None:
    purchase = order("1", "clara", NOW - 5 * DAY)
    arrive(engine, "online-shop", ONLINE, orders=[purchase])
    arrive(engine, "till", TILL, version=9)
    assert mailed_at(engine, terms("online")) == [(ONLINE, "existing customer")]
    arrive(engine, "till", TILL, version=9, orders=[_till_purchase(NOW - DAY)])
    assert mailed_at(engine, terms("online")) == [(TILL, "none")]
    assert mailed_at(engine, terms("online", "till")) == [(TILL, "existing customer")]


def test_a_purchase_without_an_address_makes_no_existing_customer(engine: Engine) -> None:
    arrive(engine, "till", None, orders=[_till_purchase(NOW - DAY)])
    arrive(engine, "online-shop", ONLINE)
    assert mailed_at(engine, terms("till")) == [(ONLINE, "none")]


def _till_purchase(at: datetime) -> Row:
    return order("1", "clara", at, source="till", customer_source="till", channel="till")


def test_a_direct_opt_in_is_for_the_address_of_that_moment(engine: Engine) -> None:
    arrive(engine, "online-shop", ONLINE)
    with write_transaction(engine) as connection:
        record_direct_statement(
            connection, 1, consent=ConsentValue.YES, at=NOW, evidence="asked", wording=None,
            actor="the customer", source="page",
        )  # fmt: skip
    arrive(engine, "till", TILL, version=9)
    assert mailed_at(engine) == [(ONLINE, "yes")]


def test_two_who_are_found_to_be_two_keep_their_own_addresses(engine: Engine) -> None:
    arrive(engine, "online-shop", ONLINE, statements=[consent("online-shop", "yes", -9)])
    arrive(engine, "till", TILL)
    bruno = identity("bruno", email="bruno@example.com", phone=PHONE)
    with write_transaction(engine) as connection:
        ingest_rows(connection, "online-shop", SourceRows(identities=[bruno]), now=NOW)
    assert sorted(mailed_at(engine)) == [
        ("bruno@example.com", "none"), (TILL, "none"), (ONLINE, "yes"),
    ]  # fmt: skip


def test_an_address_that_another_customer_has_too_is_nobodys_until_they_are_one(
    engine: Engine,
) -> None:
    """An upgrade may find that two customers have one address in two spellings."""
    arrive(engine, "online-shop", ONLINE, statements=[consent("online-shop", "yes", -9)])
    bruno = identity("bruno", email="second-spelling@x.example", source="till")
    said_yes = statement("bruno", "yes", NOW - 8 * DAY, source="till")
    ingest(engine, "till", identities=[bruno], statements=[said_yes])
    with write_transaction(engine) as connection:
        connection.execute(update(Identity).values(email_key=ONLINE))
        connection.execute(update(BasisStatement).values(address_key=ONLINE))
        connection.execute(
            update(Customer).where(col(Customer.email_key) != ONLINE).values(email_key=None)
        )
    purchase = order("1", "bruno", NOW - DAY, source="till", customer_source="till")
    ingest(engine, "till", orders=[purchase])
    with read_transaction(engine) as connection:
        keys = connection.scalars(select(col(Customer.email_key))).all()
    assert sorted(keys, key=str) == [None, ONLINE]
    ingest(engine, "till", identities=[{**bruno, "email": ONLINE, "email_key": ONLINE}])
    assert mailed_at(engine) == [(ONLINE, "yes")]


def ingest(engine: Engine, source: str, **rows: list[Any]) -> None:
    with write_transaction(engine) as connection:
        ingest_rows(connection, source, SourceRows(**rows), now=NOW)
