"""What a platform tells of a shop when first asked: whether the keys fit, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.shopify.cart_reminders import Reminded, reminded
from connectors.shopify.connector import Shopify
from connectors.shopify.probe import introduce as introduce_shopify
from connectors.square.connector import Square
from connectors.square.probe import introduce as introduce_square
from connectors.stream import Connector


@dataclass(frozen=True)
class Introduction:
    """What is known of a shop by its platform; None where it does not say."""

    name: str | None = None
    currency: str | None = None
    timezone: str | None = None
    reminded: Reminded | None = None  # baskets that the platform itself wrote about
    points: bool = False  # a programme of points is run there
    rewards: dict[str, int] = field(default_factory=dict)


async def introduce(connector: Connector) -> Introduction:
    """Raises `OutOfReach`, with the reason, where the keys do not fit."""
    match connector:
        case Shopify():
            async with connector.admin() as admin:
                shop = await introduce_shopify(admin)
                return Introduction(**shop, reminded=await reminded(admin))
        case Square():
            async with connector.api() as api:
                return Introduction(**await introduce_square(api))
        case _:
            return Introduction()
