"""The café's WooCommerce shop, read over HTTP into the shop's tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine

from connectors.woocommerce.config import WooCommerceSource
from connectors.woocommerce.init import SETUP, parse_answer
from connectors.woocommerce.shop_address import parse_address
from sandbox.woocommerce.records import CONSENT_KEY
from settings.errors import RegularsError
from shop.tables import Basis, Identity, Order, OrderCoupon, QuarantinedRecord
from tests.connectors.corner_cafe import hours_later, read_sources, run_sync, table_rows
from tests.connectors.corner_web_shop import ENVIRON, WEB_SHOP, WooCommerceSandbox
from tests.connectors.test_probe import probed_shop


def test_the_whole_shop_arrives(engine: Engine, tmp_path: Path) -> None:
    sandbox = WooCommerceSandbox()
    report = run_sync(engine, sandbox.connect(tmp_path), name="web-shop")
    store = sandbox.store
    assert report.streams == {"customers": len(store.customers), "orders": len(store.orders)}
    guests = {
        order["billing"]["email"]
        for order in store.orders.values()
        if order["customer_id"] == 0 and order["billing"]["email"]
    }
    assert len(table_rows(engine, Identity)) == len(store.customers) + len(guests)
    assert len(table_rows(engine, Order)) == len(store.orders)
    assert table_rows(engine, QuarantinedRecord) == []
    assert (report.quarantined, report.warnings) == (0, ())


def test_the_coupons_of_orders_arrive(engine: Engine, tmp_path: Path) -> None:
    sandbox = WooCommerceSandbox()
    run_sync(engine, sandbox.connect(tmp_path), name="web-shop")
    used = sorted(str(key) for key, order in sandbox.store.orders.items() if order["coupon_lines"])
    stored = table_rows(engine, OrderCoupon, "source", "order_key", "position", "code", "discount")
    assert sorted(stored) == [("web-shop", key, 0, "breakfast", 50) for key in used]
    assert 0 < len(used) < len(sandbox.store.orders) / 3


def test_consent_comes_from_the_configured_key_alone(sqlite: Engine, tmp_path: Path) -> None:
    sandbox = WooCommerceSandbox()
    without_key = WEB_SHOP.replace("    consent from: newsletter_opt_in\n", "")
    run_sync(sqlite, sandbox.connect(tmp_path, without_key), name="web-shop")
    assert {state for (state,) in table_rows(sqlite, Basis, "state")} <= {"none"}
    run_sync(sqlite, sandbox.connect(tmp_path), name="web-shop")
    assert {"yes", "no"} == {state for (state,) in table_rows(sqlite, Basis, "state")}


def test_a_box_ticked_at_the_checkout_outlasts_a_customer_without_the_key(
    sqlite: Engine, tmp_path: Path
) -> None:
    sandbox = shop_with_one_opt_in(customer_says=None)
    for hours in range(3):
        run_sync(sqlite, sandbox.connect(tmp_path), name="web-shop", now=hours_later(hours))
        assert [state for (state,) in table_rows(sqlite, Basis, "state")].count("yes") == 1


def test_a_yes_that_the_shop_removes_from_a_customer_counts_no_longer(
    sqlite: Engine, tmp_path: Path
) -> None:
    sandbox = shop_with_one_opt_in(customer_says="yes")
    run_sync(sqlite, sandbox.connect(tmp_path), name="web-shop")
    assert "yes" in {state for (state,) in table_rows(sqlite, Basis, "state")}
    for record in sandbox.store.customers.values():
        record["meta_data"] = []
    run_sync(sqlite, sandbox.connect(tmp_path), name="web-shop", now=hours_later(1))
    assert "yes" not in {state for (state,) in table_rows(sqlite, Basis, "state")}


def test_a_yes_counts_no_longer_once_consent_from_is_removed(
    sqlite: Engine, tmp_path: Path
) -> None:
    sandbox = WooCommerceSandbox()
    for record in sandbox.store.orders.values():
        record["meta_data"] = []
    run_sync(sqlite, sandbox.connect(tmp_path), name="web-shop")
    assert "yes" in {state for (state,) in table_rows(sqlite, Basis, "state")}
    without_key = WEB_SHOP.replace("    consent from: newsletter_opt_in\n", "")
    connector = sandbox.connect(tmp_path, without_key)
    run_sync(sqlite, connector, name="web-shop", now=hours_later(1))
    assert "yes" not in {state for (state,) in table_rows(sqlite, Basis, "state")}


def shop_with_one_opt_in(customer_says: str | None) -> WooCommerceSandbox:
    """A shop in which one order, of a registered customer, says yes."""
    sandbox = WooCommerceSandbox()
    store = sandbox.store
    for record in (*store.customers.values(), *store.orders.values()):
        record["meta_data"] = []
    opted_in = next(each for each in store.orders.values() if each["customer_id"])
    opted_in["meta_data"] = [{"key": CONSENT_KEY, "value": "yes"}]
    if customer_says:
        buyer = store.customers[opted_in["customer_id"]]
        buyer["meta_data"] = [{"key": CONSENT_KEY, "value": customer_says}]
    return sandbox


def test_the_shop_says_its_name_currency_and_timezone(tmp_path: Path) -> None:
    profile = probed_shop(tmp_path, WooCommerceSandbox())
    assert (profile.name, profile.currency, profile.timezone) == (
        "Corner Café", "EUR", "Europe/Lisbon",
    )  # fmt: skip
    assert (profile.points, profile.cart_reminders) == (False, None)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://shop.cornercafe.example/", "https://shop.cornercafe.example"),
        ("Shop.CornerCafe.example", "https://shop.cornercafe.example"),
        ("http://127.0.0.1:8803", "http://127.0.0.1:8803"),
        ("http://localhost:8803", "http://localhost:8803"),
        ("https://cornercafe.example/wp", "https://cornercafe.example/wp"),
        ("https://cornercafe.example/wp/wp-admin/admin.php", "https://cornercafe.example/wp"),
        ("https://cornercafe.example/wp-json/wc/v3", "https://cornercafe.example"),
        ("https://cornercafe.example/shop/wp-json/", "https://cornercafe.example/shop"),
        ("https://cornercafe.example/shopping", "https://cornercafe.example/shopping"),
        ("http://cornercafe.example:80/", "http://cornercafe.example"),
        ("https://cornercafe.example:443/wp", "https://cornercafe.example/wp"),
        ("http://cornercafe.example:443", "http://cornercafe.example:443"),
        ("https://:pw@cornercafe.example", None),
        ("cafe", None),
        ("ftp://cornercafe.example", None),
        ("https://ana:pw@cornercafe.example", None),
        ("https://corner cafe.example", None),
        ("https://cornercafe.example/?page=2", None),
        ("https://cornercafe.example:notaport", None),
    ],
)
def test_a_shops_address(text: str, address: str | None) -> None:
    assert parse_address(text) == address
    [question] = [question for question in SETUP.questions if question.key == "address"]
    if address:
        assert question.parse(text) == address
    else:
        with pytest.raises(ValueError, match="Write the shop's web address"):
            question.parse(text)


def test_the_page_of_products_is_an_answer_but_no_setting() -> None:
    shop_page = "https://cornercafe.example/shop/"
    assert parse_answer(shop_page) == "https://cornercafe.example"
    assert parse_address(shop_page) == "https://cornercafe.example/shop"


def test_the_source_block_is_read(tmp_path: Path) -> None:
    source = read_sources(tmp_path, WEB_SHOP, ENVIRON)["web-shop"]
    assert isinstance(source, WooCommerceSource)
    assert (source.address, source.consent_from) == (
        "https://shop.cornercafe.example", "newsletter_opt_in",
    )  # fmt: skip
    assert ENVIRON["WOOCOMMERCE_CONSUMER_SECRET"] not in repr(source)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("https://shop.cornercafe.example", "cafe", "Write the shop's web address"),
        ("consumer key", "consumer kye", 'Did you mean "consumer key"?'),
        ("$WOOCOMMERCE_CONSUMER_SECRET", "hunter2", "Write $CONSUMER_SECRET here"),
    ],
)
def test_a_mistake_has_a_sentence(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises((RegularsError, ValidationError)) as raised:
        read_sources(tmp_path, WEB_SHOP.replace(old, new), ENVIRON)
    assert message in str(raised.value)
    assert "hunter2" not in str(raised.value)
