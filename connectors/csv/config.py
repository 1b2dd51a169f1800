"""The source blocks of CSV files: customers, orders and survey answers."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from connectors.csv.consent.imported_consent import ImportedConsent
from connectors.source_config import SourceConfig
from settings.model import ConfigModel
from settings.text.column_name import ColumnName
from settings.values import CurrencyCode, Slug, YesNo

SHEET = Field(description="The sheet of a workbook, where it has several with rows.")
DAY_FIRST = Field(
    description="Whether 03/04/2026 is 3 April, where no date of the file shows it.",
)


class TotalIsOf(StrEnum):
    """What the amounts in the column of totals are of, in an order with several rows."""

    ORDER = "the order"
    LINE = "the line"


class CustomerColumns(ConfigModel):
    """Names of the columns of a customer file."""

    e_mail: Annotated[str | None, Field(alias="e-mail")] = None
    customer: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    phone: str | None = None
    birthday: str | None = None
    joined: str | None = None
    language: str | None = None
    timezone: str | None = None
    consent: str | None = None
    said_no: str | list[str] | None = None
    since: str | None = None
    my_columns: Annotated[
        dict[ColumnName, str],
        Field(description="Columns of your own, for rules and templates, by the names you give."),
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _require_identifier(self) -> CustomerColumns:
        if self.e_mail is None and self.customer is None:
            raise ValueError("Name the column with the e-mail, or the one with the customer.")
        return self


class OrderColumns(ConfigModel):
    """Names of the columns of an order file."""

    customer: str
    when: str
    total: str
    order: str | None = None
    product: str | None = None
    quantity: str | None = None
    channel: str | None = None
    time: str | None = None
    status: str | None = None
    refunded: str | None = None
    currency: str | None = None
    category: str | None = None
    cancelled: str | None = None
    kind: Annotated[
        str | None,
        Field(description="What a row is: a payment, a refund, or no sale, as fees and transfers."),
    ] = None
    balance: Annotated[
        str | None, Field(description="Whether a row brings money or takes it out: Credit, Debit.")
    ] = None
    refund_of: Annotated[
        str | None, Field(description="In the row of a refund: the number of its order.")
    ] = None


class AnswerColumns(ConfigModel):
    """Names of the columns of a file of survey answers."""

    customer: str
    when: str
    csat: str | None = None
    nps: str | None = None
    words: str | None = None
    survey: str | None = None
    time: str | None = None

    @model_validator(mode="after")
    def _require_answer_column(self) -> AnswerColumns:
        if self.csat is None and self.nps is None and self.words is None:
            raise ValueError("Name a column with what was answered: csat, nps or words.")
        return self


class CsvCustomers(SourceConfig):
    """A file of customers."""

    from_: Literal["csv"]
    holds: Literal["customers"]
    file: str
    sheet: Annotated[str | None, SHEET] = None
    day_first: Annotated[YesNo | None, DAY_FIRST] = None
    columns: CustomerColumns
    imported_consent: ImportedConsent | None = None
    shared_birthdays: Annotated[
        Literal["leave out", "keep"],
        Field(description="Birthdays that too many rows share to be real."),
    ] = "leave out"

    @property
    def keeps_shared_birthdays(self) -> bool:
        """Whether the owner has said that such birthdays are right."""
        return self.shared_birthdays == "keep"

    @property
    def custom_fields(self) -> Collection[str]:
        """The names of the owner's own columns."""
        return self.columns.my_columns


class CsvOrders(SourceConfig):
    """A file of orders."""

    from_: Literal["csv"]
    holds: Literal["orders"]
    file: str
    sheet: Annotated[str | None, SHEET] = None
    day_first: Annotated[YesNo | None, DAY_FIRST] = None
    columns: OrderColumns
    currency: Annotated[
        CurrencyCode | None, Field(description="Of all totals, where it is not the shop's.")
    ] = None
    customers_of: Slug | None = None
    lines_of: Annotated[
        Slug | None,
        Field(description="The source whose orders these rows are the articles of."),
    ] = None
    total_is_of: Annotated[
        TotalIsOf | None,
        Field(description="Of an order with several rows: what the totals in its rows are of."),
    ] = None


class CsvAnswers(SourceConfig):
    """A file of survey answers."""

    from_: Literal["csv"]
    holds: Literal["answers"]
    file: str
    sheet: Annotated[str | None, SHEET] = None
    day_first: Annotated[YesNo | None, DAY_FIRST] = None
    columns: AnswerColumns
    customers_of: Slug | None = None


CsvConfig = CsvCustomers | CsvOrders | CsvAnswers
CsvSource = Annotated[CsvConfig, Field(discriminator="holds")]
