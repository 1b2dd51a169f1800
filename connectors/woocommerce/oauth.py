"""OAuth 1.0a request signatures without a token (RFC 5849, section 3.4).

WooCommerce asks for them over plain HTTP, where a key and secret must not travel. It wants the
OAuth parameters in the query string and accepts HMAC-SHA1 and HMAC-SHA256.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import quote

METHOD = "HMAC-SHA256"


def percent_encode(text: str) -> str:
    """Encode `text` as RFC 5849, section 3.6, says: all but letters, digits and ``-._~``."""
    return quote(text, safe="~")


def signature_base_string(method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Return what is signed: the method, the `url` without its query, the sorted `parameters`."""
    pairs = sorted((percent_encode(name), percent_encode(value)) for name, value in parameters)
    normalized = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join(percent_encode(part) for part in (method.upper(), url, normalized))


def sign(
    base_string: str, consumer_secret: str, token_secret: str = "", *, digest: str = "sha256"
) -> str:
    """Return the base64 HMAC of `base_string` under both secrets; `digest` is sha1 or sha256."""
    key = f"{percent_encode(consumer_secret)}&{percent_encode(token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base_string.encode(), digest)).decode()


def signed_parameters(  # noqa: PLR0913 - all of them are signed
    method: str,
    url: str,
    parameters: Mapping[str, str],
    *,
    consumer_key: str,
    consumer_secret: str,
    timestamp: int,
    nonce: str,
) -> dict[str, str]:
    """Return `parameters` with the OAuth ones and their signature.

    `timestamp` is in Unix seconds; WooCommerce takes it within 15 minutes of its own clock.
    `nonce` must be new for each request.
    """
    unsigned = {
        **parameters,
        "oauth_consumer_key": consumer_key,
        "oauth_nonce": nonce,
        "oauth_signature_method": METHOD,
        "oauth_timestamp": str(timestamp),
    }
    base_string = signature_base_string(method, url, unsigned.items())
    return {**unsigned, "oauth_signature": sign(base_string, consumer_secret)}
