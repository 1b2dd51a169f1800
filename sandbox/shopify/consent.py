"""`customerEmailMarketingConsentUpdate`: who may write it, what it refuses, what it changes.

The published schema says what is refused and by which codes; the sentences are our own. Of an
older date than the one that stands, Shopify keeps the record and changes nothing: "the customer's
consent state reflects the consent record with the most recent consent_updated_at date".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sandbox.customers import Consent, Customer
from sandbox.shopify.errors import RefusedError
from sandbox.shopify.pagination import Shelf
from sandbox.shopify.records import Record, customer_record

MUTATION = "customerEmailMarketingConsentUpdate"
NEEDED = "write_customers"
ACCEPTED = ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING")
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def updater(
    customers: Shelf[Customer], clock: Callable[[], datetime], scopes: Collection[str]
) -> Callable[..., Record]:
    """The mutation as a field that is answered."""

    def update(_info: Any, input: Mapping[str, Any]) -> Record:  # noqa: A002 - Shopify's name
        if NEEDED not in scopes:
            raise RefusedError(
                f"Access denied for {MUTATION} field. Required access: `{NEEDED}` access scope.",
                "ACCESS_DENIED",
            )
        who = customers.get(number_in(input["customerId"]))
        said, now = input["emailMarketingConsent"], clock()
        if errors := refused(who, said):
            return {"customer": None, "userErrors": errors}
        assert who is not None, "nobody is refused"  # noqa: S101 - narrows the type
        after = agreed(who, said, now)
        if after is not who:
            customers.put(after)
        return {"customer": customer_record(after), "userErrors": []}

    return update


def refused(who: Customer | None, said: Mapping[str, Any]) -> list[Record]:
    if who is None:
        return [error("INVALID", ["input", "customerId"], "Customer does not exist.")]
    if who.email is None:
        return [error("INVALID", ["input", "customerId"], "Customer must have an email address.")]
    if said["marketingState"] not in ACCEPTED:
        where = ["input", "emailMarketingConsent", "marketingState"]
        return [error("INCLUSION", where, "Marketing state is not included in the list.")]
    return []


def error(code: str, field: list[str], message: str) -> Record:
    return {"code": code, "field": field, "message": message}


def agreed(who: Customer, said: Mapping[str, Any], now: datetime) -> Customer:
    """The customer with what was said, if nothing newer stands."""
    at = moment(said.get("consentUpdatedAt")) or now
    if at < (who.consent.since or LONG_AGO):
        return who
    level = said.get("marketingOptInLevel") or who.consent.level
    consent = Consent(said["marketingState"], level, at)
    return replace(who, consent=consent, updated_at=max(now, who.updated_at))


def moment(said: str | None) -> datetime | None:
    if said is None:
        return None
    try:
        return datetime.fromisoformat(said).astimezone(UTC)
    except ValueError:
        raise RefusedError(f"DateTime {said} is none.", "INVALID_VARIABLE") from None


def number_in(identity: str) -> int | None:
    number = identity.rpartition("/")[2]
    return int(number) if number.isdecimal() else None
