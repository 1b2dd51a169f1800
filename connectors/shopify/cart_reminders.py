"""Counts the abandoned checkouts that Shopify itself has mailed about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.http import Reply, as_list, parse_json_object
from connectors.read_record import nested_object
from connectors.shop_profile import CartReminders
from connectors.shopify.client import AdminClient
from connectors.shopify.requests import LATEST_CHECKOUTS, reminders_query
from connectors.shopify.responses import AccessDeniedError, check_status, parse_root_field
from settings.errors import UnavailableError

SAMPLE_SIZE = 30
REMINDED_STATES = ("SENT", "SCHEDULED")


async def count_cart_reminders(admin: AdminClient) -> CartReminders | None:
    """Return the counts; None where Shopify does not show them, or there are no checkouts."""
    try:
        ids = await admin.query(checkout_ids, LATEST_CHECKOUTS, {"first": SAMPLE_SIZE})
        if not ids:
            return None
        variables = {f"basket{position}": key for position, key in enumerate(ids)}
        return await admin.query(
            lambda reply: parse_reminders(reply, ids), reminders_query(len(ids)), variables
        )
    except (AccessDeniedError, UnavailableError):
        return None  # optional: the owner is asked instead


def checkout_ids(reply: Reply) -> list[str]:
    connection = parse_root_field(reply, "abandonedCheckouts") or {}
    checkouts = [
        checkout for checkout in as_list(connection.get("nodes")) if isinstance(checkout, Mapping)
    ]
    return [checkout["id"] for checkout in checkouts if isinstance(checkout.get("id"), str)]


def parse_reminders(reply: Reply, ids: Sequence[str]) -> CartReminders | None:
    check_status(reply)
    data = nested_object(parse_json_object(reply), "data")
    states = [email_state(data.get(f"basket{position}")) for position in range(len(ids))]
    known_states = [state for state in states if state is not None]
    return (
        CartReminders(sum(state in REMINDED_STATES for state in known_states), len(known_states))
        if known_states
        else None
    )


def email_state(abandonment: Any) -> str | None:
    state = abandonment.get("emailState") if isinstance(abandonment, Mapping) else None
    return state if isinstance(state, str) else None
