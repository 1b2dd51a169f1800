"""The owner's own columns: which value decides, and when one is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from shop.db.engine import read_transaction, write_transaction
from shop.identity.custom_fields import load_custom_fields, load_fields_by_record, text_number
from shop.ingest.missing_records import mark_source_removed
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.ingest.versions import lower_future_versions
from shop.tables import Customer, CustomField
from shop.types.moment import microseconds
from tests.rows import identity

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
ADDRESS = "ana@example.com"


def ingest(engine: Engine, version: int, source: str = "list", **values: str) -> None:
    """Ana's record in `source`, with `values` of the owner's own columns."""
    rows: list[Any] = [
        {"source": source, "external_id": "ana", "name": name, "value": value, "version": version}
        for name, value in values.items()
    ]
    record = identity("ana", email=ADDRESS, version=version, source=source, reports_fields=True)
    with write_transaction(engine) as connection:
        ingest_rows(connection, source, SourceRows(identities=[record], custom_fields=rows))


def values(engine: Engine) -> dict[str, str]:
    with read_transaction(engine) as connection:
        [customer] = connection.scalars(select(col(Customer.id)))
        assert customer is not None
        return load_custom_fields(connection, [customer]).get(customer, {})


def test_the_record_that_was_read_last_decides(engine: Engine) -> None:
    ingest(engine, 1, "list", allergy="nuts", plan="gold")
    ingest(engine, 3, "till", allergy="eggs")
    assert values(engine) == {"allergy": "eggs", "plan": "gold"}
    ingest(engine, 4, "list", allergy="nuts", plan="gold")
    assert values(engine) == {"allergy": "nuts", "plan": "gold"}
    with read_transaction(engine) as connection:
        assert load_fields_by_record(connection, 1)["till", "ana"] == {"allergy": "eggs"}


def test_an_older_copy_changes_nothing(engine: Engine) -> None:
    ingest(engine, 2, allergy="nuts")
    ingest(engine, 1, allergy="eggs", plan="gold")
    assert values(engine) == {"allergy": "nuts"}


def test_a_cell_that_is_emptied_is_deleted(engine: Engine) -> None:
    ingest(engine, 1, allergy="nuts", plan="gold")
    ingest(engine, 2, plan="gold")
    assert values(engine) == {"plan": "gold"}
    ingest(engine, 3)
    with read_transaction(engine) as connection:
        assert connection.execute(select(CustomField)).all() == []


def test_of_two_rows_about_one_record_an_empty_cell_takes_nothing_away(engine: Engine) -> None:
    ingest(engine, 1, allergy="nuts")
    ingest(engine, 1)
    assert values(engine) == {"allergy": "nuts"}


def test_customers_who_turn_out_to_be_one_have_the_values_of_both(engine: Engine) -> None:
    ingest(engine, 1, "list", allergy="nuts")
    other = identity("a", email="other@example.com", version=1, source="till")
    rows: list[Any] = [
        {"source": "till", "external_id": "a", "name": "plan", "value": "gold", "version": 1}
    ]
    with write_transaction(engine) as connection:
        ingest_rows(connection, "till", SourceRows(identities=[other], custom_fields=rows))
    with write_transaction(engine) as connection:
        same: list[Any] = [{**other, "email": ADDRESS, "email_key": ADDRESS, "version": 2}]
        ingest_rows(
            connection,
            "till",
            SourceRows(identities=same, custom_fields=[{**rows[0], "version": 2}]),
        )
    assert values(engine) == {"allergy": "nuts", "plan": "gold"}


def test_a_source_that_left_the_file_no_longer_counts(engine: Engine) -> None:
    ingest(engine, 1, "till", plan="gold")
    ingest(engine, 2, "list", plan="silver")
    with write_transaction(engine) as connection:
        mark_source_removed(connection, "list", MARCH)
    assert values(engine) == {"plan": "gold"}


def test_a_file_read_by_a_clock_ahead_does_not_outrank_its_correction(engine: Engine) -> None:
    ingest(engine, microseconds(MARCH + timedelta(days=400)), allergy="nuts")
    with write_transaction(engine) as connection:
        lower_future_versions(connection, "list", MARCH)
    ingest(engine, microseconds(MARCH), allergy="eggs")
    assert values(engine) == {"allergy": "eggs"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 120_000), ("12.5", 125_000), ("-0,25", -2_500), ("1.234", None), ("1,234", None),
        ("0.125", 1_250), ("12.3456", 123_456), ("many", None), ("12 %", None), ("", None),
    ],
)  # fmt: skip
def test_a_text_is_a_number_only_where_it_can_be_no_other(text: str, number: Any) -> None:
    assert text_number(text) == number
