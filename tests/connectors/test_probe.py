"""Profiles of a shop as its platforms return them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.registry import platforms
from connectors.shop_profile import CartReminders, ShopProfile
from connectors.shopify.cart_reminders import SAMPLE_SIZE, email_state
from connectors.square.probe import first_open_location, parse_rewards
from connectors.stream import Connector
from settings.errors import UnavailableError
from tests.connectors.corner_cafe import SMALL_CAFE, ShopifySandbox
from tests.connectors.corner_till import SquareSandbox


def probed_shop(folder: Path, sandbox: Any) -> ShopProfile:
    return probe_connector(sandbox.connect(folder), sandbox.platform)


def probe_connector(connector: Connector, name: str) -> ShopProfile:
    [probe] = [platform.probe for platform in platforms() if platform.name == name]
    assert probe

    async def run() -> ShopProfile:
        return await probe(connector)

    return asyncio.run(run())


def test_shopify_tells_name_currency_clock_and_its_own_reminders(tmp_path: Path) -> None:
    shopify = ShopifySandbox()
    profile = probed_shop(tmp_path, shopify)
    assert (profile.name, profile.currency, profile.timezone) == (
        "Corner Café",
        "EUR",
        "Europe/Lisbon",
    )
    assert profile.cart_reminders == CartReminders(0, min(SAMPLE_SIZE, len(SMALL_CAFE.checkouts)))
    shopify.shop.reminded = {checkout.number for checkout in SMALL_CAFE.checkouts[:2]}
    assert probed_shop(tmp_path, shopify).cart_reminders == CartReminders(
        2, len(SMALL_CAFE.checkouts)
    )
    assert shopify.requests == 2 * 4  # sign-in, shop, checkouts, their e-mail states


def test_a_store_without_baskets_tells_of_no_reminders(tmp_path: Path) -> None:
    assert (
        probed_shop(tmp_path, ShopifySandbox(replace(SMALL_CAFE, checkouts=[]))).cart_reminders
        is None
    )


def test_a_withheld_email_state_is_none() -> None:
    withheld: list[Any] = [None, {}, {"emailState": None}]
    assert [email_state(abandonment) for abandonment in withheld] == [None] * 3
    assert email_state({"emailState": "SENT"}) == "SENT"


def test_invalid_keys_have_a_sentence(tmp_path: Path) -> None:
    wrong = {"SHOPIFY_CLIENT_ID": "a", "SHOPIFY_CLIENT_SECRET": "b"}
    connector = ShopifySandbox().connect(tmp_path, environ=wrong)
    with pytest.raises(UnavailableError, match="does not accept the client id or client secret"):
        probe_connector(connector, "shopify")


def test_square_tells_name_currency_clock_and_its_points(tmp_path: Path) -> None:
    square = SquareSandbox()
    profile = probed_shop(tmp_path, square)
    assert (profile.name, profile.currency, profile.timezone) == (
        "Corner Café",
        "EUR",
        "Europe/Lisbon",
    )
    assert (profile.points, profile.cart_reminders) == (True, None)
    square.seller.programme = None
    assert probed_shop(tmp_path, square).points is False


def test_the_profile_is_that_of_the_first_open_location() -> None:
    closed, opened = {"name": "Old", "status": "INACTIVE"}, {"name": "New", "status": "ACTIVE"}
    assert first_open_location([closed, opened]) == opened
    assert first_open_location([closed]) == closed
    assert first_open_location([]) == {}


def test_rewards_are_those_that_points_can_buy() -> None:
    tiers = [
        {"name": "Breakfast", "points": 200}, {"name": "A coffee", "points": 40},
        {"name": "Nothing", "points": 0}, {"points": 5}, "odd",
    ]  # fmt: skip
    assert list(parse_rewards({"reward_tiers": tiers}).items()) == [
        ("A coffee", 40),
        ("Breakfast", 200),
    ]
    assert parse_rewards({"reward_tiers": None}) == {}
