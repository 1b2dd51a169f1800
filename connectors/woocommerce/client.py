"""HTTP client of one WooCommerce shop: authentication, retries, errors as owner's sentences."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from connectors.http import RefusedError, Reply, UnauthorizedError, send, times_in_words
from connectors.retry import RetriesExhaustedError, RetryPolicy
from connectors.woocommerce.oauth import signed_parameters
from connectors.woocommerce.requests import ApiRequest
from connectors.woocommerce.responses import PERMALINKS
from settings.errors import UnavailableError
from settings.values import Secret

T = TypeVar("T")
JSON_HEADERS = {"Accept": "application/json"}


@dataclass(frozen=True)
class Credentials:
    """A REST API key of the shop."""

    consumer_key: Secret
    consumer_secret: Secret


def make_nonce() -> str:
    return secrets.token_hex(16)


class WooCommerceClient:
    """Sends GET requests to one shop.

    Over https the key and its secret are HTTP Basic credentials; over http each attempt is signed
    with OAuth 1.0a, so that the secret does not travel. `clock` gives Unix seconds for that.
    """

    def __init__(  # noqa: PLR0913 - tests pass a clock and nonces
        self,
        http: httpx.AsyncClient,
        source: str,
        address: str,
        credentials: Credentials,
        policy: RetryPolicy,
        *,
        clock: Callable[[], float] = time.time,
        nonce: Callable[[], str] = make_nonce,
    ) -> None:
        self._http = http
        self._source = source
        self._address = address.rstrip("/")
        self._credentials = credentials
        self._policy = policy
        self._clock = clock
        self._nonce = nonce

    async def get(self, request: ApiRequest, parse: Callable[[Reply, str], T]) -> T:
        """Return what `parse` makes of the response to `request`.

        Raises `UnavailableError` with a sentence for the owner, after retries where they may help.
        """
        try:
            return await self._policy.retry(lambda: self._attempt(request, parse))
        except UnauthorizedError:
            raise self._unavailable(INVALID_KEY) from None
        except RefusedError as refused:
            raise self._unavailable(f"Source {{source}}: the shop {refused}. {KEPT_NOTE}") from None
        except RetriesExhaustedError as exhausted:
            hint = f" {PERMALINKS}." if "web page" in exhausted.message else ""
            raise self._unavailable(
                f"Source {{source}}: the shop gave no usable answer, {exhausted.message}. "
                f"Asked {times_in_words(exhausted.attempts)}.{hint} {KEPT_NOTE} "
                "Run it again later."
            ) from None

    async def _attempt(self, request: ApiRequest, parse: Callable[[Reply, str], T]) -> T:
        url = f"{self._address}{request.path}"
        reply = await send(self._http, "GET", url, **self._arguments(url, request))
        return parse(reply, request.subject)

    def _arguments(self, url: str, request: ApiRequest) -> dict[str, Any]:
        key = self._credentials.consumer_key.reveal()
        secret = self._credentials.consumer_secret.reveal()
        if url.startswith("https:"):
            query: dict[str, str] = dict(request.query)
            return {"params": query, "headers": JSON_HEADERS, "auth": (key, secret)}
        query = signed_parameters(
            "GET",
            url,
            request.query,
            consumer_key=key,
            consumer_secret=secret,
            timestamp=int(self._clock()),
            nonce=self._nonce(),
        )
        return {"params": query, "headers": JSON_HEADERS}

    def _unavailable(self, sentence: str) -> UnavailableError:
        message = sentence.replace("{source}", self._source)
        for secret in (self._credentials.consumer_secret, self._credentials.consumer_key):
            message = message.replace(secret.reveal(), "…")
        return UnavailableError(message)


KEPT_NOTE = "What was read is kept."
INVALID_KEY = (
    "The shop does not accept the consumer key or consumer secret of source {source}. Make a key "
    "with the right to read at WooCommerce → Settings → Advanced → REST API, and copy both into "
    ".env. Where they are right, the shop's web server may drop the Authorization header."
)
