"""Checks a request's key as WooCommerce does: HTTP Basic over https, OAuth 1.0a over http."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

VALID_SECONDS = 15 * 60
DIGESTS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
OAUTH_PARAMETERS = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)


class UnauthenticatedError(Exception):
    """The request is not signed, or not rightly: the code and message that WooCommerce gives."""

    def __init__(self, message: str, code: str = "woocommerce_rest_authentication_error") -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Keys:
    """One REST API key; `nonces` are those used already."""

    key: str
    secret: str
    clock: Callable[[], float] = time.time
    nonces: set[str] = field(default_factory=set)

    def check(self, url: str, query: Mapping[str, str], authorization: str) -> None:
        """Raise `UnauthenticatedError` unless the GET request carries this key."""
        if url.startswith("https:"):
            self._check_basic(authorization)
        else:
            self._check_oauth(url, query)

    def _check_basic(self, authorization: str) -> None:
        scheme, _, encoded = authorization.partition(" ")
        try:
            key, _, secret = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            key = secret = ""
        if scheme.casefold() != "basic" or key != self.key:
            # Without a key that it knows, WooCommerce takes the request for a visitor's.
            message = "Sorry, you cannot list resources."
            raise UnauthenticatedError(message, "woocommerce_rest_cannot_view")
        if not hmac.compare_digest(secret, self.secret):
            raise UnauthenticatedError("Consumer secret is invalid.")

    def _check_oauth(self, url: str, query: Mapping[str, str]) -> None:
        missing = [name for name in OAUTH_PARAMETERS if not query.get(name)]
        if len(missing) == len(OAUTH_PARAMETERS):
            message = "Sorry, you cannot list resources."
            raise UnauthenticatedError(message, "woocommerce_rest_cannot_view")
        if missing:
            raise UnauthenticatedError(f"Missing OAuth parameters {', '.join(missing)}")
        if query["oauth_consumer_key"] != self.key:
            raise UnauthenticatedError("Consumer key is invalid.")
        if not hmac.compare_digest(query["oauth_signature"], self._signature(url, query)):
            raise UnauthenticatedError("Invalid signature - provided signature does not match.")
        if abs(self.clock() - int(query["oauth_timestamp"])) > VALID_SECONDS:
            raise UnauthenticatedError("Invalid timestamp.")
        if query["oauth_nonce"] in self.nonces:
            raise UnauthenticatedError("Invalid nonce - nonce has already been used.")
        self.nonces.add(query["oauth_nonce"])

    def _signature(self, url: str, query: Mapping[str, str]) -> str:
        digest = DIGESTS.get(query["oauth_signature_method"])
        if digest is None:
            raise UnauthenticatedError("Invalid signature - signature method is invalid.")
        pairs = "%26".join(
            f"{quote(quote(name, ''), '')}%3D{quote(quote(value, ''), '')}"
            for name, value in sorted(query.items())
            if name != "oauth_signature"
        )
        base = f"GET&{quote(url, '')}&{pairs}"
        signed = hmac.new(f"{self.secret}&".encode(), base.encode(), digest)
        return base64.b64encode(signed.digest()).decode()
