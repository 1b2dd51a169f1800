"""The `shop:` block of config.yaml."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from settings.model import ConfigModel
from settings.text.wording import LanguageTag
from settings.values import (
    ClosedOn,
    CountryCode,
    CurrencyCode,
    EmailAddress,
    OneLine,
    VisibleText,
    WebAddress,
    ZoneName,
)


class Shop(ConfigModel):
    """The sender of all mail, with the shop's time zone and currency."""

    name: OneLine = Field(description="The name customers know.")
    country: CountryCode
    currency: CurrencyCode
    timezone: ZoneName
    reply_to: Annotated[EmailAddress, Field(description="Where a customer's answer arrives.")]
    postal_address: VisibleText = Field(
        description="Stands at the end of every marketing mail; the law asks for it."
    )
    public_address: Annotated[
        WebAddress | None,
        Field(description="Where unsubscribe, survey and treat links lead."),
    ] = None

    language: Annotated[
        LanguageTag | None,
        Field(description="What mail and pages are written in; as in your country when absent."),
    ] = None
    address_people_as: Annotated[
        Literal["formal", "informal"] | None,
        Field(description="du or Sie, tu or vous; as is usual in the language when absent."),
    ] = None

    closed: Annotated[
        tuple[ClosedOn, ...],
        Field(description="When there is nobody to come to: mail that invites waits."),
    ] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.timezone)
