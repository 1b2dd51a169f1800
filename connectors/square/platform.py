"""Platform declaration of Square."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.platform import Platform, SourceContext
from connectors.shop_profile import ShopProfile
from connectors.square.config import PRODUCTION, SquareSource
from connectors.square.init import SETUP
from shop.types.feed import Feed

if TYPE_CHECKING:
    from connectors.square.connector import SquareConnector

FEEDS = (Feed.ORDERS, Feed.BIRTHDAYS, Feed.POINTS, Feed.ENDING_POINTS, Feed.OPT_INS)


def make_connector(source: SquareSource, context: SourceContext) -> SquareConnector:
    """Return the connector of one seller's account."""
    from connectors.square.connector import SquareConnector

    return SquareConnector(
        source=context.name,
        address=source.address or PRODUCTION,
        access_token=source.access_token,
        currency=context.currency,
        retries=context.retries,
        transport=context.transport,
    )


async def probe(connector: SquareConnector) -> ShopProfile:
    """Return what Square says about the seller."""
    from connectors.square import probe as square_probe

    return await square_probe.probe(connector)


PLATFORM = Platform(
    setup=SETUP,
    config=SquareSource,
    make_connector=make_connector,
    location=lambda _source: "at Square",
    feeds=dict.fromkeys(FEEDS, SETUP.label),
    probe=probe,
    needs_manual_optout=True,
    runs_points=True,
)
