"""The last look before a mail goes. Every refusal is a value with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mail.reasons import Reason
from settings.values import EmailLimit, HoursOfDay
from shop.purpose import Purpose


@dataclass(frozen=True)
class Go:
    """It may go now."""


@dataclass(frozen=True)
class Skipped:
    """It will never go."""

    reason: Reason
    detail: str | None = None

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


@dataclass(frozen=True)
class Deferred:
    """It may go later."""

    until: datetime
    reason: Reason


Decision = Go | Skipped | Deferred


@dataclass(frozen=True)
class Limits:
    """The owner's limits on when and how much."""

    quiet_hours: HoursOfDay | None
    no_more_than: EmailLimit | None


@dataclass(frozen=True)
class Case:
    """All that decides about one mail, as it stands at the moment of sending."""

    purpose: Purpose
    basis: str
    has_address: bool
    over: str | None  # why its occasion has passed
    deadline: datetime
    zone: ZoneInfo
    received: Sequence[datetime]  # when this customer's latest mails went


def decide(case: Case, limits: Limits, *, now: datetime) -> Decision:
    """Who says no comes first; who says not yet comes last."""
    if objection := _objection(case):
        return objection
    if now > case.deadline:
        return Skipped(Reason.TOO_LATE)
    waits = [wait for wait in (_quiet(case, limits, now), _cap(case, limits, now)) if wait]
    if not waits:
        return Go()
    longest = max(waits, key=lambda wait: wait.until)
    if longest.until > case.deadline:
        return Skipped(Reason.TOO_LATE, f"{longest.reason} until {longest.until:%d %B %H:%M} UTC")
    return longest


def _objection(case: Case) -> Skipped | None:
    if case.over:
        return Skipped(Reason.STOPPED, case.over)
    if not case.has_address:
        return Skipped(Reason.NO_ADDRESS)
    if case.basis == "no":
        return Skipped(Reason.SAID_NO)
    if case.purpose is Purpose.MARKETING and case.basis not in ("yes", "existing customer"):
        return Skipped(Reason.NO_BASIS)
    return None


def _quiet(case: Case, limits: Limits, now: datetime) -> Deferred | None:
    """Quiet hours are the customer's own: their end is looked up on their clock."""
    quiet = limits.quiet_hours
    local = now.astimezone(case.zone)
    if quiet is None or not quiet.covers(local.time()):
        return None
    return Deferred(
        next(end for end in _ends(local, quiet) if end > now.astimezone(UTC)), Reason.QUIET_HOURS
    )


def _ends(local: datetime, quiet: HoursOfDay) -> Iterator[datetime]:
    """When the clocks go back, an hour comes twice."""
    for days in (0, 1):
        for fold in (0, 1):
            day = local.date() + timedelta(days=days)
            end = datetime.combine(day, quiet.end, local.tzinfo).replace(fold=fold)
            yield end.astimezone(UTC)


def _cap(case: Case, limits: Limits, now: datetime) -> Deferred | None:
    """Full until the oldest of the last so many has left the window."""
    cap = limits.no_more_than
    if cap is None or case.purpose is Purpose.SERVICE:
        return None
    inside = sorted(went for went in case.received if now - cap.per.elapsed < went <= now)
    if len(inside) < cap.count:
        return None
    return Deferred(inside[-cap.count] + cap.per.elapsed, Reason.CAP)
