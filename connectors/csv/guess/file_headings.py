"""The headings of a file with the values below them: which heading can have a role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from connectors.consent_words import read_value
from connectors.csv.cells.currency_marks import currencies_of
from connectors.csv.guess.column_values import (
    ColumnValues,
    ValuesByColumn,
    is_address,
    is_amount,
    is_date,
    is_phone,
    is_time_of_day,
    is_whole_number,
)
from connectors.csv.guess.headings import rank_headings
from connectors.csv.orders.words import OrderStatus, parse_channel, parse_status
from shop.consent.basis import ConsentValue
from shop.db.timezones import parse_zone

ENOUGH = 0.5  # the share of values that must fit the role of their column
NEARLY_ALL = 0.95
FITTING_VALUES: dict[str, Callable[[str], object]] = {
    "e-mail": is_address,
    "customer": lambda cell: read_value(cell) not in (ConsentValue.YES, ConsentValue.NO),
    "when": is_date,
    "joined": is_date,
    "cancelled": is_date,
    "currency": currencies_of,
    "birthday": is_date,
    "total": is_amount,
    "time": is_time_of_day,
    "quantity": is_whole_number,
    "status": lambda cell: parse_status(cell) is not OrderStatus.UNKNOWN,
    "refunded": is_amount,
    "csat": is_whole_number,
    "nps": is_whole_number,
    "phone": is_phone,
    "timezone": parse_zone,
    "channel": lambda cell: parse_channel(cell) is not None,
}


@dataclass(frozen=True)
class Headings:
    """The headings of a file with its number of rows and the values of its columns."""

    names: Sequence[str]
    row_count: int = 0
    values: ValuesByColumn = field(default_factory=dict)

    def best(self, role: str) -> str | None:
        """Return the heading that fits `role` best, and whose values do not contradict it."""
        return next(self.candidates(role), None)

    def candidates(self, role: str) -> Iterator[str]:
        return (heading for heading in rank_headings(role, self.names) if self.fits(role, heading))

    def best_filled(self, role: str) -> str | None:
        """Return the best heading for `role` among those that are filled in most rows."""
        return self.fullest(list(self.candidates(role)))

    def by_name(self) -> dict[str, ColumnValues]:
        """Return the values of each column that can be named: it has a name of its own."""
        return {name: self.column(name) for name in self.names if self.is_nameable(name)}

    def is_nameable(self, heading: str) -> bool:
        return bool(heading) and self._counts[heading] == 1

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(self.names)

    def has_times(self, heading: str) -> bool:
        """Return whether the dates of a column have a time of day."""
        column = self.column(heading)
        return column.filled > 0 and column.share(lambda cell: ":" in cell) >= ENOUGH

    def column(self, heading: str) -> ColumnValues:
        return self.values.get(heading, ColumnValues())

    def fits(self, role: str, heading: str) -> bool:
        """Return whether the values of `heading` do not contradict `role`."""
        fits = FITTING_VALUES.get(role)
        return fits is None or self.column(heading).share(fits) >= ENOUGH

    def fullest(self, headings: Sequence[str]) -> str | None:
        """Return the first of `headings` among those that are filled in most rows."""
        most = max((self.column(heading).filled for heading in headings), default=0)
        return next(
            (name for name in headings if self.column(name).filled >= NEARLY_ALL * most), None
        )
