"""A file that is read again, after an upgrade or saved again by a spreadsheet, adds nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, Engine, text
from sqlmodel import col

from engine.sync.sync import sync_all
from shop.db.changed_customers import mark_changed
from shop.db.migrations.versions import step_0012
from shop.tables import Answer, Message, Metrics, Order, PointsBalance, PointsEntry
from tests.cafe import FILE, Cafe

RULES = """
sources:
  list:
    from: csv
    holds: customers
    file: customers.csv
    columns: {e-mail: Email, customer: No, consent: Newsletter}
  market:
    from: csv
    holds: orders
    file: market.csv
    columns: {customer: Email, when: Date, total: Total, product: Item}
  survey:
    from: csv
    holds: answers
    file: answers.csv
    columns: {customer: Email, when: When, csat: Stars, words: Comment}
loyalty:
  earn: 1 point per 1
  expire after: 10 days
  rewards: {a coffee: 20 points}
rules:
  earned:
    when: points earned
    then:
      - send: points-earned
  unhappy:
    when: survey answered
    if: {csat: at most 2}
    then:
      - send: sorry-from-the-owner
"""
CUSTOMERS = "Email,No,Newsletter\nana@example.com,00017,yes\nbruno@example.com,00018,yes\n"
MARKET = [
    ("ana@example.com", "2026-02-20 09:00:31", "12.50", "Beans"),
    ("bruno@example.com", "2026-03-02 10:00:00", "8.00", "Cup"),
    ("bruno@example.com", "2026-03-02 10:00:00", "8.00", "Cup"),
    ("00017", "2026-03-02 11:15:00", "1.90", "Nata"),
    ("", "2026-03-02 12:00:00", "3.00", "Tea"),
    ("noemail@noemail.com", "2026-03-02 12:01:00", "4.00", "Tea"),
    ("Walk-in", "2026-03-02 12:02:00", "4.10", "Tea"),
    ("clara@münchen.example", "2026-03-02 12:03:00", "4.20", "Tea"),
]
ANSWERS = [
    ("ana@example.com", "2026-03-02 09:00", "1", "cold"),
    ("", "2026-03-02", "5", ""),
    ("", "2026-03-02", "5", ""),
]
SAVED_AGAIN = (
    "Item;Total;Date;Email\n"
    "Cup;8;02/03/2026 10:00;Bruno@Example.com\n"
    "Tea;4,2;02/03/2026 12:03;clara@MÜNCHEN.example\n"
    "Tea;4,1;02/03/2026 12:02;walk-in\n"
    "Tea;4;02/03/2026 12:01;noEmail@noemail.com\n"
    "Tea;3;02/03/2026 12:00;\n"
    "Beans;12,5;20/02/2026 09:00;ANA@example.com\n"
    "Cup;8;02/03/2026 10:00;BRUNO@example.com\n"
    "Nata;1,9;02/03/2026 11:15;17\n"
)
ANSWERS_SAVED_AGAIN = (
    "When;Email;Comment;Stars\n02.03.2026;;;5\n02.03.2026 09:00;ANA@EXAMPLE.COM;cold;1\n"
    "02.03.2026;;;5\n"
)
BEFORE = datetime(2026, 2, 1, 10, tzinfo=UTC)
FIRST = datetime(2026, 3, 2, 13, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 10, tzinfo=UTC)


def csv_text(header: str, rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"{line}\n" for line in (header, *(",".join(row) for row in rows)))


@pytest.fixture
def market(engine: Engine, tmp_path: Path) -> Cafe:
    """The café with its three files, read and mailed about."""
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "market.csv").write_text(csv_text("Email,Date,Total,Item", MARKET[:0]))
    (tmp_path / "answers.csv").write_text(csv_text("Email,When,Stars,Comment", ANSWERS[:0]))
    cafe = Cafe(engine, tmp_path, FILE + RULES)
    sync_and_run(cafe, BEFORE)
    (tmp_path / "market.csv").write_text(csv_text("Email,Date,Total,Item", MARKET))
    (tmp_path / "answers.csv").write_text(csv_text("Email,When,Stars,Comment", ANSWERS))
    sync_and_run(cafe, FIRST)
    return cafe


def sync_and_run(cafe: Cafe, at: datetime) -> None:
    results = asyncio.run(sync_all(cafe.shop, now=at))
    assert [result.error for result in results] == [None] * 3
    cafe.run(at)


def outcome(cafe: Cafe) -> dict[str, Any]:
    """What a second reading of the same sales and answers must not change."""
    return {
        "orders": sorted(cafe.select_all(col(Order.id), col(Order.external_id))),
        "answers": sorted(cafe.select_all(col(Answer.id), col(Answer.external_id))),
        "points": sorted(cafe.select_all(col(PointsEntry.external_id), col(PointsEntry.points))),
        "balances": sorted(
            cafe.select_all(col(PointsBalance.customer_id), col(PointsBalance.balance))
        ),
        "spent": sorted(cafe.select_all(col(Metrics.visits), col(Metrics.spent))),
        "messages": sorted(cafe.select_all(col(Message.id))),
        "mails": cafe.mailed_names(),
    }


def test_a_file_saved_again_by_a_spreadsheet_adds_nothing(market: Cafe, tmp_path: Path) -> None:
    before = outcome(market)
    assert len(before["orders"]) == 8
    assert len(before["answers"]) == 3
    assert before["spent"] == [(1, 420), (1, 1600), (2, 1440)]  # two cups on one day
    assert before["mails"]
    (tmp_path / "market.csv").write_bytes(SAVED_AGAIN.encode("utf-16"))
    (tmp_path / "answers.csv").write_text(ANSWERS_SAVED_AGAIN, encoding="cp1252")
    sync_and_run(market, LATER)
    after = outcome(market)
    assert after == before


@pytest.mark.parametrize("saved_again", [False, True])
def test_a_file_read_again_after_the_upgrade_adds_nothing(
    market: Cafe, tmp_path: Path, saved_again: bool
) -> None:
    sync_and_run(market, FIRST + timedelta(hours=1))
    before = outcome(market)
    with market.engine.begin() as connection:
        restore_old_keys(connection)
        connection.execute(text("UPDATE sync_states SET fingerprint = 'old'"))
    assert {key for _, key in outcome(market)["orders"]} == set(old_keys(MARKET, 4))
    upgrade_keys(market.engine)
    assert outcome(market) == before
    if saved_again:
        (tmp_path / "market.csv").write_text(SAVED_AGAIN)
        (tmp_path / "answers.csv").write_text(ANSWERS_SAVED_AGAIN)
    sync_and_run(market, LATER)
    assert outcome(market) == before


def test_points_that_expired_or_were_taken_back_keep_their_order(market: Cafe) -> None:
    """Nothing is expired or taken back a second time."""
    with market.engine.begin() as connection:
        connection.execute(text("UPDATE orders SET counts = false WHERE total = 190"))
        mark_changed(connection, connection.scalars(text("SELECT id FROM customers")).all())
    market.run(FIRST + timedelta(hours=1))
    before = outcome(market)
    kinds = {key.partition("/")[0] for key, _ in before["points"]}
    assert kinds == {"earned", "reversed", "expired"}
    with market.engine.begin() as connection:
        restore_old_keys(connection)
    upgrade_keys(market.engine)
    assert outcome(market) == before


def test_keys_of_other_forms_stay(market: Cafe) -> None:
    with market.engine.begin() as connection:
        connection.execute(text("UPDATE orders SET external_id = '2026-0001' WHERE total = 300"))
    before = outcome(market)
    upgrade_keys(market.engine)
    assert outcome(market) == before


def test_an_answer_stored_twice_keeps_one_of_its_keys(market: Cafe) -> None:
    """Before, an answer repeated to the letter was stored twice; both rows stay."""
    with market.engine.begin() as connection:
        restore_old_keys(connection)
        connection.execute(
            text(
                "INSERT INTO answers (source, external_id, customer_source, customer_key,"
                " customer_id, answered_at, csat, version) SELECT source,"
                " replace(external_id, '-1', '-2'), customer_source, customer_key, customer_id,"
                " answered_at, csat, version FROM answers WHERE customer_key IS NOT NULL"
            )
        )
        connection.execute(text("UPDATE sync_states SET fingerprint = 'old'"))
        mark_changed(connection, connection.scalars(text("SELECT id FROM customers")).all())
    market.run(FIRST + timedelta(hours=1))
    mails = market.mailed_names()
    upgrade_keys(market.engine)
    sync_and_run(market, LATER)
    assert len(market.select_all(model=Answer)) == 4
    assert market.mailed_names() == mails


def upgrade_keys(engine: Engine) -> None:
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        step_0012.upgrade()


def old_keys(rows: Sequence[Sequence[str]], hashed_cells: int) -> Iterator[str]:
    """The keys of 0.1.0: a hash of the cells as they are written, and an occurrence number."""
    occurrences: Counter[str] = Counter()
    for row in rows:
        written = "\x1f".join(row[:hashed_cells])
        digest = hashlib.blake2b(written.encode(), digest_size=12).hexdigest()
        occurrences[digest] += 1
        yield f"{digest}-{occurrences[digest]}"


def restore_old_keys(connection: Connection) -> None:
    """Give the stored rows the keys that 0.1.0 gave them; ids are in the sequence of the file."""
    restore_customers(connection)
    # Of an answer 0.1.0 hashed customer, time and survey.
    answer_cells = [(*row[:2], "") for row in ANSWERS]
    for table, keys in (("orders", old_keys(MARKET, 4)), ("answers", old_keys(answer_cells, 3))):
        select_keys = f"SELECT external_id FROM {table} ORDER BY id"  # noqa: S608 - a constant
        rows = connection.execute(text(select_keys)).scalars()
        for new_key, old_key in zip(rows.all(), keys, strict=True):
            names = {"new": new_key, "old": old_key}
            rename = f"UPDATE {table} SET external_id = :old WHERE external_id = :new"  # noqa: S608 - a constant
            connection.execute(text(rename), names)
            if table == "orders":
                restore_references(connection, names)


def restore_customers(connection: Connection) -> None:
    """Name the customers as 0.1.0 did: placeholders were people, domains not written in ASCII."""
    for customer, _, total, _ in MARKET[5:]:
        names = {"customer": customer, "total": round(float(total) * 100)}
        connection.execute(
            text("UPDATE orders SET customer_key = :customer WHERE total = :total"), names
        )


def restore_references(connection: Connection, names: dict[str, str]) -> None:
    for table in ("order_lines", "order_coupons", "refunds", "points_entries"):
        rename = f"UPDATE {table} SET order_key = :old WHERE order_key = :new"  # noqa: S608 - a constant
        connection.execute(text(rename), names)
    connection.execute(
        text("UPDATE points_entries SET external_id = replace(external_id, :new, :old)"), names
    )
