"""The web address of a WordPress site."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

OWN_FOLDERS = ("wp-json", "wp-admin")
DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_address(text: str) -> str | None:
    """Return scheme, host and folder of the site; None where `text` is no web address.

    Without a scheme it is https. A path into WordPress itself is left out, and so is the usual
    port: WordPress signs its address without it.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return None
    host = parts.hostname or ""
    named = "." in host or host == "localhost"
    if parts.scheme not in DEFAULT_PORTS or not named or not valid_port or "@" in parts.netloc:
        return None
    if any(character.isspace() for character in text) or parts.query or parts.fragment:
        return None
    return f"{parts.scheme}://{place(parts)}{site_folder(parts.path)}"


def place(parts: SplitResult) -> str:
    """Return the host, with its port unless that is the usual one."""
    written = parts.netloc.lower()
    return written.rpartition(":")[0] if parts.port == DEFAULT_PORTS[parts.scheme] else written


def site_folder(path: str) -> str:
    """Return `path` up to the first of WordPress's own folders."""
    folders = path.split("/")
    own = [folders.index(name) for name in OWN_FOLDERS if name in folders]
    return "/".join(folders[: min(own, default=len(folders))]).rstrip("/")
