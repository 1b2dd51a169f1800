"""The Corner Café's till at Square, as its owner writes it, and the look-alike behind it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import httpx

from connectors.square.connector import Square
from sandbox.cafe import cafe
from sandbox.faults import Faults
from sandbox.square.search import Seller
from sandbox.square.server import ACCESS_TOKEN, square_api
from sandbox.till import Till, till
from tests.connectors.corner_cafe import connect

ENVIRON = {"SQUARE_ACCESS_TOKEN": ACCESS_TOKEN}
AT_THE_TILL = """\
sources:
  till:
    from: square
    access token: $SQUARE_ACCESS_TOKEN
"""


@cache
def small_till() -> Till:
    return till(cafe(45))


@cache
def quiet_till() -> Till:
    """A sixth of what was sold, all that was given back, and some of the points."""
    whole = small_till()
    back = {code for one in whole.refunds for code in (one.sale, one.order)}
    few = [one for n, one in enumerate(whole.sales) if n % 6 == 0 or one.code in back]
    return replace(whole, sales=few, events=whole.events[:50])


@dataclass
class SquareLookAlike:
    """A seller at Square with the faults that a test plans, and pauses that cost nothing."""

    till: Till = field(default_factory=small_till)
    faults: Faults = field(default_factory=Faults)
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seller = Seller(self.till)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def connect(
        self, folder: Path, environ: dict[str, str] | None = None, currency: str = "EUR"
    ) -> Square:
        app = square_api(self.seller, faults=self.faults)
        connector = connect(
            folder,
            AT_THE_TILL,
            environ=environ or ENVIRON,
            currency=currency,
            transport=httpx.ASGITransport(app=app),
            sleep=self.sleep,
        )
        assert isinstance(connector, Square)
        return connector
