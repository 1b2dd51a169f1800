"""Time zones of customers: IANA names, from whichever source."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Connection, Select, func, select
from sqlmodel import col

from shop.tables import Customer

PSEUDO_ZONES = frozenset({"Factory", "localtime"})  # an unset clock, and this machine's own zone


def parse_zone(name: str | None) -> ZoneInfo | None:
    """Returns the zone called `name`; None where there is none: then the shop's zone is used."""
    return ZoneInfo(name) if name in _zone_names() else None


def zones_in_use(connection: Connection) -> dict[str, ZoneInfo]:
    """Returns the zones that customers have, by name."""
    return {name: zone for name in connection.scalars(_zones_query()) if (zone := parse_zone(name))}


@cache
def _zones_query() -> Select[tuple[str]]:
    """The distinct time zones, one index lookup each (a recursive "loose index scan")."""
    timezone = col(Customer.timezone)
    first = select(func.min(timezone).label("name")).where(timezone.is_not(None))
    zones = first.cte("zones", recursive=True)
    further = select(func.min(timezone)).where(timezone > zones.c.name).scalar_subquery()
    zones = zones.union_all(select(further).where(zones.c.name.is_not(None)))
    return select(zones.c.name).where(zones.c.name.is_not(None))


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones()) - PSEUDO_ZONES
