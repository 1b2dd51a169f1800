"""Responses with headers against caching, framing, indexing and referrer leaks."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from pages.render import PageRenderer
from settings.brand.picture_file import PictureFile
from templates.language import Language

PRIVACY_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the page's URL holds a personal token
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
CONTENT_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"


def page_response(
    renderer: PageRenderer,
    name: str,
    status: int = 200,
    variables: Mapping[str, Any] = MappingProxyType({}),
    language: Language | None = None,
    **headers: str,
) -> Response:
    """Returns the rendered page `name` with a CSP that allows its own inline style only.

    Args:
        renderer: Renders the template.
        name: The template's name.
        status: The HTTP status.
        variables: Variables of the template.
        language: What its reader reads; None for the shop's language.
        headers: Further headers; `_` in names becomes `-`.
    """
    nonce = secrets.token_urlsafe(16)
    written_in = renderer.page_language(name, language)
    policy = f"{CONTENT_POLICY}; style-src 'nonce-{nonce}'{renderer.image_policy}"
    return HTMLResponse(
        renderer.render(name, written_in, nonce=nonce, **variables),
        status,
        PRIVACY_HEADERS
        | {"Content-Security-Policy": policy, "Content-Language": written_in.code}
        | _header_names(headers),
    )


def text_response(text: str, status: int = 200, **headers: str) -> Response:
    """Returns `text` as plain text, for machines."""
    policy = {"Content-Security-Policy": CONTENT_POLICY}
    return PlainTextResponse(f"{text}\n", status, PRIVACY_HEADERS | policy | _header_names(headers))


def picture_response(picture: PictureFile) -> Response:
    """Returns a `picture`; its name changes with its content, so it may be kept for good."""
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": CONTENT_POLICY,
    }
    return Response(picture.data, media_type=picture.media_type, headers=headers)


def options_response(method: str, allowed: Collection[str]) -> Response:
    """Returns the response to OPTIONS, or 405 for another `method` (RFC 9110 §15.5.6)."""
    allow = ", ".join(sorted({*allowed, "OPTIONS"}))
    if method == "OPTIONS":
        return Response(status_code=204, headers=PRIVACY_HEADERS | {"Allow": allow})
    return text_response("This is not done here.", 405, allow=allow)


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
