"""What the conformance suite needs of each connector: make it, corrupt its records, change them.

A new platform adds one class here and one entry in `CASES`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from connectors.csv.connector import CsvConnector
from connectors.shopify.connector import ShopifyConnector
from connectors.stream import Connector
from sandbox.cafe import NOW
from sandbox.square.records import format_time
from sandbox.woocommerce.records import gmt
from tests.connectors.corner_cafe import ShopifySandbox, connect_source
from tests.connectors.corner_till import SquareSandbox, reduced_till
from tests.connectors.corner_web_shop import WooCommerceSandbox
from tests.faults.shopify import HttpError as ShopifyError
from tests.faults.shopify import invalid_dates
from tests.faults.square import HttpError
from tests.faults.square import invalid_dates as no_such_dates
from tests.faults.woocommerce import HttpError as WooCommerceError
from tests.faults.woocommerce import invalid_dates as no_gmt_dates


class ConformanceCase(Protocol):
    """A connector under test whose main stream has at least three pages."""

    source: str
    stream: str  # the one with several pages

    def connector(self) -> Connector: ...

    def corrupt(self) -> None:
        """Make some records unusable from now on."""

    def repair(self) -> None:
        """Make all records good again, and mark those that were bad as changed."""

    def rename_customer(self) -> tuple[str, str]:
        """Change a customer's first name at the source; return the old and the new one."""

    def delete_customer(self) -> str | None:
        """Delete a customer at the source; return their key, None where it lists no customers."""

    def refuse_pages(self) -> None:
        """From now on refuse every page of customers after the first."""


class ShopifyCase:
    source = "online-shop"
    stream = "orders"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = ShopifySandbox()

    def connector(self) -> Connector:
        connector = self.store.connect(self.folder)
        assert isinstance(connector, ShopifyConnector)
        return replace(connector, page_size=20)

    def corrupt(self) -> None:
        self.store.faults.always(invalid_dates(every=10), on="orders")

    def repair(self) -> None:
        self.store.faults.clear()
        for order in self.store.cafe.orders:
            self.store.shop.orders.put(replace(order, updated_at=NOW - timedelta(minutes=1)))

    def rename_customer(self) -> tuple[str, str]:
        customer = next(who for who in self.store.cafe.customers if who.first_name and who.email)
        renamed = replace(customer, first_name="Carolina", updated_at=NOW - timedelta(seconds=30))
        self.store.shop.customers.put(renamed)
        return str(customer.first_name), "Carolina"

    def delete_customer(self) -> str:
        customer = self.store.cafe.customers[7]
        self.store.shop.customers.remove(customer.number)
        return str(customer.number)

    def refuse_pages(self) -> None:
        self.store.faults.plan(ShopifyError(403), times=9, after=1, on="customers")


class SquareCase:
    source = "till"
    stream = "orders"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sandbox = SquareSandbox(reduced_till())

    def connector(self) -> Connector:
        return replace(self.sandbox.connect(self.folder), page_size=20)

    def corrupt(self) -> None:
        self.sandbox.faults.always(no_such_dates(every=10), on="orders")

    def repair(self) -> None:
        self.sandbox.faults.clear()
        for order in self.sandbox.seller.orders.values():
            order["updated_at"] = format_time(NOW - timedelta(minutes=1))

    def rename_customer(self) -> tuple[str, str]:
        customers = self.sandbox.seller.customers
        customer = next(
            who for who in customers.values() if {"given_name", "email_address"} <= who.keys()
        )
        changed = {"given_name": "Carolina", "updated_at": format_time(NOW - timedelta(seconds=30))}
        customers[customer["id"]] = customer | changed
        return str(customer["given_name"]), "Carolina"

    def delete_customer(self) -> str:
        key = sorted(self.sandbox.seller.customers)[2]
        del self.sandbox.seller.customers[key]
        return str(key)

    def refuse_pages(self) -> None:
        self.sandbox.faults.plan(HttpError(403), times=9, after=1, on="customers")


class WooCommerceCase:
    source = "web-shop"
    stream = "orders"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sandbox = WooCommerceSandbox()

    def connector(self) -> Connector:
        return replace(self.sandbox.connect(self.folder), page_size=9)

    def corrupt(self) -> None:
        self.sandbox.faults.always(no_gmt_dates(every=10), on="orders")

    def repair(self) -> None:
        self.sandbox.faults.clear()
        for order in self.sandbox.store.orders.values():
            order["date_modified_gmt"] = gmt(NOW - timedelta(minutes=1))

    def rename_customer(self) -> tuple[str, str]:
        customers = self.sandbox.store.customers.values()
        customer = next(each for each in customers if each["first_name"])
        before = str(customer["first_name"])
        renamed = {"first_name": "Carolina", "date_modified_gmt": gmt(NOW - timedelta(seconds=30))}
        self.sandbox.store.customers[customer["id"]] = customer | renamed
        return before, "Carolina"

    def delete_customer(self) -> str:
        key = sorted(self.sandbox.store.customers)[2]
        del self.sandbox.store.customers[key]
        return str(key)

    def refuse_pages(self) -> None:
        self.sandbox.faults.plan(WooCommerceError(403), times=9, after=1, on="customers")


class CsvCustomersCase:
    source = "old-list"
    stream = "customers"
    columns = "{e-mail: Email, first name: Name, birthday: Born, consent: Newsletter}"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines = [
            f"person.{position}@example.com,Person {position},1990-03-{position % 28 + 1:02d},yes"
            for position in range(40)
        ]

    def connector(self) -> Connector:
        text = "\n".join(["Email,Name,Born,Newsletter", *self.lines]) + "\n"
        (self.folder / "customers.csv").write_text(text, encoding="utf-8")
        yaml = (
            "sources:\n  old-list: {from: csv, holds: customers, file: customers.csv, "
            f"columns: {self.columns}}}\n"
        )
        connector = connect_source(self.folder, yaml)
        assert isinstance(connector, CsvConnector)
        return replace(connector, page_size=12)

    def corrupt(self) -> None:
        self.good = list(self.lines)
        self.lines[5] = "nobody at all,Somebody,1990-03-05,yes"

    def repair(self) -> None:
        self.lines = self.good

    def rename_customer(self) -> tuple[str, str]:
        self.lines[0] = self.lines[0].replace("Person 0", "Carolina")
        return "Person 0", "Carolina"

    def delete_customer(self) -> str:
        del self.lines[3]
        return "person.3@example.com"

    def refuse_pages(self) -> None:
        """A file has no pages that could be refused."""


class CsvOrdersCase:
    source = "old-till"
    stream = "orders"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines = [
            f"{position % 7};2025-11-{position % 28 + 1:02d};{position},50;Galão"
            for position in range(40)
        ]

    def connector(self) -> Connector:
        text = "\n".join(["Cliente;Data;Total;Produto", *self.lines]) + "\n"
        (self.folder / "till.csv").write_text(text, encoding="cp1252")
        yaml = (
            "sources:\n  old-till: {from: csv, holds: orders, file: till.csv, columns: "
            "{customer: Cliente, when: Data, total: Total, product: Produto}}\n"
        )
        connector = connect_source(self.folder, yaml)
        assert isinstance(connector, CsvConnector)
        return replace(connector, page_size=12)

    def corrupt(self) -> None:
        self.good = list(self.lines)
        self.lines[20] = "3;2025-02-30;4,50;Galão"

    def repair(self) -> None:
        self.lines = self.good

    def rename_customer(self) -> tuple[str, str]:
        raise AssertionError("purchases have no first names")

    def delete_customer(self) -> None:
        """A file of purchases lists no customers."""

    def refuse_pages(self) -> None:
        """A file has no pages that could be refused."""


CASES: dict[str, Any] = {
    "shopify": ShopifyCase,
    "square": SquareCase,
    "woocommerce": WooCommerceCase,
    "customers": CsvCustomersCase,
    "orders": CsvOrdersCase,
}
