"""The names of shops in addresses: /s/corner-cafe/."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import count
from pathlib import Path

MAX_LENGTH = 40
NAMELESS = "shop"


def assign_slugs(paths: Sequence[Path]) -> dict[str, Path]:
    """Returns the owner's files `paths` by slug, each from the name of its folder.

    Slugs hold a-z, 0-9 and hyphens, whatever a folder is called; of several alike, the later ones
    have a number.
    """
    slugs: dict[str, Path] = {}
    for path in dict.fromkeys(path.absolute() for path in paths):
        slug = slug_of(path.resolve().parent.name)
        numbered = (slug if number == 1 else f"{slug}-{number}" for number in count(1))
        slugs[next(free for free in numbered if free not in slugs)] = path
    return slugs


def slug_of(name: str) -> str:
    """Returns the `name` of a folder as a part of an address."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:MAX_LENGTH].strip("-") or NAMELESS
