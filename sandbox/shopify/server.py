"""The two addresses of the look-alike: one gives tokens, one answers queries."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.shopify.faults import WRONG_TOKEN, Faults, json
from sandbox.shopify.graphql import VERSIONS, Answer, Shop, connections_asked
from sandbox.shopify.tokens import Tokens


def admin_api(
    shop: Shop,
    *,
    faults: Faults | None = None,
    sign_in_faults: Faults | None = None,
    tokens: Tokens | None = None,
) -> Starlette:
    """Shopify's Admin API over one shop, with the faults that a test has planned."""
    faults, sign_in_faults = faults or Faults(), sign_in_faults or Faults()
    tokens = tokens or Tokens()

    async def give_token(request: Request) -> Response:
        asked = form(await request.body(), request.headers.get("content-type", ""))
        if fault := sign_in_faults.take():
            return await fault.reply(lambda: granted(tokens, asked))
        given = tokens.grant(asked)
        return refused(given, request) if isinstance(given, str) else json(given)

    async def answer_query(request: Request) -> Response:
        version = served_version(request.path_params["version"])
        if version is None:
            return json({"errors": "Not Found"}, 404)
        if not tokens.valid(request.headers.get("x-shopify-access-token")):
            return json({"errors": WRONG_TOKEN}, 401)
        asked = question(await request.body())
        if asked is None:
            return json({"errors": {"query": "Required parameter missing or invalid"}}, 400)
        fault = faults.take(connections_asked(asked[0]))
        if fault:
            response = await fault.reply(lambda: shop.answer(*asked, tokens.scopes))
        else:
            response = json(shop.answer(*asked, tokens.scopes))
        response.headers["X-Shopify-API-Version"] = version
        return response

    routes = [
        Route("/admin/oauth/access_token", give_token, methods=["POST"]),
        Route("/admin/api/{version}/graphql.json", answer_query, methods=["POST"]),
    ]
    return Starlette(routes=routes)


def served_version(asked: str) -> str | None:
    """Shopify answers a version it has retired with the oldest it still serves."""
    if asked in VERSIONS:
        return asked
    year, _, month = asked.partition("-")
    dated = len(year) == 4 and year.isdecimal() and month in ("01", "04", "07", "10")
    return VERSIONS[0] if dated and asked < VERSIONS[0] else None


def form(body: bytes, content_type: str) -> dict[str, str]:
    """A sign-in, as a form or as JSON: Shopify takes both."""
    if not content_type.startswith("application/json"):
        return dict(parse_qsl(body.decode("utf-8", "replace")))
    read = loaded(body)
    return {key: str(value) for key, value in read.items()} if isinstance(read, dict) else {}


def question(body: bytes) -> tuple[str, Mapping[str, object]] | None:
    read = loaded(body)
    if not isinstance(read, dict) or not isinstance(read.get("query"), str):
        return None
    variables = read.get("variables")
    return read["query"], variables if isinstance(variables, dict) else {}


def loaded(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def refused(code: str, request: Request) -> Response:
    """Shopify explains a refused sign-in on a web page, unless JSON is asked for."""
    if "application/json" in request.headers.get("accept", ""):
        return json({"error": code, "error_description": SENTENCES[code]}, 400)
    return HTMLResponse(f"<title>400 - Oauth error {code}: {SENTENCES[code]}</title>", 400)


def granted(tokens: Tokens, asked: Mapping[str, str]) -> Answer:
    given = tokens.grant(asked)
    return {"error": given} if isinstance(given, str) else dict(given)


SENTENCES = {
    "invalid_request": "The grant type must be client_credentials.",
    "application_cannot_be_found": "No Shopify app has this client id.",
    "invalid_client": "The client secret is not the app's.",
}
