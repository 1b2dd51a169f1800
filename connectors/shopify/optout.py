"""Sends opt-outs to Shopify.

The customer's state is read first: an unsubscribed customer, or one with a newer statement, is
skipped. The opt-out carries its own date; Shopify keeps the newer of two statements, so an opt-in
between the two requests still wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors import parse_values
from connectors.http import Reply, as_list, redact_message
from connectors.optout import (
    ALREADY_OPTED_OUT,
    CHANGED_SINCE,
    SENT,
    MissingPermissionError,
    OptOut,
    OptOutResult,
    SendOptOut,
)
from connectors.read_record import nested_object
from connectors.retry import RetryableError
from connectors.shopify.client import AdminClient, format_timestamp
from connectors.shopify.requests import CONSENT, UNSUBSCRIBE
from connectors.shopify.responses import AccessDeniedError, parse_root_field

WRITE_SCOPE = "write_customers"
MUTATION = "customerEmailMarketingConsentUpdate"
UNSUBSCRIBED = "UNSUBSCRIBED"
CUSTOMER_GONE = "nobody of that number is there any more"


def make_optout_sender(client: AdminClient, source: str) -> SendOptOut:
    """Return the function that sends one opt-out to the store of `client`."""

    async def send(optout: OptOut) -> OptOutResult:
        try:
            return await send_optout(client, optout)
        except AccessDeniedError as denied:
            raise MissingPermissionError(
                MISSING_PERMISSION.format(source=source, said=f" ({denied})")
            ) from None
        except MissingScopeError:
            raise MissingPermissionError(
                MISSING_PERMISSION.format(source=source, said="")
            ) from None

    return send


class MissingScopeError(Exception):
    """The token's own list of scopes lacks the one needed."""


async def send_optout(client: AdminClient, optout: OptOut) -> OptOutResult:
    """Return Shopify's result for `optout`, or the reason why it was skipped."""
    customer = f"gid://shopify/Customer/{optout.key}"
    skipped = await client.query(
        lambda reply: skip_reason(reply, optout.said_at), CONSENT, {"id": customer}
    )
    if skipped is not None:
        return skipped
    if client.lacks_scope(WRITE_SCOPE):
        raise MissingScopeError
    variables = {"input": consent_input(customer, optout.said_at)}
    return await client.query(
        lambda reply: parse_result(reply, optout.said_at), UNSUBSCRIBE, variables
    )


def consent_input(customer: str, said_at: datetime) -> dict[str, Any]:
    consent = {"marketingState": UNSUBSCRIBED, "consentUpdatedAt": format_timestamp(said_at)}
    return {"customerId": customer, "emailMarketingConsent": consent}


def skip_reason(reply: Reply, said_at: datetime) -> OptOutResult | None:
    """Return why no opt-out needs to be sent; None where it does."""
    customer = parse_root_field(reply, "customer")
    if customer is None:
        return OptOutResult(True, CUSTOMER_GONE)
    state, changed_at = parse_consent(customer)
    if state == UNSUBSCRIBED:
        return OptOutResult(True, ALREADY_OPTED_OUT)
    return (
        OptOutResult(True, f"{CHANGED_SINCE}: {state}")
        if changed_at and changed_at > said_at
        else None
    )


def parse_result(reply: Reply, said_at: datetime) -> OptOutResult:
    """Return the mutation's result; where Shopify hides the state, no error means success."""
    payload = parse_root_field(reply, MUTATION)
    if payload is None or not isinstance(payload.get("userErrors"), list):
        raise RetryableError("it did not say what became of it")
    if errors := as_list(payload["userErrors"]):
        return OptOutResult(False, error_message(errors[0]))
    state, changed_at = parse_consent(nested_object(payload, "customer"))
    if state in (UNSUBSCRIBED, None):
        return OptOutResult(True, SENT)
    newer = changed_at is not None and changed_at > said_at
    return OptOutResult(newer, f"{CHANGED_SINCE}: {state}" if newer else f"it stayed {state} there")


def parse_consent(customer: Mapping[str, Any]) -> tuple[str | None, datetime | None]:
    consent = nested_object(customer, "defaultEmailAddress")
    state = parse_values.single_line(consent.get("marketingState"), 40)
    return state, parse_values.moment(consent.get("marketingUpdatedAt"))


def error_message(error: Any) -> str:
    """Return Shopify's message for its refusal, redacted."""
    message = error.get("message") if isinstance(error, Mapping) else error
    return redact_message(message or "it was refused")


MISSING_PERMISSION = (
    "Shopify does not let source {source} write down who wants no more mail{said}. Give the app "
    "write_customers in Shopify's Dev Dashboard, release that version and install it again. Until "
    "then these noes are kept here, and hold here."
)
