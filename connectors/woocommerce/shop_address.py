"""The web address of a WordPress site."""

from __future__ import annotations

from urllib.parse import urlsplit

API_PATHS = ("/wp-json", "/wp-admin", "/shop")


def parse_address(text: str) -> str | None:
    """Return scheme, host and folder of the site; None where `text` is no web address.

    Without a scheme it is https. A path into the site's own pages is left out.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return None
    host = parts.hostname or ""
    named = "." in host or host == "localhost"
    if parts.scheme not in ("http", "https") or not named or not valid_port or parts.username:
        return None
    if any(character.isspace() for character in text) or parts.query or parts.fragment:
        return None
    path = parts.path
    for own in API_PATHS:
        if own in path:
            path = path[: path.index(own)]
    return f"{parts.scheme}://{parts.netloc.lower()}{path.rstrip('/')}"
