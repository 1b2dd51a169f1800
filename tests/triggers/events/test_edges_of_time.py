"""Every event to the second: when it is due, across clock changes, and when it is too late.

Birthdays, which are due by the day, have their own module.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.triggers.conftest import set_rules
from tests.triggers.events.occasions import EVENT_CASES, EventCase

ALL_BUT_BIRTHDAY = [
    pytest.param(when, id=name) for name, when in EVENT_CASES.items() if name != "birthday"
]
A_SECOND_APART = {"ana": -SECOND, "bruno": 0 * SECOND, "clara": SECOND}


def start_rule(cafe: Cafe, rules: str, due: datetime) -> None:
    """Starts the rule 60 days before `due`."""
    set_rules(cafe, rules)
    cafe.run(due - 60 * DAY)


@pytest.mark.parametrize("case", ALL_BUT_BIRTHDAY)
@pytest.mark.parametrize(
    "now",
    [
        pytest.param(MARCH, id="on an ordinary morning"),
        pytest.param(datetime(2026, 3, 29, 1, tzinfo=UTC), id="as Lisbon jumps from one to two"),
        pytest.param(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), id="at half past one, the first"),
        pytest.param(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), id="at half past one, once more"),
    ],
)
def test_it_comes_due_to_the_second(corner: Cafe, case: EventCase, now: datetime) -> None:
    """Occasions of a second ago and of this second are mailed; those of the next second are not."""
    start_rule(corner, case.rules(), now)
    for name, apart in A_SECOND_APART.items():
        case.make_occasion(corner, name, now + apart)
    corner.run(now)
    assert corner.mailed_names() == ["ana", "bruno"]
    corner.run(now + SECOND)
    corner.run(now + HOUR)
    assert corner.mailed_names() == ["ana", "bruno", "clara"]


@pytest.mark.parametrize("case", ALL_BUT_BIRTHDAY)
@pytest.mark.parametrize(
    "limit", [None, 5 * HOUR], ids=["where the owner says nothing", "where the owner says 5 hours"]
)
def test_how_late_is_too_late_to_the_second(
    corner: Cafe, case: EventCase, limit: timedelta | None
) -> None:
    """Exactly as late as allowed is mailed, once; a second later is too late."""
    lateness = limit or case.default_lateness
    start_rule(corner, case.rules(at_most_late="5 hours") if limit else case.rules(), MARCH)
    for name, apart in A_SECOND_APART.items():
        case.make_occasion(corner, name, MARCH - lateness + apart)
    corner.run(MARCH)
    corner.run(MARCH + DAY)
    assert corner.mailed_names() == ["bruno", "clara"]


@pytest.mark.parametrize("case", ALL_BUT_BIRTHDAY)
def test_a_step_after_a_wait_is_due_to_the_second(corner: Cafe, case: EventCase) -> None:
    """A wait counts from the due moment, not from the run that noticed it."""
    start_rule(corner, case.rules("[{wait: 1 hour}, {send: welcome}]"), MARCH)
    for name, apart in A_SECOND_APART.items():
        case.make_occasion(corner, name, MARCH - HOUR + apart)
    corner.run(MARCH - HOUR / 2)
    assert corner.mailed_names() == []
    corner.run(MARCH)
    assert corner.mailed_names() == ["ana", "bruno"]
