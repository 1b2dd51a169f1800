"""Customers of a platform who opted out with the shop itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import col

from connectors.shopify.config import ShopifySource
from connectors.source_config import SourceConfig
from connectors.square.config import SquareSource
from engine.sync.consent_writeback import ManualOptOut, manual_opt_outs
from settings.values import Secret
from shop.consent.basis import ConsentValue, record_direct_statement
from shop.db.engine import read_transaction, write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Identity
from tests.rows import identity, statement

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SHOP = "online-shop"
SOURCES: dict[str, SourceConfig] = {
    SHOP: ShopifySource.model_construct(from_="shopify", store="corner-cafe.myshopify.com"),
    "till": SquareSource.model_construct(from_="square", access_token=Secret("x")),
}


def add_customer(engine: Engine, name: str, *, source: str = SHOP, **more: Any) -> None:
    """A customer known to `source`, with an older opt-in there."""
    identity_row = identity(name, source=source, **({"email": f"{name}@example.com"} | more))
    statement_row = statement(name, "yes", MARCH - 400 * DAY, source=source)
    with write_transaction(engine) as connection:
        ingest_rows(
            connection,
            source,
            SourceRows(identities=[identity_row], statements=[statement_row]),
            now=MARCH,
        )


def receive_statement(
    engine: Engine,
    name: str,
    consent: str,
    at: datetime,
    source: str = SHOP,
    *,
    email: str | None = None,
    evidence: str = "said there",
) -> None:
    """A consent statement from a source, read later."""
    statement_row = statement(
        name, consent, at, source=source, recorded_at=MARCH + DAY, evidence=evidence
    )
    identity_row = identity(name, source=source, email=email or f"{name}@example.com", version=2)
    with write_transaction(engine) as connection:
        ingest_rows(
            connection,
            source,
            SourceRows(identities=[identity_row], statements=[statement_row]),
            now=MARCH,
        )


def customer_id(engine: Engine, name: str) -> int:
    with read_transaction(engine) as connection:
        identity_customer = connection.scalar(
            select(col(Identity.customer_id)).where(col(Identity.external_id) == name)
        )
    assert identity_customer is not None
    return identity_customer


def record_own_statement(engine: Engine, name: str, consent: ConsentValue, at: datetime) -> None:
    """On the page behind the link in a mail."""
    with write_transaction(engine) as connection:
        record_direct_statement(
            connection, customer_id(engine, name), consent=consent, at=at, evidence="the button",
            wording=None, actor="the customer", source="unsubscribe-page",
        )  # fmt: skip


def list_manual(engine: Engine) -> list[ManualOptOut]:
    with read_transaction(engine) as connection:
        return manual_opt_outs(connection, SOURCES)
