"""The doctor's check of the sources."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.cursors import save_failed, save_finished
from connectors.sync import WHOLE_SOURCE
from engine.doctor.sources import check_sources
from shop.db.engine import write_transaction
from shop.db.upsert import insert_missing
from shop.tables import SyncState
from tests.cafe import DAY, FILE, MARCH, Cafe

SOURCES = """
sources:
  till:
    from: csv
    holds: orders
    file: till.csv
    columns: {customer: Email, when: Date, total: Total}
rules:
  we-miss-you:
    when: no visit
    for: 40 days
    then:
      - send: we-miss-you
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then:
      - send: cart-reminder
"""


@pytest.fixture
def cafe(sqlite: Engine, tmp_path: Path) -> Cafe:
    return Cafe(sqlite, tmp_path, FILE + SOURCES)


def read_till(cafe: Cafe, at: datetime, *, failed_at: datetime | None = None) -> None:
    stream = {"source": "till", "stream": "orders", "finished_at": at, "fingerprint": "a file"}
    with write_transaction(cafe.engine) as connection:
        insert_missing(connection, SyncState, [stream])
        save_finished(connection, "till", WHOLE_SOURCE, at)
        if failed_at:
            save_failed(connection, "till", WHOLE_SOURCE, failed_at)


def test_sources_that_are_read_are_fine(cafe: Cafe) -> None:
    read_till(cafe, MARCH - DAY)
    [finding] = check_sources(cafe.shop, now=MARCH)
    assert finding.kind == "ok"


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (5, "The rule we-miss-you will wait from 18 March 2026 on"),
        (21, "The rule we-miss-you waits"),
    ],
)
def test_a_file_that_is_gone_is_named_with_the_rules_that_wait(
    days: int, sentence: str, cafe: Cafe
) -> None:
    read_till(cafe, MARCH - days * DAY, failed_at=MARCH - DAY)
    [finding] = check_sources(cafe.shop, now=MARCH)
    assert finding.kind == "warning"
    assert finding.message.startswith("till cannot be read since 2 March 2026.")
    assert sentence in finding.message
    assert "abandoned-cart" not in finding.message
    assert "remove its source from config.yaml" in finding.remedy
