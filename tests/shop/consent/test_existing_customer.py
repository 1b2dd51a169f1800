"""The basis "existing customer", direct consent statements and the reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine, select
from sqlmodel import col

from shop.consent import basis
from shop.consent.basis import ConsentValue, record_direct_statement
from shop.consent.config import Consent, Day
from shop.consent.existing_customer import (
    ConsentTerm,
    basis_state,
    consent_terms,
    purchase_evidence,
    purchase_reason,
)
from shop.consent.history import consent_history
from shop.consent.reach import Reach, compute_reach
from shop.consent.suppressions import SuppressionReason, lift_suppression, suppress_address
from shop.db.engine import read_transaction, write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Basis, ChangeMarker, Customer
from tests.rows import identity, order, statement

LISBON = ZoneInfo("Europe/Lisbon")
NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
DISCLOSED = datetime(2025, 5, 31, 23, tzinfo=UTC)  # when 1 June 2025 begins in Lisbon


def consent_config(length: str = "365 days", **channels: str) -> Consent:
    notice = {"when buying": "may be mailed", "for": length}
    channel_configs = {name: notice | {"told since": since} for name, since in channels.items()}
    return Consent.model_validate(channel_configs)


def till_terms(country: str = "PT", length: str = "365 days") -> tuple[ConsentTerm, ...]:
    return consent_terms(consent_config(length, till="1 June 2025"), country, LISBON)


def ingest(engine: Engine, **rows: Any) -> set[int]:
    with write_transaction(engine) as connection:
        return ingest_rows(connection, "online-shop", SourceRows(**rows), now=NOW)


def ingest_clara(engine: Engine, *orders: dict[str, Any], consent: str | None = None) -> int:
    statements = [statement("clara", consent, NOW - 500 * DAY)] if consent else []
    identities = [identity("clara", email="clara@example.com")]
    [customer] = ingest(engine, identities=identities, statements=statements, orders=list(orders))
    return customer


def purchase_by_clara(at: datetime, channel: str = "till", **more: Any) -> dict[str, Any]:
    return order(f"{channel} {at}", "clara", at, channel=channel, **more)


def read_state(engine: Engine, terms: tuple[ConsentTerm, ...], now: datetime = NOW) -> str | None:
    with read_transaction(engine) as connection:
        state_column = basis_state(col(Customer.id), col(Basis.state), terms, now)
        of_customer = col(Basis.customer_id) == col(Customer.id)
        return connection.scalar(
            select(state_column).select_from(Customer).outerjoin(Basis, of_customer)
        )


def test_who_buys_where_buyers_are_told_is_an_existing_customer(engine: Engine) -> None:
    customer = ingest_clara(engine, purchase_by_clara(NOW - 10 * DAY))
    assert read_state(engine, till_terms()) == "existing customer"
    with read_transaction(engine) as connection:
        assert purchase_evidence(connection, [customer], till_terms(), NOW) == {
            customer: "bought at the till on 21 February 2026, "
            "where the owner vouches that buyers are told since 1 June 2025"
        }
        assert purchase_evidence(connection, [customer], (), NOW) == {}


@pytest.mark.parametrize(
    ("at", "length", "expected"),
    [
        (DISCLOSED - SECOND, "365 days", "none"),
        (DISCLOSED, "365 days", "existing customer"),
        (NOW - 30 * DAY - SECOND, "30 days", "none"),
        (NOW - 30 * DAY, "30 days", "existing customer"),
        (NOW, "30 days", "existing customer"),
        (NOW + SECOND, "30 days", "none"),
    ],
)
def test_it_begins_when_buyers_were_told_and_lapses_by_itself(
    engine: Engine, at: datetime, length: str, expected: str
) -> None:
    ingest_clara(engine, purchase_by_clara(at))
    assert read_state(engine, till_terms(length=length)) == expected


def test_the_sql_and_the_sentence_agree() -> None:
    [term] = till_terms(length="30 days")
    sentences = {
        NOW - DAY: "where the owner vouches that buyers are told since 1 June 2025",
        DISCLOSED - SECOND: "before buyers were told on 1 June 2025",
        NOW - 31 * DAY: "longer ago than 30 days",
        NOW + DAY: "which has not come yet",
    }
    for at, sentence in sentences.items():
        assert purchase_reason(term, at, NOW).endswith(sentence)
    [irish_term] = till_terms("IE", "900 days")
    late_reason = purchase_reason(irish_term, DISCLOSED + DAY, DISCLOSED + 400 * DAY)
    assert late_reason.endswith("longer ago than the 365 days that the country allows")


@pytest.mark.parametrize(
    ("country", "days", "expected"),
    [
        ("IE", 364, "existing customer"), ("IE", 366, "none"),
        ("CA", 729, "existing customer"), ("CA", 731, "none"),
        ("US", 800, "existing customer"), ("DE", 800, "existing customer"),
        ("GB", 1000, "none"), ("CH", 1, "none"), ("JP", 1, "none"),
    ],
)  # fmt: skip
def test_a_country_has_its_own_limit(
    engine: Engine, country: str, days: int, expected: str
) -> None:
    ingest_clara(engine, purchase_by_clara(DISCLOSED))
    assert read_state(engine, till_terms(country, "900 days"), DISCLOSED + days * DAY) == expected


@pytest.mark.parametrize(
    ("consent", "expected"),
    [("no", "no"), ("yes", "yes"), ("none", "existing customer"), (None, "existing customer")],
)
def test_a_customers_own_statement_outranks_it(
    engine: Engine, consent: str | None, expected: str
) -> None:
    ingest_clara(engine, purchase_by_clara(NOW - DAY), consent=consent)
    assert read_state(engine, till_terms()) == expected


@pytest.mark.parametrize(
    "purchase",
    [purchase_by_clara(NOW - DAY, "online"), purchase_by_clara(NOW - DAY, counts=False)],
    ids=["elsewhere", "cancelled"],
)
def test_only_a_purchase_there_counts(engine: Engine, purchase: dict[str, Any]) -> None:
    ingest_clara(engine, purchase)
    assert read_state(engine, till_terms()) == "none"
    both_channels = consent_terms(
        consent_config(till="1 June 2025", online="1 June 2025"), "PT", LISBON
    )
    assert read_state(engine, both_channels) == (
        "existing customer" if purchase["counts"] else "none"
    )


def test_without_the_owners_word_there_are_no_existing_customers(engine: Engine) -> None:
    ingest_clara(engine, purchase_by_clara(NOW - DAY))
    assert read_state(engine, consent_terms(None, "PT", LISBON)) == "none"
    assert read_state(engine, consent_terms(Consent(), "PT", LISBON)) == "none"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2025-06-01", "Write 1 June 2025."),
        ("June 2025", '"June 2025" is no day. Write one like 1 June 2025.'),
        ("01/06/2025", '"01/06/2025" is no day. Write one like 1 June 2025.'),
        ("30 February 2025", 'There is no "30 February 2025" in the calendar.'),
        ("2025-02-30", 'There is no "2025-02-30" in the calendar.'),
    ],
)
def test_a_day_has_one_spelling(text: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Day).validate_python(text)
    assert sentence in str(raised.value)
    assert str(TypeAdapter(Day).validate_python("29 February 2024")) == "29 February 2024"


def test_the_reach_adds_up(engine: Engine) -> None:
    consent_by_name = {
        "yes": "yes",
        "no": "no",
        "none": None,
        "old": None,
        "new": None,
        "refused": "no",
    }
    addressed = [identity(name, email=f"{name}@example.com") for name in consent_by_name]
    ingest(
        engine,
        identities=[identity("hidden"), *addressed],
        statements=[
            statement(name, consent, NOW - DAY)
            for name, consent in consent_by_name.items()
            if consent
        ],
        orders=[
            order("1", "new", NOW - DAY, channel="till"),
            order("2", "old", DISCLOSED - DAY, channel="till"),
            order("3", "refused", NOW - DAY, channel="till"),
            order("4", "yes", NOW - DAY, channel="till"),
            order("5", "hidden", NOW - DAY, channel="till"),
        ],
    )  # fmt: skip
    with read_transaction(engine) as connection:
        assert compute_reach(connection, till_terms(), NOW) == Reach(
            known=7, with_email=6, yes=1, existing_customer=1, never=4, no=2
        )
        assert compute_reach(connection, (), NOW).existing_customer == 0


def test_suppressed_addresses_are_never_reached(engine: Engine) -> None:
    consents = {"yes": "yes", "bounced": "yes", "lifted": "yes", "refused": "no"}
    ingest(
        engine,
        identities=[identity(name, email=f"{name.title()}@Example.com") for name in consents],
        statements=[statement(name, consent, NOW - DAY) for name, consent in consents.items()],
    )
    with write_transaction(engine) as connection:
        for name in ("bounced", "lifted", "refused", "stranger"):
            address, by_hand = f"{name}@example.com", SuppressionReason.BY_HAND
            suppress_address(connection, address, by_hand, None, now=NOW)
        lift_suppression(connection, "lifted@example.com", "He made room.", now=NOW)
        reach = compute_reach(connection, (), NOW)
    assert reach == Reach(known=4, with_email=4, yes=2, never=2, suppressed=2)
    assert reach.reachable == 2


def test_the_reach_of_an_empty_shop_is_zero(engine: Engine) -> None:
    with read_transaction(engine) as connection:
        assert compute_reach(connection, till_terms(), NOW) == Reach()


def record_consent(
    engine: Engine, customer: int, consent: ConsentValue, at: datetime
) -> int | None:
    with write_transaction(engine) as connection:
        return record_direct_statement(
            connection, customer, consent=consent, at=at, evidence="pressed the button",
            wording="Yes, write to me", actor="the customer", source="pages",
        )  # fmt: skip


def test_a_direct_statement_is_recorded_and_counts(engine: Engine) -> None:
    customer = ingest_clara(engine, consent="yes")
    assert record_consent(engine, customer, ConsentValue.NO, NOW - DAY) == customer
    assert record_consent(engine, customer, ConsentValue.NO, NOW - DAY) == customer
    assert read_state(engine, till_terms()) == "no"
    assert record_consent(engine, customer, ConsentValue.YES, NOW) == customer
    assert read_state(engine, till_terms()) == "yes"
    with read_transaction(engine) as connection:
        statements = consent_history(connection, customer)
        marked_ids = connection.scalars(select(col(ChangeMarker.customer_id))).all()
    assert [
        (statement.consent, statement.said_at, statement.decides) for statement in statements
    ] == [
        (ConsentValue.YES, NOW - 500 * DAY, False),
        (ConsentValue.NO, NOW - DAY, False),
        (ConsentValue.YES, NOW, True),
    ]
    assert statements[-1].wording == "Yes, write to me"
    assert (statements[-1].actor, statements[-1].source) == ("the customer", "pages")
    assert marked_ids == [customer] * 4


def test_a_statement_about_a_merged_customer_counts_for_the_kept_one(engine: Engine) -> None:
    kept_id = ingest_clara(engine, consent="yes")
    [merged_id] = ingest(engine, identities=[identity("c", phone="+351912345678")])
    joining_identity = identity("both", email="clara@example.com", phone="+351912345678")
    ingest(engine, identities=[joining_identity])
    assert record_consent(engine, merged_id, ConsentValue.NO, NOW) == kept_id
    assert read_state(engine, till_terms()) == "no"
    assert record_consent(engine, 4711, ConsentValue.NO, NOW) is None


def test_an_undated_statement_has_no_date_in_the_history(engine: Engine) -> None:
    undated_row = statement("clara", "yes", basis.UNDATED, recorded_at=NOW)
    [customer] = ingest(engine, identities=[identity("clara")], statements=[undated_row])
    with read_transaction(engine) as connection:
        [consent_statement] = consent_history(connection, customer)
    assert (consent_statement.said_at, consent_statement.recorded_at) == (None, NOW)
