"""Who may use our Prefect server: programs of this machine that hold its token, no web page.

Loopback is shared: other users of the machine and every web page in a browser on it reach the port.
"""

from __future__ import annotations

import base64
import hmac
from http import HTTPStatus

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

API_PREFIX = "/api/"
HEALTH_PATH = "/api/health"  # open, so that nobody has to be trusted with the token to answer it
DOCUMENTATION = ("/api/docs", "/api/redoc", "/api/openapi.json")
POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1


class AccessGuard:
    """ASGI middleware that answers requests which `refusal` refuses; passes on the others.

    `host` is the server's host and port, `token` the user and password of HTTP basic
    authentication (RFC 7617). Prefect asks for the same token on each websocket, in its first
    message.
    """

    def __init__(self, app: ASGIApp, *, host: str, token: str) -> None:
        self._app, self._host = app, host
        self._authorization = basic_authorization(token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on one connection."""
        is_connection = scope["type"] != "lifespan"
        status = refusal(scope, self._host, self._authorization) if is_connection else None
        if status is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            await PlainTextResponse(status.phrase, status)(scope, receive, send)


def basic_authorization(token: str) -> bytes:
    """Returns the value of the header Authorization for the user and password `token`."""
    return b"Basic " + base64.b64encode(token.encode())


def refusal(scope: Scope, host: str, authorization: bytes) -> HTTPStatus | None:
    """Returns the status that a request is refused with, or None.

    1. Another Host: a name that a stranger lets point to this machine (DNS rebinding).
    2. Any Origin: browsers send it, Prefect's client does not.
    3. A path outside of the API, or its documentation.
    4. No token, except for the health check.
    """
    headers = scope["headers"]
    if [value for name, value in headers if name == b"host"] != [host.encode()]:
        return HTTPStatus.MISDIRECTED_REQUEST
    if any(name == b"origin" for name, _ in headers):
        return HTTPStatus.FORBIDDEN
    path = scope["path"]
    if not path.startswith(API_PREFIX) or path.startswith(DOCUMENTATION):
        return HTTPStatus.NOT_FOUND
    if scope["type"] == "websocket" or (path == HEALTH_PATH and scope["method"] == "GET"):
        return None
    credentials = [value for name, value in headers if name == b"authorization"]
    if len(credentials) == 1 and hmac.compare_digest(credentials[0], authorization):
        return None
    return HTTPStatus.UNAUTHORIZED
