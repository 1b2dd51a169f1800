"""Signs what a browser keeps for the owner's pages: sessions, known devices, tokens of forms."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

VERSION = "1"
MAX_TOKEN_LENGTH = 4_000
TOKEN = re.compile(r"1\.(?P<subject>[\w-]*)\.(?P<expires>[0-9]{1,12})\.(?P<signature>[\w-]{43})")


@dataclass(frozen=True)
class Signer:
    """Signs texts with a key that is derived from the shop's `secret` and a `purpose`.

    A token for one purpose is invalid for another, and none says anything about the secret.
    """

    secret: str = field(repr=False)
    purpose: str

    def sign(self, subject: str, expires_at: float) -> str:
        """Returns a token for `subject` that is valid until `expires_at` (Unix time)."""
        body = f"{_encode(subject.encode())}.{int(expires_at)}"
        return f"{VERSION}.{body}.{self._signature(body)}"

    def verify(self, token: str, now: float) -> str | None:
        """Returns the subject of a `token`; None where it was not signed here, or has expired."""
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            return None
        match = TOKEN.fullmatch(token)
        if match is None:
            return None
        body = f"{match['subject']}.{match['expires']}"
        if not hmac.compare_digest(match["signature"], self._signature(body)):
            return None
        return _decode(match["subject"]) if now < int(match["expires"]) else None

    def digest(self, text: str) -> str:
        """Returns a keyed hash of `text`, for a value that only this shop can make."""
        return self._signature(f"digest/{text}")

    def _signature(self, body: str) -> str:
        if not self.secret:
            raise ValueError("Nothing can be signed with an empty secret.")
        key = hmac.digest(
            self.secret.encode(), f"regulars/owner/{self.purpose}".encode(), hashlib.sha256
        )
        return _encode(hmac.digest(key, f"{VERSION}.{body}".encode(), hashlib.sha256))


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(text: str) -> str | None:
    """Only what was signed is decoded, so that it is always base64 of UTF-8."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
