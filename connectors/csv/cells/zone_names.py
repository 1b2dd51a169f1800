"""Time zones as exports write them behind a time: +0100, UTC, CET."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from shop.db.timezones import parse_zone

# Abbreviations of one meaning, in minutes from UTC. Not BST, IST, CST, AST: each means several.
OFFSETS = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "MEZ": 60,
    "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "SAST": 120, "BRT": -180, "EST": -300,
    "EDT": -240, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540,
    "AKDT": -480, "HST": -600, "AEST": 600, "AEDT": 660, "ACST": 570, "ACDT": 630, "AWST": 480,
    "NZST": 720, "NZDT": 780, "JST": 540, "KST": 540, "HKT": 480, "SGT": 480,
}  # fmt: skip
OFFSET = re.compile(r"(?:UTC|GMT|Z)? ?([+\-−])(\d{1,2}):?(\d{2})?")
ABBREVIATION = re.compile(r"[A-Z]{1,5}")


class UnknownZoneError(ValueError):
    """The words behind a time are no zone of one meaning; `args` holds the sentence."""


def at_zone(moment: datetime, written: str, shop_zone: ZoneInfo) -> datetime:
    """Return `moment` in the zone that is `written` behind it, or else in `shop_zone`.

    Raises `UnknownZoneError` for an abbreviation of several meanings, unless `shop_zone` has it.
    """
    local = moment.replace(tzinfo=shop_zone)
    name = written.strip(" ()").upper()
    if not name or name == local.tzname():
        return local
    if match := OFFSET.fullmatch(name):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        sign = 1 if match[1] == "+" else -1
        return moment.replace(tzinfo=timezone(timedelta(minutes=sign * minutes)))
    return moment.replace(tzinfo=_named_zone(name))


def _named_zone(name: str) -> tzinfo:
    """Return the zone for CET or EUROPE/LISBON; raises ValueError for other words."""
    if name in OFFSETS:
        return timezone(timedelta(minutes=OFFSETS[name]))
    if ABBREVIATION.fullmatch(name):
        raise UnknownZoneError(
            f"The time zone {name} may mean several. Write the offset in its place, like +01:00."
        )
    if zone := parse_zone(name.title()):
        return zone
    raise ValueError("no time zone")
