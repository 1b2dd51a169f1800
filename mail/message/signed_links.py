"""Signed links for unsubscribing, for confirming a sign-up, and for approving mails from a letter.

Unsubscribe links never expire.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

VERSION = "1"
# 128 bits of the HMAC: short enough for a link, too many to guess.
SIGNATURE_BYTES = 16
MAX_TOKEN = 400


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The customer who opts out, and the mail whose link they used."""

    customer_id: int
    message_id: str


def unsubscribe_url(public_address: str, token: str) -> str:
    """Returns the URL of the unsubscribe page for `token`."""
    return f"{public_address.rstrip('/')}/u/{token}"


def sign_up_url(public_address: str, token: str = "") -> str:
    """Returns the URL of the sign-up page; with a `token`, of the page that confirms."""
    return "/".join(part for part in (public_address.rstrip("/"), "join", token) if part)


def unsubscribe_mailto(address: str, token: str) -> str:
    """Returns a mailto URL (RFC 6068) whose mail opts out, whatever address it is sent from."""
    return f"mailto:{quote(address, safe='@')}?subject=unsubscribe%20{token}"


def unsubscribe_token(secret: str, customer_id: int, message_id: str) -> str:
    """Returns a token that identifies a customer and a mail, signed with the shop's `secret`."""
    body = _base64url(f"{customer_id}:{message_id}".encode())
    return f"{VERSION}.{body}.{_signature(secret, 'unsubscribe', body)}"


def read_token(secret: str, token: str) -> Unsubscribe | None:
    """Returns the unsubscribe that `token` stands for; None where its signature is not ours."""
    if len(token) > MAX_TOKEN or not token.isascii() or token.count(".") != 2:
        return None
    unsubscribe = _parse_unsubscribe(token.split(".")[1])
    if unsubscribe is None:
        return None
    # Comparing with a new token leaves exactly one valid encoding for each customer and mail.
    expected = unsubscribe_token(secret, unsubscribe.customer_id, unsubscribe.message_id)
    return unsubscribe if hmac.compare_digest(token.encode(), expected.encode()) else None


def sign_up_token(secret: str, sign_up: str) -> str:
    """Returns a token that confirms `sign_up`, signed with the shop's `secret`."""
    body = _base64url(sign_up.encode())
    return f"{VERSION}.{body}.{_signature(secret, 'sign-up', body)}"


def read_sign_up_token(secret: str, token: str) -> str | None:
    """Returns the sign-up that `token` stands for; None where its signature is not ours."""
    return _read_subject(token, lambda sign_up: sign_up_token(secret, sign_up))


def approval_url(public_address: str, token: str) -> str:
    """Returns the URL of the page on which the owner decides about waiting mails."""
    return f"{public_address.rstrip('/')}/approve/{token}"


def approval_token(secret: str, link: str) -> str:
    """Returns a token for the approval `link`, an id, signed with the shop's `secret`."""
    body = _base64url(link.encode())
    return f"{VERSION}.{body}.{_signature(secret, 'approval', body)}"


def read_approval_token(secret: str, token: str) -> str | None:
    """Returns the id of the link that `token` stands for; None where its signature is not ours."""
    return _read_subject(token, lambda link: approval_token(secret, link))


def _read_subject(token: str, sign: Callable[[str], str]) -> str | None:
    """The text that `sign` has made the whole of `token` for; None where it has not."""
    if len(token) > MAX_TOKEN or not token.isascii() or token.count(".") != 2:
        return None
    try:
        subject = _decode_base64url(token.split(".")[1]).decode()
    except ValueError:
        return None
    expected = sign(subject)
    return subject if hmac.compare_digest(token.encode(), expected.encode()) else None


def _parse_unsubscribe(body: str) -> Unsubscribe | None:
    try:
        customer, separator, message_id = _decode_base64url(body).decode().partition(":")
        return Unsubscribe(int(customer), message_id) if separator else None
    except ValueError:
        return None


def _signature(secret: str, purpose: str, body: str) -> str:
    """HMAC-SHA256 over purpose and body: a token for one purpose is invalid for another."""
    if not secret:
        raise ValueError("Links cannot be signed with an empty secret.")
    payload = f"regulars/{purpose}/{VERSION}/{body}"
    digest = hmac.digest(secret.encode(), payload.encode(), hashlib.sha256)
    return _base64url(digest[:SIGNATURE_BYTES])


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode_base64url(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
