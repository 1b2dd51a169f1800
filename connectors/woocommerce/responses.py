"""Turns a response of WooCommerce's REST API into records, a retryable error, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.http import (
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    RefusedError,
    Reply,
    check_common_status,
    parse_json,
    redact_message,
)
from connectors.retry import RetryableError

CANNOT_VIEW = frozenset({"woocommerce_rest_cannot_view", "rest_forbidden"})
NO_ROUTE = "rest_no_route"


@dataclass(frozen=True)
class ListResponse:
    """The records of one page, and how many records the whole list has, where that is said."""

    records: list[Any]
    total: int | None


def parse_list(reply: Reply, subject: str) -> ListResponse:
    """Return the page in `reply`; `subject` names what was asked for.

    Raises `UnauthorizedError`, `RetryableError` or `RefusedError` for anything but a list.
    """
    check_status(reply, subject)
    records = parse_json(reply)
    if not isinstance(records, list):
        raise RetryableError(f"it sent no {subject}")
    return ListResponse(records, header_number(reply, "x-wp-total"))


def parse_object(reply: Reply, subject: str) -> Mapping[str, Any]:
    """Return the one JSON object in `reply`; it raises what `parse_list` does."""
    check_status(reply, subject)
    record = parse_json(reply)
    if not isinstance(record, Mapping):
        raise RetryableError(f"it sent no {subject}")
    return record


def check_status(reply: Reply, subject: str) -> None:
    """Raise for any status but 200, with a sentence that says what the owner can change."""
    code, message = error_of(reply)
    if reply.status == UNAUTHORIZED and code not in ("", "woocommerce_rest_authentication_error"):
        raise RefusedError(refusal(code, message, reply.status, subject))
    check_common_status(reply)
    if 300 <= reply.status < 400:
        raise RefusedError(redirect(reply))
    if reply.status == 404:
        raise RefusedError(not_found(reply, code))
    if reply.status != 200:
        raise RefusedError(refusal(code, message, reply.status, subject))


def error_of(reply: Reply) -> tuple[str, str]:
    """Return the error code and message that WordPress put into the body; empty where none."""
    if reply.status == 200 or reply.status in (TOO_MANY_REQUESTS, *range(500, 600)):
        return "", ""
    try:
        body = parse_json(reply)
    except RetryableError:
        return "", ""
    body = body if isinstance(body, Mapping) else {}
    return str(body.get("code") or ""), redact_message(body.get("message") or "")


def refusal(code: str, message: str, status: int, subject: str) -> str:
    if code in CANNOT_VIEW:
        return f"lets this key read no {subject} (status {status}). {RIGHTS}"
    if status in (UNAUTHORIZED, 403):
        reason = f": {message}" if message else f" (status {status})"
        return f"refuses to answer{reason}. {SWITCHED_OFF}"
    if status == 400 and message:
        return f"does not understand our question: {message}"
    return f"refused to answer (status {status})"


def not_found(reply: Reply, code: str) -> str:
    """Say why the API is not there: WordPress answers without WooCommerce, or does not answer."""
    if code == NO_ROUTE:
        return f"has no REST API of version 3 there ({NO_ROUTE}). {NOT_ACTIVE}"
    if is_web_page(reply):
        return f"shows a web page where its REST API should be (status 404). {PERMALINKS}"
    return "knows no such address (status 404). Check address:"


def redirect(reply: Reply) -> str:
    location, _, _signed_query = reply.headers.get("location", "").partition("?")
    target = redact_message(location)
    place = f" ({target})" if target else ""
    return (
        f"sends us to another address{place} (status {reply.status}), which is not followed. "
        "Write at address: where the shop really is, with https:// and www. as there"
    )


def is_web_page(reply: Reply) -> bool:
    return reply.body.lstrip()[:1] == b"<"


def header_number(reply: Reply, name: str) -> int | None:
    """Return a header's whole number; None where it is missing or is none."""
    written = reply.headers.get(name, "").strip()
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 12 else None


RIGHTS = (
    "In WordPress, give the key the right to read, and to a user who is administrator or shop "
    "manager: WooCommerce → Settings → Advanced → REST API"
)
SWITCHED_OFF = (
    "A plugin in WordPress may have switched its REST API off, or let only some people use it"
)
NOT_ACTIVE = (
    "Check that WooCommerce 3.5 or newer is active in WordPress, and that address: is right"
)
PERMALINKS = (
    "In WordPress, choose anything but Plain at Settings → Permalinks, check that address: is "
    "right, and that no plugin switches the REST API off"
)
