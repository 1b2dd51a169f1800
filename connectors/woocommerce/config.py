"""The source block of a WooCommerce shop."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from connectors.source_config import SourceConfig
from connectors.woocommerce.shop_address import parse_address
from settings.values import EnvText, HeaderSecret


def validate_address(text: str) -> str:
    """Return the shop's address; the error says how to write one."""
    if address := parse_address(text):
        return address
    raise ValueError("Write the shop's web address, like https://shop.cornercafe.example.")


class WooCommerceSource(SourceConfig):
    """An online shop with WooCommerce, at its own address."""

    from_: Literal["woocommerce"]
    address: Annotated[EnvText, AfterValidator(validate_address)]
    consumer_key: HeaderSecret
    consumer_secret: HeaderSecret
    consent_from: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=200)] | None,
        Field(description="The meta key under which the shop keeps who said yes to mail."),
    ] = None
