"""Answers, with all that keeps them from being cached, framed, indexed or followed."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from pages.render import Drawing

QUIET = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address of the page is somebody's own
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
NOTHING_ELSE = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"


def page(
    drawing: Drawing,
    name: str,
    status: int = 200,
    words: Mapping[str, Any] = MappingProxyType({}),
    **headers: str,
) -> Response:
    """A page that loads nothing, and whose only style is its own."""
    nonce = secrets.token_urlsafe(16)
    policy = f"{NOTHING_ELSE}; style-src 'nonce-{nonce}'"
    return HTMLResponse(
        drawing.page(name, nonce=nonce, **words),
        status,
        QUIET | {"Content-Security-Policy": policy} | _spelled(headers),
    )


def word(text: str, status: int = 200, **headers: str) -> Response:
    """For machines."""
    policy = {"Content-Security-Policy": NOTHING_ELSE}
    return PlainTextResponse(f"{text}\n", status, QUIET | policy | _spelled(headers))


def methods(asked: str, known: Collection[str]) -> Response:
    """For OPTIONS, and for what is not done here (RFC 9110 §15.5.6)."""
    allow = ", ".join(sorted({*known, "OPTIONS"}))
    if asked == "OPTIONS":
        return Response(status_code=204, headers=QUIET | {"Allow": allow})
    return word("This is not done here.", 405, allow=allow)


def _spelled(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
