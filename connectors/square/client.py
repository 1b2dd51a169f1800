"""HTTP client of one seller at Square: access token, retries, errors as owner's sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from connectors.http import RefusedError, Reply, UnauthorizedError, send, times_in_words
from connectors.retry import RetriesExhaustedError, RetryPolicy
from connectors.square.requests import API_VERSION, ApiRequest
from connectors.square.responses import NotFoundError, parse_response
from settings.errors import UnavailableError
from settings.values import Secret


class SquareClient:
    """Sends requests for one seller's account."""

    def __init__(
        self, http: httpx.AsyncClient, source: str, token: Secret, retries: RetryPolicy
    ) -> None:
        self._http = http
        self._source = source
        self._token = token
        self._retries = retries

    async def request(self, request: ApiRequest) -> Mapping[str, Any]:
        """Return the response body; raises `UnavailableError` with a sentence for the owner."""
        body = await self.request_unless(request)
        assert body is not None  # noqa: S101 - nothing is allowed to be missing
        return body

    async def request_unless(
        self, request: ApiRequest, *allowed: type[Exception]
    ) -> Mapping[str, Any] | None:
        """Return the response body; None where Square's refusal is one of `allowed`."""
        try:
            return await self._retries.retry(lambda: self._send(request))
        except allowed:
            return None
        except UnauthorizedError:
            raise self._unavailable(ACCESS_DENIED) from None
        except NotFoundError:
            raise self._unavailable(f"Source {{source}}: Square {NOT_FOUND}. {KEPT_NOTE}") from None
        except RefusedError as refused:
            raise self._unavailable(f"Source {{source}}: Square {refused}. {KEPT_NOTE}") from None
        except RetriesExhaustedError as gave_up:
            raise self._unavailable(
                f"Source {{source}}: Square gave no usable answer, {gave_up.message}. "
                f"Asked {times_in_words(gave_up.attempts)}. {KEPT_NOTE} Run it again later."
            ) from None

    async def _send(self, request: ApiRequest) -> Mapping[str, Any]:
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {self._token.reveal()}",
            "Square-Version": API_VERSION,
        }
        reply: Reply = await send(
            self._http, request.method, request.path, headers=headers, **request.arguments
        )
        return parse_response(reply, request.result_key, request.result_type)

    def _unavailable(self, sentence: str) -> UnavailableError:
        message = sentence.replace("{source}", self._source)
        return UnavailableError(message.replace(self._token.reveal(), "…"))


KEPT_NOTE = "What was read is kept."
NOT_FOUND = "knows no such address (status 404). Where address: is set for this source, take it out"
ACCESS_DENIED = (
    "Square does not accept the access token of source {source}. Copy the production access "
    "token again from the application's Credentials in Square's Developer Console into .env."
)
