"""Answers, with all that keeps them from being cached, framed, indexed or followed."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from pages.render import PageRenderer

PRIVACY_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address of the page is somebody's own
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
CONTENT_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"


def page_response(
    renderer: PageRenderer,
    name: str,
    status: int = 200,
    variables: Mapping[str, Any] = MappingProxyType({}),
    **headers: str,
) -> Response:
    """A page that loads nothing, and whose only style is its own."""
    nonce = secrets.token_urlsafe(16)
    policy = f"{CONTENT_POLICY}; style-src 'nonce-{nonce}'"
    return HTMLResponse(
        renderer.render(name, nonce=nonce, **variables),
        status,
        PRIVACY_HEADERS | {"Content-Security-Policy": policy} | _header_names(headers),
    )


def text_response(text: str, status: int = 200, **headers: str) -> Response:
    """For machines."""
    policy = {"Content-Security-Policy": CONTENT_POLICY}
    return PlainTextResponse(f"{text}\n", status, PRIVACY_HEADERS | policy | _header_names(headers))


def options_response(method: str, allowed: Collection[str]) -> Response:
    """For OPTIONS, and for what is not done here (RFC 9110 §15.5.6)."""
    allow = ", ".join(sorted({*allowed, "OPTIONS"}))
    if method == "OPTIONS":
        return Response(status_code=204, headers=PRIVACY_HEADERS | {"Allow": allow})
    return text_response("This is not done here.", 405, allow=allow)


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
