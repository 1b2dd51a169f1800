"""The source block of a shop at Shopify."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from connectors.shopify.store_name import parse_store
from connectors.source_config import SourceConfig, endpoint_validator
from settings.values import EnvText, HeaderSecret


def validate_store(text: str) -> str:
    """Return `text` if it is a store's full name; the error says what it should be."""
    store = parse_store(text)
    if store == text:
        return text
    if store:
        raise ValueError(f"Write {store}.")
    raise ValueError("Write the shop's own name at Shopify, like corner-cafe.myshopify.com.")


class ShopifySource(SourceConfig):
    """An online shop at Shopify."""

    from_: Literal["shopify"]
    store: Annotated[str, AfterValidator(validate_store)]
    client_id: HeaderSecret
    client_secret: HeaderSecret
    # Only for a sandbox server.
    address: (
        Annotated[EnvText, AfterValidator(endpoint_validator("https://corner-cafe.myshopify.com"))]
        | None
    ) = None
