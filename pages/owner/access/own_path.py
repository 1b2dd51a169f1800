"""Which paths a browser may be led to: those of these pages, and of no other host."""

from __future__ import annotations

import re

# No host, no scheme, nothing that a browser reads as one.
OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1000}")


def is_own_path(path: str) -> bool:
    """Whether a browser stays on these pages when it is led to `path`."""
    return OWN_PATH.fullmatch(path) is not None
