"""Asks a WooCommerce shop for its name, time zone and currency."""

from __future__ import annotations

from connectors import parse_values
from connectors.shop_profile import ShopProfile
from connectors.woocommerce import requests
from connectors.woocommerce.connector import WooCommerceConnector
from connectors.woocommerce.responses import parse_list, parse_object


async def probe(connector: WooCommerceConnector) -> ShopProfile:
    """Return the shop's profile; raises `UnavailableError` where the keys do not fit.

    Name and time zone are public, so a page of one customer is what shows that the keys fit.
    """
    async with connector.open_client() as client:
        index = await client.get(requests.index(), parse_object)
        await client.get(requests.customers(0, 1), parse_list)
        currency = await client.get(requests.currency(), parse_object)
    zone = parse_values.single_line(index.get("timezone_string"), 60)
    return ShopProfile(
        name=parse_values.single_line(index.get("name")),
        currency=parse_values.single_line(currency.get("code"), 3),
        timezone=zone if zone and "/" in zone else None,
    )
