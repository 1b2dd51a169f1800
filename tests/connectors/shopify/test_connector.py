from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from connectors.shopify.connector import ShopifyConnector
from shop.tables import Cart, Customer, Identity, Order, QuarantinedRecord
from tests.connectors.corner_cafe import (
    FULL_CAFE,
    ShopifySandbox,
    hours_later,
    run_sync,
    table_rows,
)


def test_the_whole_cafe_arrives(engine: Engine, tmp_path: Path) -> None:
    store = ShopifySandbox(FULL_CAFE)
    report = run_sync(engine, store.connect(tmp_path))
    assert report.streams == {
        "customers": len(store.cafe.customers),
        "orders": len(store.cafe.orders),
        "abandonedCheckouts": len(store.cafe.checkouts),
    }
    assert len(table_rows(engine, Identity)) == len(store.cafe.customers)
    assert len(table_rows(engine, Customer)) == len(store.cafe.customers)
    assert len(table_rows(engine, Order)) == len(store.cafe.orders)
    assert len(table_rows(engine, Cart)) == len(store.cafe.checkouts)
    assert table_rows(engine, QuarantinedRecord) == []
    assert report.quarantined == 0
    assert report.warnings == ()


def test_a_page_of_customers_whose_data_were_erased_hides_no_others(
    sqlite: Engine, tmp_path: Path
) -> None:
    store = ShopifySandbox(FULL_CAFE)
    run_sync(sqlite, store.connect(tmp_path))
    erased = {"first_name": None, "last_name": None, "email": None, "phone": None}
    for customer in store.cafe.customers[:10]:
        store.shop.customers.put(replace(customer, **erased))  # type: ignore[arg-type]  # fields by name
    connector = store.connect(tmp_path)
    assert isinstance(connector, ShopifyConnector)
    report = run_sync(sqlite, replace(connector, page_size=10), now=hours_later(24))
    assert report.absence.gone == 10
    assert report.warnings == ()


def test_a_customer_whose_data_were_erased_counts_as_deleted(
    engine: Engine, tmp_path: Path
) -> None:
    store = ShopifySandbox(FULL_CAFE)
    run_sync(engine, store.connect(tmp_path))
    clara = store.cafe.customers[3]
    erased = {"first_name": None, "last_name": None, "email": None, "phone": None}
    store.shop.customers.put(replace(clara, **erased))  # type: ignore[arg-type]  # fields by name
    report = run_sync(engine, store.connect(tmp_path), now=hours_later(24))
    assert report.absence.gone == 1
    rows = table_rows(engine, Identity, "external_id", "absence")
    assert [key for key, absence in rows if absence] == [str(clara.number)]
