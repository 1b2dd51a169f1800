"""The gate: the last decision before a mail goes. Every refusal is a value with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from mail.gate.reasons import Reason
from settings.values import ClosedOn, HoursOfDay
from shop.types.purpose import Pace, Purpose
from templates.language import ENGLISH

DATA_RECHECK = timedelta(minutes=15)  # how often a mail that waits for data is looked at
MINUTE = timedelta(minutes=1)
MAX_DAYS_AHEAD = 400  # days searched for an open one


@dataclass(frozen=True)
class Go:
    """The mail may go now."""


@dataclass(frozen=True)
class Skipped:
    """The mail will never go."""

    reason: Reason
    detail: str | None = None

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


@dataclass(frozen=True)
class Deferred:
    """The mail is decided again at `until`."""

    until: datetime
    reason: Reason


Decision = Go | Skipped | Deferred


@dataclass(frozen=True)
class Limits:
    """The owner's limits on when mail goes."""

    quiet_hours: HoursOfDay | None = None
    usual_time: time | None = None
    closed: Sequence[ClosedOn] = ()
    shop_zone: tzinfo = UTC


@dataclass(frozen=True)
class OutdatedData:
    """A source that was last read too long ago, or never (`read_at` is None)."""

    source: str
    read_at: datetime | None


@dataclass(frozen=True)
class GateInput:
    """Everything that decides about one mail, as of the moment of sending."""

    purpose: Purpose
    basis: str
    has_address: bool
    stop_reason: str | None  # why the occasion is over
    deadline: datetime
    zone: ZoneInfo
    due_at: datetime  # when it came due, or the time of its last deferral
    pace: Pace = Pace.AT_ONCE
    suppression: str | None = None  # the suppression reason of the address
    cart_touched_at: datetime | None = None  # when the cart was last touched,
    cart_idle_time: timedelta = timedelta(0)  # and how long it must stay untouched
    capped_until: datetime | None = None  # when the customer may get one more mail
    age: int | None = None  # by the birthday, if its year is known
    youngest_age: int = 0  # to get advertising
    last_deferral: str | None = None  # why the mail service deferred it
    outdated: OutdatedData | None = None  # the source that would tell whether it is still right


def evaluate_gate(case: GateInput, limits: Limits, *, now: datetime) -> Decision:
    """Returns Go, Skipped or Deferred for one mail at the moment `now`.

    1. A reason to refuse it for good: occasion over, no address, suppressed, opted out, consent
       not readable, no basis, too young.
    2. Its deadline has passed: Skipped.
    3. Reasons to wait, of which the longest counts; one beyond the deadline is Skipped too.
    """
    if refusal := _refusal(case):
        return refusal
    if now > case.deadline:
        return Skipped(Reason.TOO_LATE, case.last_deferral)
    deferrals = _deferrals(case, limits, now)
    if not deferrals:
        return Go()
    latest = max(deferrals, key=lambda deferral: deferral.until)
    if latest.until > case.deadline:
        until = ENGLISH.day_and_time(latest.until.astimezone(UTC))
        return Skipped(Reason.TOO_LATE, f"{latest.reason} until {until} UTC")
    return latest


def still_goes(case: GateInput, limits: Limits, *, judged_at: datetime, now: datetime) -> bool:
    """Returns whether a mail that could go at `judged_at` may go at `now`, its facts the same.

    Quiet hours and days begin at full minutes in every time zone of today, and what a mail has
    waited for does not come back: until the next minute only its deadline can pass.
    """
    if judged_at <= now < judged_at + MINUTE and now.minute == judged_at.minute:
        return now <= case.deadline
    return isinstance(evaluate_gate(case, limits, now=now), Go)


def _deferrals(case: GateInput, limits: Limits, now: datetime) -> list[Deferred]:
    checks = (
        _defer_while_shopping,
        _defer_until_open_day,
        _defer_until_usual_time,
        _defer_until_quiet_hours_end,
        _defer_until_below_cap,
        _defer_until_data_arrive,
    )
    deferrals = (check(case, limits, now) for check in checks)
    return [deferral for deferral in deferrals if deferral and deferral.until > now]


def _refusal(case: GateInput) -> Skipped | None:
    if case.stop_reason:
        return Skipped(Reason.STOPPED, case.stop_reason)
    if not case.has_address:
        return Skipped(Reason.NO_ADDRESS)
    if case.suppression:
        return Skipped(Reason.SUPPRESSED, case.suppression)
    return _basis_refusal(case) or _age_refusal(case)


def _basis_refusal(case: GateInput) -> Skipped | None:
    if case.basis == "no":
        return Skipped(Reason.OPTED_OUT)
    if case.basis == "unread":
        return Skipped(Reason.UNREAD_CONSENT)
    if case.basis == "gone":
        return Skipped(Reason.GONE)
    if case.purpose is Purpose.MARKETING and case.basis not in ("yes", "existing customer"):
        return Skipped(Reason.NO_BASIS)
    return None


def _age_refusal(case: GateInput) -> Skipped | None:
    if case.purpose is not Purpose.MARKETING or case.age is None:
        return None
    return Skipped(Reason.TOO_YOUNG) if case.age < case.youngest_age else None


def _defer_while_shopping(case: GateInput, _limits: Limits, _now: datetime) -> Deferred | None:
    """No reminder of a cart that was touched less than the rule's waiting time ago."""
    if case.cart_touched_at is None:
        return None
    return Deferred(case.cart_touched_at + case.cart_idle_time, Reason.STILL_SHOPPING)


def _defer_until_open_day(case: GateInput, limits: Limits, now: datetime) -> Deferred | None:
    """Until the start of the next open day on the shop's calendar."""
    if case.pace is not Pace.OPEN_DAYS:
        return None
    today = now.astimezone(limits.shop_zone).date()
    candidates = (today + timedelta(days=offset) for offset in range(MAX_DAYS_AHEAD))
    open_day = next((day for day in candidates if not _is_closed(day, limits)), None)
    if open_day is None or open_day == today:
        return None  # a shop that is never open defers nothing
    opening = datetime.combine(open_day, time(), limits.shop_zone)
    return Deferred(opening.astimezone(UTC), Reason.CLOSED)


def _is_closed(day: date, limits: Limits) -> bool:
    return any(closure.covers(day) for closure in limits.closed)


def _defer_until_usual_time(case: GateInput, limits: Limits, _now: datetime) -> Deferred | None:
    """Until the first usual time after the mail came due, on the customer's clock."""
    if limits.usual_time is None or case.pace is Pace.AT_ONCE:
        return None
    due_at = case.due_at.astimezone(case.zone)
    return Deferred(_next_time_of_day(due_at, limits.usual_time), Reason.USUAL_TIME)


def _next_time_of_day(local: datetime, time_of_day: time) -> datetime:
    days = (local.date(), local.date() + timedelta(days=1))
    times = [datetime.combine(day, time_of_day, local.tzinfo).astimezone(UTC) for day in days]
    return next((moment for moment in times if moment >= local), times[-1])


def _defer_until_quiet_hours_end(case: GateInput, limits: Limits, now: datetime) -> Deferred | None:
    """Until quiet hours end on the customer's clock."""
    quiet = limits.quiet_hours
    local = now.astimezone(case.zone)
    if quiet is None or not quiet.covers(local.time()):
        return None
    return Deferred(
        next(end for end in _quiet_hours_ends(local, quiet) if end > now.astimezone(UTC)),
        Reason.QUIET_HOURS,
    )


def _quiet_hours_ends(local: datetime, quiet: HoursOfDay) -> Iterator[datetime]:
    """Candidates for the end: with `fold`, since an hour repeats when clocks go back."""
    for offset in (0, 1):
        for fold in (0, 1):
            day = local.date() + timedelta(days=offset)
            end = datetime.combine(day, quiet.end, local.tzinfo).replace(fold=fold)
            yield end.astimezone(UTC)


def _defer_until_below_cap(case: GateInput, _limits: Limits, _now: datetime) -> Deferred | None:
    """The cap itself is decided by `engine.delivery.cap`."""
    return Deferred(case.capped_until, Reason.CAP) if case.capped_until else None


def _defer_until_data_arrive(case: GateInput, _limits: Limits, now: datetime) -> Deferred | None:
    """It rests on something not happening, and the source that would tell is out of reach."""
    return Deferred(now + DATA_RECHECK, Reason.OLD_DATA) if case.outdated else None
