"""What Shopify's answer comes to: data, a reason to ask again, or a sentence for the owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.http import RefusedError, Reply, check_passing, listed, loaded, quoted
from connectors.read_record import inside
from connectors.retry import AgainError
from connectors.stream import CursorLostError, Page

PASSING = frozenset({"THROTTLED", "INTERNAL_SERVER_ERROR", "TIMEOUT"})


class DeniedError(Exception):
    """A right is missing for the one thing that was asked: Shopify's own words, which name it."""


@dataclass(frozen=True)
class Answer:
    """A page of a connection, and whether Shopify withheld a part of it."""

    page: Page
    denied: bool = False


def answer(reply: Reply, connection: str) -> Answer:
    """What a query about one connection brought."""
    check_status(reply)
    body = loaded(reply)
    if warned := search_warnings(body):
        raise RefusedError(f"ignored a part of our question ({warned}), so its answer is no use")
    errors = [error for error in listed(body.get("errors")) if isinstance(error, Mapping)]
    found = inside(body, "data").get(connection)
    denied = bool(errors) and all(code(error) == "ACCESS_DENIED" for error in errors)
    if errors and not (denied and isinstance(found, Mapping)):
        raise trouble(errors[0], body)
    if body.get("errors") and not errors:
        raise RefusedError(f"does not understand our question: {quoted(body['errors'])}")
    return Answer(page(found, connection), denied)


def root(reply: Reply, name: str) -> Mapping[str, Any] | None:
    """What a question about one thing brought; None where there is no such thing."""
    check_status(reply)
    body = loaded(reply)
    found = inside(body, "data").get(name)
    if isinstance(found, Mapping):
        return found  # a part of it may be hidden; what is asked for here can do without
    errors = [error for error in listed(body.get("errors")) if isinstance(error, Mapping)]
    if errors and code(errors[0]) == "ACCESS_DENIED":
        raise DeniedError(quoted(errors[0].get("message")))
    if errors:
        raise trouble(errors[0], body)
    if body.get("errors"):
        raise RefusedError(f"does not understand our question: {quoted(body['errors'])}")
    if name not in inside(body, "data"):
        raise AgainError(f"it sent no {name}")
    return None


def page(found: Any, connection: str) -> Page:
    """One page, once its shape is as published."""
    if not isinstance(found, Mapping) or not isinstance(found.get("nodes"), list):
        raise AgainError(f"it sent no {connection}")
    info = found.get("pageInfo")
    if not isinstance(info, Mapping) or not isinstance(info.get("hasNextPage"), bool):
        raise AgainError("it did not say whether that was all")
    cursor = info.get("endCursor")
    if info["hasNextPage"] and not (isinstance(cursor, str) and cursor):
        raise AgainError("it did not say where the next page begins")
    return Page(found["nodes"], cursor if info["hasNextPage"] else None)


def check_status(reply: Reply) -> None:
    """Raise for anything but a plain answer."""
    check_passing(reply)
    status = reply.status
    if 300 <= status < 400:
        raise RefusedError(
            f"sends us to another address (status {status}), which is not followed. "
            "Check store: it must be the shop's own name, like corner-cafe.myshopify.com"
        )
    if status == 403:
        raise RefusedError(f"denies access (status 403). {RIGHTS}")
    if status == 404:
        raise RefusedError(
            "knows no such store or no such version of its own questions (status 404). Check store"
        )
    if status != 200:
        raise RefusedError(f"refused to answer (status {status})")


def trouble(error: Mapping[str, Any], body: Mapping[str, Any]) -> Exception:
    """The exception that an error of a query deserves."""
    said = quoted(error.get("message"))
    match code(error):
        case "THROTTLED":
            return AgainError("its allowance of questions is used up", refill(body))
        case "ACCESS_DENIED":
            return RefusedError(f"denies access: {said}. {RIGHTS}")
        case named if named in PASSING:
            return AgainError(f"it failed: {said}")
        case _ if "cursor" in said.casefold():
            return CursorLostError()
        case _:
            return RefusedError(f"does not understand our question: {said}")


def refill(body: Mapping[str, Any]) -> float | None:
    """Seconds until the bucket holds what the query costs, by what Shopify itself says."""
    cost = inside(inside(body, "extensions"), "cost")
    bucket = inside(cost, "throttleStatus")
    try:
        missing = float(cost["requestedQueryCost"]) - float(bucket["currentlyAvailable"])
        seconds = missing / float(bucket["restoreRate"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return max(1.0, seconds) if seconds < 86_400 else None


def search_warnings(body: Mapping[str, Any]) -> str | None:
    """The filter fields that Shopify did not understand, and therefore ignored."""
    found = [
        quoted(warning.get("field") or warning.get("message"))
        for search in listed(inside(body, "extensions").get("search"))
        if isinstance(search, Mapping)
        for warning in listed(search.get("warnings"))
        if isinstance(warning, Mapping)
    ]
    return ", ".join(found) or None


def code(error: Mapping[str, Any]) -> str:
    return str(inside(error, "extensions").get("code", ""))


RIGHTS = (
    "Give the app read_customers, read_orders and read_all_orders in Shopify's Dev Dashboard, "
    "release that version and install it again"
)
