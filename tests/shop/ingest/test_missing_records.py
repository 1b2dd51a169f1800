"""What a complete list of a source proves about the records that it lacks."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select
from sqlmodel import col

from shop.consent.reach import Reach, compute_reach
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import insert_missing
from shop.ingest.missing_records import (
    AbsenceCounts,
    MissingDecision,
    compare_with_list,
    confirm_missing,
    decide_missing,
    platform_list,
)
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Identity, ListedRecord
from tests.cafe import DAY, MARCH
from tests.rows import identity, statement

NAMES = [f"guest{number}" for number in range(20)]
YEAR_AGO = MARCH - 400 * DAY


@pytest.fixture
def listed_shop(engine: Engine) -> Engine:
    """Twenty customers of the online shop, all with a yes."""
    arrive(engine, NAMES)
    return engine


def arrive(
    engine: Engine, names: list[str], *, source: str = "online-shop", says: str = "yes"
) -> None:
    rows = SourceRows(
        identities=[identity(name, source=source, email=f"{name}@example.com") for name in names],
        statements=[statement(name, says, YEAR_AGO, source=source) for name in names],
    )
    with write_transaction(engine) as connection:
        ingest_rows(connection, source, rows)


def compare(
    engine: Engine, names: list[str], *, days: int = 0, other_keys: str | None = None
) -> AbsenceCounts:
    """The online shop lists `names`, and no others, so many days after 3 March."""
    listed: list[dict[str, Any]] = [
        {"source": "online-shop", "external_id": name} for name in names
    ]
    with write_transaction(engine) as connection:
        connection.execute(delete(ListedRecord))
        insert_missing(connection, ListedRecord, listed)
        newest = 1_000_000
        complete = platform_list("online-shop", len(names), newest, other_keys, MARCH + days * DAY)
        return compare_with_list(connection, complete)


def reach(engine: Engine, now: datetime = MARCH) -> Reach:
    with read_transaction(engine) as connection:
        return compute_reach(connection, (), now)


def absences(engine: Engine) -> Counter[str | None]:
    with read_transaction(engine) as connection:
        return Counter(connection.scalars(select(col(Identity.absence))))


def test_a_yes_of_a_deleted_customer_no_longer_counts(listed_shop: Engine) -> None:
    assert compare(listed_shop, NAMES[1:]) == AbsenceCounts(gone=1)
    assert reach(listed_shop) == Reach(20, 20, yes=19, never=1, gone=1)


def test_a_customer_who_is_listed_again_counts_as_before(listed_shop: Engine) -> None:
    compare(listed_shop, NAMES[1:])
    assert compare(listed_shop, NAMES, days=1) == AbsenceCounts(returned=1)
    assert reach(listed_shop).yes == 20


def test_a_customer_who_is_read_again_counts_as_before(listed_shop: Engine) -> None:
    compare(listed_shop, NAMES[1:])
    arrive(listed_shop, NAMES[:1])
    assert reach(listed_shop).yes == 20


def test_the_opt_out_of_a_deleted_customer_stays(listed_shop: Engine) -> None:
    arrive(listed_shop, ["clara"], says="no")
    compare(listed_shop, NAMES)
    arrive(listed_shop, ["clara"], source="old-list")
    assert reach(listed_shop).no == 1


def test_a_yes_at_another_source_still_counts(listed_shop: Engine) -> None:
    arrive(listed_shop, NAMES[:1], source="old-list")
    assert compare(listed_shop, NAMES[1:]).gone == 1
    assert reach(listed_shop).yes == 20


def test_many_missing_at_once_count_until_the_next_list_confirms_them(
    listed_shop: Engine,
) -> None:
    assert compare(listed_shop, NAMES[:10]) == AbsenceCounts(unconfirmed=10)
    assert reach(listed_shop).yes == 20
    assert compare(listed_shop, NAMES[:10]) == AbsenceCounts(unconfirmed=10)
    assert compare(listed_shop, NAMES[:10], days=1) == AbsenceCounts(gone=10)
    assert reach(listed_shop).yes == 10


def test_the_next_list_may_also_show_that_the_first_was_wrong(listed_shop: Engine) -> None:
    compare(listed_shop, NAMES[:10])
    assert compare(listed_shop, NAMES, days=1) == AbsenceCounts(returned=10)
    assert absences(listed_shop) == {None: 20}


def test_the_owner_may_confirm_them(listed_shop: Engine) -> None:
    compare(listed_shop, [])
    compare(listed_shop, [], days=1)
    assert absences(listed_shop) == {"unconfirmed": 20}
    with write_transaction(listed_shop) as connection:
        assert confirm_missing(connection, "online-shop", MARCH) == 20
    assert reach(listed_shop) == Reach(20, 20, never=20, gone=20)


def test_keys_that_are_never_listed_are_not_missing(listed_shop: Engine) -> None:
    arrive(listed_shop, ["guest:bruno@example.com"])
    assert compare(listed_shop, NAMES, other_keys="guest:") == AbsenceCounts()


def test_other_sources_are_not_compared(listed_shop: Engine) -> None:
    arrive(listed_shop, ["clara"], source="old-list")
    assert compare(listed_shop, NAMES) == AbsenceCounts()


@pytest.mark.parametrize(
    ("listed", "expected", "repeated", "new", "is_file", "decision"),
    [
        (99, 100, 0, 1, False, MissingDecision(True, True)),
        (80, 100, 0, 20, False, MissingDecision(True, True)),
        (79, 100, 0, 21, False, MissingDecision(True, False)),
        (70, 100, 29, 1, False, MissingDecision(True, True)),
        (1, 6, 0, 5, False, MissingDecision(True, True)),
        (1, 7, 0, 6, False, MissingDecision(True, False)),
        (0, 1, 0, 1, False, MissingDecision(True, True)),
        (0, 1, 0, 1, True, MissingDecision(False, False)),
        (0, 100, 100, 0, False, MissingDecision(False, False)),
    ],
)
def test_how_many_missing_are_believed(
    listed: int, expected: int, repeated: int, new: int, *, is_file: bool, decision: MissingDecision
) -> None:
    assert decision == decide_missing(
        listed=listed, expected=expected, repeated=repeated, new=new, is_file=is_file
    )
