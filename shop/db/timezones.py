"""The clocks that customers live by: IANA names, whoever told them."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Connection, Select, func, select
from sqlmodel import col

from shop.tables import Customer

NOBODYS = frozenset({"Factory", "localtime"})  # a clock never set, and this machine's own


def zone_of(name: str | None) -> ZoneInfo | None:
    """None for what is no zone: then the shop's clock serves."""
    return ZoneInfo(name) if name in _names() else None


def in_use(connection: Connection) -> dict[str, ZoneInfo]:
    """The zones that any customer has, each found by one step along their index."""
    return {name: zone for name in connection.scalars(_known()) if (zone := zone_of(name))}


@cache
def _known() -> Select[tuple[str]]:
    theirs = col(Customer.timezone)
    first = select(func.min(theirs).label("name")).where(theirs.is_not(None))
    found = first.cte("zones", recursive=True)
    further = select(func.min(theirs)).where(theirs > found.c.name).scalar_subquery()
    found = found.union_all(select(further).where(found.c.name.is_not(None)))
    return select(found.c.name).where(found.c.name.is_not(None))


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones()) - NOBODYS
