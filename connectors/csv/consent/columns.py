"""The columns of a file that speak of consent, and what one row says in all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connectors import parse_values
from connectors.consent_headings import (
    HeadingSense,
    heading_sense,
    is_date,
    opt_out_evidence,
    read_consent,
    read_opt_out,
)
from connectors.consent_words import fold_words
from connectors.csv.cells import dates
from connectors.csv.cells.date_order import DateOrder
from shop.consent.basis import NO_EVIDENCE, UNDATED, WITHDRAWN_EVIDENCE, ConsentValue

MAX_SHOWN = 40
# Enough to tell which cells to look at; each is compared in lower case.
OPT_OUT_STEMS = (
    "subscri", "opt", "bounce", "spam", "suppress", "list", "mail", "contact", "newsletter",
    "marketing", "werb", "abmeld", "abgemeld", "abbestell", "austrag", "ausgetrag", "nscri",
    "abonn", "descadastr", "iscri", "baja", "pub", "uitgeschr", "uitschr", "afmeld", "afgemeld",
    "avregistr", "avmeld", "leave me", "consent", "einwillig", "wypis", "odhlas", "correo",
    "reclame", "nieuwsbrief", "отпис", "рассыл", "реклам", "配信", "退",
)  # fmt: skip
ACTIVE = frozenset(
    {"active", "aktiv", "ativo", "ativa", "activo", "activa", "actif", "attivo", "attiva", "actief"}
)


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


@dataclass(frozen=True)
class RowConsent:
    """What one row says. `column` is None where no cell says it."""

    value: ConsentValue
    said_at: datetime = UNDATED
    evidence: str = NO_EVIDENCE
    column: Column | None = None
    is_vouched: bool = False


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
        statements = [*self._named_statements(cells, read_at), *self._evidence(cells, read_at)]
        for value in (ConsentValue.NO, ConsentValue.UNREAD, ConsentValue.YES):
            matching = [statement for statement in statements if statement.value is value]
            if matching:
                latest = max(matching, key=lambda statement: statement.said_at)
                return self._without_doubtful_date(latest, statements)
        return self._silent_row(cells)

    def _named_statements(self, cells: Sequence[str], read_at: datetime) -> list[RowConsent]:
        since = self._date(self.since, cells, read_at)
        statements = []
        if self.consent:
            text = cell(cells, self.consent)
            value = self.read_consent_cell(text)
            said_at = self._date(self.consent, cells, read_at) or since
            statements.append(self._statement(value, said_at, text, self.consent))
        for column in self.said_no:
            text = cell(cells, column)
            said_at = self._date(column, cells, read_at) or since
            value = read_opt_out(text, column.heading)
            statements.append(self._statement(value, said_at, text, column))
        return statements

    def read_consent_cell(self, text: str) -> ConsentValue:
        """Return what `text` says in the consent column."""
        assert self.consent  # noqa: S101 - narrows the type
        if self.active_is_yes and is_active(text):
            return ConsentValue.YES
        return read_consent(text, self.consent.heading)

    def _evidence(self, cells: Sequence[str], read_at: datetime) -> list[RowConsent]:
        """Return the opt-outs in columns that the owner did not name."""
        statements = []
        for column in self.unnamed:
            text = cell(cells, column)
            if text and may_be_opt_out(text, column.heading):
                value = opt_out_evidence(text, column.heading)
                if value:
                    said_at = self._date(column, cells, read_at)
                    statements.append(self._statement(value, said_at, text, column))
        return statements

    def _statement(
        self, value: ConsentValue, said_at: datetime | None, text: str, column: Column
    ) -> RowConsent:
        shown = parse_values.single_line(text, MAX_SHOWN) or "nothing"
        evidence = f"column {column.heading} of {self.file} said {shown}"
        dated = said_at if value in (ConsentValue.YES, ConsentValue.NO) else None
        return RowConsent(value, dated or UNDATED, evidence, column)

    def _date(
        self, column: Column | None, cells: Sequence[str], read_at: datetime
    ) -> datetime | None:
        """Return the date in `column`; None where there is none, or one that is still to come."""
        text = cell(cells, column) if column else ""
        if column is None or not column.has_dates or not (column is self.since or is_date(text)):
            return None
        moment = dates.parse_moment(text, column.order, self.zone, read_at.year)
        if moment is None or moment > read_at + timedelta(days=1):
            return None
        return moment if moment > UNDATED + timedelta(days=2) else None

    @staticmethod
    def _without_doubtful_date(latest: RowConsent, statements: list[RowConsent]) -> RowConsent:
        """Return an opt-out without its date where a yes of the same row is newer.

        It then counts from when it was read: the older date would let the yes decide.
        """
        if latest.value is not ConsentValue.NO:
            return latest
        yes_dates = [each.said_at for each in statements if each.value is ConsentValue.YES]
        if max(yes_dates, default=UNDATED) < latest.said_at:
            return latest
        return RowConsent(latest.value, UNDATED, latest.evidence, latest.column)

    def _silent_row(self, cells: Sequence[str]) -> RowConsent:
        if self.consent:
            return self._statement(ConsentValue.NONE, None, cell(cells, self.consent), self.consent)
        if self.vouched:
            return RowConsent(ConsentValue.YES, is_vouched=True)
        return RowConsent(ConsentValue.NONE, evidence=WITHDRAWN_EVIDENCE)


def cell(cells: Sequence[str], column: Column) -> str:
    return cells[column.index].strip() if column.index < len(cells) else ""


def is_active(text: str) -> bool:
    """Whether `text` is the *active* of a status."""
    return fold_words(text) in ACTIVE


def may_be_opt_out(text: str, heading: str) -> bool:
    """Whether `text` is worth reading: its heading is about mail, or a word in it may be."""
    if heading_sense(heading):
        return True
    lowered = text.lower()
    return any(stem in lowered for stem in OPT_OUT_STEMS)


def status_column(heading: str, values: Sequence[str]) -> bool:
    """Whether *active* is a yes under `heading`: beside it stand unsubscribed, or bounced."""
    if heading_sense(heading) is HeadingSense.OPT_IN:
        return True
    return any(opt_out_evidence(value, heading) is ConsentValue.NO for value in values)
