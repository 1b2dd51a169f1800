"""Consent statements and the basis that they come to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from shop.consent.basis import NO_EVIDENCE, UNDATED
from shop.consent.config import Consent
from shop.consent.existing_customer import consent_terms
from shop.consent.history import consent_history
from shop.consent.optouts import iter_opt_outs
from shop.consent.reach import Reach, compute_reach
from shop.db.engine import read_transaction, write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Basis, BasisStatement
from tests.rows import identity, order, statement

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)

Row = dict[str, Any]


def arrive(engine: Engine, row: Row, **rows: list[Row]) -> None:
    source = row["source"]
    rows |= {
        "identities": [identity("clara", email="clara@example.com", source=source)],
        "statements": [row],
    }
    with write_transaction(engine) as connection:
        ingest_rows(connection, source, SourceRows(**rows), now=NOW)  # type: ignore[arg-type]  # rows by table


def undated(consent: str, day: int, **more: Any) -> Row:
    return statement("clara", consent, UNDATED, recorded_at=NOW + day * DAY, **more)


def dated(consent: str, day: int, **more: Any) -> Row:
    return statement("clara", consent, NOW + day * DAY, **more)


def states(engine: Engine) -> list[str]:
    with read_transaction(engine) as connection:
        return list(connection.scalars(select(col(Basis.state))))


def test_an_unread_statement_blocks_although_another_source_has_a_yes(engine: Engine) -> None:
    arrive(engine, dated("yes", -9, source="signup"))
    arrive(engine, undated("unread", 0))
    arrive(engine, undated("yes", 1, source="till"))
    with read_transaction(engine) as connection:
        [deciding] = [row for row in consent_history(connection, 1) if row.decides]
    assert (states(engine), deciding.consent) == (["unread"], "unread")


def test_an_unread_statement_outranks_a_purchase(engine: Engine) -> None:
    arrive(engine, undated("unread", 0), orders=[order("1", "clara", NOW - DAY, channel="till")])
    notice = {"when buying": "may be mailed", "for": "365 days", "told since": "1 June 2025"}
    consent = Consent.model_validate({"till": notice})
    terms = consent_terms(consent, "PT", ZoneInfo("Europe/Lisbon"))
    with read_transaction(engine) as connection:
        reach = compute_reach(connection, terms, NOW)
    assert reach == Reach(known=1, with_email=1, never=1, unread=1)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (undated("yes", 1), "yes"),
        (undated("no", 1), "no"),
        (undated("none", 1), "none"),
        (undated("none", 1, evidence=NO_EVIDENCE), "none"),
        (dated("yes", -9), "yes"),
    ],
    ids=["a yes", "a no", "neither", "nothing", "an older yes"],
)
def test_any_later_statement_of_the_record_replaces_an_unread_one(
    engine: Engine, later: Row, expected: str
) -> None:
    arrive(engine, undated("unread", 0))
    arrive(engine, later)
    assert states(engine) == [expected]


def test_a_dated_yes_that_is_read_again_replaces_an_unread_one(engine: Engine) -> None:
    arrive(engine, dated("yes", -9))
    arrive(engine, undated("unread", 0))
    assert states(engine) == ["unread"]
    arrive(engine, dated("yes", -9, recorded_at=NOW + DAY))
    assert states(engine) == ["yes"]


@pytest.mark.parametrize(("day", "expected"), [(-1, "unread"), (1, "yes")])
def test_only_a_later_dated_yes_of_another_record_lifts_it(
    engine: Engine, day: int, expected: str
) -> None:
    arrive(engine, undated("unread", 0))
    arrive(engine, dated("yes", day, source="signup"))
    assert states(engine) == [expected]
    arrive(engine, undated("unread", 2))  # read again, with nothing new
    assert states(engine) == [expected]


def test_a_box_ticked_in_an_older_order_does_not_replace_words_that_were_not_read(
    engine: Engine,
) -> None:
    arrive(engine, undated("unread", 0, actor="web-shop"))
    arrive(engine, dated("yes", -9, actor="order 1"))
    assert states(engine) == ["unread"]
    arrive(engine, dated("yes", 1, actor="order 2"))
    assert states(engine) == ["yes"]


def test_words_of_a_newer_order_that_were_not_read_outrank_the_box_of_an_older_one(
    engine: Engine,
) -> None:
    arrive(engine, dated("unread", -2, actor="order 2"))
    arrive(engine, dated("yes", -9, actor="order 1"))
    assert states(engine) == ["unread"]
    arrive(engine, dated("yes", -2, actor="order 2", recorded_at=NOW))
    assert states(engine) == ["yes"]


def test_an_opt_out_outlives_an_unread_statement(engine: Engine) -> None:
    arrive(engine, undated("no", 0))
    arrive(engine, undated("unread", 1))
    arrive(engine, undated("yes", 2))
    assert states(engine) == ["no"]


def test_an_unread_statement_is_no_permanent_opt_out(engine: Engine) -> None:
    arrive(engine, undated("unread", 0))
    with read_transaction(engine) as connection:
        assert list(iter_opt_outs(connection)) == []


def test_a_dated_statement_that_says_nothing_is_stored_once(engine: Engine) -> None:
    for hour in range(3):
        arrive(engine, dated("none", -1) | {"recorded_at": NOW + timedelta(hours=hour)})
    with read_transaction(engine) as connection:
        assert len(connection.scalars(select(col(BasisStatement.id))).all()) == 1
