"""How long to wait after Shopify throttled a query: its cost bucket says when there is room.

https://shopify.dev/docs/api/usage/limits: `THROTTLED` in a GraphQL response with status 200. A
response with status 429 carries Retry-After, which connectors.http reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.read_record import nested_object
from connectors.retry import RetryableError

MIN_WAIT = 1.0
MAX_WAIT = 86_400.0
"""Seconds; a longer wait than this is taken for a mistake, and the retry policy decides."""


def throttled(body: Mapping[str, Any]) -> RetryableError:
    """Returns the error for a throttled response, with the wait that its cost bucket asks for."""
    return RetryableError("its allowance of questions is used up", seconds_until_refill(body))


def seconds_until_refill(body: Mapping[str, Any]) -> float | None:
    """Returns when the bucket holds the query's cost, in seconds; None where unknown."""
    cost = nested_object(nested_object(body, "extensions"), "cost")
    bucket = nested_object(cost, "throttleStatus")
    try:
        missing = float(cost["requestedQueryCost"]) - float(bucket["currentlyAvailable"])
        seconds = missing / float(bucket["restoreRate"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return max(MIN_WAIT, seconds) if seconds < MAX_WAIT else None
