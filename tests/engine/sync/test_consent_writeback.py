"""Opt-outs are sent to platforms once, unless they were revoked, despite errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.optout import SENT, MissingPermissionError, OptOut, OptOutResult, SendOptOut
from connectors.stream import Connector, Stream
from engine.sync.consent_writeback import MAX_ATTEMPTS, ManualOptOut, WritebackResult, write_back
from settings.errors import UnavailableError
from shop.consent.basis import UNDATED, ConsentValue
from shop.db.engine import write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Basis, BasisStatement, Merge, WriteBack
from tests.connectors.corner_cafe import table_rows
from tests.engine.sync.optout_customers import (
    DAY,
    HOUR,
    MARCH,
    SHOP,
    SOURCES,
    add_customer,
    list_manual,
    receive_statement,
    record_own_statement,
)
from tests.rows import identity


@dataclass
class FakePlatform:
    """A platform that accepts opt-outs, or returns scripted responses."""

    responses: list[OptOutResult | Exception] = field(default_factory=list)
    received: list[OptOut] = field(default_factory=list)

    def open(self) -> AbstractAsyncContextManager[Sequence[Stream]]:
        raise AssertionError("nothing is read here")

    @asynccontextmanager
    async def optout_sender(self) -> AsyncIterator[SendOptOut]:
        yield self.tell

    async def tell(self, opt_out: OptOut) -> OptOutResult:
        self.received.append(opt_out)
        response = self.responses.pop(0) if self.responses else OptOutResult(True, SENT)
        if isinstance(response, Exception):
            raise response
        return response


def sync(
    engine: Engine, store: Connector, at: datetime = MARCH, name: str = SHOP
) -> WritebackResult:
    return asyncio.run(write_back(engine, name, store, SOURCES, clock=lambda: at))


def write_back_rows(engine: Engine) -> list[tuple[Any, ...]]:
    return table_rows(engine, WriteBack, "key", "said_at", "outcome")


@pytest.fixture
def clara(engine: Engine) -> Engine:
    """A customer of the online shop who has just opted out."""
    add_customer(engine, "clara")
    record_own_statement(engine, "clara", ConsentValue.NO, MARCH)
    return engine


def test_an_opt_out_is_sent_once(clara: Engine) -> None:
    store = FakePlatform()
    assert sync(clara, store) == WritebackResult(sent=1)
    assert sync(clara, store) == WritebackResult()
    assert store.received == [OptOut("clara", MARCH)]
    assert write_back_rows(clara) == [("clara", MARCH, SENT)]


def test_customers_without_an_own_opt_out_are_not_sent(engine: Engine) -> None:
    add_customer(engine, "ana")
    add_customer(engine, "bruno")
    receive_statement(engine, "bruno", "no", MARCH)
    assert sync(engine, FakePlatform()) == WritebackResult()
    assert write_back_rows(engine) == []


def test_an_opt_out_of_a_removed_source_is_not_sent(engine: Engine) -> None:
    add_customer(engine, "ana")
    add_customer(engine, "anas-row", source="old-list", email="ana@example.com")
    receive_statement(engine, "anas-row", "no", UNDATED, source="old-list")
    assert sync(engine, FakePlatform()) == WritebackResult()


def test_source_keys_may_look_like_own_customer_ids(engine: Engine) -> None:
    add_customer(engine, "ana")
    add_customer(engine, "customer 17", source="till", email="ana@example.com")
    receive_statement(engine, "customer 17", "no", MARCH, source="till", email="ana@example.com")
    assert sync(engine, FakePlatform()) == WritebackResult()


def test_failed_opt_outs_come_after_untried_ones(engine: Engine) -> None:
    add_customer(engine, "ana")
    add_customer(engine, "bruno")
    record_own_statement(engine, "ana", ConsentValue.NO, MARCH)
    store = FakePlatform([UnavailableError("Source online-shop: no answer came.")])
    sync(engine, store)
    record_own_statement(engine, "bruno", ConsentValue.NO, MARCH + HOUR)
    sync(engine, store, MARCH + 2 * HOUR)
    assert [opt_out.key for opt_out in store.received] == ["ana", "bruno", "ana"]


def test_a_merged_identity_is_sent_too(engine: Engine) -> None:
    add_customer(engine, "clara")
    add_customer(engine, "clara-work", email="clara@work.example")
    record_own_statement(engine, "clara-work", ConsentValue.NO, MARCH)
    store = FakePlatform()
    assert sync(engine, store) == WritebackResult(sent=1)
    same_person = identity("clara-work", email="clara@example.com", version=2)
    with write_transaction(engine) as connection:
        ingest_rows(connection, SHOP, SourceRows(identities=[same_person]), now=MARCH)
    assert len(table_rows(engine, Merge)) == 1
    assert sync(engine, store) == WritebackResult(sent=1)
    assert store.received == [OptOut("clara-work", MARCH), OptOut("clara", MARCH)]


def test_another_sources_opt_out_does_not_stop_the_write_back(engine: Engine) -> None:
    """The deciding statement and the one sent need not be the same."""
    add_customer(engine, "clara")
    add_customer(engine, "7", source="till", email="clara@example.com")
    record_own_statement(engine, "clara", ConsentValue.NO, MARCH)
    receive_statement(engine, "7", "no", UNDATED, source="till", email="clara@example.com")
    store = FakePlatform()
    assert sync(engine, store).sent == 1
    assert store.received == [OptOut("clara", MARCH)]


def test_identities_without_an_address_are_not_sent(engine: Engine) -> None:
    add_customer(engine, "clara", email=None)
    record_own_statement(engine, "clara", ConsentValue.NO, MARCH)
    assert sync(engine, FakePlatform()) == WritebackResult()


def test_a_second_opt_out_is_sent_again(clara: Engine) -> None:
    store = FakePlatform()
    sync(clara, store)
    receive_statement(clara, "clara", "yes", MARCH + HOUR)
    record_own_statement(clara, "clara", ConsentValue.NO, MARCH + 2 * HOUR)
    assert sync(clara, store) == WritebackResult(sent=1)
    assert store.received == [OptOut("clara", MARCH), OptOut("clara", MARCH + 2 * HOUR)]


def test_an_opt_out_revoked_before_the_sync_is_not_sent(clara: Engine) -> None:
    store = FakePlatform([UnavailableError("Source online-shop: no answer came.")])
    sync(clara, store)
    receive_statement(clara, "clara", "yes", MARCH + HOUR)
    assert sync(clara, store, MARCH + DAY) == WritebackResult()
    assert len(store.received) == 1
    assert write_back_rows(clara) == [("clara", MARCH, "they said yes since")]


def test_the_platforms_echo_is_neither_sent_nor_a_second_statement(clara: Engine) -> None:
    store = FakePlatform()
    sync(clara, store)
    for _ in range(2):
        receive_statement(clara, "clara", "no", MARCH, evidence="Shopify UNSUBSCRIBED")
        assert sync(clara, store, MARCH + DAY) == WritebackResult()
    assert len(store.received) == len(write_back_rows(clara)) == 1
    statements = table_rows(clara, BasisStatement, "source", "says")
    assert statements == [(SHOP, "no"), (SHOP, "yes"), ("unsubscribe-page", "no")]
    assert table_rows(clara, Basis, "state") == [("no",)]


def test_unreachable_opt_outs_are_retried_after_the_others(engine: Engine) -> None:
    for name, minutes in (("ana", 0), ("bruno", 1), ("clara", 2)):
        add_customer(engine, name)
        record_own_statement(engine, name, ConsentValue.NO, MARCH + minutes * timedelta(minutes=1))
    store = FakePlatform([UnavailableError("Source online-shop: no answer came.")])
    writeback = sync(engine, store)
    assert writeback == WritebackResult(0, 3, "Source online-shop: no answer came.")
    stumbled = store.received[0].key
    store.responses = [
        OptOutResult(True, SENT),
        UnavailableError("Source online-shop: no answer came."),
    ]
    assert sync(engine, store, MARCH + HOUR / 2).sent == 1
    assert stumbled not in {opt_out.key for opt_out in store.received[1:]}
    assert sync(engine, store, MARCH + 2 * HOUR) == WritebackResult(2)
    assert store.received[3].key == stumbled, "of those put off, whose turn came first"


def test_without_write_permission_everything_waits(clara: Engine) -> None:
    store = FakePlatform([MissingPermissionError("Give the app write_customers.")] * 9)
    for day in range(9):
        writeback = sync(clara, store, MARCH + day * DAY)
        assert writeback == WritebackResult(0, 1, "Give the app write_customers.")
    assert sync(clara, store, MARCH + 9 * DAY) == WritebackResult(sent=1)


def test_refusals_are_retried_with_backoff_then_listed(clara: Engine) -> None:
    refusal = OptOutResult(False, "Customer must be kind")
    store = FakePlatform([refusal] * 20)
    tried = [MARCH + hours * HOUR for hours in range(25) if sent_at(clara, store, hours)]
    assert tried == [MARCH + hours * HOUR for hours in (0, 1, 3, 7, 15)]
    assert len(tried) == MAX_ATTEMPTS
    assert sync(clara, store, MARCH + 99 * DAY) == WritebackResult()
    assert list_manual(clara) == [ManualOptOut(SHOP, "clara", MARCH, "Customer must be kind")]


def sent_at(engine: Engine, store: FakePlatform, hours: int) -> bool:
    before = len(store.received)
    sync(engine, store, MARCH + hours * HOUR)
    return len(store.received) > before


def test_a_listed_opt_out_disappears_once_the_platform_has_it(clara: Engine) -> None:
    store = FakePlatform([OptOutResult(False, "Customer must be kind")] * MAX_ATTEMPTS)
    for day in range(MAX_ATTEMPTS):
        sync(clara, store, MARCH + day * DAY)
    assert len(list_manual(clara)) == 1
    receive_statement(clara, "clara", "no", MARCH + DAY)
    assert list_manual(clara) == []


def test_opt_outs_for_read_only_platforms_are_listed(engine: Engine) -> None:
    for name in ("ana", "bruno", "clara"):
        add_customer(engine, name, source="till")
    add_customer(engine, "duarte", source="till", email=None)
    for name in ("ana", "bruno", "duarte"):
        record_own_statement(engine, name, ConsentValue.NO, MARCH)
    receive_statement(engine, "bruno", "no", UNDATED, source="till")
    assert list_manual(engine) == [ManualOptOut("till", "ana", MARCH, None)]
    receive_statement(engine, "ana", "no", UNDATED, source="till")
    assert list_manual(engine) == []


def test_a_later_opt_in_is_not_listed(engine: Engine) -> None:
    add_customer(engine, "ana", source="till")
    record_own_statement(engine, "ana", ConsentValue.NO, MARCH)
    assert len(list_manual(engine)) == 1
    record_own_statement(engine, "ana", ConsentValue.YES, MARCH + HOUR)
    assert list_manual(engine) == []
