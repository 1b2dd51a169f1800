from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from shop.tables import Cart, Customer, Identity, Order, Quarantined
from tests.connectors.corner_cafe import WHOLE, LookAlike, rows, run


def test_the_whole_cafe_arrives(engine: Engine, tmp_path: Path) -> None:
    store = LookAlike(WHOLE)
    report = run(engine, store.connect(tmp_path))
    assert report.streams == {
        "customers": len(store.cafe.customers),
        "orders": len(store.cafe.orders),
        "abandonedCheckouts": len(store.cafe.checkouts),
    }
    assert len(rows(engine, Identity)) == len(store.cafe.customers)
    assert len(rows(engine, Customer)) == len(store.cafe.customers)
    assert len(rows(engine, Order)) == len(store.cafe.orders)
    assert len(rows(engine, Cart)) == len(store.cafe.checkouts)
    assert rows(engine, Quarantined) == []
    assert report.quarantined == 0
    assert report.warnings == ()
