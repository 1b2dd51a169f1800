"""What the conformance suite needs of each connector: how to make it, feed it, spoil it.

A new platform adds one class here and one entry in CANDIDATES.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from connectors.csv.connector import Csv
from connectors.shopify.connector import Shopify
from connectors.stream import Connector
from sandbox.cafe import NOW
from sandbox.shopify.faults import impossible_dates
from sandbox.square.faults import impossible_dates as no_such_dates
from sandbox.square.records import stamp
from tests.connectors.corner_cafe import LookAlike, connect
from tests.connectors.corner_till import SquareLookAlike, quiet_till


class Candidate(Protocol):
    """One connector under test, with at least three pages of something to read."""

    source: str
    stream: str  # the one with several pages

    def connector(self) -> Connector: ...

    def spoil(self) -> None:
        """From here on some records cannot be used."""

    def mend(self) -> None:
        """From here on all is well again, and every record that was bad is told anew."""

    def change(self) -> tuple[str, str]:
        """One customer's first name changes at the source: the old one and the new one."""


class OnlineShop:
    source = "online-shop"
    stream = "orders"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = LookAlike()

    def connector(self) -> Connector:
        connector = self.store.connect(self.folder)
        assert isinstance(connector, Shopify)
        return replace(connector, page_size=20)

    def spoil(self) -> None:
        self.store.faults.always(impossible_dates(every=10), on="orders")

    def mend(self) -> None:
        self.store.faults.mend()
        for order in self.store.cafe.orders:
            self.store.shop.orders.put(replace(order, updated_at=NOW - timedelta(minutes=1)))

    def change(self) -> tuple[str, str]:
        one = next(who for who in self.store.cafe.customers if who.first_name and who.email)
        renamed = replace(one, first_name="Carolina", updated_at=NOW - timedelta(seconds=30))
        self.store.shop.customers.put(renamed)
        return str(one.first_name), "Carolina"


class AtTheTill:
    source = "till"
    stream = "orders"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.look_alike = SquareLookAlike(quiet_till())

    def connector(self) -> Connector:
        return replace(self.look_alike.connect(self.folder), page_size=20)

    def spoil(self) -> None:
        self.look_alike.faults.always(no_such_dates(every=10), on="orders")

    def mend(self) -> None:
        self.look_alike.faults.mend()
        for order in self.look_alike.seller.orders.values():
            order["updated_at"] = stamp(NOW - timedelta(minutes=1))

    def change(self) -> tuple[str, str]:
        people = self.look_alike.seller.customers
        one = next(who for who in people.values() if {"given_name", "email_address"} <= who.keys())
        changed = {"given_name": "Carolina", "updated_at": stamp(NOW - timedelta(seconds=30))}
        people[one["id"]] = one | changed
        return str(one["given_name"]), "Carolina"


class OldList:
    source = "old-list"
    stream = "customers"
    columns = "{e-mail: Email, first name: Name, birthday: Born, consent: Newsletter}"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines = [
            f"person.{place}@example.com,Person {place},1990-03-{place % 28 + 1:02d},yes"
            for place in range(40)
        ]

    def connector(self) -> Connector:
        text = "\n".join(["Email,Name,Born,Newsletter", *self.lines]) + "\n"
        (self.folder / "customers.csv").write_text(text, encoding="utf-8")
        yaml = (
            "sources:\n  old-list: {from: csv, holds: customers, file: customers.csv, "
            f"columns: {self.columns}}}\n"
        )
        connector = connect(self.folder, yaml)
        assert isinstance(connector, Csv)
        return replace(connector, page_size=12)

    def spoil(self) -> None:
        self.good = list(self.lines)
        self.lines[5] = "nobody at all,Somebody,1990-03-05,yes"

    def mend(self) -> None:
        self.lines = self.good

    def change(self) -> tuple[str, str]:
        self.lines[0] = self.lines[0].replace("Person 0", "Carolina")
        return "Person 0", "Carolina"


class OldTill:
    source = "old-till"
    stream = "orders"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines = [
            f"{place % 7};2025-11-{place % 28 + 1:02d};{place},50;Galão" for place in range(40)
        ]

    def connector(self) -> Connector:
        text = "\n".join(["Cliente;Data;Total;Produto", *self.lines]) + "\n"
        (self.folder / "till.csv").write_text(text, encoding="cp1252")
        yaml = (
            "sources:\n  old-till: {from: csv, holds: orders, file: till.csv, columns: "
            "{customer: Cliente, when: Data, total: Total, product: Produto}}\n"
        )
        connector = connect(self.folder, yaml)
        assert isinstance(connector, Csv)
        return replace(connector, page_size=12)

    def spoil(self) -> None:
        self.good = list(self.lines)
        self.lines[20] = "3;2025-02-30;4,50;Galão"

    def mend(self) -> None:
        self.lines = self.good

    def change(self) -> tuple[str, str]:
        raise AssertionError("purchases have no first names")


CANDIDATES: dict[str, Any] = {
    "shopify": OnlineShop,
    "square": AtTheTill,
    "customers": OldList,
    "orders": OldTill,
}
