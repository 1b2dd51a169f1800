"""The owner's words for sources: where customers and what they bought come from."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from settings.addresses import validate_endpoint
from settings.model import ConfigModel
from settings.values import EnvText, HeaderSecret, Slug

STORE_NAME = "[a-z0-9][a-z0-9-]*"


def _validate_store(text: str) -> str:
    suggestion = parse_store(text)
    if suggestion == text:
        return text
    if suggestion:
        raise ValueError(f"Write {suggestion}.")
    raise ValueError("Write the shop's own name at Shopify, like corner-cafe.myshopify.com.")


def parse_store(text: str) -> str | None:
    """corner-cafe.myshopify.com for corner-cafe, and for the address of its admin pages."""
    match = re.fullmatch(
        rf"(?:https?://)?(?:admin\.shopify\.com/store/)?({STORE_NAME})(?:\.myshopify\.com)?(?:/.*)?",
        text.strip().casefold(),
    )
    return f"{match[1]}.myshopify.com" if match else None


def _validate_address(text: str) -> str:
    return validate_endpoint(text, "https://corner-cafe.myshopify.com")


class ShopifySource(ConfigModel):
    """An online shop at Shopify."""

    from_: Literal["shopify"]
    store: Annotated[str, AfterValidator(_validate_store)]
    client_id: HeaderSecret
    client_secret: HeaderSecret
    # Only ever set to try things out against a look-alike.
    address: Annotated[EnvText, AfterValidator(_validate_address)] | None = None


class SquareSource(ConfigModel):
    """A till at Square, with its customers, its loyalty programme and its appointments."""

    from_: Literal["square"]
    access_token: HeaderSecret
    # Only ever set to try things out against a look-alike.
    address: Annotated[EnvText, AfterValidator(_validate_address)] | None = None


class CustomerColumns(ConfigModel):
    """What the columns of a list of customers are called."""

    e_mail: Annotated[str | None, Field(alias="e-mail")] = None
    customer: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    birthday: str | None = None
    joined: str | None = None
    language: str | None = None
    timezone: str | None = None
    consent: str | None = None

    @model_validator(mode="after")
    def _require_identifier(self) -> CustomerColumns:
        if self.e_mail is None and self.customer is None:
            raise ValueError("Name the column with the e-mail, or the one with the customer.")
        return self


class OrderColumns(ConfigModel):
    """What the columns of a list of purchases are called."""

    customer: str
    when: str
    total: str
    order: str | None = None
    product: str | None = None
    quantity: str | None = None
    channel: str | None = None


class AnswerColumns(ConfigModel):
    """What the columns of a list of answers to a survey are called."""

    customer: str
    when: str
    csat: str | None = None
    nps: str | None = None
    words: str | None = None
    survey: str | None = None

    @model_validator(mode="after")
    def _require_answer_column(self) -> AnswerColumns:
        if self.csat is None and self.nps is None and self.words is None:
            raise ValueError("Name a column with what was answered: csat, nps or words.")
        return self


class CsvCustomers(ConfigModel):
    """A list of customers, exported from elsewhere."""

    from_: Literal["csv"]
    holds: Literal["customers"]
    file: str
    columns: CustomerColumns
    imported_consent: Annotated[
        EnvText | None,
        Field(description="In your own words: how the people in this list said yes to mail."),
    ] = None


class CsvOrders(ConfigModel):
    """A list of purchases, exported from elsewhere."""

    from_: Literal["csv"]
    holds: Literal["orders"]
    file: str
    columns: OrderColumns
    customers_of: Slug | None = None


class CsvAnswers(ConfigModel):
    """Answers to a survey, exported from elsewhere."""

    from_: Literal["csv"]
    holds: Literal["answers"]
    file: str
    columns: AnswerColumns
    customers_of: Slug | None = None


CsvSource = Annotated[CsvCustomers | CsvOrders | CsvAnswers, Field(discriminator="holds")]
Source = Annotated[ShopifySource | SquareSource | CsvSource, Field(discriminator="from_")]
