"""Reads forms, and refuses those that another page has sent in the owner's name (CSRF)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, ImmutableMultiDict
from starlette.requests import Request

from pages.owner.access.hosts import AllowedHosts
from pages.request_body import BodyTooLargeError, read_body

TOKEN_FIELD = "form token"  # noqa: S105  # the name of the field, not a token
MAX_BODY_BYTES = 64_000
MAX_BODY_SECONDS = 10
MAX_FIELDS = 5_000
NUL = "\0"
FORM_TYPE = "application/x-www-form-urlencoded"
FormFields = ImmutableMultiDict[str, str]


class FormError(Exception):
    """A form that is refused, with the HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def read_form(request: Request) -> FormFields:
    """Returns the fields of a form.

    Raises FormError: 413 for too large, 408 for too slow, 415 for another type, 400 for no form,
    or one with the character NUL, which no browser sends and PostgreSQL cannot hold.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise FormError(415)
    try:
        body = await read_body(request, max_bytes=MAX_BODY_BYTES, max_seconds=MAX_BODY_SECONDS)
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except BodyTooLargeError:
        raise FormError(413) from None
    except TimeoutError:
        raise FormError(408) from None
    except ValueError:
        raise FormError(400) from None
    if any(NUL in text for pair in pairs for text in pair):
        raise FormError(400)
    return ImmutableMultiDict(pairs)


def is_from_elsewhere(headers: Headers, hosts: AllowedHosts) -> bool:
    """Whether the browser says that a page of another origin has sent the request.

    Origin: RFC 6454. Sec-Fetch-Site: https://www.w3.org/TR/fetch-metadata/.
    """
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and not hosts.is_same_origin(origin, headers)


def has_token(fields: Mapping[str, str], token: str) -> bool:
    """Whether a form carries the `token` of its session."""
    return hmac.compare_digest(fields.get(TOKEN_FIELD, "").encode(), token.encode())
