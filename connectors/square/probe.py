"""A seller's account, asked who it is and whether it runs a programme of points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors import parse_values
from connectors.http import listed
from connectors.read_record import Record, inside
from connectors.square import requests
from connectors.square.client import Api
from connectors.square.responses import DeniedError, NothingThereError, page

LONGEST_REWARD = 60


async def introduce(api: Api) -> dict[str, Any]:
    """The name, the currency and the clock of its first open location; its points."""
    question = requests.locations()
    found = page(await api.ask(question), question.holds)
    place = first_open([one for one in found.records if isinstance(one, Mapping)])
    asked = requests.loyalty_programme()
    answer = await api.ask_for(asked, NothingThereError, DeniedError)
    programme = inside(answer or {}, asked.holds)
    return {
        "name": parse_values.text(place.get("name")),
        "currency": parse_values.text(place.get("currency"), 3),
        "timezone": parse_values.text(place.get("timezone"), 60),
        "points": programme.get("status") == "ACTIVE",
        "rewards": rewards(programme),
    }


def first_open(places: list[Record]) -> Record:
    opened = [one for one in places if one.get("status", "ACTIVE") == "ACTIVE"]
    return next(iter(opened or places), {})


def rewards(programme: Record) -> dict[str, int]:
    """What points are good for, the cheapest first."""
    found = {}
    for tier in listed(programme.get("reward_tiers")):
        if isinstance(tier, Mapping):
            name, points = parse_values.text(tier.get("name"), LONGEST_REWARD), tier.get("points")
            if name and isinstance(points, int) and points > 0:
                found[name] = points
    return dict(sorted(found.items(), key=lambda one: one[1]))
