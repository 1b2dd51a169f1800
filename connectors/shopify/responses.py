"""Parses Shopify's responses into data, a retryable error, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.http import (
    RefusedError,
    Reply,
    as_list,
    check_common_status,
    parse_json_object,
    redact_message,
)
from connectors.read_record import nested_object
from connectors.retry import RetryableError
from connectors.shopify.rate_limit import check_rate_limit, throttled
from connectors.stream import CursorLostError, Page

RETRYABLE_CODES = frozenset({"THROTTLED", "INTERNAL_SERVER_ERROR", "TIMEOUT"})


class AccessDeniedError(Exception):
    """A scope is missing for the one field that was requested; the text is Shopify's message."""


@dataclass(frozen=True)
class PageResult:
    """A page of a connection, and whether Shopify withheld a part of it."""

    page: Page
    denied: bool = False


def parse_page_response(reply: Reply, connection: str) -> PageResult:
    """Return the page of `connection` in `reply`.

    Raises `RetryableError`, `RefusedError`, `UnauthorizedError` or `CursorLostError`.
    """
    check_status(reply)
    body = parse_json_object(reply)
    if warned := search_warnings(body):
        raise RefusedError(f"ignored a part of our question ({warned}), so its answer is no use")
    errors = [error for error in as_list(body.get("errors")) if isinstance(error, Mapping)]
    connection_data = nested_object(body, "data").get(connection)
    denied = bool(errors) and all(error_code(error) == "ACCESS_DENIED" for error in errors)
    if errors and not (denied and isinstance(connection_data, Mapping)):
        raise error_for(errors[0], body)
    if body.get("errors") and not errors:
        raise RefusedError(f"does not understand our question: {redact_message(body['errors'])}")
    return PageResult(parse_page(connection_data, connection), denied)


def parse_root_field(reply: Reply, name: str) -> Mapping[str, Any] | None:
    """Return the object of root field `name`; None where it is null.

    Raises `AccessDeniedError` where a scope is missing, and what `parse_page_response` raises.
    """
    check_status(reply)
    body = parse_json_object(reply)
    field = nested_object(body, "data").get(name)
    if isinstance(field, Mapping):
        return field  # fields may be hidden; the callers can do without them
    errors = [error for error in as_list(body.get("errors")) if isinstance(error, Mapping)]
    if errors and error_code(errors[0]) == "ACCESS_DENIED":
        raise AccessDeniedError(redact_message(errors[0].get("message")))
    if errors:
        raise error_for(errors[0], body)
    if body.get("errors"):
        raise RefusedError(f"does not understand our question: {redact_message(body['errors'])}")
    if name not in nested_object(body, "data"):
        raise RetryableError(f"it sent no {name}")
    return None


def parse_page(connection_data: Any, connection: str) -> Page:
    """Return nodes and next cursor; raises `RetryableError` for an unpublished shape."""
    if not isinstance(connection_data, Mapping) or not isinstance(
        connection_data.get("nodes"), list
    ):
        raise RetryableError(f"it sent no {connection}")
    info = connection_data.get("pageInfo")
    if not isinstance(info, Mapping) or not isinstance(info.get("hasNextPage"), bool):
        raise RetryableError("it did not say whether that was all")
    cursor = info.get("endCursor")
    if info["hasNextPage"] and not (isinstance(cursor, str) and cursor):
        raise RetryableError("it did not say where the next page begins")
    return Page(connection_data["nodes"], cursor if info["hasNextPage"] else None)


def check_status(reply: Reply) -> None:
    """Raise for any status but 200."""
    check_rate_limit(reply)
    check_common_status(reply)
    status = reply.status
    if 300 <= status < 400:
        raise RefusedError(
            f"sends us to another address (status {status}), which is not followed. "
            "Check store: it must be the shop's own name, like corner-cafe.myshopify.com"
        )
    if status == 403:
        raise RefusedError(f"denies access (status 403). {MISSING_SCOPES}")
    if status == 404:
        raise RefusedError(
            "knows no such store or no such version of its own questions (status 404). Check store"
        )
    if status != 200:
        raise RefusedError(f"refused to answer (status {status})")


def error_for(error: Mapping[str, Any], body: Mapping[str, Any]) -> Exception:
    """Return the exception for the first `error` of a GraphQL response."""
    message = redact_message(error.get("message"))
    match error_code(error):
        case "THROTTLED":
            return throttled(body)
        case "ACCESS_DENIED":
            return RefusedError(f"denies access: {message}. {MISSING_SCOPES}")
        case code if code in RETRYABLE_CODES:
            return RetryableError(f"it failed: {message}")
        case _ if "cursor" in message.casefold():
            return CursorLostError()
        case _:
            return RefusedError(f"does not understand our question: {message}")


def search_warnings(body: Mapping[str, Any]) -> str | None:
    """Return the filter fields that Shopify did not understand and therefore ignored."""
    ignored_fields = [
        redact_message(warning.get("field") or warning.get("message"))
        for search in as_list(nested_object(body, "extensions").get("search"))
        if isinstance(search, Mapping)
        for warning in as_list(search.get("warnings"))
        if isinstance(warning, Mapping)
    ]
    return ", ".join(ignored_fields) or None


def error_code(error: Mapping[str, Any]) -> str:
    return str(nested_object(error, "extensions").get("code", ""))


MISSING_SCOPES = (
    "Give the app read_customers, read_orders and read_all_orders in Shopify's Dev Dashboard, "
    "release that version and install it again"
)
