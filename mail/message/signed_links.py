"""Signed links. A no never expires: it must work from any mail, however old."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import quote

VERSION = "1"
# 128 bits of the HMAC: short enough for a link, far beyond guessing.
SIGNATURE_BYTES = 16
MAX_TOKEN = 400


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Who said no, and to which mail."""

    customer_id: int
    message_id: str


def unsubscribe_url(public_address: str, token: str) -> str:
    return f"{public_address.rstrip('/')}/u/{token}"


def sign_up_url(public_address: str, token: str = "") -> str:
    """The sign-up page; with a token, the page that confirms."""
    return "/".join(part for part in (public_address.rstrip("/"), "join", token) if part)


def unsubscribe_mailto(address: str, token: str) -> str:
    """RFC 6068: a mail that says the same, whatever address it is sent from."""
    return f"mailto:{quote(address, safe='@')}?subject=unsubscribe%20{token}"


def unsubscribe_token(secret: str, customer_id: int, message_id: str) -> str:
    """A token that says: this customer, by this mail, wants no more."""
    body = _base64url(f"{customer_id}:{message_id}".encode())
    return f"{VERSION}.{body}.{_signature(secret, 'unsubscribe', body)}"


def read_token(secret: str, token: str) -> Unsubscribe | None:
    """The unsubscribe a token stands for, or None where it is not one of ours."""
    if len(token) > MAX_TOKEN or not token.isascii() or token.count(".") != 2:
        return None
    unsubscribe = _parse_unsubscribe(token.split(".")[1])
    if unsubscribe is None:
        return None
    # Spelling it anew leaves exactly one valid token for each customer and mail.
    expected = unsubscribe_token(secret, unsubscribe.customer_id, unsubscribe.message_id)
    return unsubscribe if hmac.compare_digest(token.encode(), expected.encode()) else None


def sign_up_token(secret: str, sign_up: str) -> str:
    """A token that says: whoever reads this mailbox wants to be on the list."""
    body = _base64url(sign_up.encode())
    return f"{VERSION}.{body}.{_signature(secret, 'sign-up', body)}"


def read_sign_up_token(secret: str, token: str) -> str | None:
    """The sign-up a token stands for, or None where it is not one of ours."""
    if len(token) > MAX_TOKEN or not token.isascii() or token.count(".") != 2:
        return None
    try:
        sign_up = _decode_base64url(token.split(".")[1]).decode()
    except ValueError:
        return None
    expected = sign_up_token(secret, sign_up)
    return sign_up if hmac.compare_digest(token.encode(), expected.encode()) else None


def _parse_unsubscribe(body: str) -> Unsubscribe | None:
    try:
        customer, separator, message_id = _decode_base64url(body).decode().partition(":")
        return Unsubscribe(int(customer), message_id) if separator else None
    except ValueError:
        return None


def _signature(secret: str, purpose: str, body: str) -> str:
    """Signs the purpose too, so that a survey's token can never unsubscribe anyone."""
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
