from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mail.gate import Case, Decision, Deferred, Go, Limits, Skipped, decide
from mail.reasons import Reason
from settings.values import EmailLimit, HoursOfDay
from shop.purpose import Purpose

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
LISBON = ZoneInfo("Europe/Lisbon")
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
LIMITS = Limits(HoursOfDay.read("21:00 to 08:00"), EmailLimit.read("2 emails per 7 days"))


def judge(  # a case has many sides
    *,
    now: datetime = NOON,
    purpose: Purpose = Purpose.MARKETING,
    basis: str = "yes",
    has_address: bool = True,
    over: str | None = None,
    deadline: datetime = NOON + 30 * DAY,
    zone: ZoneInfo = LISBON,
    received: Sequence[datetime] = (),
) -> Decision:
    case = Case(purpose, basis, has_address, over, deadline, zone, received)
    return decide(case, LIMITS, now=now)


def test_a_yes_at_noon_goes() -> None:
    assert judge() == Go()


@pytest.mark.parametrize(
    ("basis", "purpose", "decision"),
    [
        ("no", Purpose.MARKETING, Skipped(Reason.SAID_NO)),
        ("none", Purpose.MARKETING, Skipped(Reason.NO_BASIS)),
        ("no", Purpose.SERVICE, Skipped(Reason.SAID_NO)),
        ("none", Purpose.SERVICE, Go()),
        ("yes", Purpose.SERVICE, Go()),
    ],
)
def test_marketing_needs_a_yes_and_service_no_no(
    basis: str, purpose: Purpose, decision: Decision
) -> None:
    assert judge(basis=basis, purpose=purpose) == decision


def test_no_address_is_no_mail() -> None:
    assert judge(has_address=False) == Skipped(Reason.NO_ADDRESS)


def test_what_is_over_stops_before_anything_else() -> None:
    assert judge(over="the cart was bought", basis="no") == Skipped(
        Reason.STOPPED, "the cart was bought"
    )


@pytest.mark.parametrize(
    ("clock", "until"),
    [
        ("2026-03-03T20:59:59+00:00", None),
        ("2026-03-03T21:00:00+00:00", "2026-03-04T08:00:00+00:00"),
        ("2026-03-04T07:59:59+00:00", "2026-03-04T08:00:00+00:00"),
        ("2026-03-04T08:00:00+00:00", None),
        # The night before the clocks go forward, and the night before they go back.
        ("2026-03-28T23:00:00+00:00", "2026-03-29T07:00:00+00:00"),
        ("2026-10-24T22:00:00+00:00", "2026-10-25T08:00:00+00:00"),
    ],
)
def test_quiet_hours_end_on_the_customers_clock(clock: str, until: str | None) -> None:
    expected = Deferred(datetime.fromisoformat(until), Reason.QUIET_HOURS) if until else Go()
    now = datetime.fromisoformat(clock)
    assert judge(now=now, deadline=now + 30 * DAY) == expected


def test_quiet_hours_are_the_customers_not_the_shops() -> None:
    evening = datetime(2026, 3, 3, 20, tzinfo=UTC)
    assert judge(now=evening) == Go()
    assert isinstance(judge(now=evening, zone=ZoneInfo("Asia/Tokyo")), Deferred)


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ([], Go()),
        ([NOON - DAY], Go()),
        ([NOON - DAY, NOON - 2 * DAY], Deferred(NOON + 5 * DAY, Reason.CAP)),
        ([NOON, NOON], Deferred(NOON + 7 * DAY, Reason.CAP)),
        ([NOON - DAY, NOON - 7 * DAY], Go()),
        ([NOON - DAY, NOON - 7 * DAY + SECOND], Deferred(NOON + SECOND, Reason.CAP)),
        ([NOON - DAY, NOON - 2 * DAY, NOON - 3 * DAY], Deferred(NOON + 5 * DAY, Reason.CAP)),
    ],
)
def test_two_in_seven_days_are_enough(received: list[datetime], expected: Decision) -> None:
    assert judge(received=received) == expected


def test_a_service_mail_is_not_counted() -> None:
    assert judge(purpose=Purpose.SERVICE, received=[NOON, NOON, NOON]) == Go()


def test_of_two_waits_the_longer_one_is_told() -> None:
    night = datetime(2026, 3, 3, 22, tzinfo=UTC)
    decision = judge(now=night, received=[night - DAY, night - DAY])
    assert decision == Deferred(night + 6 * DAY, Reason.CAP)


@pytest.mark.parametrize(("late", "goes"), [(timedelta(0), True), (SECOND, False)])
def test_the_deadline_itself_is_in_time(late: timedelta, goes: bool) -> None:
    assert (judge(deadline=NOON - late) == Go()) is goes


def test_a_wait_past_the_deadline_is_a_refusal_at_once() -> None:
    night = datetime(2026, 3, 3, 22, tzinfo=UTC)
    decision = judge(now=night, deadline=night + timedelta(hours=9))
    assert isinstance(decision, Skipped)
    assert decision.reason is Reason.TOO_LATE
    assert "quiet hours" in str(decision)
