"""A no, told to Shopify.

First Shopify is asked what it knows: whoever is unsubscribed there already, or has said something
newer there, is left alone. The no is told with the date on which it was said, so that a yes given
between the two questions still wins there: of two words Shopify keeps the newer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors import parse_values
from connectors.http import Reply, listed, quoted
from connectors.optout import CHANGED, KNOWN, TOLD, Heard, No, NotAllowed, Tell
from connectors.read_record import inside
from connectors.retry import AgainError
from connectors.shopify.client import Admin, stamp
from connectors.shopify.requests import CONSENT, UNSUBSCRIBE
from connectors.shopify.responses import DeniedError, root

RIGHT = "write_customers"
MUTATION = "customerEmailMarketingConsentUpdate"
UNSUBSCRIBED = "UNSUBSCRIBED"
GONE = "nobody of that number is there any more"


def teller(admin: Admin, source: str) -> Tell:
    """How one store is told."""

    async def tell(no: No) -> Heard:
        try:
            return await told(admin, no)
        except DeniedError as denied:
            raise NotAllowed(MAY_NOT.format(source=source, said=f" ({denied})")) from None
        except MayNotWriteError:
            raise NotAllowed(MAY_NOT.format(source=source, said="")) from None

    return tell


class MayNotWriteError(Exception):
    """The token says so itself."""


async def told(admin: Admin, no: No) -> Heard:
    """What Shopify made of it, unless there is nothing to tell it."""
    customer = f"gid://shopify/Customer/{no.key}"
    known = await admin.hear(lambda reply: before(reply, no.said_at), CONSENT, {"id": customer})
    if known is not None:
        return known
    if admin.lacks(RIGHT):
        raise MayNotWriteError
    asked = {"input": asking(customer, no.said_at)}
    return await admin.hear(lambda reply: after(reply, no.said_at), UNSUBSCRIBE, asked)


def asking(customer: str, said_at: datetime) -> dict[str, Any]:
    consent = {"marketingState": UNSUBSCRIBED, "consentUpdatedAt": stamp(said_at)}
    return {"customerId": customer, "emailMarketingConsent": consent}


def before(reply: Reply, said_at: datetime) -> Heard | None:
    """Why there is nothing to tell; None where there is."""
    customer = root(reply, "customer")
    if customer is None:
        return Heard(True, GONE)
    state, since = consent_of(customer)
    if state == UNSUBSCRIBED:
        return Heard(True, KNOWN)
    return Heard(True, f"{CHANGED}: {state}") if since and since > said_at else None


def after(reply: Reply, said_at: datetime) -> Heard:
    """What became of it. An address that is hidden from us shows nothing: no refusal is a yes."""
    answered = root(reply, MUTATION)
    if answered is None or not isinstance(answered.get("userErrors"), list):
        raise AgainError("it did not say what became of it")
    if errors := listed(answered["userErrors"]):
        return Heard(False, said_of(errors[0]))
    state, since = consent_of(inside(answered, "customer"))
    if state in (UNSUBSCRIBED, None):
        return Heard(True, TOLD)
    newer = since is not None and since > said_at
    return Heard(newer, f"{CHANGED}: {state}" if newer else f"it stayed {state} there")


def consent_of(customer: Mapping[str, Any]) -> tuple[str | None, datetime | None]:
    found = inside(customer, "defaultEmailAddress")
    state = parse_values.text(found.get("marketingState"), 40)
    return state, parse_values.moment(found.get("marketingUpdatedAt"))


def said_of(error: Any) -> str:
    """Shopify's own words for its refusal."""
    message = error.get("message") if isinstance(error, Mapping) else error
    return quoted(message or "it was refused")


MAY_NOT = (
    "Shopify does not let source {source} write down who wants no more mail{said}. Give the app "
    "write_customers in Shopify's Dev Dashboard, release that version and install it again. Until "
    "then these noes are kept here, and hold here."
)
