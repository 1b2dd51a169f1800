"""Does the ledger add up? Entries against balances against lots, customer by customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, Select, select, union
from sqlmodel import col

from loyalty.fold import Entry, replay
from loyalty.ledger import AT_ONCE, entries_of
from shop.tables import ChangeMarker, PointsBalance, PointsEntry, PointsLot


class Wrong(StrEnum):
    SUM = "the entries do not come to the balance"
    LOTS = "the lots do not come to the balance"
    REPLAY = "living through the entries again gives other lots"
    ABSURD = "an entry is too large to be true and is left out"


@dataclass(frozen=True)
class Discrepancy:
    """Where something does not add up."""

    customer: int
    wrong: Wrong
    expected: int
    found: int


def verify(connection: Connection) -> list[Discrepancy]:
    """Every discrepancy; customers who wait for the next tick are not looked at."""
    found: list[Discrepancy] = []
    last = 0
    # A batch at a time, so that it never matters how many customers there are.
    while customers := connection.scalars(_next(last)).all():
        found += _verify(connection, sorted({*customers} - _waiting(connection, customers)))
        last = customers[-1]
    return found


def _next(last: int) -> Select[tuple[int]]:
    tables = (PointsEntry, PointsBalance, PointsLot)
    every = union(*(_after(table, last) for table in tables)).subquery()
    customer = every.c.customer_id
    return select(customer).order_by(customer).limit(AT_ONCE)


def _waiting(connection: Connection, customers: Sequence[int]) -> set[int]:
    marked = select(col(ChangeMarker.customer_id)).where(
        col(ChangeMarker.customer_id).in_(customers)
    )
    return set(connection.scalars(marked))


def _after(
    table: type[PointsEntry | PointsBalance | PointsLot], last: int
) -> Select[tuple[int | None]]:
    owner = col(table.customer_id)
    first = select(owner).where(owner > last).distinct().order_by(owner).limit(AT_ONCE)
    named = first.subquery()
    return select(named.c.customer_id)


def _verify(connection: Connection, customers: Sequence[int]) -> Iterator[Discrepancy]:
    entries = dict(entries_of(connection, customers))
    balances, lots = _balances(connection, customers), _lots(connection, customers)
    for customer in customers:
        known, balance = entries.get(customer, []), balances.get(customer, 0)
        yield from discrepancies(customer, known, balance, lots[customer])


def _balances(connection: Connection, customers: Sequence[int]) -> dict[int, int]:
    owner = col(PointsBalance.customer_id)
    stored = select(owner, col(PointsBalance.balance)).where(owner.in_(customers))
    return {customer: balance for customer, balance in connection.execute(stored)}  # noqa: C416  # rows are no pairs


def _lots(connection: Connection, customers: Sequence[int]) -> dict[int, dict[int, int]]:
    owner = col(PointsLot.customer_id)
    columns = (owner, col(PointsLot.entry_id), col(PointsLot.left))
    found: dict[int, dict[int, int]] = {customer: {} for customer in customers}
    for customer, entry, left in connection.execute(select(*columns).where(owner.in_(customers))):
        found[customer][entry] = left
    return found


def discrepancies(
    customer: int, entries: Sequence[Entry], balance: int, lots: Mapping[int, int]
) -> Iterator[Discrepancy]:
    """What does not add up for one customer; `lots` are what is left, by entry."""
    again = replay(entries)
    together = sum(entry.points for entry in entries if entry.sums_up)
    if not together == again.balance == balance:
        yield Discrepancy(customer, Wrong.SUM, together, balance)
    if sum(lots.values()) != max(balance, 0):
        yield Discrepancy(customer, Wrong.LOTS, max(balance, 0), sum(lots.values()))
    if {lot.entry.id: lot.left for lot in again.lots} != dict(lots):
        expected = sum(lot.left for lot in again.lots)
        yield Discrepancy(customer, Wrong.REPLAY, expected, sum(lots.values()))
    absurd = [entry for entry in entries if not entry.sums_up]
    for entry in sorted(absurd, key=lambda one: (one.at, one.id)):
        yield Discrepancy(customer, Wrong.ABSURD, 0, entry.points)
