"""Parses Square's responses into data, a retryable error, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.http import (
    RefusedError,
    Reply,
    UnauthorizedError,
    as_list,
    check_common_status,
    parse_json_object,
    redact_message,
)
from connectors.retry import RetryableError
from connectors.stream import CursorLostError, Page

Body = Mapping[str, Any]


class AccessDeniedError(RefusedError):
    """The token lacks a permission."""


class NotFoundError(Exception):
    """Square answered 404."""


def parse_response(reply: Reply, result_key: str, result_type: type) -> Body:
    """Return the body with its data under `result_key`; raises for errors and any other shape."""
    check_common_status(reply)
    check_status(reply)
    body = parse_json_object(reply)
    errors = [error for error in as_list(body.get("errors")) if isinstance(error, Mapping)]
    if errors:
        raise error_for(errors[0])
    if body.get("errors"):
        raise RefusedError(f"does not understand our question: {redact_message(body['errors'])}")
    if reply.status != 200:
        raise RefusedError(f"refused to answer (status {reply.status})")
    if not isinstance(body.get(result_key, result_type()), result_type):
        raise RetryableError(f"it sent no {result_key}")
    return body


def check_status(reply: Reply) -> None:
    """Raise for a status that says enough by itself; a 400 has its reason in the body."""
    status = reply.status
    if 300 <= status < 400:
        raise RefusedError(
            f"sends us to another address (status {status}), which is not followed. "
            "Where address: is set for this source, take it out"
        )
    if status == 403:
        raise AccessDeniedError(f"denies access (status 403). {MISSING_PERMISSIONS}")
    if status == 404:
        raise NotFoundError
    if status not in (200, 400):
        raise RefusedError(f"refused to answer (status {status})")


def error_for(error: Body) -> Exception:
    """Return the exception for the first `error` of a response."""
    message = redact_message(error.get("detail") or error.get("code"))
    code, field = str(error.get("code")), str(error.get("field"))
    if code == "INVALID_CURSOR" or "cursor" in field.casefold():
        return CursorLostError()
    match error.get("category"):
        case "AUTHENTICATION_ERROR":
            return UnauthorizedError()
        case "RATE_LIMIT_ERROR":
            return RetryableError("it asked us to slow down")
        case "API_ERROR":
            return RetryableError(f"it failed: {message}")
        case _:
            return RefusedError(f"does not understand our question: {message}")


def parse_page(body: Body, result_key: str) -> Page:
    """Return the records under `result_key`, none where it is missing, and the next cursor."""
    cursor = body.get("cursor")
    return Page(
        as_list(body.get(result_key)), cursor if isinstance(cursor, str) and cursor else None
    )


MISSING_PERMISSIONS = (
    "Use the production access token of an application that the seller's own account made, or "
    "give it CUSTOMERS_READ, ORDERS_READ, PAYMENTS_READ, LOYALTY_READ, APPOINTMENTS_ALL_READ "
    "and MERCHANT_PROFILE_READ"
)
