"""Loads the owner's own columns of customers, as templates call them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from engine.config.owner_config import OwnerConfig
from mail.render.mail_facts import OwnColumns
from settings.text.column_name import template_name
from shop.identity.custom_fields import load_custom_fields


def load_own_columns(
    connection: Connection, config: OwnerConfig, customer_ids: Collection[int]
) -> dict[int, OwnColumns]:
    """Returns the columns with a value, by customer; no query where config.yaml names none."""
    if not config.own_columns:
        return {}
    return {
        customer: OwnColumns({template_name(name): value for name, value in values.items()})
        for customer, values in load_custom_fields(connection, customer_ids).items()
    }
