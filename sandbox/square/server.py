"""The addresses of Square's API that the café answers at."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.faults import Faults, json
from sandbox.square.schemas import (
    Problem,
    asked,
    parameter_problems,
    problems,
    specification,
)
from sandbox.square.search import Body, RefusedError, Seller

ACCESS_TOKEN = "EAAAsandbox-corner-cafe"  # noqa: S105 - of a look-alike; everybody may know it
Ask = Callable[[Body], Body]


def square_api(
    seller: Seller, *, faults: Faults | None = None, token: str = ACCESS_TOKEN
) -> Starlette:
    """Square's API over one seller, with the faults that a test has planned."""
    planned = faults or Faults()
    answers: dict[str, tuple[str, Ask]] = {
        "/v2/customers/search": ("customers", seller.search_customers),
        "/v2/locations": ("locations", seller.list_locations),
        "/v2/orders/search": ("orders", seller.search_orders),
        "/v2/orders/batch-retrieve": ("returns", seller.these_orders),
        "/v2/refunds": ("refunds", seller.list_refunds),
        "/v2/bookings": ("bookings", seller.list_bookings),
        "/v2/loyalty/programs/{program_id}": ("program", seller.loyalty_programme),
        "/v2/loyalty/accounts/search": ("accounts", seller.search_accounts),
        "/v2/loyalty/events/search": ("events", seller.search_events),
    }
    return Starlette(
        routes=[
            Route(
                path,
                endpoint(path, name, ask, seller, planned, token),
                methods=[method.upper() for method in specification()["paths"][path]],
            )
            for path, (name, ask) in answers.items()
        ]
    )


def endpoint(
    path: str, name: str, ask: Ask, seller: Seller, faults: Faults, token: str
) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        try:
            signed_in(request, token)
            question = await understood(request, path)
            fault = faults.take([name])
            seller.heard.append((path, question))
            if fault:
                return await fault.reply(lambda: ask(question))
            return json(ask(question))
        except RefusedError as refused:
            return json({"errors": [refused.error]}, refused.status)

    return answer


def signed_in(request: Request, token: str) -> None:
    given = request.headers.get("authorization", "")
    if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise RefusedError("UNAUTHORIZED", "This request could not be authorized.", status=401)
    version = request.headers.get("square-version", "")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", version):
        raise RefusedError("INVALID_SQUARE_VERSION_FORMAT", "Square-Version is no date.")


async def understood(request: Request, path: str) -> Body:
    """What is asked, once it is as the specification says."""
    described = specification()["paths"][path][request.method.lower()]
    if "request" in described:
        given = loaded(await request.body())
        refuse(list(problems(given, {"$ref": f"#/{described['request']}"})))
        return dict(given)
    query = asked(request.query_params, described["parameters"])
    refuse(list(parameter_problems(query, described["parameters"])))
    return {**query, **request.path_params}


def loaded(body: bytes) -> Mapping[str, Any]:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        raise RefusedError("EXPECTED_JSON_BODY", "The body is no JSON object.")
    return read


def refuse(found: list[Problem]) -> None:
    if found:
        raise RefusedError(found[0].code, f"{found[0].field}: {found[0].detail}", found[0].field)
