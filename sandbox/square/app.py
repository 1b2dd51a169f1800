"""The café's till at Square, as `regulars sandbox` serves it."""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.cafe import Cafe
from sandbox.square.search import Seller
from sandbox.square.server import ACCESS_TOKEN, square_api
from sandbox.till import till


def make_app(cafe: Cafe, seed: int) -> Starlette:
    """Return Square's API over the till of `cafe`."""
    return square_api(Seller(till(cafe, seed)))


def settings(address: str) -> dict[str, str]:
    """Return the settings of a source block for the server at `address`."""
    return {"address": address, "access token": ACCESS_TOKEN}
