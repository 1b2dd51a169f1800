"""A client of the Admin API's sandbox server, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
from starlette.applications import Starlette

from connectors.shopify import requests
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET

SIGN_IN = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
}
BY_STREAM = {
    "customers": requests.CUSTOMERS,
    "orders": requests.ORDERS,
    "abandonedCheckouts": requests.ABANDONED_CHECKOUTS,
}
TOKEN_PATH = "/admin/oauth/access_token"
GRAPHQL_PATH = "/admin/api/2026-10/graphql.json"


def post(app: Starlette, path: str, **parts: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            return await client.post(path, **parts)

    return asyncio.run(send())


def sign_in(app: Starlette, **changed: str) -> httpx.Response:
    return post(app, TOKEN_PATH, data={**SIGN_IN, **changed})


class GraphqlClient:
    """An app that is signed in."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self.token = str(sign_in(app).json()["access_token"])

    def post(self, document: str, /, path: str = GRAPHQL_PATH, **variables: Any) -> httpx.Response:
        return post(
            self.app,
            path,
            headers={"X-Shopify-Access-Token": self.token},
            json={"query": document, "variables": variables},
        )

    def query(self, document: str, /, **variables: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.post(document, **variables).json()
        return answer

    def pages(self, stream: str, first: int = 250, query: str | None = None) -> Iterator[Any]:
        after = None
        while True:
            answer = self.query(BY_STREAM[stream], first=first, after=after, query=query)
            page = answer["data"][stream]
            yield page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def all(self, stream: str, first: int = 250, query: str | None = None) -> list[Any]:
        return [node for page in self.pages(stream, first, query) for node in page]
