"""One request over HTTP and what came back: whole, of a bounded size, and read as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from connectors.retry import AgainError, NobodyThereError

NOT_ACCEPTED = 401
SLOW_DOWN = 429
MOST_BYTES = 32 * 1024 * 1024
MOST_QUOTED = 160


class RefusedError(Exception):
    """It stays so until somebody changes something: a sentence, said of the source."""


class NotSignedInError(Exception):
    """The token is not accepted, or not any more."""


@dataclass(frozen=True)
class Reply:
    """One answer over HTTP, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def send(http: httpx.AsyncClient, method: str, path: str, **request: Any) -> Reply:
    """The reply to a request, whatever its status."""
    try:
        async with http.stream(method, path, **request) as response:
            return Reply(response.status_code, response.headers, await whole(response))
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NobodyThereError(f"no answer came ({type(error).__name__})") from None
    except httpx.HTTPError as error:
        raise AgainError(f"no answer came ({type(error).__name__})") from None


async def whole(response: httpx.Response) -> bytes:
    """The body, as long as it is of a size that can be an answer."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise RefusedError(f"sent more than {MOST_BYTES // 1024**2} MB as one answer")
    return bytes(body)


def check_passing(reply: Reply) -> None:
    """Raise where the token is not accepted, and where asking again later may help."""
    if reply.status == NOT_ACCEPTED:
        raise NotSignedInError
    if reply.status == SLOW_DOWN:
        raise AgainError("it asked us to slow down (status 429)", retry_after(reply))
    if reply.status >= 500:
        raise AgainError(f"it failed (status {reply.status})", retry_after(reply))


def loaded(reply: Reply) -> Mapping[str, Any]:
    """The body as JSON."""
    try:
        body = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        if reply.body.lstrip()[:1] == b"<":
            raise AgainError(
                f"it sent a web page instead of data (status {reply.status})"
            ) from None
        raise AgainError("its answer broke off half-way") from None
    if not isinstance(body, dict):
        raise AgainError("its answer is not what it promises")
    return body


def retry_after(reply: Reply) -> float | None:
    """Seconds to wait, as the header says: a number, or a date."""
    asked = reply.headers.get("retry-after", "").strip()
    try:
        return max(0.0, min(float(asked), 86_400.0))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def quoted(said: Any) -> str:
    """A platform's words, cut short, without anything that could be somebody's address."""
    words = " ".join(str(said).split())[:MOST_QUOTED]
    return " ".join("…" if "@" in word else word for word in words.split()).rstrip(".")


def times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
