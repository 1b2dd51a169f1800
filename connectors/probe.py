"""What a platform tells of a shop when first asked: whether the keys fit, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.shopify.cart_reminders import CartReminders, count_cart_reminders
from connectors.shopify.connector import ShopifyConnector
from connectors.shopify.probe import probe_store as introduce_shopify
from connectors.square.connector import SquareConnector
from connectors.square.probe import probe_seller as introduce_square
from connectors.stream import Connector


@dataclass(frozen=True)
class ShopProfile:
    """What is known of a shop by its platform; None where it does not say."""

    name: str | None = None
    currency: str | None = None
    timezone: str | None = None
    cart_reminders: CartReminders | None = None  # baskets that the platform itself wrote about
    points: bool = False  # a programme of points is run there
    rewards: dict[str, int] = field(default_factory=dict)


async def probe_shop(connector: Connector) -> ShopProfile:
    """Raises `OutOfReach`, with the reason, where the keys do not fit."""
    match connector:
        case ShopifyConnector():
            async with connector.open_client() as admin:
                shop = await introduce_shopify(admin)
                return ShopProfile(**shop, cart_reminders=await count_cart_reminders(admin))
        case SquareConnector():
            async with connector.open_client() as api:
                return ShopProfile(**await introduce_square(api))
        case _:
            return ShopProfile()
