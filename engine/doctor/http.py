"""HTTP GET requests of the doctor: read-only, with a timeout and a size limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from mail.senders.checks import UnreachableError
from settings.http.bounded_transport import BoundedTransport
from settings.http.environment_proxy import environment_proxy
from settings.http.gzip_pieces import ACCEPT_ENCODING

__all__ = ["HttpClient", "Response", "UnreachableError"]

TIMEOUT_SECONDS = 8.0
MAX_SECONDS = 20.0  # for one request and its whole response
MAX_BYTES = 64 * 1024
NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Response:
    """An HTTP response. Redirects are not followed, because mail clients do not follow them (RFC
    8058 §3.1).
    """

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status < 400


class HttpClient:
    """Sends GET requests; tests pass a `transport`."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._transport = transport

    def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> Response:
        """Return the response to a GET of `url`, with at most `MAX_BYTES` of its body.

        Raises `UnreachableError` on connection, TLS, timeout or protocol errors.
        """
        try:
            with (
                httpx.Client(
                    timeout=TIMEOUT_SECONDS,
                    follow_redirects=False,
                    transport=BoundedTransport(
                        self._transport or httpx.HTTPTransport(proxy=environment_proxy(url)),
                        MAX_SECONDS,
                    ),
                ) as client,
                client.stream("GET", url, headers={**_DEFAULT_HEADERS, **headers}) as response,
            ):
                return Response(response.status_code, response.headers, _read_start(response))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise UnreachableError(_reason(error)) from error


_DEFAULT_HEADERS = {"User-Agent": "Regulars/0.1 (doctor)", **ACCEPT_ENCODING}


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
