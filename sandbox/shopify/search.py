"""Parses Shopify's search filter; unknown fields are ignored with a warning, as Shopify does.

Only terms joined by AND are supported. Other syntax that Shopify supports raises ShopifyError,
because a filter that is silently ignored returns the whole shop.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from sandbox.shopify.errors import ShopifyError

Operator = Literal[">=", ">", "<=", "<", "="]
Kind = Literal["time", "number"]
Value = datetime | int


def field_names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# All fields in the published description of the `query` argument.
DOCUMENTED_FIELDS: Mapping[str, frozenset[str]] = {
    "customers": field_names(
        "default accepts_marketing country customer_date email first_name id"
        " last_abandoned_order_date last_name order_date orders_count phone state tag tag_not"
        " total_spent updated_at"
    ),
    "orders": field_names(
        "default cart_token channel channel_id chargeback_status checkout_token"
        " confirmation_number created_at credit_card_last4 current_total_price customer_id"
        " delivery_method discount_code email financial_status fraud_protection_level"
        " fulfillment_location_id fulfillment_status gateway id location_id name payment_id"
        " payment_provider_id po_number processed_at reference_location_id return_status"
        " risk_level sales_channel sku source_identifier source_name status"
        " subtotal_line_items_quantity tag tag_not test total_weight updated_at"
    ),
    "abandonedCheckouts": field_names(
        "default created_at email_state id recovery_state status updated_at"
    ),
}

# The fields that this server filters by.
SUPPORTED_FIELDS: Mapping[str, Mapping[str, Kind]] = {
    "customers": {"customer_date": "time", "id": "number", "updated_at": "time"},
    "orders": {
        "created_at": "time",
        "id": "number",
        "processed_at": "time",
        "updated_at": "time",
    },
    "abandonedCheckouts": {"created_at": "time", "id": "number", "updated_at": "time"},
}

TERM = re.compile(
    r"""\s*(?:AND\s+)?(?P<field>\w+):\s*(?P<operator>>=|<=|>|<)?\s*"""
    r"""(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<bare>[^\s'"()]+))(?=\s|$)"""
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A comparison of `field` with `value`."""

    field: str
    operator: Operator
    value: Value

    def matches(self, actual: Any) -> bool:
        """Return whether the value `actual` satisfies the bound."""
        match self.operator:
            case ">=":
                return bool(actual >= self.value)
            case ">":
                return bool(actual > self.value)
            case "<=":
                return bool(actual <= self.value)
            case "<":
                return bool(actual < self.value)
            case "=":
                return bool(actual == self.value)


@dataclass(slots=True)
class Search:
    """The bounds of a filter, and warnings about ignored terms."""

    bounds: list[Bound] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)


def parse_search(connection: str, text: str | None) -> Search:
    """Return the bounds and warnings of the filter `text` on `connection`."""
    search = Search()
    for name, operator, value in parse_terms(text or ""):
        if name not in DOCUMENTED_FIELDS[connection]:
            search.warnings.append(invalid_field_warning(name))
        elif name not in SUPPORTED_FIELDS[connection]:
            raise unsupported(f"filter {connection} by {name}")
        else:
            search.bounds += term_bounds(name, operator, value, SUPPORTED_FIELDS[connection][name])
    return search


def parse_terms(text: str) -> list[tuple[str, Operator, str]]:
    """Return the terms of the filter `text`: field, operator, value."""
    parsed: list[tuple[str, Operator, str]] = []
    offset = 0
    while text[offset:].strip():
        term = TERM.match(text, offset)
        if term is None:
            raise unsupported(f"read the filter from {text[offset:]!r} on")
        value = next(term[kind] for kind in ("single", "double", "bare") if term[kind] is not None)
        parsed.append((term["field"], cast("Operator", term["operator"] or "="), value))
        offset = term.end()
    return parsed


def term_bounds(name: str, operator: Operator, text: str, kind: Kind) -> list[Bound]:
    """Return the bounds of one term; a time without operator covers its whole day."""
    if kind == "number":
        return [Bound(name, operator, parse_number(text))]
    value = parse_time(text)
    if operator == "=":
        # A time without an operator matches its whole day, as published.
        day = value.replace(hour=0, minute=0, second=0, microsecond=0)
        return [Bound(name, ">=", day), Bound(name, "<", day + timedelta(days=1))]
    return [Bound(name, operator, value)]


def parse_number(text: str) -> int:
    if not text.isdecimal():
        raise unsupported(f"read {text!r} as a number")
    return int(text)


def parse_time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise unsupported(f"read {text!r} as a time") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def unsupported(action: str) -> ShopifyError:
    """Return the error for syntax that only the real Shopify supports."""
    return ShopifyError(f"This sandbox server cannot {action}.", "SANDBOX_LIMIT")


def invalid_field_warning(name: str) -> dict[str, str]:
    return {
        "field": name,
        "message": "Invalid search field for this query.",
        "code": "invalid_field",
    }
