"""The columns of a file that speak of consent, and what one row says in all of them together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from connectors import parse_values
from connectors.consent_headings import (
    HeadingSense,
    heading_sense,
    is_active,
    is_date,
    opt_out_evidence,
    read_consent,
    read_opt_out,
)
from connectors.csv.cells import dates
from connectors.csv.cells.date_order import DateOrder
from shop.consent.basis import NO_EVIDENCE, UNDATED, WITHDRAWN_EVIDENCE, ConsentValue

MAX_SHOWN = 40
# Enough to tell which rows to look at more closely, in lower case.
STEMS = (
    "subscri", "opt", "bounce", "spam", "suppress", "list", "mail", "contact", "newsletter",
    "marketing", "werb", "abmeld", "abgemeld", "abbestell", "austrag", "ausgetrag", "nscri",
    "abonn", "descadastr", "iscri", "baja", "pub", "uitgeschr", "uitschr", "afmeld", "afgemeld",
    "avregistr", "avmeld", "leave me", "consent", "einwillig", "wypis", "odhlas", "correo",
    "reclame", "nieuwsbrief", "clean", "complain", "отпис", "рассыл", "реклам", "配信", "退",
)  # fmt: skip
OPT_OUT_STEMS = re.compile("|".join(STEMS))


@dataclass(frozen=True)
class Column:
    """A column of the file.

    `has_dates` is False where day and month cannot be told apart. `is_status`: its values are words
    such as subscribed and bounced, whatever it is called.
    """

    index: int
    heading: str
    order: DateOrder | None = None
    has_dates: bool = True
    is_status: bool = False


class RowConsent(NamedTuple):
    """What one row says. `column` is None where no cell says it."""

    value: ConsentValue
    said_at: datetime = UNDATED
    evidence: str = NO_EVIDENCE
    column: Column | None = None
    is_vouched: bool = False


class CellConsent(NamedTuple):
    """What one cell of a row says."""

    value: ConsentValue
    said_at: datetime
    column: Column
    text: str


@dataclass(frozen=True)
class ConsentColumns:
    """The columns by what the owner named them, and those that were not named.

    `vouched` is `imported consent:`, None where it does not hold. `active_is_yes`: the consent
    column is a status, whose *active* stands beside *unsubscribed*.
    """

    file: str
    zone: ZoneInfo
    consent: Column | None = None
    said_no: tuple[Column, ...] = ()
    since: Column | None = None
    unnamed: tuple[Column, ...] = ()
    vouched: str | None = None
    active_is_yes: bool = False

    def read(self, cells: Sequence[str], read_at: datetime) -> RowConsent:
        """Return what `cells` say: a no before what could not be read, and that before a yes."""
        statements = [*self._named_cells(cells, read_at), *self._evidence(cells, read_at)]
        for value in (ConsentValue.NO, ConsentValue.UNREAD, ConsentValue.YES):
            matching = [statement for statement in statements if statement.value is value]
            if matching:
                latest = max(matching, key=lambda statement: statement.said_at)
                said_at = UNDATED if _is_doubtful(latest, statements) else latest.said_at
                if value is ConsentValue.NO:
                    said_at = self._end_of_day(said_at, read_at)
                evidence = self._evidence_of(latest.column, latest.text)
                return RowConsent(value, said_at, evidence, latest.column)
        return self._silent_row(cells)

    def _named_cells(self, cells: Sequence[str], read_at: datetime) -> Iterator[CellConsent]:
        """Yield what the named columns say, with the date of `since` where a cell has none."""
        readings = [
            (column, read_opt_out(cell(cells, column), column.heading)) for column in self.said_no
        ]
        if self.consent:
            readings.append((self.consent, self.read_consent_cell(cell(cells, self.consent))))
        for column, value in readings:
            if value is not ConsentValue.NONE:
                said_at = UNDATED
                if value is not ConsentValue.UNREAD:
                    said_at = self._date(column, cells, read_at) or UNDATED
                    if said_at == UNDATED and not (value is ConsentValue.NO and self._is_of_yes):
                        said_at = self._since(cells, read_at)
                yield CellConsent(value, said_at, column, cell(cells, column))

    def read_consent_cell(self, text: str) -> ConsentValue:
        """Return what `text` says in the consent column."""
        assert self.consent  # noqa: S101 - narrows the type
        if self.active_is_yes and is_active(text):
            return ConsentValue.YES
        return read_consent(text, self.consent.heading)

    @cached_property
    def unnamed_indexes(self) -> frozenset[int]:
        """The indexes of the columns that the owner did not name."""
        return frozenset(column.index for column in self.unnamed)

    @cached_property
    def about_mail(self) -> tuple[Column, ...]:
        """The columns that the owner did not name that are about mail by their headings."""
        return tuple(column for column in self.unnamed if heading_sense(column.heading))

    @cached_property
    def about_anything(self) -> tuple[Column, ...]:
        """The other columns that the owner did not name, such as one of notes."""
        return tuple(column for column in self.unnamed if not heading_sense(column.heading))

    def _evidence(self, cells: Sequence[str], read_at: datetime) -> Iterator[CellConsent]:
        """Yield the opt-outs in columns that the owner did not name."""
        columns = self.about_mail
        written = [
            cells[column.index] for column in self.about_anything if column.index < len(cells)
        ]
        if OPT_OUT_STEMS.search("\n".join(written).lower()):
            columns = self.unnamed
        for column in columns:
            if text := cell(cells, column):
                value = opt_out_evidence(text, column.heading)
                if value:
                    dated = self._date(column, cells, read_at) if value == ConsentValue.NO else None
                    yield CellConsent(value, dated or UNDATED, column, text)

    def _evidence_of(self, column: Column, text: str) -> str:
        shown = parse_values.single_line(text, MAX_SHOWN) or "nothing"
        return f"column {column.heading} of {self.file} said {shown}"

    @cached_property
    def _is_of_yes(self) -> bool:
        """Whether `since` dates the yes, as OPTIN_TIME does: a no is later than that."""
        return bool(self.since and heading_sense(self.since.heading) is HeadingSense.OPT_IN)

    def _end_of_day(self, said_at: datetime, read_at: datetime) -> datetime:
        """Return the latest moment of a day without a time: no yes of that day outranks the no."""
        local = said_at.astimezone(self.zone)
        if said_at == UNDATED or (local.hour, local.minute, local.second) != (0, 0, 0):
            return said_at
        return max(said_at, min(said_at + timedelta(days=1) - timedelta(seconds=1), read_at))

    def _since(self, cells: Sequence[str], read_at: datetime) -> datetime:
        if self.since is None:
            return UNDATED
        return self._date(self.since, cells, read_at) or UNDATED

    def _date(self, column: Column, cells: Sequence[str], read_at: datetime) -> datetime | None:
        """Return the date in `column`; None where there is none, or one that is still to come."""
        text = cell(cells, column)
        if not column.has_dates or not (column is self.since or is_date(text)):
            return None
        moment = dates.parse_moment(text, column.order, self.zone, read_at.year)
        if moment is None or moment > read_at + timedelta(days=1):
            return None
        return moment if moment > UNDATED + timedelta(days=2) else None

    def _silent_row(self, cells: Sequence[str]) -> RowConsent:
        if self.consent:
            evidence = self._evidence_of(self.consent, cell(cells, self.consent))
            return RowConsent(ConsentValue.NONE, UNDATED, evidence, self.consent)
        if self.vouched:
            return RowConsent(ConsentValue.YES, is_vouched=True)
        return RowConsent(ConsentValue.NONE, evidence=WITHDRAWN_EVIDENCE)


def _is_doubtful(latest: CellConsent, statements: Sequence[CellConsent]) -> bool:
    """Whether a yes of the same row is newer than its opt-out.

    The opt-out then counts from when it was read: its own date would let the yes decide.
    """
    return latest.value is ConsentValue.NO and any(
        statement.value is ConsentValue.YES and statement.said_at >= latest.said_at
        for statement in statements
    )


def cell(cells: Sequence[str], column: Column) -> str:
    return cells[column.index].strip() if column.index < len(cells) else ""


def status_column(heading: str, values: Sequence[str]) -> bool:
    """Whether *active* is a yes under `heading`: beside it stand unsubscribed, or bounced."""
    if heading_sense(heading) is HeadingSense.OPT_IN:
        return True
    return any(opt_out_evidence(value, heading) is ConsentValue.NO for value in values)
