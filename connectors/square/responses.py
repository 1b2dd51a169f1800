"""What Square's answer comes to: data, a reason to ask again, or a sentence for the owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.http import (
    NotSignedInError,
    RefusedError,
    Reply,
    check_passing,
    listed,
    loaded,
    quoted,
)
from connectors.retry import AgainError
from connectors.stream import CursorLostError, Page

Body = Mapping[str, Any]


class DeniedError(RefusedError):
    """The token may not see this."""


class NothingThereError(Exception):
    """Square has no such thing."""


def answer(reply: Reply, holds: str, kind: type) -> Body:
    """The body of a good answer; anything else is raised."""
    check_passing(reply)
    check_status(reply)
    body = loaded(reply)
    errors = [error for error in listed(body.get("errors")) if isinstance(error, Mapping)]
    if errors:
        raise trouble(errors[0])
    if body.get("errors"):
        raise RefusedError(f"does not understand our question: {quoted(body['errors'])}")
    if reply.status != 200:
        raise RefusedError(f"refused to answer (status {reply.status})")
    if not isinstance(body.get(holds, kind()), kind):
        raise AgainError(f"it sent no {holds}")
    return body


def check_status(reply: Reply) -> None:
    """Raise what the status alone says; a 400 says why in its body."""
    status = reply.status
    if 300 <= status < 400:
        raise RefusedError(
            f"sends us to another address (status {status}), which is not followed. "
            "Where address: is set for this source, take it out"
        )
    if status == 403:
        raise DeniedError(f"denies access (status 403). {RIGHTS}")
    if status == 404:
        raise NothingThereError
    if status not in (200, 400):
        raise RefusedError(f"refused to answer (status {status})")


def trouble(error: Body) -> Exception:
    """The exception that Square's own error deserves."""
    said = quoted(error.get("detail") or error.get("code"))
    code, field = str(error.get("code")), str(error.get("field"))
    if code == "INVALID_CURSOR" or "cursor" in field.casefold():
        return CursorLostError()
    match error.get("category"):
        case "AUTHENTICATION_ERROR":
            return NotSignedInError()
        case "RATE_LIMIT_ERROR":
            return AgainError("it asked us to slow down")
        case "API_ERROR":
            return AgainError(f"it failed: {said}")
        case _:
            return RefusedError(f"does not understand our question: {said}")


def page(body: Body, holds: str) -> Page:
    """One page; Square leaves a list out where it is empty."""
    cursor = body.get("cursor")
    return Page(listed(body.get(holds)), cursor if isinstance(cursor, str) and cursor else None)


RIGHTS = (
    "Use the production access token of an application that the seller's own account made, or "
    "give it CUSTOMERS_READ, ORDERS_READ, PAYMENTS_READ, LOYALTY_READ, APPOINTMENTS_ALL_READ "
    "and MERCHANT_PROFILE_READ"
)
