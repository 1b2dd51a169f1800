"""Opt-outs reach the sandbox servers of Shopify and Square over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.optout import ALREADY_OPTED_OUT, SENT, OptOut, OptOutResult, SendOptOut
from connectors.stream import Connector
from engine.sync.consent_writeback import Clock, WritebackResult, write_back
from sandbox.cafe import NOW, cafe
from sandbox.customers import Consent
from sandbox.square.records import format_time
from shop.consent.basis import ConsentValue
from shop.tables import Basis, BasisStatement, WriteBack
from tests.connectors.corner_cafe import ShopifySandbox, hours_later, run_sync, table_rows
from tests.connectors.corner_till import SquareSandbox
from tests.engine.sync.optout_customers import (
    DAY,
    HOUR,
    SHOP,
    SOURCES,
    customer_id,
    list_manual,
    record_own_statement,
)

SMALL = cafe(20)
ANA = next(candidate for candidate in SMALL.customers if candidate.may_be_mailed)
SAID = NOW + timedelta(minutes=5, microseconds=250_001)


@pytest.fixture
def store() -> ShopifySandbox:
    platform = ShopifySandbox(cafe=SMALL)
    platform.shop.clock = lambda: NOW + HOUR
    return platform


@pytest.fixture
def opted_out(engine: Engine, store: ShopifySandbox, tmp_path: Path) -> Engine:
    """The shop has been synced; then Ana opted out."""
    run_sync(engine, store.connect(tmp_path))
    record_own_statement(engine, str(ANA.number), ConsentValue.NO, SAID)
    return engine


def sync_opt_outs(
    engine: Engine, connector: Connector, clock: Clock = lambda: NOW
) -> WritebackResult:
    return asyncio.run(write_back(engine, SHOP, connector, SOURCES, clock=clock))


def consent(store: ShopifySandbox) -> Consent:
    customer_record = store.shop.customers.get(ANA.number)
    assert customer_record is not None
    return customer_record.consent


def test_shopify_receives_the_opt_out_and_its_echo_changes_nothing(
    opted_out: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    connector = store.connect(tmp_path)
    assert sync_opt_outs(opted_out, connector) == WritebackResult(sent=1)
    assert consent(store).state == "UNSUBSCRIBED"
    assert consent(store).since == SAID.replace(microsecond=0)
    request_count = len(store.shop.received_queries)
    statement_count = len(table_rows(opted_out, BasisStatement))
    for hours in (2, 3, 4):
        report = run_sync(opted_out, connector, now=hours_later(hours))
        newest_is_read_again = 1
        assert report.streams["customers"] == newest_is_read_again + (hours == 2)
        assert sync_opt_outs(opted_out, connector, lambda: NOW + DAY) == WritebackResult()
    assert (
        len(store.shop.received_queries) == request_count + 9
    )  # three streams, three times, nothing else
    assert len(table_rows(opted_out, BasisStatement)) == statement_count + 1  # Shopify's own, once
    assert table_rows(opted_out, WriteBack, "outcome") == [(SENT,)]
    state = (customer_id(opted_out, str(ANA.number)), "no")
    assert state in table_rows(opted_out, Basis, "customer_id", "state")


class Killed(BaseException):
    """Like SIGKILL: no cleanup code of ours runs."""


def test_a_kill_after_the_call_repeats_it_harmlessly(
    opted_out: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    connector = store.connect(tmp_path)

    @dataclass(frozen=True)
    class Dies:
        inner: Any

        def open(self) -> Any:
            return self.inner.open()

        @asynccontextmanager
        async def optout_sender(self) -> AsyncIterator[SendOptOut]:
            async with self.inner.optout_sender() as send:

                async def tell(opt_out: OptOut) -> OptOutResult:
                    await send(opt_out)
                    raise Killed

                yield tell

    with pytest.raises(Killed):
        sync_opt_outs(opted_out, Dies(connector))
    before = consent(store)
    assert before.state == "UNSUBSCRIBED"
    assert sync_opt_outs(opted_out, connector) == WritebackResult()
    assert table_rows(opted_out, WriteBack, "outcome") == [(ALREADY_OPTED_OUT,)]
    assert consent(store) == before


def test_an_opt_in_at_the_checkout_cancels_the_write_back(
    opted_out: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    resubscribed = Consent("SUBSCRIBED", "SINGLE_OPT_IN", NOW + timedelta(minutes=30))
    store.shop.customers.put(replace(ANA, consent=resubscribed, updated_at=NOW + HOUR))
    run_sync(opted_out, store.connect(tmp_path), now=hours_later(2))
    assert sync_opt_outs(opted_out, store.connect(tmp_path)) == WritebackResult()
    assert consent(store) == resubscribed


def test_without_opt_outs_no_request_is_made(
    engine: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    assert sync_opt_outs(engine, store.connect(tmp_path)) == WritebackResult()
    assert store.requests == 0


def test_an_opt_out_marked_at_the_till_leaves_the_list(engine: Engine, tmp_path: Path) -> None:
    till = SquareSandbox()
    run_sync(engine, till.connect(tmp_path), name="till")
    key = next(
        key
        for key, customer_record in till.seller.customers.items()
        if "email_address" in customer_record
        and not customer_record.get("preferences", {}).get("email_unsubscribed")
    )
    record_own_statement(engine, key, ConsentValue.NO, SAID)
    assert [(opt_out.source, opt_out.key) for opt_out in list_manual(engine)] == [("till", key)]
    marked = {"preferences": {"email_unsubscribed": True}, "updated_at": format_time(NOW + HOUR)}
    till.seller.customers[key] |= marked
    run_sync(engine, till.connect(tmp_path), name="till", now=hours_later(2))
    assert list_manual(engine) == []
