"""What a platform tells of the shop when it is first asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.probe import Introduction, introduce
from connectors.shopify.cart_reminders import LOOKED_AT, Reminded, state_of
from connectors.square.probe import first_open, rewards
from settings.errors import OutOfReach
from tests.connectors.corner_cafe import SMALL, LookAlike
from tests.connectors.corner_till import SquareLookAlike


def asked(folder: Path, look_alike: LookAlike | SquareLookAlike) -> Introduction:
    return asyncio.run(introduce(look_alike.connect(folder)))


def test_shopify_tells_name_currency_clock_and_its_own_reminders(tmp_path: Path) -> None:
    shopify = LookAlike()
    told = asked(tmp_path, shopify)
    assert (told.name, told.currency, told.timezone) == ("Corner Café", "EUR", "Europe/Lisbon")
    assert told.reminded == Reminded(0, min(LOOKED_AT, len(SMALL.checkouts)))
    shopify.shop.reminded = {left.number for left in SMALL.checkouts[:2]}
    assert asked(tmp_path, shopify).reminded == Reminded(2, len(SMALL.checkouts))
    assert shopify.requests == 2 * 4  # signing in, the shop, the baskets, what became of them


def test_a_store_without_baskets_tells_of_no_reminders(tmp_path: Path) -> None:
    assert asked(tmp_path, LookAlike(replace(SMALL, checkouts=[]))).reminded is None


def test_what_is_withheld_is_not_known() -> None:
    assert [state_of(one) for one in (None, {}, {"emailState": None}, {"emailState": "SENT"})] == [
        None, None, None, "SENT",
    ]  # fmt: skip


def test_keys_that_do_not_fit_are_said_to(tmp_path: Path) -> None:
    wrong = {"SHOPIFY_CLIENT_ID": "a", "SHOPIFY_CLIENT_SECRET": "b"}
    connector = LookAlike().connect(tmp_path, environ=wrong)
    with pytest.raises(OutOfReach, match="does not accept the client id or client secret"):
        asyncio.run(introduce(connector))


def test_square_tells_name_currency_clock_and_its_points(tmp_path: Path) -> None:
    square = SquareLookAlike()
    told = asked(tmp_path, square)
    assert (told.name, told.currency, told.timezone) == ("Corner Café", "EUR", "Europe/Lisbon")
    assert (told.points, told.reminded) == (True, None)
    square.seller.programme = None
    assert asked(tmp_path, square).points is False


def test_the_first_open_place_speaks_for_the_seller() -> None:
    closed, opened = {"name": "Old", "status": "INACTIVE"}, {"name": "New", "status": "ACTIVE"}
    assert first_open([closed, opened]) == opened
    assert first_open([closed]) == closed
    assert first_open([]) == {}


def test_rewards_are_those_that_points_can_buy() -> None:
    tiers = [
        {"name": "Breakfast", "points": 200}, {"name": "A coffee", "points": 40},
        {"name": "Nothing", "points": 0}, {"points": 5}, "odd",
    ]  # fmt: skip
    assert list(rewards({"reward_tiers": tiers}).items()) == [("A coffee", 40), ("Breakfast", 200)]
    assert rewards({"reward_tiers": None}) == {}
