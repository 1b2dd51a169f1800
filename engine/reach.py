"""Whom the shop may mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine.config.owner_config import OwnerConfig
from shop.consent.existing_customer import consent_terms
from shop.consent.reach import Reach, compute_reach


def load_reach(connection: Connection, config: OwnerConfig, *, now: datetime) -> Reach:
    """By what was said and by what the owner vouches for."""
    existing_terms = consent_terms(config.consent, config.shop.country, config.shop.zone)
    return compute_reach(connection, existing_terms, now)
