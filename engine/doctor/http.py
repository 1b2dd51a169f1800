"""Asking on the web: only to look, never to change anything, and never for long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

TIMEOUT_SECONDS = 8.0
MAX_BYTES = 64 * 1024
NO_HEADERS: Mapping[str, str] = {}


class UnreachableError(Exception):
    """Why nothing answered, as the second half of a sentence."""


@dataclass(frozen=True)
class Response:
    """What came back. Redirects are not followed: no mail program does (RFC 8058 §3.1)."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status < 400


class HttpClient:
    """Asks by GET; tests hand in another transport."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._transport = transport

    def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> Response:
        try:
            with (
                httpx.Client(
                    timeout=TIMEOUT_SECONDS, follow_redirects=False, transport=self._transport
                ) as client,
                client.stream("GET", url, headers={**_DEFAULT_HEADERS, **headers}) as response,
            ):
                return Response(response.status_code, response.headers, _read_start(response))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise UnreachableError(_reason(error)) from error


_DEFAULT_HEADERS = {"User-Agent": "Regulars/0.1 (doctor)"}


def _read_start(response: httpx.Response) -> str:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            break
    return body[:MAX_BYTES].decode("utf-8", "replace")


def _reason(error: Exception) -> str:
    message = str(error)
    if isinstance(error, httpx.TimeoutException):
        return f"it does not answer within {TIMEOUT_SECONDS:.0f} seconds"
    if "CERTIFICATE_VERIFY_FAILED" in message or "certificate" in message:
        return "its certificate is not to be trusted"
    if isinstance(error, httpx.ConnectError):
        unknown = any(text in message for text in ("Name or service", "nodename", "getaddrinfo"))
        return "nobody knows that name" if unknown else "nothing listens there"
    return "what answers there is no web server"
