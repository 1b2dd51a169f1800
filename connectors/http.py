"""Sends one HTTP request: bounded response, JSON body, errors as retryable or final."""

from __future__ import annotations

from asyncio import timeout
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from connectors.retry import RetryableError, UnreachableError
from settings.http.bounded_transport import AsyncPiecesTransport
from settings.http.environment_proxy import environment_proxy
from settings.http.gzip_pieces import ACCEPT_ENCODING

USER_AGENT = "Regulars/0.1"
TIMEOUT = httpx.Timeout(60, connect=15)
UNAUTHORIZED = 401
TOO_MANY_REQUESTS = 429
MAX_RESPONSE_BYTES = 32 * 1024 * 1024
MAX_SECONDS = 180.0  # for one request and its whole response
MAX_MESSAGE_CHARS = 160


class RefusedError(Exception):
    """A final refusal; its text continues a sentence that begins with the platform's name."""


class UnauthorizedError(Exception):
    """The platform does not accept the credentials, or no longer does."""


# Is told the time that each server shows in its answers; set by the caller of a sync.
server_time_listener: ContextVar[Callable[[datetime], None] | None] = ContextVar(
    "server_time_listener", default=None
)


@dataclass(frozen=True)
class Reply:
    """A complete HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def open_http(address: str, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Return a client for the server at `address`; tests pass their own `transport`.

    Redirects are not followed, so that no key reaches another server.
    """
    return httpx.AsyncClient(
        base_url=address,
        headers={"User-Agent": USER_AGENT, **ACCEPT_ENCODING},
        timeout=TIMEOUT,
        follow_redirects=False,
        event_hooks={"response": [_tell_server_time]},
        transport=AsyncPiecesTransport(
            # Plain HTTP has no certificate to verify: loading the trusted ones takes time.
            transport
            or httpx.AsyncHTTPTransport(
                verify=not address.startswith("http:"), proxy=environment_proxy(address)
            )
        ),
    )


async def _tell_server_time(response: httpx.Response) -> None:
    """RFC 9110 §6.6.1: `Date` is when the answer was made. RFC 9111 §5.1: `Age` since."""
    listener, date = server_time_listener.get(), response.headers.get("date")
    if listener and date:
        with suppress(ValueError, TypeError):
            age = timedelta(seconds=int(response.headers.get("age", 0)))
            shown = parsedate_to_datetime(date) + age
            listener(shown if shown.tzinfo else shown.replace(tzinfo=UTC))


async def send(http: httpx.AsyncClient, method: str, path: str, **request: Any) -> Reply:
    """Return the response to a request, whatever its status.

    Raises `UnreachableError` without a connection, `RetryableError` for other transport errors and
    after `MAX_SECONDS` in all, and `RefusedError` for a body that is too large or compressed in
    another way than asked for.
    """
    try:
        async with timeout(MAX_SECONDS), http.stream(method, path, **request) as response:
            return Reply(response.status_code, response.headers, await read_body(response))
    except TimeoutError:
        raise RetryableError(
            f"its answer was not complete after {MAX_SECONDS:.0f} seconds"
        ) from None
    except httpx.DecodingError as error:
        raise RefusedError(f"sent an answer that is {error}") from None
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise UnreachableError(f"no answer came ({type(error).__name__})") from None
    except httpx.HTTPError as error:
        raise RetryableError(f"no answer came ({type(error).__name__})") from None


async def read_body(response: httpx.Response) -> bytes:
    """Return the body; raises `RefusedError` once it exceeds `MAX_RESPONSE_BYTES`."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise RefusedError(f"sent more than {MAX_RESPONSE_BYTES // 1024**2} MB as one answer")
    return bytes(body)


def check_common_status(reply: Reply) -> None:
    """Raise `UnauthorizedError` for 401 and `RetryableError` for 429 and 5xx."""
    if reply.status == UNAUTHORIZED:
        raise UnauthorizedError
    if reply.status == TOO_MANY_REQUESTS:
        raise too_many_requests(reply)
    if reply.status >= 500:
        raise RetryableError(f"it failed (status {reply.status})", retry_after(reply))


def too_many_requests(reply: Reply) -> RetryableError:
    """Return the error for status 429, with the pause that its Retry-After asks for."""
    return RetryableError("it asked us to slow down (status 429)", retry_after(reply))


def parse_json_object(reply: Reply) -> Mapping[str, Any]:
    """Return the JSON object in the body; raises `RetryableError` where there is none."""
    body = parse_json(reply)
    if not isinstance(body, dict):
        raise RetryableError("its answer is not what it promises")
    return body


def parse_json(reply: Reply) -> Any:
    """Return the JSON value in the body; raises `RetryableError` where there is none."""
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        if reply.body.lstrip()[:1] == b"<":
            raise RetryableError(
                f"it sent a web page instead of data (status {reply.status})"
            ) from None
        raise RetryableError("its answer broke off half-way") from None


def retry_after(reply: Reply) -> float | None:
    """Return the pause of the Retry-After header in seconds; None where there is none."""
    header = reply.headers.get("retry-after", "").strip()
    try:
        return max(0.0, min(float(header), 86_400.0))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def redact_message(message: Any) -> str:
    """Return a platform's message, shortened, with each word that contains an @ replaced."""
    excerpt = " ".join(str(message).split())[:MAX_MESSAGE_CHARS]
    return " ".join("…" if "@" in word else word for word in excerpt.split()).rstrip(".")


def times_in_words(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
