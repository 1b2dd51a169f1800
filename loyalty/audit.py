"""Audits the points ledger: compares entries, balances and lots customer by customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, Select, select, union
from sqlmodel import col

from loyalty.fold import Entry, replay
from loyalty.ledger import BATCH_SIZE, load_entries
from shop.tables import ChangeMarker, PointsBalance, PointsEntry, PointsLot


class DiscrepancyKind(StrEnum):
    """What does not match; the value is the message for the owner."""

    SUM = "the entries do not come to the balance"
    LOTS = "the lots do not come to the balance"
    REPLAY = "living through the entries again gives other lots"
    ABSURD = "an entry is too large to be true and is left out"


@dataclass(frozen=True)
class Discrepancy:
    """One mismatch in a customer's ledger."""

    customer: int
    kind: DiscrepancyKind
    expected: int
    actual: int


def audit_ledger(connection: Connection) -> list[Discrepancy]:
    """Returns every discrepancy; customers with a change marker are skipped until the next tick."""
    problems: list[Discrepancy] = []
    last_customer = 0
    # In batches, so that memory use does not grow with the number of customers.
    while customers := connection.scalars(_next_customers(last_customer)).all():
        problems += _audit_customers(
            connection, sorted({*customers} - _changed_customers(connection, customers))
        )
        last_customer = customers[-1]
    return problems


def _next_customers(last_customer: int) -> Select[tuple[int]]:
    tables = (PointsEntry, PointsBalance, PointsLot)
    customer_ids = union(*(_customers_after(table, last_customer) for table in tables)).subquery()
    customer = customer_ids.c.customer_id
    return select(customer).order_by(customer).limit(BATCH_SIZE)


def _changed_customers(connection: Connection, customers: Sequence[int]) -> set[int]:
    changed = select(col(ChangeMarker.customer_id)).where(
        col(ChangeMarker.customer_id).in_(customers)
    )
    return set(connection.scalars(changed))


def _customers_after(
    table: type[PointsEntry | PointsBalance | PointsLot], last_customer: int
) -> Select[tuple[int | None]]:
    owner = col(table.customer_id)
    limited = (
        select(owner).where(owner > last_customer).distinct().order_by(owner).limit(BATCH_SIZE)
    )
    page = limited.subquery()
    return select(page.c.customer_id)


def _audit_customers(connection: Connection, customers: Sequence[int]) -> Iterator[Discrepancy]:
    entries = dict(load_entries(connection, customers))
    balances, lots = _balances(connection, customers), _lots(connection, customers)
    for customer in customers:
        customer_entries, balance = entries.get(customer, []), balances.get(customer, 0)
        yield from check_customer(customer, customer_entries, balance, lots[customer])


def _balances(connection: Connection, customers: Sequence[int]) -> dict[int, int]:
    owner = col(PointsBalance.customer_id)
    stored = select(owner, col(PointsBalance.balance)).where(owner.in_(customers))
    return {customer: balance for customer, balance in connection.execute(stored)}  # noqa: C416  # rows are no pairs


def _lots(connection: Connection, customers: Sequence[int]) -> dict[int, dict[int, int]]:
    owner = col(PointsLot.customer_id)
    columns = (owner, col(PointsLot.entry_id), col(PointsLot.left))
    lots: dict[int, dict[int, int]] = {customer: {} for customer in customers}
    for customer, entry, remaining in connection.execute(
        select(*columns).where(owner.in_(customers))
    ):
        lots[customer][entry] = remaining
    return lots


def check_customer(
    customer: int, entries: Sequence[Entry], balance: int, lots: Mapping[int, int]
) -> Iterator[Discrepancy]:
    """Yields the discrepancies of one customer.

    Args:
        customer: The customer's id.
        entries: All ledger entries of the customer.
        balance: The stored balance.
        lots: Remaining points by entry id, as stored.
    """
    replayed = replay(entries)
    entry_sum = sum(entry.points for entry in entries if entry.is_plausible)
    if not entry_sum == replayed.balance == balance:
        yield Discrepancy(customer, DiscrepancyKind.SUM, entry_sum, balance)
    if sum(lots.values()) != max(balance, 0):
        yield Discrepancy(customer, DiscrepancyKind.LOTS, max(balance, 0), sum(lots.values()))
    if {lot.entry.id: lot.remaining for lot in replayed.lots} != dict(lots):
        expected = sum(lot.remaining for lot in replayed.lots)
        yield Discrepancy(customer, DiscrepancyKind.REPLAY, expected, sum(lots.values()))
    implausible = [entry for entry in entries if not entry.is_plausible]
    for entry in sorted(implausible, key=lambda absurd_entry: (absurd_entry.at, absurd_entry.id)):
        yield Discrepancy(customer, DiscrepancyKind.ABSURD, 0, entry.points)
