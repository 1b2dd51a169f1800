"""A few records of a file as they are read: people with their consent, orders with their total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.csv.rows import CsvFormat
from connectors.stream import ParsedRecord
from shop.consent.basis import UNDATED
from shop.types.money import decimals

CONSENT_WORDS = {"yes": "yes", "no": "no", "none": "neither yes nor no", "unread": "not read"}


def sample_of(parsed: ParsedRecord, csv_format: CsvFormat) -> dict[str, str]:
    """Return what was read of one record, by the word for it; empty where it is of no use."""
    rows = parsed.rows
    if rows.orders:
        return _order(rows.orders[0], rows.order_lines, csv_format)
    if rows.answers:
        return _answer(rows.answers[0], csv_format)
    if not rows.identities:
        return {}
    return _customer(rows.identities[0], [*rows.statements], csv_format)


def amount_text(amount: int, currency: str) -> str:
    """Return "1,112.00 EUR" for 111200 minor units."""
    places = decimals(currency)
    return f"{amount / 10**places:,.{places}f} {currency}"


def amounts_text(amounts: Iterable[tuple[str, int]]) -> str:
    """Return "1,112.00 EUR and 12.00 USD" for minor units by currency."""
    return " and ".join(amount_text(amount, currency) for currency, amount in amounts)


def _customer(
    identity: Mapping[str, Any], statements: list[Mapping[str, Any]], csv_format: CsvFormat
) -> dict[str, str]:
    address = identity["email"]
    number = identity["external_id"]
    names = (identity.get("first_name"), identity.get("last_name"))
    return _filled({
        "e-mail": address,
        "customer": number if number != (address or "").casefold() else None,
        "name": " ".join(filter(None, names)),
        "phone": identity.get("phone"),
        "birthday": identity.get("birthday"),
        "joined": _day(identity.get("joined_at"), csv_format),
        "language": identity.get("language"),
        "timezone": identity.get("timezone"),
        "consent": _consent(statements[0], csv_format) if statements else None,
    })  # fmt: skip


def _consent(statement: Mapping[str, Any], csv_format: CsvFormat) -> str:
    said_at = statement["said_at"]
    since = f", {_day(said_at, csv_format)}" if said_at and said_at > UNDATED else ""
    return f"{CONSENT_WORDS[statement['says']]}{since}"


def _order(order: Mapping[str, Any], lines: Any, csv_format: CsvFormat) -> dict[str, str]:
    products = [line["title"] for line in lines if line["title"] != "?"]
    return _filled({
        "order": order["external_id"],
        "customer": order["customer_key"] or "a guest",
        "when": _moment(order["placed_at"], csv_format),
        "total": amount_text(order["total"], order["currency"]),
        "counts": "a visit" if order["counts"] else "not a visit",
        "products": ", ".join(products),
    })  # fmt: skip


def _answer(answer: Mapping[str, Any], csv_format: CsvFormat) -> dict[str, str]:
    scores = {name: answer.get(name) for name in ("csat", "nps")}
    return _filled({
        "customer": answer["customer_key"],
        "when": _moment(answer.get("answered_at"), csv_format),
        **{name: str(score) for name, score in scores.items() if score is not None},
    })  # fmt: skip


def _moment(moment: datetime | None, csv_format: CsvFormat) -> str | None:
    return f"{moment.astimezone(csv_format.zone):%Y-%m-%d %H:%M}" if moment else None


def _day(moment: datetime | None, csv_format: CsvFormat) -> str | None:
    return f"{moment.astimezone(csv_format.zone):%Y-%m-%d}" if moment else None


def _filled(sample: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in sample.items() if text}
