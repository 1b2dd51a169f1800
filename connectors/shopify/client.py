"""GraphQL client of one store: sign-in, retries, errors as owner's sentences."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from connectors.http import (
    RefusedError,
    Reply,
    UnauthorizedError,
    parse_json_object,
    send,
    times_in_words,
)
from connectors.retry import RetriesExhaustedError, RetryPolicy
from connectors.shopify.requests import API_VERSION
from connectors.shopify.responses import PageResult, check_status, parse_page_response
from settings.errors import UnavailableError
from settings.values import Secret

RENEW_BEFORE_SECONDS = 60.0  # a token that expires sooner is renewed before it is used
JSON_HEADERS = {"Accept": "application/json"}
T = TypeVar("T")


@dataclass(frozen=True)
class Credentials:
    """Client id and secret of the shop's own app."""

    client_id: Secret
    client_secret: Secret


@dataclass(frozen=True)
class Token:
    """An access token; `expires_at` is a reading of the client's monotonic clock."""

    value: str
    expires_at: float
    scopes: frozenset[str] | None = None


class AdminClient:
    """Sends queries to one store; keeps its access token."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        source: str,
        credentials: Credentials,
        retries: RetryPolicy,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._source = source
        self._credentials = credentials
        self._retries = retries
        self._clock = clock
        self._token: Token | None = None

    async def fetch_page(
        self, connection: str, query: str, variables: Mapping[str, Any]
    ) -> PageResult:
        """Return a page of `connection`; raises `UnavailableError` after the last retry."""
        return await self.query(
            lambda reply: parse_page_response(reply, connection), query, variables
        )

    async def query(
        self, parse: Callable[[Reply], T], query: str, variables: Mapping[str, Any]
    ) -> T:
        """Return what `parse` makes of the response; it raises as `fetch_page` does."""
        body = {"query": query, "variables": variables}
        try:
            return await self._retries.retry(lambda: self._query_with_token(parse, body))
        except UnauthorizedError:
            raise self._unavailable(INVALID_CREDENTIALS) from None
        except RefusedError as refused:
            raise self._unavailable(f"Source {{source}}: Shopify {refused}. {KEPT_NOTE}") from None
        except RetriesExhaustedError as gave_up:
            raise self._unavailable(
                f"Source {{source}}: Shopify gave no usable answer, {gave_up.message}. "
                f"Asked {times_in_words(gave_up.attempts)}. {KEPT_NOTE} Run it again later."
            ) from None

    def lacks_scope(self, scope: str) -> bool:
        """Return True where the token's scopes are known and `scope` is not among them."""
        scopes = self._token.scopes if self._token else None
        return scopes is not None and scope not in scopes

    async def _query_with_token(self, parse: Callable[[Reply], T], body: Mapping[str, Any]) -> T:
        """Send the query; sign in first without a token, and once more where it has expired."""
        fresh = self._token is None or self._token.expires_at <= self._clock()
        if fresh:
            self._token = await self._sign_in()
        try:
            return parse(await self._post_query(body))
        except UnauthorizedError:
            self._token = None
            if fresh:
                raise
            self._token = await self._sign_in()
            return parse(await self._post_query(body))

    async def _post_query(self, body: Mapping[str, Any]) -> Reply:
        assert self._token is not None  # noqa: S101 - narrows the type
        headers = JSON_HEADERS | {"X-Shopify-Access-Token": self._token.value}
        path = f"/admin/api/{API_VERSION}/graphql.json"
        return await self._post(path, headers=headers, json=body)

    async def _sign_in(self) -> Token:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.client_id.reveal(),
            "client_secret": self._credentials.client_secret.reveal(),
        }
        reply = await self._post("/admin/oauth/access_token", headers=JSON_HEADERS, data=form)
        if 400 <= reply.status < 500 and reply.status not in (404, 429):
            raise self._unavailable(sign_in_error(reply))
        check_status(reply)
        return self._parse_token(parse_json_object(reply))

    def _parse_token(self, grant: Mapping[str, Any]) -> Token:
        value, lifetime = grant.get("access_token"), grant.get("expires_in")
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise self._unavailable(INVALID_CREDENTIALS)
        seconds = float(lifetime) if isinstance(lifetime, int) and lifetime > 0 else 3_600.0
        scope = grant.get("scope")
        scopes = frozenset(scope.split(",")) if isinstance(scope, str) and scope else None
        return Token(value, self._clock() + max(1.0, seconds - RENEW_BEFORE_SECONDS), scopes)

    async def _post(self, path: str, **request: Any) -> Reply:
        return await send(self._http, "POST", path, **request)

    def _unavailable(self, sentence: str) -> UnavailableError:
        message = sentence.format(source=self._source)
        for secret in (self._credentials.client_secret.reveal(), self._token and self._token.value):
            message = message.replace(secret, "…") if secret else message
        return UnavailableError(message)


def format_timestamp(moment: datetime) -> str:
    """Return `moment` in UTC, in whole seconds, as Shopify's filters take it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def sign_in_error(reply: Reply) -> str:
    """Return the sentence for the error code in a failed sign-in's `reply`."""
    body = reply.body[:4_000].decode("utf-8", "replace")
    return next((REASONS[code] for code in REASONS if code in body), INVALID_CREDENTIALS)


KEPT_NOTE = "What was read is kept."
INVALID_CREDENTIALS = (
    "Shopify does not accept the client id or client secret of source {source}. Copy both again "
    "from the app's settings in Shopify's Dev Dashboard into .env."
)
REASONS = {
    "shop_not_permitted": (
        "Shopify does not let this app into the store of source {source}: app and store must "
        "belong to the same organisation. Make the app in the store's own Dev Dashboard."
    ),
    "app_not_installed": (
        "The app of source {source} is not installed in the store. Install it from Shopify's "
        "Dev Dashboard."
    ),
}
