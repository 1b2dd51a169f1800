"""The café's till, read over HTTP into the shop."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from shop.tables import Booking, Identity, Order, PointsEntry, Quarantined, Refund
from tests.connectors.corner_cafe import rows, run
from tests.connectors.corner_till import SquareLookAlike


def test_the_whole_till_arrives(engine: Engine, tmp_path: Path) -> None:
    look_alike = SquareLookAlike()
    known = look_alike.till
    report = run(engine, look_alike.connect(tmp_path), name="till")
    assert report.streams == {
        "customers": len(known.customers),
        "orders": len(known.sales),
        "refunds": len(known.refunds),
        "bookings": len(known.bookings),
        "points": len(known.events),
    }
    named_alone = [one for one in known.accounts if one.customer is None]
    assert len(rows(engine, Identity)) == len(known.customers) + len(named_alone)
    assert len(rows(engine, Order)) == len(known.sales)
    given = [one for one in known.refunds if one.status == "COMPLETED"]
    assert sorted(rows(engine, Refund, "order_key")) == sorted((one.sale,) for one in given)
    assert len(rows(engine, Booking)) == len(known.bookings)
    moved = [one for one in known.events if one.type != "REDEEM_REWARD"]
    assert len(rows(engine, PointsEntry)) == len(moved)
    assert rows(engine, Quarantined) == []
    assert (report.quarantined, report.warnings) == (0, ())
