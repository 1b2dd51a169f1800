"""Three invented shops under published headings: python -m tests.regulars.init.three_shops FOLDER.

A bakery with the exports of Mailchimp and Square, a web shop with those of Shopify, and a hair
salon with German spreadsheets in Latin-1. Each has what is right: who may be mailed, its orders,
its colour and logo.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from random import Random

from connectors.csv.presets.registry import get_preset
from tests.settings.brand.pictures import png

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)  # a Tuesday
TODAY = NOW.date()
BIRTHDAY_SOON = date(1984, 3, 7)  # in four days: its mail goes tomorrow
FIRST = ("Ana", "Bruno", "Clara", "Dora", "Emil", "Freya", "Georg", "Hanna", "Iris", "Jonas")
LAST = ("Lima", "Reis", "Sol", "Weber", "Walsh", "Groß", "Kühn", "Byrne")
LOGO = "logo.png"
Row = Mapping[str, str]


@dataclass
class Truth:
    """What a right reading gives: consent by address, visits, and their sum in minor units.

    `first_mail` are the addresses of whom one gets the first mail, within `days`.
    """

    consent: dict[str, str] = field(default_factory=dict)
    visits: int = 0
    total: int = 0
    refunded: int = 0
    first_mail: frozenset[str] = frozenset()
    days: int = 2


@dataclass(frozen=True)
class ThreeShop:
    """Files by name, the lines an owner types, and what is right."""

    files: Mapping[str, bytes]
    typed: Sequence[str]
    truth: Truth
    country: str
    language: str
    colour: str


@dataclass(frozen=True)
class Person:
    number: int
    birthday: date

    @property
    def first(self) -> str:
        return FIRST[self.number % len(FIRST)]

    @property
    def last(self) -> str:
        return LAST[self.number // 3 % len(LAST)]

    @property
    def address(self) -> str:
        return f"{self.first}.{self.number}@example.com".casefold()

    @property
    def square_id(self) -> str:
        return f"SQ{self.number:04}ABCDEF"


def _people(count: int, random: Random) -> list[Person]:
    """Return people; numbers 1 and 2 have their birthday soon, and nobody else this month."""
    return [
        Person(
            number,
            BIRTHDAY_SOON
            if number in (1, 2)
            else date(random.randint(1950, 2000), random.randint(5, 12), random.randint(1, 28)),
        )
        for number in range(1, count + 1)
    ]


def _visits(person: Person, random: Random) -> list[datetime]:
    """Return moments about a week apart, the last of them some days ago."""
    gap, count = random.choice((6, 7, 8)), random.randint(1, 8)
    last = NOW - timedelta(days=random.randint(0, 5), minutes=person.number)
    return [last - timedelta(days=gap * index) for index in range(count)]


def _table(headings: Sequence[str], rows: Sequence[Row], delimiter: str = ",") -> str:
    out = StringIO()
    writer = csv.DictWriter(out, headings, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _preset_table(name: str, rows: Sequence[Row]) -> bytes:
    preset = get_preset(name)
    assert preset
    return _table(preset.headings, rows).encode()


def _pounds(pence: int) -> str:
    return f"£{pence / 100:,.2f}" if pence >= 0 else f"-£{-pence / 100:,.2f}"


def bakery() -> ThreeShop:
    """Mailchimp's three files, and Square's customers, transactions and items, in pounds."""
    random, truth = Random(11), Truth()  # noqa: S311 - the same rows each time
    people = _people(45, random)
    subscribed = [person for person in people if person.number % 3 != 2]
    unsubscribed = [person for person in people if person.number % 9 == 2]
    cleaned = [person for person in people if person.number % 9 == 5]
    in_square = [person for person in people if person.number % 4 != 3]
    refused = {person.number for person in in_square if person.number % 5 == 3}
    listed = [*subscribed, *unsubscribed, *cleaned, *in_square]
    for person in listed:
        is_no = person in unsubscribed or person in cleaned or person.number in refused
        says_yes = person in subscribed or _square_status(person) == "subscribed"
        truth.consent[person.address] = "no" if is_no else "yes" if says_yes else "none"
    transactions, items = _till(in_square, random, truth)
    truth.first_mail = frozenset({people[0].address})
    files = {
        "subscribed_email_audience_export_5f1.csv": _preset_table(
            "mailchimp", [_mailchimp(person) for person in subscribed]
        ),
        "unsubscribed_email_audience_export_5f1.csv": _preset_table(
            "mailchimp-unsubscribed",
            [
                _mailchimp(person)
                | {"UNSUB_TIME": "2025-05-01 10:00:00", "UNSUB_REASON": "No longer interested"}
                for person in unsubscribed
            ],
        ),
        "cleaned_email_audience_export_5f1.csv": _preset_table(
            "mailchimp-cleaned",
            [_mailchimp(person) | {"CLEAN_TIME": "2025-05-01 10:00:00"} for person in cleaned],
        ),
        "customers-20260303.csv": _preset_table(
            "square-customers", [_square_customer(person) for person in in_square]
        ),
        "transactions-2025-12-01-2026-03-03.csv": _preset_table(
            "square-transactions", transactions
        ),
        "items-2025-12-01-2026-03-03.csv": _preset_table("square-items", items),
    }
    typed = ["The Corner Bakery", "United Kingdom", "1 High Street, Leeds"]
    return ThreeShop(
        {**files, LOGO: png(240, 60, colour="#7a1f3d")},
        _typed(typed, f"7a1f3d {LOGO}"), truth, "GB", "en", "#7a1f3d",
    )  # fmt: skip


def _mailchimp(person: Person) -> dict[str, str]:
    return {
        "Email Address": person.address, "First Name": person.first, "Last Name": person.last,
        "Birthday": f"{person.birthday:%m/%d}", "MEMBER_RATING": "3", "TIMEZONE": "Europe/London",
        "OPTIN_TIME": f"2024-{person.number % 12 + 1:02}-03 09:00:00",
        "CONFIRM_TIME": f"2024-{person.number % 12 + 1:02}-03 09:05:00", "CC": "GB",
        "LAST_CHANGED": "2025-01-01 10:00:00", "LEID": str(person.number),
        "EUID": f"e{person.number}", "TAGS": '"Regulars"',
    }  # fmt: skip


def _square_status(person: Person) -> str:
    """Number 2 has said no here alone; many are unknown."""
    if person.number % 4 == 3:
        return ""
    if person.number % 5 == 3:
        return "unsubscribed"
    return "subscribed" if person.number % 5 == 1 else "unknown"


def _square_customer(person: Person) -> dict[str, str]:
    return {
        "First Name": person.first, "Last Name": person.last, "Email Address": person.address,
        "Phone Number": f"'+447700{person.number:06}", "Square Customer ID": person.square_id,
        "Birthday": person.birthday.isoformat(), "Creation Source": "Directory",
        "First Visit": "2024-01-02", "Last Visit": "2026-03-01", "Transaction Count": "9",
        "Lifetime Spend": "£40.00", "Email Subscription Status": _square_status(person),
        "Instant Profile": "No", "Blocked from online booking": "No",
    }  # fmt: skip


def _till(
    people: Sequence[Person], random: Random, truth: Truth
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return transactions and their items; every seventh names nobody, and two are refunded."""
    transactions, items = [], []
    moments = sorted((moment, person) for person in people for moment in _visits(person, random))
    for index, (moment, person) in enumerate(sorted(moments, key=lambda visit: visit[0])):
        prices = [random.randint(150, 120_000 if index == 5 else 900) for _ in range(index % 3 + 1)]
        common = {
            "Date": f"{moment:%Y-%m-%d}", "Time": f"{moment:%H:%M:%S}", "Time Zone": "London",
            "Transaction ID": f"tx{index}", "Payment ID": f"p{index}", "Event Type": "Payment",
            "Device Name": "Till", "Location": "The Corner Bakery",
            "Customer ID": "" if index % 7 == 6 else person.square_id,
            "Customer Name": "" if index % 7 == 6 else person.first,
        }  # fmt: skip
        tip = 50 if index % 4 == 0 else 0
        amount = sum(prices) + tip
        transactions.append(common | _amounts(sum(prices), tip))
        items += [
            common | {
                "Item": random.choice(("Bread", "Bun", "Cake")), "Qty": "1.0", "Category": "None",
                "Price Point Name": "Regular", "Gross Sales": _pounds(price),
                "Discounts": "£0.00", "Net Sales": _pounds(price), "Tax": "£0.00",
                "Itemization Type": "Physical Good",
            }
            for price in prices
        ]  # fmt: skip
        truth.visits += 1
        truth.total += amount
        if index in (10, 20):
            transactions.append(common | {"Event Type": "Refund"} | _amounts(-sum(prices), -tip))
            truth.refunded += amount
    return transactions, items


def _amounts(net: int, tip: int) -> dict[str, str]:
    return {
        "Gross Sales": _pounds(net), "Net Sales": _pounds(net), "Discounts": "£0.00",
        "Tax": "£0.00", "Tip": _pounds(tip), "Total Collected": _pounds(net + tip),
        "Source": "Point of Sale", "Card": _pounds(net + tip), "Fees": "£0.00",
        "Net Total": _pounds(net + tip), "Card Brand": "Visa", "PAN Suffix": "1234",
        "Description": "Bread, Bun",
    }  # fmt: skip


def web_shop() -> ThreeShop:
    """Shopify's customers and orders, in euros: several rows for each order."""
    random, truth = Random(12), Truth(days=25)  # noqa: S311 - the same rows each time
    people = _people(30, random)
    customers, orders = [], []
    for person in people:
        accepts = person.number % 3 != 0
        truth.consent[person.address] = "yes" if accepts else "no"
        customers.append({
            "Customer ID": f"'71200000{person.number:05}", "First Name": person.first,
            "Last Name": person.last, "Email": person.address, "Total Spent": "20.00",
            "Accepts Email Marketing": "yes" if accepts else "no", "Total Orders": "3",
            "Accepts SMS Marketing": "yes", "Default Address City": "Lisboa", "Tax Exempt": "no",
        })  # fmt: skip
    number = 1_001
    for person in people:
        for moment in _visits(person, random):
            lines = [random.randint(200, 200_000) for _ in range(random.randint(1, 3))]
            fate = ("paid", "cancelled", "paid", "voided", "refunded")[number % 5]
            orders += _shopify_order(number, person, moment, lines, fate)
            truth.visits += fate in ("paid", "refunded")
            truth.total += sum(lines) * (fate in ("paid", "refunded"))
            truth.refunded += sum(lines) * (fate == "refunded")
            number += 1
    truth.first_mail = frozenset(
        person.address for person in people if truth.consent[person.address] == "yes"
    )
    files = {
        "customers_export.csv": _preset_table("shopify-customers", customers),
        "orders_export_1.csv": _preset_table("shopify-orders", orders),
    }
    typed = ["Corner Beans", "Portugal", "Rua das Flores 12, Lisboa"]
    return ThreeShop(
        {**files, LOGO: png(60, 60, colour="#1b4f72")},
        _typed(typed, f"{LOGO}, #1B4F72"), truth, "PT", "pt", "#1b4f72",
    )  # fmt: skip


def _shopify_order(
    number: int, person: Person, moment: datetime, lines: Sequence[int], fate: str
) -> list[dict[str, str]]:
    placed = f"{moment:%Y-%m-%d %H:%M:%S} +0000"
    rows = [
        {
            "Name": f"#{number}", "Email": person.address, "Created at": placed,
            "Lineitem name": f"Beans {index}", "Lineitem quantity": "1",
            "Lineitem price": f"{price / 100:.2f}", "Lineitem requires shipping": "true",
        }
        for index, price in enumerate(lines)
    ]  # fmt: skip
    total = f"{sum(lines) / 100:.2f}"
    rows[0] |= {
        "Financial Status": "paid" if fate == "cancelled" else fate, "Paid at": placed,
        "Fulfillment Status": "fulfilled",
        "Accepts Marketing": "yes", "Currency": "EUR", "Subtotal": total, "Total": total,
        "Shipping": "0.00", "Taxes": "0.00", "Discount Amount": "0.00", "Source": "web",
        "Refunded Amount": total if fate == "refunded" else "0.00", "Id": f"'56{number}",
        "Cancelled at": placed if fate in ("voided", "cancelled") else "", "Payment Method": "card",
        "Billing Name": f"{person.first} {person.last}",
    }  # fmt: skip
    return rows


def salon() -> ThreeShop:
    """German spreadsheets: semicolons, decimal commas, days first, Latin-1."""
    random, truth = Random(13), Truth()  # noqa: S311 - the same rows each time
    people = _people(25, random)
    customers: list[dict[str, str]] = []
    receipts: list[dict[str, str]] = []
    for person in people:
        says = ("ja", "nein", "")[0 if person.number == 1 else person.number % 3 - 1]
        truth.consent[person.address] = {"ja": "yes", "nein": "no", "": "none"}[says]
        customers.append({
            "Kundennr": f"K-{person.number}", "Vorname": person.first, "Nachname": person.last,
            "E-Mail": person.address, "Handy": f"0171 {person.number:07}",
            "Geburtsdatum": f"{person.birthday:%d.%m.%Y}", "Einwilligung Newsletter": says,
            "Allergien": "Nüsse" if person.number % 4 == 0 else "",
        })  # fmt: skip
        for moment in _visits(person, random):
            cents = random.randint(1_500, 150_000)
            receipts.append({
                "Belegnr": str(len(receipts) + 1), "Datum": f"{moment:%d.%m.%Y}",
                "Kundennr": f"K-{person.number}",
                "Leistung": random.choice(("Schnitt", "Färben")),
                "Betrag": _german(cents),
            })  # fmt: skip
            truth.visits += 1
            truth.total += cents
    truth.first_mail = frozenset({people[0].address})
    files = {
        "kunden.csv": _table([*customers[0]], customers, ";").encode("latin-1"),
        "belege.csv": _table([*receipts[0]], receipts, ";").encode("latin-1"),
    }
    typed = ["Salon Jörg", "Deutschland", "Hauptstraße 1, 10115 Berlin"]
    return ThreeShop(
        {**files, LOGO: png(120, 60, alpha=True, colour="#004400")},
        _typed(typed, f'"#040" {LOGO}'), truth, "DE", "de", "#004400",
    )  # fmt: skip


def _german(cents: int) -> str:
    return f"{cents / 100:,.2f}".translate(str.maketrans(",.", ".,"))


def _typed(first: Sequence[str], brand: str) -> list[str]:
    """Return what the owner types; further questions are answered with Enter."""
    return [*first, "Ana <ana@corner.example>", "csv", "*.csv", "", brand]


SHOPS: Mapping[str, Callable[[], ThreeShop]] = {
    "bakery": bakery, "web-shop": web_shop, "salon": salon,
}  # fmt: skip


def write_files(shop: ThreeShop, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in shop.files.items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    for name, make in SHOPS.items():
        write_files(make(), Path(sys.argv[1]) / name)
