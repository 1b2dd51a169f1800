"""Rows of a file as rows of the shop. Pure and total: whatever comes, something comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors import parse_values
from connectors.csv import amounts, dates
from connectors.stream import Understood
from shop.consent.basis import EMAIL, UNDATED, UNSAID, Says
from shop.db.timezones import zone_of
from shop.db.upsert import Row
from shop.identity.customers import email_key
from shop.ingest.arrivals import Arrivals
from shop.types.moment import microseconds

YES = frozenset({
    "yes", "y", "true", "1", "x", "subscribed", "opted in", "opt-in", "ja", "sim", "sí", "si",
    "oui", "✓",
})  # fmt: skip
NO = frozenset({
    "no", "n", "false", "0", "unsubscribed", "cleaned", "opted out", "opt-out", "nein", "não",
    "nao", "non",
})  # fmt: skip
CHANNELS = {
    **dict.fromkeys(("till", "pos", "counter", "in store", "in-store", "shop", "store"), "till"),
    **dict.fromkeys(("online", "web", "website", "internet", "online store"), "online"),
}


@dataclass(frozen=True)
class How:
    """All that decides how a file is read, beside the row itself."""

    source: str
    currency: str
    zone: ZoneInfo
    customers_of: str
    says_consent: str = ""  # where consent is written, for the evidence
    imported_consent: str | None = None  # how all of them said yes, in the owner's words
    orders: Mapping[str, dates.Order | None] = field(default_factory=dict)  # by column of dates
    decimal_mark: str | None = None
    lines: bool = False  # products are named


@dataclass(frozen=True)
class Line:
    """One row of the file: where it stands, and what it says by the owner's words."""

    number: int
    says: Mapping[str, str]
    surplus: bool = False


@dataclass(frozen=True)
class Purchase:
    """The rows of one order; `key` is its own number, or made of what it says."""

    key: str
    lines: Sequence[Line]
    apart: bool = False  # the same number stood elsewhere in the file


# What a spreadsheet would work out instead of showing.
FORMULA = re.compile(r"\s*[=+@-]")
SURPLUS = "The row has more columns than the first line names."


def customer(line: Line, how: How, read_at: datetime) -> Understood:
    says, place = line.says, f"line {line.number}"
    if line.surplus:
        return Understood(place, faults=(SURPLUS,))
    given = says.get("e_mail", "")
    address = parse_values.address(given)
    key = parse_values.text(says.get("customer")) or email_key(address)
    faults = ["The e-mail address is none."] if given and not address else []
    if key is None:
        return Understood(place, faults=tuple(faults or ["The row names nobody."]))
    identity, more = identity_of(says, key, address, how, read_at)
    statements = statement(says.get("consent"), key, how, read_at)
    return Understood(place, Arrivals([identity], statements), (*faults, *more))


def identity_of(
    says: Mapping[str, str], key: str, address: str | None, how: How, read_at: datetime
) -> tuple[Row, list[str]]:
    joined = says.get("joined", "")
    birthday, faults = born_on(says.get("birthday", ""), how, read_at)
    zone = says.get("timezone")
    since = when(joined, "joined", how, read_at) if joined else None
    if joined and since is None:
        faults.append("The date they joined is none.")
    if zone and zone_of(zone) is None:
        faults.append("The time zone is none.")
    if any(FORMULA.match(says.get(name, "")) for name in ("first_name", "last_name")):
        faults.append("The name is a formula.")
    identity = bare_identity(key, address, how, read_at) | {
        "phone": parse_values.text(says.get("phone"), 40),
        "first_name": name_in(says.get("first_name")),
        "last_name": name_in(says.get("last_name")),
        "language": parse_values.language(says.get("language")),
        "timezone": zone if zone_of(zone) else None,
        "birthday": birthday,
        "joined_at": since,
    }
    return identity, faults


def born_on(written: str, how: How, read_at: datetime) -> tuple[str | None, list[str]]:
    """A birthday as it is kept, or why not; of 1900, which stands for no year, only the day."""
    if not written:
        return None, []
    found = dates.birthday(written, how.orders.get("birthday"), read_at.year)
    if found is None:
        return None, ["The birthday is no day of a year."]
    if found == "1900-01-01":
        return None, ["The birthday is the first day of 1900, which stands for none."]
    if found[0] != "-" and found > read_at.astimezone(how.zone).date().isoformat():
        return None, ["The birthday is in the future."]
    return (f"--{found[5:]}" if found.startswith("1900-") else found), []


def name_in(written: str | None) -> str | None:
    """A name, to be greeted by; a spreadsheet's formula is nobody's."""
    return None if FORMULA.match(written or "") else parse_values.text(written)


def bare_identity(key: str, address: str | None, how: How, read_at: datetime) -> dict[str, Any]:
    return {
        "source": how.source, "external_id": key, "email": address,
        "email_key": email_key(address), "phone": None, "first_name": None, "last_name": None,
        "language": None, "timezone": None, "birthday": None, "tags": "[]", "joined_at": None,
        "version": microseconds(read_at),
    }  # fmt: skip


def statement(written: str | None, key: str, how: How, read_at: datetime) -> list[Row]:
    """What a consent column says: without a date, so it never lifts a no.

    Without a column it is the owner who says how they said yes; where nobody does, nothing is
    said, and what was said of this list before holds no longer.
    """
    if written is None:
        vouched = how.imported_consent
        says = Says.YES if vouched else Says.NONE
        evidence = f"imported consent of {how.source}" if vouched else UNSAID
        return [word_of(says, evidence, "the owner", key, how, read_at)]
    word = written.casefold()
    says = Says.YES if word in YES else Says.NO if word in NO else Says.NONE
    said = parse_values.text(written, 40) or "nothing"
    evidence = f"{how.says_consent} said {said}"
    return [word_of(says, evidence, how.source, key, how, read_at)]


def word_of(says: Says, evidence: str, actor: str, key: str, how: How, read_at: datetime) -> Row:
    wording = how.imported_consent if says is Says.YES else None
    return {
        "customer_id": None, "source": how.source, "external_id": key, "channel": EMAIL,
        "says": says.value, "said_at": UNDATED, "recorded_at": read_at, "evidence": evidence,
        "wording": wording, "actor": actor,
    }  # fmt: skip


def order(bought: Purchase, how: How, read_at: datetime) -> Understood:
    says, place = bought.lines[0].says, f"line {bought.lines[0].number}"
    placed = when(says.get("when", ""), "when", how, read_at)
    channel = CHANNELS.get(says.get("channel", "").casefold() or "till")
    total, faults = whole_total(bought, how)
    faults += [] if placed else ["The date is none."]
    faults += [] if channel else ["The channel is neither till nor online."]
    if bought.apart:
        faults = ["The same order stands further up in the file."]
    if any(line.surplus for line in bought.lines):
        faults = [SURPLUS]
    if faults or placed is None:
        return Understood(place, faults=tuple(faults))
    buyer, identities, unknown = whose(says.get("customer", ""), how, read_at)
    row = {
        "source": how.source, "external_id": bought.key,
        "customer_source": buyer[0], "customer_key": buyer[1],
        "placed_at": placed, "total": total, "currency": how.currency, "channel": channel,
        "counts": True, "version": microseconds(read_at),
    }  # fmt: skip
    lines = order_lines(bought, how, read_at) if how.lines else []
    return Understood(place, Arrivals(identities, orders=[row], order_lines=lines), tuple(unknown))


def whole_total(bought: Purchase, how: How) -> tuple[int, list[str]]:
    """What the rows of an order come to; a row after the first may leave its total out."""
    written = [line.says["total"] for line in bought.lines if line.says.get("total")]
    sums = [amounts.minor_units(one, how.currency, how.decimal_mark) for one in written]
    faults = list(dict.fromkeys(one for one in sums if isinstance(one, str)))
    faults += [] if sums else ["There is no total."]
    return sum(one for one in sums if isinstance(one, int)), faults


def whose(
    written: str, how: How, read_at: datetime
) -> tuple[tuple[str, str | None], list[Row], list[str]]:
    """The buyer, by source and key; one whom no other file lists is made known here.

    An address needs no list of customers: it is the same person wherever it stands.
    """
    key = parse_values.text(written)
    if key is None:
        return (how.source, None), [], []
    if "@" in key:
        address = parse_values.address(key)
        if address is None:
            return (how.source, None), [], ["The customer's e-mail address is none."]
        found = email_key(address) or address
        return (how.source, found), [bare_identity(found, address, how, read_at)], []
    if how.customers_of != how.source:
        return (how.customers_of, key), [], []
    return (how.source, key), [bare_identity(key, None, how, read_at)], []


def order_lines(bought: Purchase, how: How, read_at: datetime) -> list[Row]:
    found = []
    for position, line in enumerate(bought.lines):
        total = amounts.minor_units(line.says.get("total") or "0", how.currency, how.decimal_mark)
        found.append({
            "source": how.source, "order_key": bought.key, "position": position,
            "title": parse_values.text(line.says.get("product"), 300) or "?", "product_key": None,
            "quantity": quantity(line.says.get("quantity", "")),
            "total": total if isinstance(total, int) else 0,
            "version": microseconds(read_at),
        })  # fmt: skip
    return list(found)


def quantity(written: str) -> int:
    """How many; one where it is not said."""
    whole = written.removesuffix(".0").removesuffix(",0")
    if not (whole.isascii() and whole.isdecimal()) or len(whole) > 9:
        return 1
    return int(whole)


def when(written: str, column: str, how: How, read_at: datetime) -> datetime | None:
    return dates.moment(written, how.orders.get(column), how.zone, read_at.year)
