"""The café's till, read over HTTP into the shop's tables."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from shop.tables import Booking, Identity, Order, PointsEntry, QuarantinedRecord, Refund
from tests.connectors.corner_cafe import run_sync, table_rows
from tests.connectors.corner_till import SquareSandbox


def test_the_whole_till_arrives(engine: Engine, tmp_path: Path) -> None:
    look_alike = SquareSandbox()
    till = look_alike.till
    report = run_sync(engine, look_alike.connect(tmp_path), name="till")
    assert report.streams == {
        "customers": len(till.customers),
        "orders": len(till.sales),
        "refunds": len(till.refunds),
        "bookings": len(till.bookings),
        "points": len(till.events),
    }
    unlinked_accounts = [sale for sale in till.accounts if sale.customer is None]
    assert len(table_rows(engine, Identity)) == len(till.customers) + len(unlinked_accounts)
    assert len(table_rows(engine, Order)) == len(till.sales)
    completed = [sale for sale in till.refunds if sale.status == "COMPLETED"]
    assert sorted(table_rows(engine, Refund, "order_key")) == sorted(
        (sale.sale,) for sale in completed
    )
    assert len(table_rows(engine, Booking)) == len(till.bookings)
    points_events = [sale for sale in till.events if sale.type != "REDEEM_REWARD"]
    assert len(table_rows(engine, PointsEntry)) == len(points_events)
    assert table_rows(engine, QuarantinedRecord) == []
    assert (report.quarantined, report.warnings) == (0, ())
