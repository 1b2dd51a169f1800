"""One store's Admin API: signing in, asking, waiting as it asks us to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from connectors.http import NotSignedInError, RefusedError, Reply, loaded, send, times
from connectors.retry import GaveUpError, Patience
from connectors.shopify.requests import API_VERSION
from connectors.shopify.responses import Answer, answer, check_status
from settings.errors import OutOfReach
from settings.values import Secret

SOON = 60.0  # a token that ends within this is renewed before it is used
ASK_FOR_DATA = {"Accept": "application/json"}
T = TypeVar("T")


@dataclass(frozen=True)
class Credentials:
    """Of an app that the shop made for itself."""

    client_id: Secret
    client_secret: Secret


@dataclass(frozen=True)
class Token:
    """What signing in gave; good until a time of the machine's own clock."""

    value: str
    until: float
    scopes: frozenset[str] | None = None


class Admin:
    """Asks one store; remembers its token and nothing else."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        source: str,
        credentials: Credentials,
        patience: Patience,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._source = source
        self._credentials = credentials
        self._patience = patience
        self._clock = clock
        self._token: Token | None = None

    async def ask(self, connection: str, query: str, variables: Mapping[str, Any]) -> Answer:
        """A page of a connection, or a sentence about why there is none."""
        return await self.hear(lambda reply: answer(reply, connection), query, variables)

    async def hear(self, read: Callable[[Reply], T], query: str, variables: Mapping[str, Any]) -> T:
        """What `read` makes of the answer; it raises what makes us wait, or give up."""
        asked = {"query": query, "variables": variables}
        try:
            return await self._patience.insist(lambda: self._signed_in(read, asked))
        except NotSignedInError:
            raise self._trouble(NOT_ACCEPTED) from None
        except RefusedError as refused:
            raise self._trouble(f"Source {{source}}: Shopify {refused}. {KEPT}") from None
        except GaveUpError as gave_up:
            raise self._trouble(
                f"Source {{source}}: Shopify gave no usable answer, {gave_up.said}. "
                f"Asked {times(gave_up.tries)}. {KEPT} Run it again later."
            ) from None

    def lacks(self, right: str) -> bool:
        """True where Shopify said which rights the token has, and this is not among them."""
        scopes = self._token.scopes if self._token else None
        return scopes is not None and right not in scopes

    async def _signed_in(self, read: Callable[[Reply], T], asked: Mapping[str, Any]) -> T:
        """Ask once; a token that has gone stale is renewed once."""
        fresh = self._token is None or self._token.until <= self._clock()
        if fresh:
            self._token = await self._sign_in()
        try:
            return read(await self._query(asked))
        except NotSignedInError:
            self._token = None
            if fresh:
                raise
            self._token = await self._sign_in()
            return read(await self._query(asked))

    async def _query(self, asked: Mapping[str, Any]) -> Reply:
        assert self._token is not None  # noqa: S101 - narrows the type
        headers = ASK_FOR_DATA | {"X-Shopify-Access-Token": self._token.value}
        path = f"/admin/api/{API_VERSION}/graphql.json"
        return await self._post(path, headers=headers, json=asked)

    async def _sign_in(self) -> Token:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.client_id.reveal(),
            "client_secret": self._credentials.client_secret.reveal(),
        }
        reply = await self._post("/admin/oauth/access_token", headers=ASK_FOR_DATA, data=form)
        if 400 <= reply.status < 500 and reply.status not in (404, 429):
            raise self._trouble(reason(reply))
        check_status(reply)
        return self._token_of(loaded(reply))

    def _token_of(self, given: Mapping[str, Any]) -> Token:
        value, lasts = given.get("access_token"), given.get("expires_in")
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise self._trouble(NOT_ACCEPTED)
        seconds = float(lasts) if isinstance(lasts, int) and lasts > 0 else 3_600.0
        scope = given.get("scope")
        scopes = frozenset(scope.split(",")) if isinstance(scope, str) and scope else None
        return Token(value, self._clock() + max(1.0, seconds - SOON), scopes)

    async def _post(self, path: str, **request: Any) -> Reply:
        return await send(self._http, "POST", path, **request)

    def _trouble(self, sentence: str) -> OutOfReach:
        told = sentence.format(source=self._source)
        for secret in (self._credentials.client_secret.reveal(), self._token and self._token.value):
            told = told.replace(secret, "…") if secret else told
        return OutOfReach(told)


def stamp(moment: datetime) -> str:
    """A moment as Shopify writes it: in whole seconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def reason(reply: Reply) -> str:
    """Why signing in failed, by the code in Shopify's answer."""
    said = reply.body[:4_000].decode("utf-8", "replace")
    return next((REASONS[code] for code in REASONS if code in said), NOT_ACCEPTED)


KEPT = "What was read is kept."
NOT_ACCEPTED = (
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
