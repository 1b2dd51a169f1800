"""A guest is known by orders alone, and gone without any."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from shop.db.engine import read_transaction, write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.ingest.unplaced_records import place_by_number
from shop.tables import Basis, Identity
from tests.rows import identity, order, statement

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)
GUEST = "guest:clara@example.com"


def ingest(engine: Engine, source: str = "online-shop", **rows: Any) -> None:
    with write_transaction(engine) as connection:
        ingest_rows(connection, source, SourceRows(**rows), now=MARCH)


def buy(engine: Engine, number: str, version: int = 1, **more: Any) -> None:
    """Clara buys as a guest, and ticks the box of the newsletter."""
    ingest(
        engine,
        identities=[identity(GUEST, email="clara@example.com", reports_address=True)],
        statements=[statement(GUEST, "yes", MARCH - DAY, actor=f"order {number}")],
        orders=[order(number, GUEST, MARCH - DAY, version=version, **more)],
    )


def states(engine: Engine) -> list[tuple[str, str | None]]:
    query = select(col(Basis.state), col(Identity.absence)).join(
        Identity, col(Identity.customer_id) == col(Basis.customer_id)
    )
    with read_transaction(engine) as connection:
        return [tuple(row) for row in connection.execute(query.order_by(col(Identity.id)))]


@pytest.mark.parametrize("buyer", [None, "71"])
def test_a_guest_whose_only_order_lost_its_address_is_not_mailed(
    engine: Engine, buyer: str | None
) -> None:
    buy(engine, "1")
    assert states(engine) == [("yes", None)]
    ingest(engine, orders=[order("1", buyer, MARCH - DAY, version=2)])
    assert states(engine) == [("none", "gone")]
    buy(engine, "2")
    assert states(engine) == [("yes", None)]


def test_a_guest_with_another_order_stays(engine: Engine) -> None:
    for number in ("1", "2"):
        buy(engine, number)
    ingest(engine, orders=[order("1", None, MARCH - DAY, version=2)])
    assert states(engine) == [("yes", None)]


def test_an_older_copy_of_an_order_takes_no_guest_away(engine: Engine) -> None:
    buy(engine, "1", version=2)
    ingest(engine, orders=[order("1", None, MARCH - DAY, version=1)])
    assert states(engine) == [("yes", None)]


def test_an_opt_out_by_number_is_placed_once_the_list_arrives(engine: Engine) -> None:
    ingest(engine, "till", statements=[statement("7", "no", MARCH)])
    ingest(engine, identities=[identity("007", email="ana@example.com")])
    with write_transaction(engine) as connection:
        assert place_by_number(connection, "online-shop") == {1}
    assert states(engine) == [("no", None)]
