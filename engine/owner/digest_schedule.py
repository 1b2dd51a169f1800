"""When the owner's digest is due."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from settings.schedule import Schedule


def is_digest_due(schedule: Schedule, zone: ZoneInfo, *, now: datetime) -> bool:
    """Returns whether `now` has passed the time of `morning letter` on the shop's clock, `zone`.

    That it is sent once a day only is `engine.owner.digest.send_digest`'s part.
    """
    due_time = schedule.morning_letter
    return due_time is not None and now.astimezone(zone).time() >= due_time
