"""Refuses requests whose address and headers are too large or contradict each other."""

from __future__ import annotations

from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from pages.responses import text_response

MAX_HEAD_BYTES = 16_384  # the request line and all headers
SEPARATOR_BYTES = 4  # ": " and the end of the line
SENTENCES = {
    HTTPStatus.REQUEST_URI_TOO_LONG: "This address is too long.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "These headers are too large.",
    HTTPStatus.BAD_REQUEST: "The length of this request is stated in two ways.",
}


class RequestHeadGuard:
    """ASGI middleware that answers requests which `head_error` refuses, and closes the connection.

    Uvicorn limits only a head that is incomplete when it arrives.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = head_error(scope) if scope["type"] == "http" else None
        if status is None:
            await self._app(scope, receive, send)
            return
        response = text_response(SENTENCES[status], status, connection="close")
        await response(scope, receive, send)


def head_error(scope: Scope) -> HTTPStatus | None:
    """Returns the status that the request of `scope` is refused with, or None.

    With both Content-Length and Transfer-Encoding, a front server may see another end of the
    request than this one, and take what follows for a request of its own (RFC 9112, section 6.3).
    """
    line_bytes = len(scope["method"]) + len(scope["raw_path"]) + len(scope["query_string"])
    headers = scope["headers"]
    header_bytes = sum(len(name) + len(value) + SEPARATOR_BYTES for name, value in headers)
    if line_bytes > MAX_HEAD_BYTES:
        return HTTPStatus.REQUEST_URI_TOO_LONG
    if line_bytes + header_bytes > MAX_HEAD_BYTES:
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    if {b"content-length", b"transfer-encoding"} <= {name for name, _ in headers}:
        return HTTPStatus.BAD_REQUEST
    return None
