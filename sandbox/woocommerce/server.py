"""HTTP endpoints of the café's WooCommerce shop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.responses import FaultPlan, NoFaults
from sandbox.woocommerce.authentication import Keys, UnauthenticatedError
from sandbox.woocommerce.store import InvalidParameterError, Listing, Store

CONSUMER_KEY = "ck_sandbox_corner_cafe"
CONSUMER_SECRET = "cs_sandbox_corner_cafe"  # noqa: S105 - of a sandbox server, for all to know
API = "/wp-json/wc/v3"
Answer = Callable[[Request], Any]


def rest_api(
    store: Store, *, faults: FaultPlan | None = None, keys: Keys | None = None
) -> Starlette:
    """Return the API over `store`, with the `faults` that a test has planned."""
    planned, known = faults or NoFaults(), keys or Keys(CONSUMER_KEY, CONSUMER_SECRET)

    def route(path: str, name: str, answer: Answer) -> Route:
        return Route(path, endpoint(name, answer, store, planned, known), methods=["GET"])

    def query(request: Request) -> dict[str, str]:
        return dict(request.query_params)

    return Starlette(
        routes=[
            Route("/wp-json/", lambda _request: reply(store.index()), methods=["GET"]),
            route(f"{API}/customers", "customers", lambda req: store.list_customers(query(req))),
            route(f"{API}/orders", "orders", lambda req: store.list_orders(query(req))),
            route(
                f"{API}/orders/{{order_id:int}}/refunds",
                "refunds",
                lambda req: store.list_refunds(req.path_params["order_id"], query(req)),
            ),
            route(f"{API}/data/currencies/current", "currency", lambda _req: store.currency()),
            Route("/wp-json/{rest:path}", lambda _request: no_route(), methods=["GET"]),
        ]
    )


def endpoint(
    name: str, answer: Answer, store: Store, faults: FaultPlan, keys: Keys
) -> Callable[[Request], Any]:
    async def respond(request: Request) -> Response:
        url = str(request.url.replace(query="", fragment=""))
        query = dict(request.query_params)
        try:
            keys.check(url, query, request.headers.get("authorization", ""))
            store.requests.append((request.url.path, query))
            fault = faults.next_fault([name])
            if fault:
                return await fault.reply(lambda: records_of(answer(request)))
            return reply(answer(request))
        except UnauthenticatedError as refused:
            return error(refused.code, str(refused), 401)
        except InvalidParameterError as refused:
            return error("rest_invalid_param", str(refused), 400)

    return respond


def records_of(answer: Any) -> Any:
    return answer.records if isinstance(answer, Listing) else answer


def reply(answer: Any) -> Response:
    """Return a list with its length in the headers, or one object."""
    if answer is None:
        return error("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)
    headers = {}
    if isinstance(answer, Listing):
        headers = {"X-WP-Total": str(answer.total), "X-WP-TotalPages": str(answer.pages)}
    body = orjson.dumps(records_of(answer))
    return Response(body, 200, headers, media_type="application/json")


def no_route() -> Response:
    message = "No route was found matching the URL and request method."
    return error("rest_no_route", message, 404)


def error(code: str, message: str, status: int) -> Response:
    body = {"code": code, "message": message, "data": {"status": status}}
    return Response(orjson.dumps(body), status, media_type="application/json")
