"""The reach of a shop: how many customers it may mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine.config.owner_config import OwnerConfig
from shop.consent.existing_customer import consent_terms
from shop.consent.reach import Reach, compute_reach


def load_reach(connection: Connection, config: OwnerConfig, *, now: datetime) -> Reach:
    """Returns the customers by basis at `now`, under the existing-customer terms of `config`."""
    existing_terms = consent_terms(config.consent, config.shop.country, config.shop.zone)
    return compute_reach(connection, existing_terms, now)
