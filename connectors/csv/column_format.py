"""Detects how the columns of a file are written: the order of dates, the decimal mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.csv.cells.amounts import DecimalMarkTally
from connectors.csv.cells.birthdays import BirthdayTally, SharedBirthdays
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
BIRTHDAY_ROLE = "birthday"
NUMBERED_ORDERS = (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST)
PROBLEMS = {
    AmbiguousOrder.UNDETERMINED: "may begin with the day or with the month",
    AmbiguousOrder.CONTRADICTORY: "begin now with the day, now with the month",
}


@dataclass(frozen=True)
class ColumnFormat:
    """How dates and amounts are written; `notes` tell the owner what was assumed."""

    date_orders: Mapping[str, DateOrder | None] = field(default_factory=dict)
    decimal_mark: str | None = None
    shared_birthdays: SharedBirthdays = field(default_factory=SharedBirthdays)
    notes: tuple[str, ...] = ()


class ColumnTallies:
    """Counts how the cells of a file's dates, birthdays and amounts are written."""

    def __init__(self, table: Table, columns: Mapping[str, int]) -> None:
        self.orders = {role: DateOrderTally() for role in columns if role in DATE_ROLES}
        self.marks, self.birthdays = DecimalMarkTally(), BirthdayTally()
        tallies: list[tuple[str, DateOrderTally | DecimalMarkTally | BirthdayTally]] = [
            *self.orders.items(), (AMOUNT_ROLE, self.marks), (BIRTHDAY_ROLE, self.birthdays)
        ]  # fmt: skip
        indexed = [(columns[role], tally) for role, tally in tallies if role in columns]
        for row in table.rows() if indexed else ():
            if row.fault is None:
                for index, tally in indexed:
                    tally.add(row.cells[index] if index < len(row.cells) else "")


def detect_column_format(
    table: Table, columns: Mapping[str, int], country: str | None, day_first: bool | None = None
) -> ColumnFormat:
    """Return how the `columns` (index by role) are written, from one pass over the whole file.

    Where no date shows whether the day comes first, the owner's `day_first` decides, else it is as
    usual in `country`. Raises `SourceDataError` where dates of a column contradict each other or
    the owner, or nothing decides.
    """
    tallies = ColumnTallies(table, columns)
    detected = {role: tally.order() for role, tally in tallies.orders.items()}
    stated = stated_order(day_first)
    usual = stated or (order_of_country(country) if country else None)
    orders = {
        role: _decide(order, (stated, usual), table, table.columns[columns[role]])
        for role, order in detected.items()
    }
    return ColumnFormat(
        orders,
        tallies.marks.decimal_mark(),
        tallies.birthdays.shared_birthdays(orders.get(BIRTHDAY_ROLE)),
        tuple(_notes(detected, table, columns, None if stated else usual, country)),
    )


def stated_order(day_first: bool | None) -> DateOrder | None:
    """Return what the owner's `day first` says."""
    if day_first is None:
        return None
    return DateOrder.DAY_FIRST if day_first else DateOrder.MONTH_FIRST


def _decide(
    order: DateOrder | AmbiguousOrder | None,
    assumed: tuple[DateOrder | None, DateOrder | None],
    table: Table,
    heading: str,
) -> DateOrder | None:
    """`assumed` is what the owner has stated, and what holds where nothing shows the order."""
    stated, usual = assumed
    if order in NUMBERED_ORDERS and stated not in (None, order):
        first, answer = ("day", "yes") if order is DateOrder.DAY_FIRST else ("month", "no")
        raise SourceDataError(
            f'{table.name}: the dates in column "{heading}" begin with the {first}, and '
            f"config.yaml says otherwise. Write day first: {answer}, or take the line out."
        )
    if not isinstance(order, AmbiguousOrder):
        return order
    if usual and (stated or order is AmbiguousOrder.UNDETERMINED):
        return usual
    raise SourceDataError(
        f'{table.name}: the dates in column "{heading}" {PROBLEMS[order]}. Write day first: yes '
        "or no under this source, or write them like 2026-04-03, and run it again."
    )


def _other_answer(order: DateOrder) -> str:
    return "no" if order is DateOrder.DAY_FIRST else "yes"


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
                f'{table.name}: no date in column "{heading}" shows whether it begins with '
                f"the day or the month. They are read {usual.value}, as is usual in {country}. If "
                f"that is wrong, write day first: {_other_answer(usual)} under this source."
            )
        elif order in (DateOrder.DAY_NUMBERS, DateOrder.SECONDS):
            yield f'{table.name}: the dates in column "{heading}" are read as {order.value}.'
