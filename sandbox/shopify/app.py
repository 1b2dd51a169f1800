"""The café at Shopify, as `regulars sandbox` serves it."""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.cafe import Cafe
from sandbox.shopify.graphql import STORE_DOMAIN, Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET


def make_app(cafe: Cafe, _seed: int) -> Starlette:
    """Return the Admin API with a Plus shop's cost limit: a demo need not wait for points."""
    return admin_api(Shop(cafe, Bucket(size=20_000, restore_rate=1_000)))


def settings(address: str) -> dict[str, str]:
    """Return the settings of a source block for the server at `address`."""
    return {
        "address": address,
        "store": STORE_DOMAIN,
        "client id": CLIENT_ID,
        "client secret": CLIENT_SECRET,
    }
