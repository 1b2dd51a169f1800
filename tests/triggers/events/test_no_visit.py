"""`when: no visit`, through a whole tick, on both databases."""

from __future__ import annotations

import pytest

from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe

AWAY = MARCH - 45 * DAY


def begin_looking(cafe: Cafe) -> None:
    """The rule's first evaluation: from here on it looks forward."""
    cafe.run(MARCH - 60 * DAY)


@pytest.mark.parametrize(
    ("late", "mailed"), [(0 * SECOND, ["clara"]), (-SECOND, []), (SECOND, ["clara"])]
)
def test_exactly_45_days_count(cafe: Cafe, late: object, mailed: list[str]) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.visits("clara", AWAY)
    cafe.run(MARCH - DAY)
    cafe.run(MARCH + late)  # type: ignore[operator]  # a timedelta
    assert cafe.mailed_names() == mailed


def test_the_last_visit_is_what_counts(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.visits("clara", AWAY, AWAY + DAY)
    cafe.run(MARCH)
    assert cafe.mailed_names() == []
    cafe.run(MARCH + DAY)
    assert cafe.mailed_names() == ["clara"]


@pytest.mark.parametrize(("visits", "mailed"), [(3, []), (4, ["clara"]), (5, ["clara"])])
def test_at_least_four_counts_the_fourth(cafe: Cafe, visits: int, mailed: list[str]) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        if: {visits: at least 4}
        then: [{send: we-miss-you}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.visits("clara", *(AWAY - n * DAY for n in range(visits)))
    cafe.run()
    assert cafe.mailed_names() == mailed


def test_a_customer_without_visits_is_not_missed(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    assert cafe.counts() == {}


def test_a_rule_looks_forward_only(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
    """
    cafe.customer("clara")
    cafe.visits("clara", AWAY - SECOND)
    cafe.run(MARCH)
    cafe.run(MARCH + DAY)
    assert cafe.mailed_names() == []


def test_the_backlog_comes_at_the_owners_word_newest_first(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
        include backlog: up to 2 per day
    """
    for days, name in enumerate(["ana", "bruno", "clara", "dora", "eva"]):
        cafe.customer(name)
        cafe.visits(name, AWAY - days * 30 * DAY)
    cafe.run(MARCH)
    assert cafe.mailed_names() == ["ana", "bruno", "clara"]  # ana came due this very moment
    cafe.run(MARCH + 23 * HOUR)
    assert cafe.mailed_names() == ["ana", "bruno", "clara"]
    cafe.run(MARCH + DAY)
    assert cafe.mailed_names() == ["ana", "bruno", "clara", "dora", "eva"]
    assert cafe.counts(MARCH + 2 * DAY) == {}


def test_those_who_may_not_be_mailed_use_up_no_backlog(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
        include backlog: up to 1 per day
    """
    cafe.customer("ana", says="no")
    cafe.customer("bruno", says=None)
    cafe.customer("clara")
    for days, name in enumerate(["ana", "bruno", "clara"], start=1):
        cafe.visits(name, AWAY - days * DAY)
    assert cafe.counts() == {"skipped": 2, "rehearsed": 1}
    assert cafe.mailed_names() == ["clara"]


def test_a_week_too_late_is_not_sent(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
    """
    begin_looking(cafe)
    for name, late in {"ana": 7 * DAY, "bruno": 7 * DAY + SECOND}.items():
        cafe.customer(name)
        cafe.visits(name, AWAY - late)
    assert cafe.counts() == {"rehearsed": 1, "skipped": 1}
    assert cafe.mailed_names() == ["ana"]


def test_a_visit_that_was_told_late_ends_it(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{wait: 1 day}, {send: we-miss-you}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.visits("clara", AWAY)
    assert cafe.counts(MARCH) == {"waiting": 1}
    cafe.visits("clara", AWAY + 5 * DAY)
    assert cafe.counts(MARCH + DAY) == {"skipped": 1}
    assert cafe.mailed_names() == []


def test_every_time_away_is_an_occasion_of_its_own(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
    """
    begin_looking(cafe)
    cafe.customer("clara")
    cafe.visits("clara", AWAY)
    cafe.run(MARCH)
    cafe.visits("clara", MARCH + DAY)
    cafe.run(MARCH + 46 * DAY)
    assert cafe.mailed_names() == ["clara", "clara"]


def test_a_cancelled_order_is_no_visit(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
    """
    from tests.rows import order

    begin_looking(cafe)
    cafe.customer("clara")
    cafe.visits("clara", AWAY)
    cafe.arrive(orders=[order("cancelled", "clara", AWAY + DAY, counts=False)])
    cafe.run()
    assert cafe.mailed_names() == ["clara"]
