"""Tags of customers, compared without regard to capitals, as the platforms do."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, false, or_
from sqlmodel import col

from shop.tables import Identity

SEPARATOR = "\n"  # no tag holds a line break


def tag_key(tag: str) -> str:
    """Returns what all spellings of one `tag` have in common: WHOLESALE and wholesale, an accent
    with its letter and one after it.
    """
    folded = unicodedata.normalize("NFD", tag).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def tag_keys(tags: str) -> str:
    """Returns the column `identities.tag_keys` for `tags`, a JSON list."""
    keys = [key for tag in json.loads(tags) if (key := tag_key(str(tag)))]
    return f"{SEPARATOR}{SEPARATOR.join(keys)}{SEPARATOR}" if keys else ""


def has_any_tag(tags: Iterable[str], identity: type[Identity] = Identity) -> ColumnElement[bool]:
    """SQL condition: a row of `identity` has one of `tags`. Both databases decide the same, for
    both sides are folded before.
    """
    conditions: list[Any] = [
        col(identity.tag_keys).contains(f"{SEPARATOR}{key}{SEPARATOR}", autoescape=True)
        for tag in tags
        if (key := tag_key(tag))
    ]
    return or_(false(), *conditions)
