"""The café's WooCommerce shop, as `regulars sandbox` serves it."""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.cafe import Cafe
from sandbox.woocommerce.records import CONSENT_KEY
from sandbox.woocommerce.server import CONSUMER_KEY, CONSUMER_SECRET, rest_api
from sandbox.woocommerce.store import Store


def make_app(cafe: Cafe, _seed: int) -> Starlette:
    """Return the REST API over the customers and orders of `cafe`."""
    return rest_api(Store(cafe))


def settings(address: str) -> dict[str, str]:
    """Return the settings of a source block for the server at `address`."""
    return {
        "address": address,
        "consumer key": CONSUMER_KEY,
        "consumer secret": CONSUMER_SECRET,
        "consent from": CONSENT_KEY,
    }
