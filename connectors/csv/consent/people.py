"""What all rows of one person say together, and how often each column says what.

The rows of a person are those with the same key, or with the same address. The order of rows does
not matter: a no of one row counts for all, and an empty cell takes nothing back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from connectors.consent_headings import HeadingSense, heading_sense, read_opt_out
from connectors.consent_words import read_value
from connectors.csv.consent.columns import Column, ConsentColumns, RowConsent, cell
from shop.consent.basis import UNDATED, ConsentValue

BITS = {
    ConsentValue.NONE: 0,
    ConsentValue.YES: 1,
    ConsentValue.UNREAD: 2,
    ConsentValue.NO: 4,
}
HAS_ADDRESS = 8  # another row with this key gives an address
MAX_WORDINGS = 200


class Subject(NamedTuple):
    """Whom a row is about: its key, and its folded address if it has one."""

    key: str
    address_key: str | None


@dataclass
class ColumnTally:
    """How often a column said what; `wordings` counts the values that were not read."""

    filled: int = 0
    values: Counter[ConsentValue] = field(default_factory=Counter)
    wordings: Counter[str] = field(default_factory=Counter)
    samples: Counter[str] = field(default_factory=Counter)


@dataclass
class ConsentSummary:
    """What the rows of a file say about consent.

    `says` has an entry for each person whose rows say anything: about 100 bytes. `evidence` counts
    the opt-outs in columns that the owner did not name; `not_asked` the cells of such columns that
    say neither yes nor no, as *unknown* and *never subscribed* do.
    """

    columns: ConsentColumns
    rows: int = 0
    says: dict[int, int] = field(default_factory=dict)
    named: dict[str, ColumnTally] = field(default_factory=dict)
    evidence: Counter[Column] = field(default_factory=Counter)
    not_asked: Counter[Column] = field(default_factory=Counter)
    vouch_refused: bool = False
    holds_purchases: bool = False  # by its headings; nobody vouches for buyers

    @cached_property
    def status_columns(self) -> list[Column]:
        """Columns that the owner did not name, and that say who was asked, by their headings."""
        return [
            column
            for column in self.columns.unnamed
            if column.is_status or heading_sense(column.heading) is HeadingSense.OPT_IN
        ]

    def has_address(self, subject: Subject) -> bool:
        """Return whether any row with the key of `subject` gives an address."""
        return bool(subject.address_key or self.says.get(_key_hash(subject), 0) & HAS_ADDRESS)

    def add_opt_out(self, address_key: str) -> None:
        """A row that cannot be used says no for this address, whatever other rows say."""
        key = _address_hash(Subject(address_key, address_key))
        self.says[key] = self.says.get(key, 0) | BITS[ConsentValue.NO]

    def read(self, cells: Sequence[str], subject: Subject, read_at: datetime) -> RowConsent | None:
        """Return the statement of a row's `cells` in the light of the person's other rows.

        None where another row with the same key makes the statement.
        """
        own = self.columns.read(cells, read_at)
        by_key = self.says.get(_key_hash(subject), 0)
        by_address = self.says.get(_address_hash(subject), 0)
        strongest = _strongest(by_key | (by_address & ~BITS[ConsentValue.YES]))
        if own.value is strongest:
            is_disputed = strongest is ConsentValue.NO and by_key & BITS[ConsentValue.YES]
            return own._replace(said_at=UNDATED) if is_disputed else own
        if _strongest(by_key) is strongest:
            return None
        evidence = f"another row of {self.columns.file} with this address"
        return RowConsent(strongest, UNDATED, evidence)


def summarize(
    rows: Iterable[tuple[Sequence[str], Subject]],
    columns: ConsentColumns,
    read_at: datetime,
    *,
    holds_purchases: bool = False,
) -> ConsentSummary:
    """Return what all `rows` of a file say; `imported consent:` is refused where a row says no."""
    summary = ConsentSummary(columns, holds_purchases=holds_purchases)
    named = [column for column in (columns.consent, *columns.said_no) if column]
    summary.named = {column.heading: ColumnTally() for column in named}
    for cells, subject in rows:
        statement = columns.read(cells, read_at)
        summary.rows += 1
        _count(summary, cells, statement)
        if bit := BITS[statement.value]:
            for key in {_key_hash(subject), _address_hash(subject)} - {0}:
                summary.says[key] = summary.says.get(key, 0) | bit
        if subject.address_key not in (None, subject.key):
            key = _key_hash(subject)
            summary.says[key] = summary.says.get(key, 0) | HAS_ADDRESS
    if columns.vouched and (holds_purchases or is_contradicted(summary)):
        _refuse_vouch(summary)
    return summary


def _count(summary: ConsentSummary, cells: Sequence[str], statement: RowConsent) -> None:
    columns = summary.columns
    if columns.consent:
        text = cell(cells, columns.consent)
        _count_cell(summary.named[columns.consent.heading], text, columns.read_consent_cell(text))
    for column in columns.said_no:
        text = cell(cells, column)
        _count_cell(summary.named[column.heading], text, read_opt_out(text, column.heading))
    for column in summary.status_columns:
        text = cell(cells, column)
        summary.not_asked[column] += bool(text) and read_value(text) is ConsentValue.NONE
    if statement.column and statement.column.index in columns.unnamed_indexes:
        summary.evidence[statement.column] += 1


def _count_cell(tally: ColumnTally, text: str, value: ConsentValue) -> None:
    if not text:
        return
    tally.filled += 1
    tally.values[value] += 1
    for counter in (tally.samples, tally.wordings if value is ConsentValue.UNREAD else None):
        if counter is not None and (text in counter or len(counter) < MAX_WORDINGS):
            counter[text] += 1


def is_contradicted(summary: ConsentSummary) -> bool:
    """Return whether the list has evidence against a yes of everybody."""
    opt_outs = sum(tally.values[ConsentValue.NO] for tally in summary.named.values())
    return bool(opt_outs or summary.evidence or summary.not_asked.total())


def _refuse_vouch(summary: ConsentSummary) -> None:
    """Take back the yes of all rows that had it from `imported consent:`."""
    summary.vouch_refused = True
    summary.columns = replace(summary.columns, vouched=None)
    if summary.columns.consent is None:
        for key in summary.says:
            summary.says[key] &= ~BITS[ConsentValue.YES]


def _strongest(bits: int) -> ConsentValue:
    return next(value for value in reversed(BITS) if bits & BITS[value] or not BITS[value])


def _key_hash(subject: Subject) -> int:
    return hash(("key", subject.key))


def _address_hash(subject: Subject) -> int:
    return hash(("address", subject.address_key)) if subject.address_key else 0
