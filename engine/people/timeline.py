"""What happened with one customer, newest first, a bounded part at a time.

Each kind of entry is one query along an index of the customer's rows. A part asks each for its
newest rows before a place and merges them, so its cost does not grow with the history.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, or_, select, tuple_

from engine.people.timeline_sources import SOURCES, TimelineEntry, TimelineSource
from shop.db.upsert import table_of
from shop.tables import CartLine, OrderLine
from shop.types.person_name import visible_text

PART_SIZE = 40
MAX_TITLES = 3  # of products of an order
MAX_INTEGER = 2**62  # that a database compares
Place = tuple[int, str, Any]  # microseconds, the kind, the key of the row


@dataclass(frozen=True)
class Timeline:
    """A part of a timeline; `older` is the place at which the next part begins, "" at its end."""

    entries: Sequence[TimelineEntry]
    older: str = ""


def load_timeline(
    connection: Connection, customer: int, *, before: str = "", size: int = PART_SIZE
) -> Timeline:
    """Returns the newest `size` entries of `customer`, or those before the place `before`."""
    place = _read_place(before)
    placed: list[tuple[Place, TimelineEntry]] = []
    for source in SOURCES:
        query = _newest_first(source, place) if place else _newest_queries()[source.kind]
        rows = connection.execute(query, {"customer": customer, "size": size + 1})
        placed += [((row.at, source.kind, row.key), source.read(row)) for row in rows]
    placed.sort(key=lambda pair: pair[0][:2], reverse=True)  # rows of one kind are in order
    shown = placed[:size]
    return Timeline(
        entries=_with_products(connection, [entry for _, entry in shown]),
        older=_write_place(shown[-1][0]) if len(placed) > size else "",
    )


@cache
def _newest_queries() -> Mapping[str, Select[Any]]:
    """By kind; built once, as each page of a customer begins with all of them."""
    return {source.kind: _newest_first(source, None) for source in SOURCES}


def _newest_first(source: TimelineSource, place: Place | None) -> Select[Any]:
    query = _before(source, place) if place else source.query
    return query.order_by(source.at.desc(), source.key.desc()).limit(bindparam("size"))


def _before(source: TimelineSource, place: Place) -> Select[Any]:
    """At the moment of the place, kinds are in descending order, and the keys of one kind."""
    moment, kind, key = place
    if source.kind == kind:
        same = and_(source.at == moment, source.key < key)
        return source.query.where(source.at <= moment, or_(source.at < moment, same))
    is_shown = source.kind > kind
    return source.query.where(source.at < moment if is_shown else source.at <= moment)


def _with_products(connection: Connection, entries: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """Adds what orders and carts hold."""
    products: dict[tuple[str, str, str], str] = {}
    for kind, model, key in (("order", OrderLine, "order_key"), ("cart", CartLine, "cart_key")):
        records = {entry.record for entry in entries if entry.kind == kind and entry.record}
        for record, titles in _load_titles(connection, model, key, records).items():
            products[(kind, *record)] = _list_titles(titles)
    return [
        replace(entry, detail=products.get((entry.kind, *entry.record), entry.detail))
        if entry.record
        else entry
        for entry in entries
    ]


def _load_titles(
    connection: Connection, model: Any, key: str, records: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], list[str]]:
    titles: dict[tuple[str, str], list[str]] = defaultdict(list)
    if records:
        parameters = {"records": sorted(records)}
        for source, record, title in connection.execute(_titles_query(model, key), parameters):
            titles[source, record].append(visible_text(title))
    return titles


@cache
def _titles_query(model: Any, key: str) -> Select[Any]:
    table = table_of(model)
    named = tuple_(table.c.source, table.c[key]).in_(bindparam("records", expanding=True))
    columns = select(table.c.source, table.c[key], table.c.title).where(named)
    return columns.order_by(table.c.source, table.c[key], table.c.position)


def _list_titles(titles: Sequence[str]) -> str:
    more = len(titles) - MAX_TITLES
    return ", ".join([*titles[:MAX_TITLES], *([f"and {more} more"] if more > 0 else [])])


def _write_place(place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read_place(text: str) -> Place | None:
    """None for what is no place: the timeline begins with its newest entry then."""
    try:
        padded = text + "=" * (-len(text) % 4)
        moment, kind, key = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, TypeError, RecursionError):
        return None
    kinds = {source.kind: source.key_type for source in SOURCES}
    is_known = isinstance(kind, str) and kind in kinds and type(key) is kinds[kind]
    integers = [number for number in (moment, key) if type(number) is int]
    are_small = all(abs(number) < MAX_INTEGER for number in integers)
    return (moment, kind, key) if is_known and type(moment) is int and are_small else None
