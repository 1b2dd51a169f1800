"""Asks a seller's account at Square for its first location and its loyalty programme."""

from __future__ import annotations

from collections.abc import Mapping

from connectors import parse_values
from connectors.http import as_list
from connectors.read_record import Record, nested_object
from connectors.shop_profile import ShopProfile
from connectors.square import requests
from connectors.square.client import SquareClient
from connectors.square.connector import SquareConnector
from connectors.square.responses import AccessDeniedError, NotFoundError, parse_page

MAX_REWARD_CHARS = 60


async def probe(connector: SquareConnector) -> ShopProfile:
    """Return the seller's profile; raises `UnavailableError` where the token does not fit."""
    async with connector.open_client() as client:
        return await load_profile(client)


async def load_profile(client: SquareClient) -> ShopProfile:
    """Return name, currency and time zone of the first open location, and the rewards."""
    request = requests.locations()
    page = parse_page(await client.request(request), request.result_key)
    location = first_open_location(
        [record for record in page.records if isinstance(record, Mapping)]
    )
    program_request = requests.loyalty_program()
    body = await client.request_unless(program_request, NotFoundError, AccessDeniedError)
    program = nested_object(body or {}, program_request.result_key)
    return ShopProfile(
        name=parse_values.single_line(location.get("name")),
        currency=parse_values.single_line(location.get("currency"), 3),
        timezone=parse_values.single_line(location.get("timezone"), 60),
        points=program.get("status") == "ACTIVE",
        rewards=parse_rewards(program),
    )


def first_open_location(locations: list[Record]) -> Record:
    open_locations = [
        location for location in locations if location.get("status", "ACTIVE") == "ACTIVE"
    ]
    return next(iter(open_locations or locations), {})


def parse_rewards(program: Record) -> dict[str, int]:
    """Return the points that each reward costs, cheapest first."""
    points_by_reward = {}
    for tier in as_list(program.get("reward_tiers")):
        if isinstance(tier, Mapping):
            name, points = (
                parse_values.single_line(tier.get("name"), MAX_REWARD_CHARS),
                tier.get("points"),
            )
            if name and isinstance(points, int) and points > 0:
                points_by_reward[name] = points
    return dict(sorted(points_by_reward.items(), key=lambda reward: reward[1]))
