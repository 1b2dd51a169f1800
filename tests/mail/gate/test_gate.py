from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mail.gate.gate import (
    Decision,
    Deferred,
    GateInput,
    Go,
    Limits,
    Skipped,
    evaluate_gate,
    still_goes,
)
from mail.gate.reasons import Reason
from settings.values import ClosedOn, HoursOfDay
from shop.types.purpose import Pace, Purpose

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
LISBON = ZoneInfo("Europe/Lisbon")
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
LIMITS = Limits(HoursOfDay.parse("21:00 to 08:00"))


def decision_for(  # one parameter per field of GateInput
    *,
    now: datetime = NOON,
    purpose: Purpose = Purpose.MARKETING,
    basis: str = "yes",
    has_address: bool = True,
    stop_reason: str | None = None,
    deadline: datetime = NOON + 30 * DAY,
    zone: ZoneInfo = LISBON,
    limits: Limits = LIMITS,
    **more: Any,
) -> Decision:
    due_at = more.pop("due_at", now)
    case = GateInput(purpose, basis, has_address, stop_reason, deadline, zone, due_at, **more)
    return evaluate_gate(case, limits, now=now)


def test_a_yes_at_noon_goes() -> None:
    assert decision_for() == Go()


@pytest.mark.parametrize(
    ("basis", "purpose", "decision"),
    [
        ("no", Purpose.MARKETING, Skipped(Reason.OPTED_OUT)),
        ("none", Purpose.MARKETING, Skipped(Reason.NO_BASIS)),
        ("no", Purpose.SERVICE, Skipped(Reason.OPTED_OUT)),
        ("unread", Purpose.MARKETING, Skipped(Reason.UNREAD_CONSENT)),
        ("unread", Purpose.SERVICE, Skipped(Reason.UNREAD_CONSENT)),
        ("none", Purpose.SERVICE, Go()),
        ("yes", Purpose.SERVICE, Go()),
    ],
)
def test_marketing_needs_a_yes_and_service_no_no(
    basis: str, purpose: Purpose, decision: Decision
) -> None:
    assert decision_for(basis=basis, purpose=purpose) == decision


@pytest.mark.parametrize(
    ("age", "purpose", "basis", "decision"),
    [
        (15, Purpose.MARKETING, "yes", Skipped(Reason.TOO_YOUNG)),
        (15, Purpose.MARKETING, "existing customer", Skipped(Reason.TOO_YOUNG)),
        (15, Purpose.MARKETING, "no", Skipped(Reason.OPTED_OUT)),
        (16, Purpose.MARKETING, "yes", Go()),
        (None, Purpose.MARKETING, "yes", Go()),
        (8, Purpose.SERVICE, "yes", Go()),
    ],
)
def test_a_child_gets_no_advertising(
    age: int | None, purpose: Purpose, basis: str, decision: Decision
) -> None:
    assert decision_for(age=age, youngest_age=16, purpose=purpose, basis=basis) == decision


def test_no_address_is_no_mail() -> None:
    assert decision_for(has_address=False) == Skipped(Reason.NO_ADDRESS)


def test_a_passed_occasion_stops_before_anything_else() -> None:
    assert decision_for(stop_reason="the cart was bought", basis="no") == Skipped(
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
    assert decision_for(now=now, deadline=now + 30 * DAY) == expected


def test_quiet_hours_are_the_customers_not_the_shops() -> None:
    evening = datetime(2026, 3, 3, 20, tzinfo=UTC)
    assert decision_for(now=evening) == Go()
    assert isinstance(decision_for(now=evening, zone=ZoneInfo("Asia/Tokyo")), Deferred)


def test_a_capped_mail_waits_until_one_more_fits() -> None:
    assert decision_for(capped_until=NOON + DAY) == Deferred(NOON + DAY, Reason.CAP)
    assert decision_for(capped_until=NOON) == Go()


def test_of_two_deferrals_the_longer_one_is_returned() -> None:
    night = datetime(2026, 3, 3, 22, tzinfo=UTC)
    decision = decision_for(now=night, capped_until=night + 6 * DAY)
    assert decision == Deferred(night + 6 * DAY, Reason.CAP)


@pytest.mark.parametrize(("late", "goes"), [(timedelta(0), True), (SECOND, False)])
def test_the_deadline_itself_is_in_time(late: timedelta, goes: bool) -> None:
    assert (decision_for(deadline=NOON - late) == Go()) is goes


def test_a_wait_past_the_deadline_is_a_refusal_at_once() -> None:
    night = datetime(2026, 3, 3, 22, tzinfo=UTC)
    decision = decision_for(now=night, deadline=night + timedelta(hours=9))
    assert isinstance(decision, Skipped)
    assert decision.reason is Reason.TOO_LATE
    assert "quiet hours" in str(decision)


def test_an_address_that_bounced_gets_not_even_a_service_mail() -> None:
    decision = decision_for(purpose=Purpose.SERVICE, suppression="hard bounce")
    assert decision == Skipped(Reason.SUPPRESSED, "hard bounce")


def test_the_last_deferral_is_the_detail_when_it_is_too_late() -> None:
    decision = decision_for(deadline=NOON - SECOND, last_deferral="452 mailbox full")
    assert decision == Skipped(Reason.TOO_LATE, "452 mailbox full")


@pytest.mark.parametrize(
    ("due", "now", "until"),
    [
        ("2026-03-03T09:59:59+00:00", "2026-03-03T09:59:59+00:00", "2026-03-03T10:00:00+00:00"),
        ("2026-03-03T09:00:00+00:00", "2026-03-03T10:00:00+00:00", None),
        ("2026-03-03T10:00:00+00:00", "2026-03-03T10:05:00+00:00", None),
        ("2026-03-03T10:00:01+00:00", "2026-03-03T12:00:00+00:00", "2026-03-04T10:00:00+00:00"),
        ("2026-03-03T10:00:01+00:00", "2026-03-04T10:04:00+00:00", None),
        # The night in which the clocks go forward, and the one in which they go back.
        ("2026-03-28T12:00:00+00:00", "2026-03-28T12:00:00+00:00", "2026-03-29T09:00:00+00:00"),
        ("2026-10-24T12:00:00+00:00", "2026-10-24T12:00:00+00:00", "2026-10-25T10:00:00+00:00"),
    ],
)
def test_what_has_no_hour_goes_at_the_usual_time_after_it_came_due(
    due: str, now: str, until: str | None
) -> None:
    decision = decision_for(
        now=datetime.fromisoformat(now),
        due_at=datetime.fromisoformat(due),
        deadline=NOON + 900 * DAY,
        limits=Limits(usual_time=time(10)),
        pace=Pace.USUAL_TIME,
    )
    expected = Deferred(datetime.fromisoformat(until), Reason.USUAL_TIME) if until else Go()
    assert decision == expected


def test_the_usual_time_is_the_customers() -> None:
    decision = decision_for(
        zone=ZoneInfo("America/New_York"), limits=Limits(usual_time=time(10)), pace=Pace.USUAL_TIME
    )
    assert decision == Deferred(datetime(2026, 3, 3, 15, tzinfo=UTC), Reason.USUAL_TIME)


def closed_on(*days: str) -> Limits:
    return Limits(closed=[ClosedOn.parse(day) for day in days], shop_zone=LISBON)


@pytest.mark.parametrize(
    ("days", "now", "until"),
    [
        (["Tuesday"], "2026-03-03T00:00:00+00:00", "2026-03-04T00:00:00+00:00"),
        (["Tuesday"], "2026-03-02T23:59:59+00:00", None),
        (["Tuesday"], "2026-03-04T00:00:00+00:00", None),
        (["Tuesday", "Wednesday"], "2026-03-03T12:00:00+00:00", "2026-03-05T00:00:00+00:00"),
        (["24 December to 2 January"], "2026-12-24T08:00:00+00:00", "2027-01-03T00:00:00+00:00"),
        (["24 December to 2 January"], "2027-01-02T23:59:00+00:00", "2027-01-03T00:00:00+00:00"),
        (["29 February"], "2027-02-28T08:00:00+00:00", None),
        # A shop that is never open defers nothing.
        (["1 January to 31 December"], "2026-03-03T12:00:00+00:00", None),
    ],
)
def test_an_invitation_waits_for_an_open_day(days: list[str], now: str, until: str | None) -> None:
    moment = datetime.fromisoformat(now)
    decision = decision_for(
        now=moment, deadline=moment + 30 * DAY, limits=closed_on(*days), pace=Pace.OPEN_DAYS
    )
    assert decision == (Deferred(datetime.fromisoformat(until), Reason.CLOSED) if until else Go())


@pytest.mark.parametrize("pace", [Pace.AT_ONCE, Pace.USUAL_TIME])
def test_an_answer_and_a_birthday_do_not_wait_for_an_open_day(pace: Pace) -> None:
    assert decision_for(limits=closed_on("Tuesday"), pace=pace) == Go()


@pytest.mark.parametrize(("since", "goes"), [(timedelta(hours=3), True), (SECOND, False)])
def test_who_is_at_the_basket_again_is_not_reminded_yet(since: timedelta, goes: bool) -> None:
    hours = timedelta(hours=3)
    decision = decision_for(cart_touched_at=NOON - since, cart_idle_time=hours)
    assert decision == (Go() if goes else Deferred(NOON + hours - since, Reason.STILL_SHOPPING))


ZONES = ["Europe/Lisbon", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]


@given(
    days=st.integers(0, 10),
    seconds=st.tuples(
        st.sampled_from([90.0, 60.0, 59.0, 1.0, 0.5, 0.0, -30.0]),
        st.sampled_from([0.0, 0.5, 1.0, 9.0, 59.0, 60.0, 61.0, 3600.0, -1.0, -61.0]),
    ),
    turn=st.sampled_from(["10:00", "18:31", "00:00", "23:59"]),
    zone=st.sampled_from(ZONES),
    deadline=st.sampled_from([0.0, 0.25, 5.0, 86400.0]),
    pace=st.sampled_from(Pace),
)
def test_a_mail_that_could_go_a_moment_ago_goes_as_long_as_the_gate_lets_it(
    days: int, seconds: tuple[float, float], turn: str, zone: str, deadline: float, pace: Pace
) -> None:
    before, later = seconds
    quiet = HoursOfDay.parse(f"{turn} to 12:00")
    begin = datetime.combine(date(2026, 3, 27) + days * DAY, quiet.start, ZoneInfo(zone))
    judged_at = begin.astimezone(UTC) - before * SECOND
    closed = ClosedOn.parse("Monday")
    limits = Limits(quiet, time(9, 30), (closed,), ZoneInfo(zone))
    case = GateInput(
        Purpose.MARKETING, "yes", has_address=True, stop_reason=None, zone=ZoneInfo(zone),
        deadline=judged_at + deadline * SECOND, due_at=judged_at - 2 * DAY, pace=pace,
    )  # fmt: skip
    assume(evaluate_gate(case, limits, now=judged_at) == Go())
    now = judged_at + later * SECOND
    expected = evaluate_gate(case, limits, now=now) == Go()
    assert still_goes(case, limits, judged_at=judged_at, now=now) is expected


@pytest.mark.parametrize("seconds", [0.1, 59.9])
def test_quiet_hours_and_a_deadline_that_begin_a_moment_later_hold_a_mail(seconds: float) -> None:
    quiet = Limits(HoursOfDay.parse("12:00 to 13:00"))
    case = GateInput(Purpose.SERVICE, "yes", True, None, NOON + DAY, ZoneInfo("UTC"), NOON - DAY)
    judged_at = NOON - seconds * SECOND
    assert still_goes(case, quiet, judged_at=judged_at, now=NOON - 0.05 * SECOND)
    assert not still_goes(case, quiet, judged_at=judged_at, now=NOON)
    short = GateInput(Purpose.SERVICE, "yes", True, None, NOON, ZoneInfo("UTC"), NOON - DAY)
    assert not still_goes(short, Limits(), judged_at=NOON, now=NOON + 0.1 * SECOND)
