"""The purpose of a mail and its pace; both follow from the event of the rule."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """Service mails need no opt-in; each purpose has a cap of its own."""

    SERVICE = "service"
    MARKETING = "marketing"


class Pace(StrEnum):
    """How long a mail may wait for a better hour."""

    AT_ONCE = "at once"  # it answers something the customer just did
    USUAL_TIME = "usual time"  # it belongs to a day, not to an hour
    OPEN_DAYS = "open days"  # it invites people to come, so the shop has to be open
