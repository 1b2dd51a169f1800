"""The HTTP endpoints of the Admin API: access tokens and GraphQL queries."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.responses import FaultPlan, NoFaults, json_response
from sandbox.shopify.errors import WRONG_TOKEN
from sandbox.shopify.graphql import VERSIONS, JsonBody, Shop, requested_connections
from sandbox.shopify.tokens import Tokens


def admin_api(
    shop: Shop,
    *,
    faults: FaultPlan | None = None,
    sign_in_faults: FaultPlan | None = None,
    tokens: Tokens | None = None,
) -> Starlette:
    """Return the Admin API of `shop`; `faults` and `sign_in_faults` replace responses."""
    faults, sign_in_faults = faults or NoFaults(), sign_in_faults or NoFaults()
    tokens = tokens or Tokens()

    async def issue_token(request: Request) -> Response:
        credentials = parse_form(await request.body(), request.headers.get("content-type", ""))
        if fault := sign_in_faults.next_fault():
            return await fault.reply(lambda: token_body(tokens, credentials))
        grant = tokens.grant(credentials)
        return sign_in_error(grant, request) if isinstance(grant, str) else json_response(grant)

    async def handle_query(request: Request) -> Response:
        version = served_version(request.path_params["version"])
        if version is None:
            return json_response({"errors": "Not Found"}, 404)
        if not tokens.valid(request.headers.get("x-shopify-access-token")):
            return json_response({"errors": WRONG_TOKEN}, 401)
        query = parse_request(await request.body())
        if query is None:
            return json_response(
                {"errors": {"query": "Required parameter missing or invalid"}}, 400
            )
        fault = faults.next_fault(requested_connections(query[0]))
        if fault:
            response = await fault.reply(lambda: shop.execute(*query, tokens.scopes))
        else:
            response = json_response(shop.execute(*query, tokens.scopes))
        response.headers["X-Shopify-API-Version"] = version
        return response

    routes = [
        Route("/admin/oauth/access_token", issue_token, methods=["POST"]),
        Route("/admin/api/{version}/graphql.json", handle_query, methods=["POST"]),
    ]
    return Starlette(routes=routes)


def served_version(requested: str) -> str | None:
    """Return the version that serves `requested`: a retired one is served by the oldest."""
    if requested in VERSIONS:
        return requested
    year, _, month = requested.partition("-")
    is_version = len(year) == 4 and year.isdecimal() and month in ("01", "04", "07", "10")
    return VERSIONS[0] if is_version and requested < VERSIONS[0] else None


def parse_form(body: bytes, content_type: str) -> dict[str, str]:
    """Return the fields of a sign-in `body`, sent as a form or as JSON."""
    if not content_type.startswith("application/json"):
        return dict(parse_qsl(body.decode("utf-8", "replace")))
    parsed = parse_json(body)
    return {key: str(value) for key, value in parsed.items()} if isinstance(parsed, dict) else {}


def parse_request(body: bytes) -> tuple[str, Mapping[str, object]] | None:
    parsed = parse_json(body)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("query"), str):
        return None
    variables = parsed.get("variables")
    return parsed["query"], variables if isinstance(variables, dict) else {}


def parse_json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def sign_in_error(code: str, request: Request) -> Response:
    """Return the refusal of a sign-in: an HTML page, or JSON if the client accepts it."""
    if "application/json" in request.headers.get("accept", ""):
        return json_response({"error": code, "error_description": ERROR_DESCRIPTIONS[code]}, 400)
    return HTMLResponse(f"<title>400 - Oauth error {code}: {ERROR_DESCRIPTIONS[code]}</title>", 400)


def token_body(tokens: Tokens, credentials: Mapping[str, str]) -> JsonBody:
    grant = tokens.grant(credentials)
    return {"error": grant} if isinstance(grant, str) else dict(grant)


ERROR_DESCRIPTIONS = {
    "invalid_request": "The grant type must be client_credentials.",
    "application_cannot_be_found": "No Shopify app has this client id.",
    "invalid_client": "The client secret is not the app's.",
}
