"""Asking on the web: only to look, never to change anything, and never for long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

SECONDS = 8.0
MOST_READ = 64 * 1024
NOTHING: Mapping[str, str] = {}


class Unreachable(Exception):
    """Why nothing answered, as the second half of a sentence."""


@dataclass(frozen=True)
class Answer:
    """What came back. Redirects are not followed: no mail program does (RFC 8058 §3.1)."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def leads_elsewhere(self) -> bool:
        return 300 <= self.status < 400


class Web:
    """Asks by GET; tests hand in another transport."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._transport = transport

    def get(self, url: str, headers: Mapping[str, str] = NOTHING) -> Answer:
        try:
            with (
                httpx.Client(
                    timeout=SECONDS, follow_redirects=False, transport=self._transport
                ) as client,
                client.stream("GET", url, headers={**_OURS, **headers}) as response,
            ):
                return Answer(response.status_code, response.headers, _beginning(response))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise Unreachable(_why(error)) from error


_OURS = {"User-Agent": "Regulars/0.1 (doctor)"}


def _beginning(response: httpx.Response) -> str:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MOST_READ:
            break
    return body[:MOST_READ].decode("utf-8", "replace")


def _why(error: Exception) -> str:
    said = str(error)
    if isinstance(error, httpx.TimeoutException):
        return f"it does not answer within {SECONDS:.0f} seconds"
    if "CERTIFICATE_VERIFY_FAILED" in said or "certificate" in said:
        return "its certificate is not to be trusted"
    if isinstance(error, httpx.ConnectError):
        unknown = any(word in said for word in ("Name or service", "nodename", "getaddrinfo"))
        return "nobody knows that name" if unknown else "nothing listens there"
    return "what answers there is no web server"
