"""Who signed up gets their mail within seconds where the shop is served, else with any look."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from engine.open.open_shop import open_shop
from engine.signup.signup import ask
from regulars.commands.serve_pages import Door, served
from regulars.terminal.log import Form, Log
from shop.consent.signups import KEPT, Asked
from shop.db.engine import reading
from shop.tables import SignUp
from tests.flows.serve.test_scheduler import Shop
from tests.flows.served_shop import SHOP

PUBLIC = "1200-192 Lisboa\n  public address: https://mail.cornercafe.example\nsign up: {}"
OPEN = SHOP.replace("1200-192 Lisboa", PUBLIC)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.rounds.config.write_text(OPEN)
    return shop


def signs_up(shop: Shop, name: str, at: datetime) -> None:
    opened = open_shop(shop.rounds.config)
    ask(opened, Asked(f"{name}@example.com", None, None, "Yes."), now=at)
    opened.engine.dispose()


def confirm(shop: Shop) -> int:
    asyncio.run(shop.rounds.confirm(datetime.now(UTC)))
    return mails(shop)


def mails(shop: Shop) -> int:
    return len(list((shop.folder / "outbox").glob("*.eml")))


def test_as_soon_as_somebody_signs_up_they_are_written_to(shop: Shop) -> None:
    signs_up(shop, "clara", datetime.now(UTC))
    assert confirm(shop) == 0  # nobody rang: the database is not even asked
    shop.rounds.signed_up.set()
    assert confirm(shop) == 1
    assert not shop.rounds.signed_up.is_set()


def test_any_look_writes_to_those_who_are_left(shop: Shop) -> None:
    signs_up(shop, "clara", datetime.now(UTC))
    shop.look()
    assert mails(shop) == 1


def test_asked_to_end_it_begins_nothing(shop: Shop) -> None:
    signs_up(shop, "clara", datetime.now(UTC))
    shop.rounds.signed_up.set()
    shop.rounds.stop.set()
    assert confirm(shop) == 0
    assert "sign-ups" not in shop.ear.wrong


def test_a_file_with_a_mistake_sends_nothing_and_is_told(shop: Shop) -> None:
    signs_up(shop, "clara", datetime.now(UTC))
    shop.rounds.signed_up.set()
    shop.rounds.config.write_text("nonsense: yes")
    assert confirm(shop) == 0
    assert "file" in shop.ear.wrong
    shop.rounds.config.write_text(OPEN)
    shop.look()
    assert mails(shop) == 1


def test_housekeeping_forgets_who_never_confirmed(shop: Shop) -> None:
    signs_up(shop, "ana", datetime.now(UTC) - KEPT - timedelta(minutes=1))
    signs_up(shop, "clara", datetime.now(UTC))
    asyncio.run(shop.rounds.tidy(datetime.now(UTC)))
    opened = open_shop(shop.rounds.config)
    with reading(opened.engine) as connection:
        assert connection.scalars(select(col(SignUp.address))).all() == ["clara@example.com"]
    opened.engine.dispose()


def test_the_pages_that_are_served_ring_also_after_the_file_has_changed(shop: Shop) -> None:
    rang = Event()
    log = Log(Form.TEXT, ZoneInfo("Europe/Lisbon"), lambda: datetime.now(UTC), io.StringIO())
    config = shop.rounds.config
    with (
        served(open_shop(config), Door("127.0.0.1", 0), log, rang.set) as pages,
        httpx.Client(base_url=pages.address, trust_env=False) as client,
    ):
        config.write_text(OPEN.replace("sign up: {}", "sign up: {says: Cakes for me.}"))
        pages.show(open_shop(config))
        assert "Cakes for me." in client.get("/join").text
        assert client.post("/join", data={"address": "clara@example.com"}).is_success
        assert rang.is_set()
