"""How long to wait after Shopify limited a request.

https://shopify.dev/docs/api/usage/limits: a response with status 429 carries Retry-After. One with
status 200 and the error `THROTTLED` carries the query's cost and its cost bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.http import TOO_MANY_REQUESTS, Reply, too_many_requests
from connectors.read_record import nested_object
from connectors.retry import RetryableError

MIN_WAIT = 1.0
MAX_WAIT = 86_400.0
"""Seconds; a longer wait than this is taken for a mistake, and the retry policy decides."""


def check_rate_limit(reply: Reply) -> None:
    """Raises `RetryableError` for status 429, with the wait that its Retry-After asks for."""
    if reply.status == TOO_MANY_REQUESTS:
        raise too_many_requests(reply)


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
