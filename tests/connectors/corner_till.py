"""The Corner Café's till at Square, as its owner configures it, and its sandbox server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import httpx

from connectors.square.connector import SquareConnector
from sandbox.cafe import cafe
from sandbox.square.search import Seller
from sandbox.square.server import ACCESS_TOKEN, square_api
from sandbox.till import Till, till
from tests.connectors.corner_cafe import connect_source
from tests.faults.responses import Faults

ENVIRON = {"SQUARE_ACCESS_TOKEN": ACCESS_TOKEN}
SQUARE_CONFIG = """\
sources:
  till:
    from: square
    access token: $SQUARE_ACCESS_TOKEN
"""


@cache
def small_till() -> Till:
    return till(cafe(45))


@cache
def reduced_till() -> Till:
    """Return a sixth of the sales, all refunds with their sales, and some points events."""
    full_till = small_till()
    refunded_codes = {code for sale in full_till.refunds for code in (sale.sale, sale.order)}
    sales = [
        sale
        for position, sale in enumerate(full_till.sales)
        if position % 6 == 0 or sale.code in refunded_codes
    ]
    return replace(full_till, sales=sales, events=full_till.events[:50])


@dataclass
class SquareSandbox:
    """A sandbox seller with planned faults and a sleep that does not wait."""

    platform = "square"
    till: Till = field(default_factory=small_till)
    faults: Faults = field(default_factory=Faults)
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seller = Seller(self.till)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def connect(
        self, folder: Path, environ: dict[str, str] | None = None, currency: str = "EUR"
    ) -> SquareConnector:
        app = square_api(self.seller, faults=self.faults)
        connector = connect_source(
            folder,
            SQUARE_CONFIG,
            environ=environ or ENVIRON,
            currency=currency,
            transport=httpx.ASGITransport(app=app),
            sleep=self.sleep,
        )
        assert isinstance(connector, SquareConnector)
        return connector
