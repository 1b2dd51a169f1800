"""The last look before a mail goes. Every refusal is a value with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from mail.gate.reasons import Reason
from settings.values import ClosedOn, EmailLimit, HoursOfDay
from shop.types.purpose import Pace, Purpose

LONGEST_CLOSED = 400  # days looked ahead


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

    quiet_hours: HoursOfDay | None = None
    no_more_than: EmailLimit | None = None
    usual_time: time | None = None
    closed: Sequence[ClosedOn] = ()
    shop_zone: tzinfo = UTC


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
    due: datetime  # when it came due, or whatever it was put off to
    pace: Pace = Pace.AT_ONCE
    suppressed: str | None = None  # why nothing goes to this address
    left_at: datetime | None = None  # when the cart was last touched,
    left_for: timedelta = timedelta(0)  # and how long it must lie
    corrects: bool = False  # it is about a mail they have had already
    trouble: str | None = None  # why the mail service put it off before


def decide(case: Case, limits: Limits, *, now: datetime) -> Decision:
    """Who says no comes first; who says not yet comes last."""
    if objection := _objection(case):
        return objection
    if now > case.deadline:
        return Skipped(Reason.TOO_LATE, case.trouble)
    asked = (_shopping, _closed, _usual, _quiet, _cap)
    waits = [wait for ask in asked if (wait := ask(case, limits, now)) and wait.until > now]
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
    if case.suppressed:
        return Skipped(Reason.SUPPRESSED, case.suppressed)
    if case.basis == "no":
        return Skipped(Reason.SAID_NO)
    if case.purpose is Purpose.MARKETING and case.basis not in ("yes", "existing customer"):
        return Skipped(Reason.NO_BASIS)
    return None


def _shopping(case: Case, _limits: Limits, _now: datetime) -> Deferred | None:
    """Who is at the basket again needs no reminder of it yet."""
    if case.left_at is None:
        return None
    return Deferred(case.left_at + case.left_for, Reason.STILL_SHOPPING)


def _closed(case: Case, limits: Limits, now: datetime) -> Deferred | None:
    """Until the first day on which somebody is there, on the shop's calendar."""
    if case.pace is not Pace.OPEN_DAYS:
        return None
    today = now.astimezone(limits.shop_zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(LONGEST_CLOSED))
    opens = next((day for day in days if not _is_closed(day, limits)), None)
    if opens is None or opens == today:
        return None  # closed for ever is no wish to wait for ever
    morning = datetime.combine(opens, time(), limits.shop_zone)
    return Deferred(morning.astimezone(UTC), Reason.CLOSED)


def _is_closed(day: date, limits: Limits) -> bool:
    return any(closed.covers(day) for closed in limits.closed)


def _usual(case: Case, limits: Limits, _now: datetime) -> Deferred | None:
    """The first usual time since it came due, on the customer's clock."""
    if limits.usual_time is None or case.pace is Pace.AT_ONCE:
        return None
    due = case.due.astimezone(case.zone)
    return Deferred(_next_at(due, limits.usual_time), Reason.USUAL_TIME)


def _next_at(local: datetime, clock: time) -> datetime:
    days = (local.date(), local.date() + timedelta(days=1))
    times = [datetime.combine(day, clock, local.tzinfo).astimezone(UTC) for day in days]
    return next((at for at in times if at >= local), times[-1])


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
    if cap is None or case.purpose is Purpose.SERVICE or case.corrects:
        return None
    inside = sorted(went for went in case.received if now - cap.per.elapsed < went <= now)
    if len(inside) < cap.count:
        return None
    return Deferred(inside[-cap.count] + cap.per.elapsed, Reason.CAP)
