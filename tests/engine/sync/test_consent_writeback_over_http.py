"""A no to us reaches the look-alikes of Shopify and Square, over HTTP."""

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

from connectors.optout import KNOWN, TOLD, Heard, No, Tell
from connectors.stream import Connector
from engine.sync.consent_writeback import Clock, Noes, write_back
from sandbox.cafe import NOW, cafe
from sandbox.customers import Consent
from sandbox.square.records import stamp
from shop.consent.basis import Says
from shop.tables import Basis, BasisStatement, WriteBack
from tests.connectors.corner_cafe import LookAlike, later, rows, run
from tests.connectors.corner_till import SquareLookAlike
from tests.engine.sync.optout_customers import DAY, HOUR, SHOP, SOURCES, customer, listed, tells_us

SMALL = cafe(20)
ANA = next(who for who in SMALL.customers if who.may_be_mailed)
SAID = NOW + timedelta(minutes=5, microseconds=250_001)


@pytest.fixture
def store() -> LookAlike:
    made = LookAlike(cafe=SMALL)
    made.shop.clock = lambda: NOW + HOUR
    return made


@pytest.fixture
def left(engine: Engine, store: LookAlike, tmp_path: Path) -> Engine:
    """The shop has been read, and then Ana pressed the button."""
    run(engine, store.connect(tmp_path))
    tells_us(engine, str(ANA.number), Says.NO, SAID)
    return engine


def tell(engine: Engine, connector: Connector, clock: Clock = lambda: NOW) -> Noes:
    return asyncio.run(write_back(engine, SHOP, connector, SOURCES, clock=clock))


def consent(store: LookAlike) -> Consent:
    found = store.shop.customers.get(ANA.number)
    assert found is not None
    return found.consent


def test_shopify_knows_and_its_echo_changes_nothing(
    left: Engine, store: LookAlike, tmp_path: Path
) -> None:
    connector = store.connect(tmp_path)
    assert tell(left, connector) == Noes(told=1)
    assert consent(store).state == "UNSUBSCRIBED"
    assert consent(store).since == SAID.replace(microsecond=0)
    asked = len(store.shop.heard)
    said = len(rows(left, BasisStatement))
    for hours in (2, 3, 4):
        report = run(left, connector, now=later(hours))
        assert report.streams["customers"] == (1 if hours == 2 else 0)
        assert tell(left, connector, lambda: NOW + DAY) == Noes()
    assert len(store.shop.heard) == asked + 9  # three streams, three times, and no other word
    assert len(rows(left, BasisStatement)) == said + 1  # Shopify's own, once
    assert rows(left, WriteBack, "outcome") == [(TOLD,)]
    state = (customer(left, str(ANA.number)), "no")
    assert state in rows(left, Basis, "customer_id", "state")


class Killed(BaseException):
    """As by SIGKILL: nothing that would tidy up runs on our side."""


def test_killed_between_the_call_and_the_note_it_is_told_again_harmlessly(
    left: Engine, store: LookAlike, tmp_path: Path
) -> None:
    connector = store.connect(tmp_path)

    @dataclass(frozen=True)
    class Dies:
        inner: Any

        def open(self) -> Any:
            return self.inner.open()

        @asynccontextmanager
        async def telling(self) -> AsyncIterator[Tell]:
            async with self.inner.telling() as telling:

                async def tell(no: No) -> Heard:
                    await telling(no)
                    raise Killed

                yield tell

    with pytest.raises(Killed):
        tell(left, Dies(connector))
    before = consent(store)
    assert before.state == "UNSUBSCRIBED"
    assert tell(left, connector) == Noes()
    assert rows(left, WriteBack, "outcome") == [(KNOWN,)]
    assert consent(store) == before


def test_a_yes_at_the_checkout_before_the_sync_keeps_the_no_from_being_told(
    left: Engine, store: LookAlike, tmp_path: Path
) -> None:
    again = Consent("SUBSCRIBED", "SINGLE_OPT_IN", NOW + timedelta(minutes=30))
    store.shop.customers.put(replace(ANA, consent=again, updated_at=NOW + HOUR))
    run(left, store.connect(tmp_path), now=later(2))
    assert tell(left, store.connect(tmp_path)) == Noes()
    assert consent(store) == again


def test_without_noes_shopify_is_not_even_asked(
    engine: Engine, store: LookAlike, tmp_path: Path
) -> None:
    assert tell(engine, store.connect(tmp_path)) == Noes()
    assert store.requests == 0


def test_once_the_owner_has_marked_it_at_the_till_it_leaves_the_list(
    engine: Engine, tmp_path: Path
) -> None:
    till = SquareLookAlike()
    run(engine, till.connect(tmp_path), name="till")
    key = next(
        key
        for key, who in till.seller.customers.items()
        if "email_address" in who and not who.get("preferences", {}).get("email_unsubscribed")
    )
    tells_us(engine, key, Says.NO, SAID)
    assert [(one.source, one.key) for one in listed(engine)] == [("till", key)]
    marked = {"preferences": {"email_unsubscribed": True}, "updated_at": stamp(NOW + HOUR)}
    till.seller.customers[key] |= marked
    run(engine, till.connect(tmp_path), name="till", now=later(2))
    assert listed(engine) == []
