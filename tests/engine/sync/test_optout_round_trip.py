"""From the unsubscribe page to Shopify and back, through `sync_all`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from engine.config.owner_config import load_owner_config
from engine.open.open_shop import OpenShop
from engine.sync.consent_writeback import WritebackResult
from engine.sync.sync import SyncResult, sync_all
from sandbox.cafe import NOW, cafe
from sandbox.server import running_app
from sandbox.shopify.graphql import Shop
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET, SCOPES, Tokens
from shop.consent.basis import ConsentValue, record_direct_statement
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Basis, Identity
from tests.cafe import FILE, Cafe

HOUR = timedelta(hours=1)
SMALL = cafe(20)
ANA = next(candidate for candidate in SMALL.customers if candidate.may_be_mailed)
ENVIRON = {"SHOPIFY_CLIENT_ID": CLIENT_ID, "SHOPIFY_CLIENT_SECRET": CLIENT_SECRET}
ONLINE_SHOP = """
sources:
  online-shop:
    from: shopify
    store: corner-cafe.myshopify.com
    client id: $SHOPIFY_CLIENT_ID
    client secret: $SHOPIFY_CLIENT_SECRET
    address: {address}
"""


@pytest.fixture
def store() -> Shop:
    return Shop(SMALL, clock=lambda: NOW + HOUR)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def live_shop(cafe: Cafe, store: Shop, tokens: Tokens) -> Iterator[OpenShop]:
    """The café with its online shop on a real port."""
    with running_app(admin_api(store, tokens=tokens)) as address:
        cafe.path.write_text(FILE + ONLINE_SHOP.format(address=address))
        yield replace(cafe.shop, config=load_owner_config(cafe.path, ENVIRON))


def sync(live_shop: OpenShop, hours: int) -> SyncResult:
    [sync_result] = asyncio.run(sync_all(live_shop, now=NOW + hours * HOUR, clock=lambda: NOW))
    assert sync_result.error is None
    return sync_result


def presses_the_button(engine: Engine) -> None:
    with write_transaction(engine) as connection:
        query = select(col(Identity.customer_id)).where(
            col(Identity.external_id) == str(ANA.number)
        )
        customer = connection.scalar(query)
        assert customer is not None
        record_direct_statement(
            connection, customer, consent=ConsentValue.NO, at=NOW + HOUR / 2, evidence="the button",
            wording=None, actor="the customer", source="unsubscribe-page",
        )  # fmt: skip


def consent_state(engine: Engine) -> str | None:
    with read_transaction(engine) as connection:
        state = (
            select(col(Basis.state))
            .join(Identity, col(Identity.customer_id) == col(Basis.customer_id))
            .where(col(Identity.external_id) == str(ANA.number))
        )
        return connection.scalar(state)


def platform_state(store: Shop) -> str:
    customer_record = store.customers.get(ANA.number)
    assert customer_record is not None
    return customer_record.consent.state


def test_an_opt_out_on_the_page_reaches_shopify_with_the_next_sync(
    live_shop: OpenShop, store: Shop
) -> None:
    assert sync(live_shop, 0).opt_outs == WritebackResult()
    presses_the_button(live_shop.engine)
    assert sync(live_shop, 1).opt_outs == WritebackResult(sent=1)
    assert platform_state(store) == "UNSUBSCRIBED"
    assert [sync(live_shop, hours).opt_outs for hours in (2, 3)] == [
        WritebackResult(),
        WritebackResult(),
    ]
    assert consent_state(live_shop.engine) == "no"


def test_a_read_only_app_waits_until_it_may_write(
    live_shop: OpenShop, store: Shop, tokens: Tokens
) -> None:
    tokens.scopes = ("read_all_orders", "read_customers", "read_orders")
    sync(live_shop, 0)
    presses_the_button(live_shop.engine)
    sync_result = sync(live_shop, 1)
    assert sync_result.report is not None, "what was read is kept"
    assert sync_result.opt_outs.pending == 1
    assert sync_result.opt_outs.warning
    assert "Give the app write_customers" in sync_result.opt_outs.warning
    assert (platform_state(store), consent_state(live_shop.engine)) == ("SUBSCRIBED", "no")
    tokens.scopes = SCOPES
    assert sync(live_shop, 2).opt_outs == WritebackResult(sent=1)
    assert platform_state(store) == "UNSUBSCRIBED"
