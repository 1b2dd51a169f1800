"""Whom the shop may mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine.config.owner_config import OwnersFile
from shop.consent.existing_customer import terms
from shop.consent.reach import Reach, reach


def reach_of(connection: Connection, file: OwnersFile, *, now: datetime) -> Reach:
    """By what was said and by what the owner vouches for."""
    vouched = terms(file.consent, file.shop.country, file.shop.zone)
    return reach(connection, vouched, now)
