"""Lets requests through to the owner's pages: host, method, session, form."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import quote, urlencode

from starlette._utils import get_route_path
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.owner.access.forgery import NUL, FormError, has_token, is_from_elsewhere, read_form
from pages.owner.access.hosts import AllowedHosts
from pages.owner.access.own_path import is_own_path
from pages.owner.access.session import Session, Sessions
from pages.responses import text_response

METHODS = {"GET", "HEAD", "POST"}
SIGN_IN, LINK, STATIC = "/sign-in", "/link/", "/static/"

ErrorResponse = Callable[[Request, int], Response]


class AccessGuard:
    """ASGI middleware; what it lets through has `request.state.session`, and a POST its `form`.

    1. Host, forwarded headers and method: refused in plain text, nothing of the shop is shown.
    2. Without a session, everything but the form of the passcode redirects there.
    3. A form is read within limits. It must come from these pages, and carry its session's token.
    """

    def __init__(
        self, app: ASGIApp, hosts: AllowedHosts, sessions: Sessions, error_response: ErrorResponse
    ) -> None:
        self._app, self._hosts, self._sessions = app, hosts, sessions
        self._error_response = error_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        response = self._refusal(request) or await self._admit(request)
        await (response or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        sentence = self._hosts.refusal(request.headers)
        if sentence:
            return text_response(sentence, 403)
        if request.method not in METHODS:
            return text_response("This is not done here.", 405, allow="GET, HEAD, POST")
        return None

    async def _admit(self, request: Request) -> Response | None:
        path = get_route_path(request.scope)
        session = self._sessions.read(request)
        request.state.session = session
        if path.startswith(STATIC):
            return None
        is_entrance = path == SIGN_IN or path.startswith(LINK)
        if session is None and not is_entrance:
            return _open_again(request) or _to_sign_in(request, path)
        if NUL in path:  # PostgreSQL cannot hold it: nothing has such a name
            return self._error_response(request, 404)
        if request.method != "POST":
            return None
        return await self._read_form(request, session)

    async def _read_form(self, request: Request, session: Session | None) -> Response | None:
        """The form of the passcode is protected by the cookie of a visit instead of a session."""
        if is_from_elsewhere(request.headers, self._hosts):
            return self._error_response(request, 403)
        try:
            request.state.form = await read_form(request)
        except FormError as error:
            return self._error_response(request, error.status)
        except ClientDisconnect:
            return Response(status_code=400)
        origin = session or self._sessions.visit(request)
        if origin is None or not has_token(request.state.form, origin.form_token):
            return self._error_response(request, 403)
        return None


def _open_again(request: Request) -> Response | None:
    """Returns a page that opens the same address again, for a link on a page of another site.

    The browser sends no SameSite=Strict cookie with the first request, but with the second: a link
    in a letter that is read in the browser leads to the page. Only GETs, which change nothing, and
    never an address that a browser reads as another host: //evil.example.
    """
    if request.method != "GET" or request.headers.get("sec-fetch-site") != "cross-site":
        return None
    path = quote(request.scope["path"])
    if not is_own_path(path):
        return None
    address = escape(f"{path}{'?' if request.url.query else ''}{request.url.query}")
    refresh = f'<meta http-equiv="refresh" content="0; url={address}">'
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head>{refresh}<title>Your pages</title></head>'
        f'<body><p><a href="{address}">To your pages</a></p></body></html>'
    )


def _to_sign_in(request: Request, path: str) -> Response:
    """Redirects; a GET comes back to its page after the passcode was given."""
    page = f"{quote(path)}?{request.url.query}" if request.url.query else quote(path)
    query = f"?{urlencode({'page': page})}" if request.method == "GET" and page != "/" else ""
    address = f"{request.scope.get('root_path', '')}{SIGN_IN}{query}"
    if "hx-request" in request.headers:  # a part of a page: the whole page has to go there
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)
