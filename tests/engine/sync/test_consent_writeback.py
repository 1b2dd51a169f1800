"""A no to us reaches the platforms: once, unless it was taken back, and whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.optout import TOLD, Heard, No, NotAllowed, Tell
from connectors.stream import Connector, Stream
from engine.sync.consent_writeback import MOST, Noes, Untold, write_back
from settings.errors import OutOfReach
from shop.consent.basis import UNDATED, Says
from shop.db.engine import writing
from shop.ingest.arrivals import Arrivals, arrive
from shop.tables import Basis, BasisStatement, Merge, WriteBack
from tests.connectors.corner_cafe import rows
from tests.engine.sync.optout_customers import (
    DAY,
    HOUR,
    MARCH,
    SHOP,
    SOURCES,
    hears,
    knows,
    listed,
    tells_us,
)
from tests.rows import identity


@dataclass
class Store:
    """A platform that takes a no, unless the test has other plans for it."""

    plans: list[Heard | Exception] = field(default_factory=list)
    told: list[No] = field(default_factory=list)

    def open(self) -> AbstractAsyncContextManager[Sequence[Stream]]:
        raise AssertionError("nothing is read here")

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[Tell]:
        yield self.tell

    async def tell(self, no: No) -> Heard:
        self.told.append(no)
        plan = self.plans.pop(0) if self.plans else Heard(True, TOLD)
        if isinstance(plan, Exception):
            raise plan
        return plan


def sync(engine: Engine, store: Connector, at: datetime = MARCH, name: str = SHOP) -> Noes:
    return asyncio.run(write_back(engine, name, store, SOURCES, clock=lambda: at))


def kept(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(engine, WriteBack, "key", "said_at", "outcome")


@pytest.fixture
def clara(engine: Engine) -> Engine:
    """She was a customer of the online shop, and has just pressed the button."""
    knows(engine, "clara")
    tells_us(engine, "clara", Says.NO, MARCH)
    return engine


def test_a_no_to_us_is_told_once(clara: Engine) -> None:
    store = Store()
    assert sync(clara, store) == Noes(told=1)
    assert sync(clara, store) == Noes()
    assert store.told == [No("clara", MARCH)]
    assert kept(clara) == [("clara", MARCH, TOLD)]


def test_who_said_nothing_to_us_is_not_told_of(engine: Engine) -> None:
    knows(engine, "ana")
    knows(engine, "bruno")
    hears(engine, "bruno", "no", MARCH)
    assert sync(engine, Store()) == Noes()
    assert kept(engine) == []


def test_a_no_of_a_source_that_left_the_file_was_not_said_to_us(engine: Engine) -> None:
    knows(engine, "ana")
    knows(engine, "anas-row", source="old-list", email="ana@example.com")
    hears(engine, "anas-row", "no", UNDATED, source="old-list")
    assert sync(engine, Store()) == Noes()


def test_a_list_may_call_its_rows_as_we_call_our_customers(engine: Engine) -> None:
    knows(engine, "ana")
    knows(engine, "customer 17", source="till", email="ana@example.com")
    hears(engine, "customer 17", "no", MARCH, source="till", email="ana@example.com")
    assert sync(engine, Store()) == Noes()


def test_who_was_stumbled_over_comes_after_those_who_were_not_tried(engine: Engine) -> None:
    knows(engine, "ana")
    knows(engine, "bruno")
    tells_us(engine, "ana", Says.NO, MARCH)
    store = Store([OutOfReach("Source online-shop: no answer came.")])
    sync(engine, store)
    tells_us(engine, "bruno", Says.NO, MARCH + HOUR)
    sync(engine, store, MARCH + 2 * HOUR)
    assert [no.key for no in store.told] == ["ana", "bruno", "ana"]


def test_whoever_turns_out_to_be_this_person_is_told_of_too(engine: Engine) -> None:
    knows(engine, "clara")
    knows(engine, "clara-work", email="clara@work.example")
    tells_us(engine, "clara-work", Says.NO, MARCH)
    store = Store()
    assert sync(engine, store) == Noes(told=1)
    same = identity("clara-work", email="clara@example.com", version=2)
    with writing(engine) as connection:
        arrive(connection, SHOP, Arrivals(identities=[same]), now=MARCH)
    assert len(rows(engine, Merge)) == 1
    assert sync(engine, store) == Noes(told=1)
    assert store.told == [No("clara-work", MARCH), No("clara", MARCH)]


def test_the_till_says_no_too_and_the_shop_is_still_told(engine: Engine) -> None:
    """Whose word decides is not whose word is told."""
    knows(engine, "clara")
    knows(engine, "7", source="till", email="clara@example.com")
    tells_us(engine, "clara", Says.NO, MARCH)
    hears(engine, "7", "no", UNDATED, source="till", email="clara@example.com")
    store = Store()
    assert sync(engine, store).told == 1
    assert store.told == [No("clara", MARCH)]


def test_a_customer_without_an_address_there_is_not_told_of(engine: Engine) -> None:
    knows(engine, "clara", email=None)
    tells_us(engine, "clara", Says.NO, MARCH)
    assert sync(engine, Store()) == Noes()


def test_a_second_no_is_told_again(clara: Engine) -> None:
    store = Store()
    sync(clara, store)
    hears(clara, "clara", "yes", MARCH + HOUR)
    tells_us(clara, "clara", Says.NO, MARCH + 2 * HOUR)
    assert sync(clara, store) == Noes(told=1)
    assert store.told == [No("clara", MARCH), No("clara", MARCH + 2 * HOUR)]


def test_a_no_taken_back_before_it_was_told_is_not_told(clara: Engine) -> None:
    store = Store([OutOfReach("Source online-shop: no answer came.")])
    sync(clara, store)
    hears(clara, "clara", "yes", MARCH + HOUR)
    assert sync(clara, store, MARCH + DAY) == Noes()
    assert len(store.told) == 1
    assert kept(clara) == [("clara", MARCH, "they said yes since")]


def test_its_echo_is_neither_told_nor_a_second_word(clara: Engine) -> None:
    store = Store()
    sync(clara, store)
    for _ in range(2):
        hears(clara, "clara", "no", MARCH, evidence="Shopify UNSUBSCRIBED")
        assert sync(clara, store, MARCH + DAY) == Noes()
    assert len(store.told) == len(kept(clara)) == 1
    said = rows(clara, BasisStatement, "source", "says")
    assert said == [(SHOP, "no"), (SHOP, "yes"), ("unsubscribe-page", "no")]
    assert rows(clara, Basis, "state") == [("no",)]


def test_what_cannot_be_reached_is_told_later_and_the_others_first(engine: Engine) -> None:
    for name, minutes in (("ana", 0), ("bruno", 1), ("clara", 2)):
        knows(engine, name)
        tells_us(engine, name, Says.NO, MARCH + minutes * timedelta(minutes=1))
    store = Store([OutOfReach("Source online-shop: no answer came.")])
    noes = sync(engine, store)
    assert noes == Noes(0, 3, "Source online-shop: no answer came.")
    stumbled = store.told[0].key
    store.plans = [Heard(True, TOLD), OutOfReach("Source online-shop: no answer came.")]
    assert sync(engine, store, MARCH + HOUR / 2).told == 1
    assert stumbled not in {no.key for no in store.told[1:]}
    assert sync(engine, store, MARCH + 2 * HOUR) == Noes(2)
    assert store.told[3].key == stumbled, "of those put off, whose turn came first"


def test_without_the_right_to_write_all_of_it_waits(clara: Engine) -> None:
    store = Store([NotAllowed("Give the app write_customers.")] * 9)
    for day in range(9):
        noes = sync(clara, store, MARCH + day * DAY)
        assert noes == Noes(0, 1, "Give the app write_customers.")
    assert sync(clara, store, MARCH + 9 * DAY) == Noes(told=1)


def test_a_refusal_is_tried_again_ever_later_then_listed(clara: Engine) -> None:
    refusal = Heard(False, "Customer must be kind")
    store = Store([refusal] * 20)
    tried = [MARCH + hours * HOUR for hours in range(25) if told_at(clara, store, hours)]
    assert tried == [MARCH + hours * HOUR for hours in (0, 1, 3, 7, 15)]
    assert len(tried) == MOST
    assert sync(clara, store, MARCH + 99 * DAY) == Noes()
    assert listed(clara) == [Untold(SHOP, "clara", MARCH, "Customer must be kind")]


def told_at(engine: Engine, store: Store, hours: int) -> bool:
    before = len(store.told)
    sync(engine, store, MARCH + hours * HOUR)
    return len(store.told) > before


def test_what_was_given_up_leaves_the_list_once_it_is_known_there(clara: Engine) -> None:
    store = Store([Heard(False, "Customer must be kind")] * MOST)
    for day in range(MOST):
        sync(clara, store, MARCH + day * DAY)
    assert len(listed(clara)) == 1
    hears(clara, "clara", "no", MARCH + DAY)
    assert listed(clara) == []


def test_what_the_till_does_not_know_is_listed_for_the_owner(engine: Engine) -> None:
    for name in ("ana", "bruno", "clara"):
        knows(engine, name, source="till")
    knows(engine, "duarte", source="till", email=None)
    for name in ("ana", "bruno", "duarte"):
        tells_us(engine, name, Says.NO, MARCH)
    hears(engine, "bruno", "no", UNDATED, source="till")
    assert listed(engine) == [Untold("till", "ana", MARCH, None)]
    hears(engine, "ana", "no", UNDATED, source="till")
    assert listed(engine) == []


def test_nobody_is_listed_who_said_yes_since(engine: Engine) -> None:
    knows(engine, "ana", source="till")
    tells_us(engine, "ana", Says.NO, MARCH)
    assert len(listed(engine)) == 1
    tells_us(engine, "ana", Says.YES, MARCH + HOUR)
    assert listed(engine) == []
