"""Finds the columns of a file that speak of consent, named by the owner or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from zoneinfo import ZoneInfo

from connectors.consent_headings import (
    HeadingSense,
    column_sense,
    heading_sense,
    is_active,
    is_date,
)
from connectors.csv.cells.date_order import AmbiguousOrder, DateOrder, DateOrderTally
from connectors.csv.consent.columns import Column, ConsentColumns, cell, status_column

SAID_NO = "said_no"  # further columns of opt-outs have the roles "said_no 2", "said_no 3", …
MAX_VALUES = 200
SAMPLED_ROWS = 500  # enough to see that a column holds subscribed, unsubscribed and bounced


@dataclass
class _Values:
    """Distinct values of the consent column, and the order of dates by column."""

    consent: dict[str, None] = field(default_factory=dict)
    orders: dict[int, DateOrderTally] = field(default_factory=dict)
    unnamed: dict[int, dict[str, None]] = field(default_factory=dict)
    rows: int = 0

    def add(self, cells: Sequence[str], columns: ConsentColumns, dated: Sequence[Column]) -> None:
        if columns.consent and len(self.consent) < MAX_VALUES:
            self.consent[cell(cells, columns.consent)] = None
        for column in dated:
            if is_date(text := cell(cells, column)):
                self.orders.setdefault(column.index, DateOrderTally()).add(text)
        if self.rows < SAMPLED_ROWS:
            for column in columns.unnamed:
                self.unnamed.setdefault(column.index, {})[cell(cells, column)] = None
        self.rows += 1


def detect_columns(  # noqa: PLR0913 - what the file says and what the owner says, by name
    headings: Sequence[str],
    indexes: Mapping[str, int],
    rows: Iterable[Sequence[str]],
    *,
    file: str,
    zone: ZoneInfo,
    vouched: str | None,
    since_order: DateOrder | None,
    usual_order: DateOrder | None,
) -> ConsentColumns:
    """Return the columns of consent among `headings`; `indexes` are those of the named ones.

    Reads all `rows` where a column may hold dates, else the first ones. Where no date shows whether
    the day comes first, it is `usual_order`; where they contradict each other, the column has none.
    """
    named = {role: Column(index, headings[index]) for role, index in indexes.items()}
    columns = ConsentColumns(
        file=file,
        zone=zone,
        consent=named.get("consent"),
        said_no=tuple(column for role, column in named.items() if role.startswith(SAID_NO)),
        since=replace(named["since"], order=since_order) if "since" in named else None,
        unnamed=tuple(
            Column(index, heading)
            for index, heading in enumerate(headings)
            if index not in indexes.values()
        ),
        vouched=vouched,
    )
    sensed = [column for column in columns.unnamed if heading_sense(column.heading)]
    dated = [column for column in (columns.consent, *columns.said_no, *sensed) if column]
    values = _Values()
    for cells in rows if dated else islice(rows, SAMPLED_ROWS):
        values.add(cells, columns, dated)
    return _with_values(columns, values, usual_order)


def _with_values(
    columns: ConsentColumns, values: _Values, usual: DateOrder | None
) -> ConsentColumns:
    def ordered(column: Column) -> Column:
        tally = values.orders.get(column.index)
        order = tally.order() if tally else None
        if order is AmbiguousOrder.UNDETERMINED:
            order = usual or order
        if isinstance(order, AmbiguousOrder):
            return replace(column, has_dates=False)
        return replace(column, order=order)

    def is_status(column: Column) -> bool:
        samples = [text for text in values.unnamed.get(column.index, {}) if not is_active(text)]
        return column_sense(column.heading, samples) is HeadingSense.UNCLEAR

    consent = columns.consent
    return replace(
        columns,
        consent=ordered(consent) if consent else None,
        said_no=tuple(map(ordered, columns.said_no)),
        unnamed=tuple(
            replace(ordered(column), is_status=is_status(column)) for column in columns.unnamed
        ),
        active_is_yes=consent is not None and status_column(consent.heading, list(values.consent)),
    )
