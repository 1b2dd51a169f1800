"""Detects how the columns of a file are written: the order of dates, the decimal mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.csv.cells.amounts import DecimalMarkTally
from connectors.csv.cells.date_order import (
    AmbiguousOrder,
    DateOrder,
    DateOrderTally,
    order_of_country,
)
from connectors.csv.table import Table
from settings.errors import SourceDataError

DATE_ROLES = ("when", "joined", "birthday", "since")
AMOUNT_ROLE = "total"
PROBLEMS = {
    AmbiguousOrder.UNDETERMINED: "may begin with the day or with the month",
    AmbiguousOrder.CONTRADICTORY: "begin now with the day, now with the month",
}


@dataclass(frozen=True)
class ColumnFormat:
    """How dates and amounts are written; `notes` tell the owner what was assumed."""

    date_orders: Mapping[str, DateOrder | None] = field(default_factory=dict)
    decimal_mark: str | None = None
    notes: tuple[str, ...] = ()


def detect_column_format(
    table: Table, columns: Mapping[str, int], country: str | None
) -> ColumnFormat:
    """Return how the `columns` (index by role) are written, from one pass over the whole file.

    Where no date shows whether the day comes first, it is as usual in `country`. Raises
    `SourceDataError` where dates of a column contradict each other, or nothing decides.
    """
    orders = {role: DateOrderTally() for role in columns if role in DATE_ROLES}
    marks = {role: DecimalMarkTally() for role in columns if role == AMOUNT_ROLE}
    tallies: list[tuple[int, DateOrderTally | DecimalMarkTally]] = [
        *((columns[role], tally) for role, tally in orders.items()),
        *((columns[role], tally) for role, tally in marks.items()),
    ]
    for row in table.rows() if tallies else ():
        if row.fault:
            continue
        for index, tally in tallies:
            if index < len(row.cells):
                tally.add(row.cells[index])
    detected = {role: tally.order() for role, tally in orders.items()}
    usual = order_of_country(country) if country else None
    return ColumnFormat(
        {
            role: _decide(order, usual, table, table.columns[columns[role]])
            for role, order in detected.items()
        },
        marks[AMOUNT_ROLE].decimal_mark() if marks else None,
        tuple(_notes(detected, table, columns, usual, country)),
    )


def _decide(
    order: DateOrder | AmbiguousOrder | None, usual: DateOrder | None, table: Table, heading: str
) -> DateOrder | None:
    if not isinstance(order, AmbiguousOrder):
        return order
    if order is AmbiguousOrder.UNDETERMINED and usual:
        return usual
    raise SourceDataError(
        f'{table.path.name}: the dates in column "{heading}" {PROBLEMS[order]}. '
        "Write them like 2026-04-03, the year first, and run it again."
    )


def _notes(
    detected: Mapping[str, DateOrder | AmbiguousOrder | None],
    table: Table,
    columns: Mapping[str, int],
    usual: DateOrder | None,
    country: str | None,
) -> Iterator[str]:
    """Yield a sentence for each column whose order is assumed or unusual."""
    for role, order in detected.items():
        heading = table.columns[columns[role]]
        if order is AmbiguousOrder.UNDETERMINED and usual:
            yield (
                f'{table.path.name}: no date in column "{heading}" shows whether it begins with '
                f"the day or the month. They are read {usual.value}, as is usual in {country}. If "
                "that is wrong, write them like 2026-04-03."
            )
        elif order in (DateOrder.DAY_NUMBERS, DateOrder.SECONDS):
            yield f'{table.path.name}: the dates in column "{heading}" are read as {order.value}.'
