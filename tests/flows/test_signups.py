"""Sign-ups are confirmed within seconds while the shop is served, else with the next tick."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from engine.open.open_shop import open_shop
from engine.signup.signup import request_sign_up
from regulars.serve.pages import PagesAddress, serve_pages
from shop.consent.signups import UNCONFIRMED_RETENTION, SignUpRequest
from shop.db.engine import read_transaction
from shop.tables import SignUp
from tests.flows.serve.test_scheduler import ScheduledShop
from tests.flows.served_shop import SHOP

PUBLIC = "1200-192 Lisboa\n  public address: https://mail.cornercafe.example\nsign up: {}"
OPEN = SHOP.replace("1200-192 Lisboa", PUBLIC)


@pytest.fixture
def shop(tmp_path: Path) -> ScheduledShop:
    shop = ScheduledShop(tmp_path)
    shop.scheduler.config.write_text(OPEN)
    return shop


def sign_up(shop: ScheduledShop, name: str, at: datetime) -> None:
    open_shop_ = open_shop(shop.scheduler.config)
    request_sign_up(open_shop_, SignUpRequest(f"{name}@example.com", None, None, "Yes."), now=at)
    open_shop_.engine.dispose()


def confirm(shop: ScheduledShop) -> int:
    asyncio.run(shop.scheduler.send_confirmations(datetime.now(UTC)))
    return mail_count(shop)


def mail_count(shop: ScheduledShop) -> int:
    return len(list((shop.folder / "outbox").glob("*.eml")))


def test_a_sign_up_is_confirmed_at_once(shop: ScheduledShop) -> None:
    sign_up(shop, "clara", datetime.now(UTC))
    assert confirm(shop) == 0  # no event: the database is not read
    shop.scheduler.sign_up_pending.set()
    assert confirm(shop) == 1
    assert not shop.scheduler.sign_up_pending.is_set()


def test_a_tick_confirms_the_remaining_sign_ups(shop: ScheduledShop) -> None:
    sign_up(shop, "clara", datetime.now(UTC))
    shop.tick()
    assert mail_count(shop) == 1


def test_a_stopped_scheduler_sends_no_confirmation(shop: ScheduledShop) -> None:
    sign_up(shop, "clara", datetime.now(UTC))
    shop.scheduler.sign_up_pending.set()
    shop.scheduler.stop.set()
    assert confirm(shop) == 0
    assert "sign-ups" not in shop.observer.errors


def test_a_broken_config_sends_no_confirmation_and_is_reported(shop: ScheduledShop) -> None:
    sign_up(shop, "clara", datetime.now(UTC))
    shop.scheduler.sign_up_pending.set()
    shop.scheduler.config.write_text("nonsense: yes")
    assert confirm(shop) == 0
    assert "file" in shop.observer.errors
    shop.scheduler.config.write_text(OPEN)
    shop.tick()
    assert mail_count(shop) == 1


def test_maintenance_deletes_expired_sign_ups(shop: ScheduledShop) -> None:
    sign_up(shop, "ana", datetime.now(UTC) - UNCONFIRMED_RETENTION - timedelta(minutes=1))
    sign_up(shop, "clara", datetime.now(UTC))
    asyncio.run(shop.scheduler.run_maintenance(datetime.now(UTC)))
    shop_ = open_shop(shop.scheduler.config)
    with read_transaction(shop_.engine) as connection:
        assert connection.scalars(select(col(SignUp.address))).all() == ["clara@example.com"]
    shop_.engine.dispose()


def test_served_pages_notify_of_sign_ups_after_the_config_has_changed(shop: ScheduledShop) -> None:
    notified = Event()
    config = shop.scheduler.config
    with (
        serve_pages(open_shop(config), PagesAddress("127.0.0.1", 0), notified.set) as pages,
        httpx.Client(base_url=pages.address, trust_env=False) as client,
    ):
        config.write_text(OPEN.replace("sign up: {}", "sign up: {says: Cakes for me.}"))
        pages.show_shop(open_shop(config))
        assert "Cakes for me." in client.get("/join").text
        assert client.post("/join", data={"address": "clara@example.com"}).is_success
        assert notified.is_set()
