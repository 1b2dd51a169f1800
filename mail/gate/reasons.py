"""Reasons of the gate and of senders, as they are stored with a message."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a mail was skipped, deferred or failed. The values are stored in `messages.reason`."""

    NO_ADDRESS = "no address"
    NO_BASIS = "no basis"
    OPTED_OUT = "said no"
    GONE = "no longer a customer at any source"
    UNREAD_CONSENT = "their consent could not be read"
    TOO_YOUNG = "too young for advertising"
    STOPPED = "stopped"
    RULE_REMOVED = "the rule is no longer in the file"
    TOO_LATE = "too late"
    NOT_APPROVED = "nobody approved it in time"
    QUIET_HOURS = "quiet hours"
    USUAL_TIME = "usual time"
    CLOSED = "closed"
    STILL_SHOPPING = "still shopping"
    STEP_REMOVED = "the step is no longer in the file"
    SUPPRESSED = "no mail to this address"
    OLD_DATA = "the data are too old"
    CAP = "enough mail for now"
    PROVIDER_STOPPED = "their mail provider refuses most mail"
    CANCELLED = "cancelled"
    RENDER_FAILED = "could not be written"
    REFUSED = "refused"
    NO_SUCH_ADDRESS = "no such address"
    PROVIDER_DEFERRED = "the mail service asks for patience"
    IN_DOUBT = "broken off while it was handed over"
