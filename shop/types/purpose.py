"""What a mail is for, and what hour suits it: both follow from the rule's `when`."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    SERVICE = "service"
    MARKETING = "marketing"


class Pace(StrEnum):
    """How long a mail may wait for a better hour."""

    AT_ONCE = "at once"  # it answers what the customer did a moment ago
    USUAL_TIME = "usual time"  # it has a day of its own, and no hour
    OPEN_DAYS = "open days"  # it asks people to come, so somebody has to be there
