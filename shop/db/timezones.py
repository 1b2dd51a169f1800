"""The clocks that customers live by: IANA names, whoever told them."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Connection, Select, func, select
from sqlmodel import col

from shop.tables import Customer

PSEUDO_ZONES = frozenset({"Factory", "localtime"})  # a clock never set, and this machine's own


def parse_zone(name: str | None) -> ZoneInfo | None:
    """None for what is no zone: then the shop's clock serves."""
    return ZoneInfo(name) if name in _zone_names() else None


def zones_in_use(connection: Connection) -> dict[str, ZoneInfo]:
    """The zones that any customer has, each found by one step along their index."""
    return {name: zone for name in connection.scalars(_zones_query()) if (zone := parse_zone(name))}


@cache
def _zones_query() -> Select[tuple[str]]:
    timezone = col(Customer.timezone)
    first = select(func.min(timezone).label("name")).where(timezone.is_not(None))
    zones = first.cte("zones", recursive=True)
    further = select(func.min(timezone)).where(timezone > zones.c.name).scalar_subquery()
    zones = zones.union_all(select(further).where(zones.c.name.is_not(None)))
    return select(zones.c.name).where(zones.c.name.is_not(None))


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones()) - PSEUDO_ZONES
