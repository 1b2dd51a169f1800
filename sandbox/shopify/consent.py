"""The mutation `customerEmailMarketingConsentUpdate`.

The error codes are those of the published schema; their messages are our own. An update with an
older date than the stored one changes nothing: "the customer's consent state reflects the consent
record with the most recent consent_updated_at date".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sandbox.customers import Consent, Customer
from sandbox.shopify.errors import ShopifyError
from sandbox.shopify.pagination import RecordStore
from sandbox.shopify.records import Record, customer_record

MUTATION = "customerEmailMarketingConsentUpdate"
REQUIRED_SCOPE = "write_customers"
ACCEPTED_STATES = ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def consent_updater(
    customers: RecordStore[Customer], clock: Callable[[], datetime], scopes: Collection[str]
) -> Callable[..., Record]:
    """Return the mutation's resolver; it raises ShopifyError without the scope in `scopes`."""

    def update(_info: Any, input: Mapping[str, Any]) -> Record:  # noqa: A002 - Shopify's name
        if REQUIRED_SCOPE not in scopes:
            raise ShopifyError(
                f"Access denied for {MUTATION} field."
                f" Required access: `{REQUIRED_SCOPE}` access scope.",
                "ACCESS_DENIED",
            )
        customer = customers.get(id_number(input["customerId"]))
        consent_input, now = input["emailMarketingConsent"], clock()
        if errors := find_user_errors(customer, consent_input):
            return {"customer": None, "userErrors": errors}
        assert customer is not None, "a missing customer has errors"  # noqa: S101 - narrows the type
        updated = apply_consent(customer, consent_input, now)
        if updated is not customer:
            customers.put(updated)
        return {"customer": customer_record(updated), "userErrors": []}

    return update


def find_user_errors(customer: Customer | None, consent_input: Mapping[str, Any]) -> list[Record]:
    """Return the mutation's userErrors; none if the consent can be stored."""
    if customer is None:
        return [user_error("INVALID", ["input", "customerId"], "Customer does not exist.")]
    if customer.email is None:
        return [
            user_error("INVALID", ["input", "customerId"], "Customer must have an email address.")
        ]
    if consent_input["marketingState"] not in ACCEPTED_STATES:
        field = ["input", "emailMarketingConsent", "marketingState"]
        return [user_error("INCLUSION", field, "Marketing state is not included in the list.")]
    return []


def user_error(code: str, field: list[str], message: str) -> Record:
    return {"code": code, "field": field, "message": message}


def apply_consent(customer: Customer, consent_input: Mapping[str, Any], now: datetime) -> Customer:
    """Return `customer` with the new consent, or unchanged if a newer one is stored."""
    updated_at = parse_time(consent_input.get("consentUpdatedAt")) or now
    if updated_at < (customer.consent.since or EARLIEST):
        return customer
    level = consent_input.get("marketingOptInLevel") or customer.consent.level
    consent = Consent(consent_input["marketingState"], level, updated_at)
    return replace(customer, consent=consent, updated_at=max(now, customer.updated_at))


def parse_time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise ShopifyError(f"DateTime {text} is none.", "INVALID_VARIABLE") from None


def id_number(gid: str) -> int | None:
    number = gid.rpartition("/")[2]
    return int(number) if number.isdecimal() else None
