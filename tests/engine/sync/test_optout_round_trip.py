"""From the button on the page to Shopify and back, through the sync that owners run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from engine.config.owner_config import read_owners_file
from engine.open.open_shop import OpenShop
from engine.sync.consent_writeback import Noes
from engine.sync.sync import Synced, sync_all
from sandbox.cafe import NOW, cafe
from sandbox.server import running
from sandbox.shopify.graphql import Shop
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET, SCOPES, Tokens
from shop.consent.basis import Says, record_word
from shop.db.engine import reading, writing
from shop.tables import Basis, Identity
from tests.cafe import FILE, Cafe

HOUR = timedelta(hours=1)
SMALL = cafe(20)
ANA = next(who for who in SMALL.customers if who.may_be_mailed)
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
def ours(cafe: Cafe, store: Shop, tokens: Tokens) -> Iterator[OpenShop]:
    """The café with its online shop on a real port."""
    with running(admin_api(store, tokens=tokens)) as address:
        cafe.path.write_text(FILE + ONLINE_SHOP.format(address=address))
        yield replace(cafe.shop, file=read_owners_file(cafe.path, ENVIRON))


def synced(ours: OpenShop, hours: int) -> Synced:
    [one] = asyncio.run(sync_all(ours, now=NOW + hours * HOUR, clock=lambda: NOW))
    assert one.trouble is None
    return one


def presses_the_button(engine: Engine) -> None:
    with writing(engine) as connection:
        known = select(col(Identity.customer_id)).where(
            col(Identity.external_id) == str(ANA.number)
        )
        customer = connection.scalar(known)
        assert customer is not None
        record_word(
            connection, customer, says=Says.NO, at=NOW + HOUR / 2, evidence="the button",
            wording=None, actor="the customer", source="unsubscribe-page",
        )  # fmt: skip


def holds(engine: Engine) -> str | None:
    with reading(engine) as connection:
        state = (
            select(col(Basis.state))
            .join(Identity, col(Identity.customer_id) == col(Basis.customer_id))
            .where(col(Identity.external_id) == str(ANA.number))
        )
        return connection.scalar(state)


def says(store: Shop) -> str:
    found = store.customers.get(ANA.number)
    assert found is not None
    return found.consent.state


def test_a_no_on_the_page_reaches_shopify_with_the_next_sync(ours: OpenShop, store: Shop) -> None:
    assert synced(ours, 0).noes == Noes()
    presses_the_button(ours.engine)
    assert synced(ours, 1).noes == Noes(told=1)
    assert says(store) == "UNSUBSCRIBED"
    assert [synced(ours, hours).noes for hours in (2, 3)] == [Noes(), Noes()]
    assert holds(ours.engine) == "no"


def test_an_app_that_may_only_read_is_asked_for_its_right_and_then_tells(
    ours: OpenShop, store: Shop, tokens: Tokens
) -> None:
    tokens.scopes = ("read_all_orders", "read_customers", "read_orders")
    synced(ours, 0)
    presses_the_button(ours.engine)
    one = synced(ours, 1)
    assert one.report is not None, "what was read is kept"
    assert one.noes.waiting == 1
    assert one.noes.warning
    assert "Give the app write_customers" in one.noes.warning
    assert (says(store), holds(ours.engine)) == ("SUBSCRIBED", "no")
    tokens.scopes = SCOPES
    assert synced(ours, 2).noes == Noes(told=1)
    assert says(store) == "UNSUBSCRIBED"
