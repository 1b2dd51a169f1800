"""Which language a visitor reads: by ?lang= in the address, else by their browser."""

from __future__ import annotations

import re

from starlette.requests import Request

from engine.config.owner_config import OwnerConfig
from settings.text.language_names import language_code, parse_language
from templates.language import Language, shipped_languages

PREFERENCE = re.compile(r"\s*([A-Za-z0-9_-]{1,35})\s*(?:;\s*q=([0-9.]{1,5}))?\s*")
MAX_HEADER_LENGTH = 500


def visitor_language(config: OwnerConfig, request: Request) -> Language:
    """Returns the language of a page for a visitor of whom nothing is known; the shop's where they
    prefer none that there is.
    """
    return config.customer_language(language_in_address(request) or browser_language(request))


def language_in_address(request: Request) -> str | None:
    """Returns the language that the address asks for, such as /join?lang=fr; None for one that
    there is not.
    """
    return _shipped(request.query_params.get("lang", ""))


def browser_language(request: Request) -> str | None:
    """Returns the shipped language that the browser prefers (RFC 9110 §12.5.4); None for none."""
    header = request.headers.get("accept-language", "")[:MAX_HEADER_LENGTH]
    preferences = [
        (_quality(match[2]), code)
        for match in map(PREFERENCE.fullmatch, header.split(","))
        if match and _quality(match[2]) > 0 and (code := _shipped(match[1]))
    ]
    return max(preferences, key=lambda preference: preference[0], default=(0.0, None))[1]


def _quality(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0


def _shipped(text: str) -> str | None:
    tag = parse_language(text[:35])
    code = language_code(tag) if tag else None
    return code if code in shipped_languages() else None
