from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine, select
from sqlmodel import col

from shop.consent import basis
from shop.consent.basis import Says, history, record_word
from shop.consent.config import Consent, Day
from shop.consent.existing_customer import Term, evidence, reason, state_of, terms
from shop.consent.reach import Reach, reach
from shop.db.engine import reading, writing
from shop.ingest.arrivals import Arrivals, arrive
from shop.tables import Basis, Customer, Dirty
from tests.rows import identity, order, statement

LISBON = ZoneInfo("Europe/Lisbon")
NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
TOLD = datetime(2025, 5, 31, 23, tzinfo=UTC)  # when 1 June 2025 begins in Lisbon


def consent(length: str = "365 days", **channels: str) -> Consent:
    told = {"when buying": "may be mailed", "for": length}
    given = {name: told | {"told since": since} for name, since in channels.items()}
    return Consent.model_validate(given)


def till(country: str = "PT", length: str = "365 days") -> tuple[Term, ...]:
    return terms(consent(length, till="1 June 2025"), country, LISBON)


def write(engine: Engine, **rows: Any) -> set[int]:
    with writing(engine) as connection:
        return arrive(connection, "online-shop", Arrivals(**rows), now=NOW)


def clara(engine: Engine, *orders: dict[str, Any], says: str | None = None) -> int:
    said = [statement("clara", says, NOW - 500 * DAY)] if says else []
    known = [identity("clara", email="clara@example.com")]
    [customer] = write(engine, identities=known, statements=said, orders=list(orders))
    return customer


def bought(at: datetime, channel: str = "till", **more: Any) -> dict[str, Any]:
    return order(f"{channel} {at}", "clara", at, channel=channel, **more)


def state(engine: Engine, under: tuple[Term, ...], now: datetime = NOW) -> str | None:
    with reading(engine) as connection:
        found = state_of(col(Customer.id), col(Basis.state), under, now)
        theirs = col(Basis.customer_id) == col(Customer.id)
        return connection.scalar(select(found).select_from(Customer).outerjoin(Basis, theirs))


def test_who_buys_where_buyers_are_told_is_an_existing_customer(engine: Engine) -> None:
    customer = clara(engine, bought(NOW - 10 * DAY))
    assert state(engine, till()) == "existing customer"
    with reading(engine) as connection:
        assert evidence(connection, [customer], till(), NOW) == {
            customer: "bought at the till on 21 February 2026, "
            "where the owner vouches that buyers are told since 1 June 2025"
        }
        assert evidence(connection, [customer], (), NOW) == {}


@pytest.mark.parametrize(
    ("at", "length", "found"),
    [
        (TOLD - SECOND, "365 days", "none"),
        (TOLD, "365 days", "existing customer"),
        (NOW - 30 * DAY - SECOND, "30 days", "none"),
        (NOW - 30 * DAY, "30 days", "existing customer"),
        (NOW, "30 days", "existing customer"),
        (NOW + SECOND, "30 days", "none"),
    ],
)
def test_it_begins_when_buyers_were_told_and_lapses_by_itself(
    engine: Engine, at: datetime, length: str, found: str
) -> None:
    clara(engine, bought(at))
    assert state(engine, till(length=length)) == found


def test_the_sql_and_the_sentence_agree() -> None:
    [term] = till(length="30 days")
    sentences = {
        NOW - DAY: "where the owner vouches that buyers are told since 1 June 2025",
        TOLD - SECOND: "before buyers were told on 1 June 2025",
        NOW - 31 * DAY: "longer ago than 30 days",
        NOW + DAY: "which has not come yet",
    }
    for at, sentence in sentences.items():
        assert reason(term, at, NOW).endswith(sentence)
    [irish] = till("IE", "900 days")
    late = reason(irish, TOLD + DAY, TOLD + 400 * DAY)
    assert late.endswith("longer ago than the 365 days that the country allows")


@pytest.mark.parametrize(
    ("country", "days", "found"),
    [
        ("IE", 364, "existing customer"), ("IE", 366, "none"),
        ("CA", 729, "existing customer"), ("CA", 731, "none"),
        ("US", 800, "existing customer"), ("DE", 800, "existing customer"),
        ("GB", 1000, "none"), ("CH", 1, "none"), ("JP", 1, "none"),
    ],
)  # fmt: skip
def test_a_country_has_its_own_limit(engine: Engine, country: str, days: int, found: str) -> None:
    clara(engine, bought(TOLD))
    assert state(engine, till(country, "900 days"), TOLD + days * DAY) == found


@pytest.mark.parametrize(
    ("says", "found"),
    [("no", "no"), ("yes", "yes"), ("none", "existing customer"), (None, "existing customer")],
)
def test_what_the_customer_said_stands_above_it(
    engine: Engine, says: str | None, found: str
) -> None:
    clara(engine, bought(NOW - DAY), says=says)
    assert state(engine, till()) == found


@pytest.mark.parametrize(
    "purchase",
    [bought(NOW - DAY, "online"), bought(NOW - DAY, counts=False)],
    ids=["elsewhere", "cancelled"],
)
def test_only_a_purchase_there_counts(engine: Engine, purchase: dict[str, Any]) -> None:
    clara(engine, purchase)
    assert state(engine, till()) == "none"
    both = terms(consent(till="1 June 2025", online="1 June 2025"), "PT", LISBON)
    assert state(engine, both) == ("existing customer" if purchase["counts"] else "none")


def test_without_the_owners_word_nobody_is_one(engine: Engine) -> None:
    clara(engine, bought(NOW - DAY))
    assert state(engine, terms(None, "PT", LISBON)) == "none"
    assert state(engine, terms(Consent(), "PT", LISBON)) == "none"


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
    with pytest.raises(ValidationError) as told:
        TypeAdapter(Day).validate_python(text)
    assert sentence in str(told.value)
    assert str(TypeAdapter(Day).validate_python("29 February 2024")) == "29 February 2024"


def test_the_reach_adds_up(engine: Engine) -> None:
    people = {"yes": "yes", "no": "no", "none": None, "old": None, "new": None, "refused": "no"}
    write(
        engine,
        identities=[
            identity("hidden"), *(identity(name, email=f"{name}@example.com") for name in people)
        ],
        statements=[statement(name, says, NOW - DAY) for name, says in people.items() if says],
        orders=[
            order("1", "new", NOW - DAY, channel="till"),
            order("2", "old", TOLD - DAY, channel="till"),
            order("3", "refused", NOW - DAY, channel="till"),
            order("4", "yes", NOW - DAY, channel="till"),
            order("5", "hidden", NOW - DAY, channel="till"),
        ],
    )  # fmt: skip
    with reading(engine) as connection:
        assert reach(connection, till(), NOW) == Reach(
            known=7, with_email=6, yes=1, existing_customer=1, never=4, no=2
        )
        assert reach(connection, (), NOW).existing_customer == 0


def test_nobody_is_reached_in_an_empty_shop(engine: Engine) -> None:
    with reading(engine) as connection:
        assert reach(connection, till(), NOW) == Reach()


def says(engine: Engine, customer: int, word: Says, at: datetime) -> int | None:
    with writing(engine) as connection:
        return record_word(
            connection, customer, says=word, at=at, evidence="pressed the button",
            wording="Yes, write to me", actor="the customer", source="pages",
        )  # fmt: skip


def test_what_somebody_says_themselves_is_recorded_and_counts(engine: Engine) -> None:
    customer = clara(engine, says="yes")
    assert says(engine, customer, Says.NO, NOW - DAY) == customer
    assert says(engine, customer, Says.NO, NOW - DAY) == customer
    assert state(engine, till()) == "no"
    assert says(engine, customer, Says.YES, NOW) == customer
    assert state(engine, till()) == "yes"
    with reading(engine) as connection:
        told = history(connection, customer)
        marked = connection.scalars(select(col(Dirty.customer_id))).all()
    assert [(word.says, word.said_at, word.decides) for word in told] == [
        (Says.YES, NOW - 500 * DAY, False),
        (Says.NO, NOW - DAY, False),
        (Says.YES, NOW, True),
    ]
    assert told[-1].wording == "Yes, write to me"
    assert (told[-1].actor, told[-1].source) == ("the customer", "pages")
    assert marked == [customer] * 4


def test_a_word_about_one_who_was_merged_reaches_who_they_are_now(engine: Engine) -> None:
    stays = clara(engine, says="yes")
    [gone] = write(engine, identities=[identity("c", phone="+351912345678")])
    both = identity("both", email="clara@example.com", phone="+351912345678")
    write(engine, identities=[both])
    assert says(engine, gone, Says.NO, NOW) == stays
    assert state(engine, till()) == "no"
    assert says(engine, 4711, Says.NO, NOW) is None


def test_an_undated_word_has_no_date_in_the_history(engine: Engine) -> None:
    said = statement("clara", "yes", basis.UNDATED, recorded_at=NOW)
    [customer] = write(engine, identities=[identity("clara")], statements=[said])
    with reading(engine) as connection:
        [word] = history(connection, customer)
    assert (word.said_at, word.recorded_at) == (None, NOW)
