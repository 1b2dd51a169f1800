"""Customers whom a platform knows, and who told us that they want no mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import col

from connectors.config import ShopifySource, Source, SquareSource
from engine.sync.consent_writeback import Untold, untold
from settings.values import Secret
from shop.consent.basis import Says, record_word
from shop.db.engine import reading, writing
from shop.ingest.arrivals import Arrivals, arrive
from shop.tables import Identity
from tests.rows import identity, statement

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SHOP = "online-shop"
SOURCES: dict[str, Source] = {
    SHOP: ShopifySource.model_construct(from_="shopify", store="corner-cafe.myshopify.com"),
    "till": SquareSource.model_construct(from_="square", access_token=Secret("x")),
}


def knows(engine: Engine, name: str, *, source: str = SHOP, **more: Any) -> None:
    """Somebody whom a source knows, and who once said yes there."""
    who = identity(name, source=source, **({"email": f"{name}@example.com"} | more))
    said = statement(name, "yes", MARCH - 400 * DAY, source=source)
    with writing(engine) as connection:
        arrive(connection, source, Arrivals(identities=[who], statements=[said]), now=MARCH)


def hears(
    engine: Engine,
    name: str,
    says: str,
    at: datetime,
    source: str = SHOP,
    *,
    email: str | None = None,
    evidence: str = "said there",
) -> None:
    """What a source says of somebody it knows, by a later reading."""
    said = statement(name, says, at, source=source, recorded_at=MARCH + DAY, evidence=evidence)
    who = identity(name, source=source, email=email or f"{name}@example.com", version=2)
    with writing(engine) as connection:
        arrive(connection, source, Arrivals(identities=[who], statements=[said]), now=MARCH)


def customer(engine: Engine, name: str) -> int:
    with reading(engine) as connection:
        found = connection.scalar(
            select(col(Identity.customer_id)).where(col(Identity.external_id) == name)
        )
    assert found is not None
    return found


def tells_us(engine: Engine, name: str, says: Says, at: datetime) -> None:
    """On the page behind the link in a mail."""
    with writing(engine) as connection:
        record_word(
            connection, customer(engine, name), says=says, at=at, evidence="the button",
            wording=None, actor="the customer", source="unsubscribe-page",
        )  # fmt: skip


def listed(engine: Engine) -> list[Untold]:
    with reading(engine) as connection:
        return untold(connection, SOURCES)
