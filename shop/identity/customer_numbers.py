"""Customer and order numbers as spreadsheets rewrite them: 00123, 123 and 123.0 are one number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select
from sqlmodel import SQLModel

from shop.db.upsert import IN_VALUES, table_of
from shop.tables import Identity

NUMBER = re.compile(r"([0-9]{1,20})(?:[.,]0+)?")
WIDEST_PADDED = 12  # digits of the longest number that is looked for with leading zeros
IN_BATCH = 5_000


def canonical_number(key: str) -> str:
    """Return what the spellings of one number have in common: 123 for 00123 and 123.0.

    Any other key is returned as it is. Two people may have keys with the same canonical number;
    it only narrows down which records are compared.
    """
    match = NUMBER.fullmatch(key)
    return (match[1].lstrip("0") or "0") if match else key


def possible_spellings(key: str) -> list[str]:
    """Return all spellings of the number `key`; an empty list where it is none."""
    if not NUMBER.fullmatch(key):
        return []
    digits = canonical_number(key)
    padded = [digits.zfill(width) for width in range(len(digits), WIDEST_PADDED + 1)] or [digits]
    return [*padded, *(f"{spelling}.0" for spelling in padded)]


def match_numbers(connection: Connection, source: str, keys: Collection[str]) -> dict[str, str]:
    """Return the key in the list of `source` for those of `keys` that it spells differently.

    A key that the list has as it is, or that fits two of its people, is left out.
    """
    listed = set(stored_keys(connection, Identity, source, keys))
    missing = [key for key in keys if key not in listed]
    spellings = {spelling for key in missing for spelling in possible_spellings(key)}
    by_number: defaultdict[str, list[str]] = defaultdict(list)
    for key in stored_keys(connection, Identity, source, spellings):
        by_number[canonical_number(key)].append(key)
    return {
        key: matches[0]
        for key in missing
        if len(matches := by_number.get(canonical_number(key), [])) == 1
    }


def stored_keys(
    connection: Connection, model: type[SQLModel], source: str, keys: Collection[str]
) -> Iterator[str]:
    """Yield those of `keys` under which `model` has a row of `source`."""
    remaining = iter(keys)
    while batch := list(islice(remaining, IN_BATCH)):
        parameters = {"row_source": source, "values": batch}
        yield from connection.scalars(_keys_query(model), parameters)


@cache
def _keys_query(model: type[SQLModel]) -> Select[Any]:
    table = table_of(model)
    return select(table.c.external_id).where(
        table.c.source == bindparam("row_source"), table.c.external_id.in_(IN_VALUES)
    )
