"""The HTTP endpoints of Square's API."""

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

from sandbox.responses import FaultPlan, NoFaults, json_response
from sandbox.square.schemas import (
    Violation,
    find_parameter_violations,
    find_violations,
    parse_query,
    specification,
)
from sandbox.square.search import Body, Seller, SquareError

ACCESS_TOKEN = "EAAAsandbox-corner-cafe"  # noqa: S105 - of a sandbox server
Handler = Callable[[Body], Body]


def square_api(
    seller: Seller, *, faults: FaultPlan | None = None, token: str = ACCESS_TOKEN
) -> Starlette:
    """Return Square's API of `seller` for the access `token`; `faults` replace responses."""
    fault_plan = faults or NoFaults()
    handlers: dict[str, tuple[str, Handler]] = {
        "/v2/customers/search": ("customers", seller.search_customers),
        "/v2/locations": ("locations", seller.list_locations),
        "/v2/orders/search": ("orders", seller.search_orders),
        "/v2/orders/batch-retrieve": ("returns", seller.retrieve_orders),
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
                make_endpoint(path, name, handler, seller, fault_plan, token),
                methods=[method.upper() for method in specification()["paths"][path]],
            )
            for path, (name, handler) in handlers.items()
        ],
        exception_handlers={404: answer_unknown_path},
    )


async def answer_unknown_path(_request: Request, _error: Exception) -> Response:
    error = SquareError("NOT_FOUND", "Resource not found.", status=404)
    return json_response({"errors": [error.error]}, error.status)


def make_endpoint(
    path: str, name: str, handler: Handler, seller: Seller, faults: FaultPlan, token: str
) -> Callable[[Request], Any]:
    """Return the HTTP endpoint of `path`, which validates requests before `handler`."""

    async def respond(request: Request) -> Response:
        try:
            check_credentials(request, token)
            arguments = await parse_request(request, path)
            fault = faults.next_fault([name])
            seller.received_requests.append((path, arguments))
            if fault:
                return await fault.reply(lambda: handler(arguments))
            return json_response(handler(arguments))
        except SquareError as error:
            return json_response({"errors": [error.error]}, error.status)

    return respond


def check_credentials(request: Request, token: str) -> None:
    authorization = request.headers.get("authorization", "")
    if not secrets.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
        raise SquareError("UNAUTHORIZED", "This request could not be authorized.", status=401)
    version = request.headers.get("square-version", "")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", version):
        raise SquareError("INVALID_SQUARE_VERSION_FORMAT", "Square-Version is no date.")


async def parse_request(request: Request, path: str) -> Body:
    """Return the arguments of `request`; raises SquareError if they violate the specification."""
    operation = specification()["paths"][path][request.method.lower()]
    if "request" in operation:
        body = parse_json(await request.body())
        raise_first(list(find_violations(body, {"$ref": f"#/{operation['request']}"})))
        return dict(body)
    query = parse_query(request.query_params, operation["parameters"])
    raise_first(list(find_parameter_violations(query, operation["parameters"])))
    return {**query, **request.path_params}


def parse_json(body: bytes) -> Mapping[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise SquareError("EXPECTED_JSON_BODY", "The body is no JSON object.")
    return parsed


def raise_first(violations: list[Violation]) -> None:
    if violations:
        raise SquareError(
            violations[0].code,
            f"{violations[0].field}: {violations[0].detail}",
            violations[0].field,
        )
