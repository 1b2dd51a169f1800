"""Explanations of birthdays, survey answers, subscriptions and points."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from engine.explain.model import RuleExplanation, Status
from engine.owner.pause import pause_mail
from shop.consent.basis import UNDATED
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.explain.explanations import (
    CLARA,
    MINUTE,
    answer_row,
    explain,
    explain_only_rule,
    latest_occasion,
    only_mail,
    unmet_conditions,
)
from tests.rows import identity, order, refund

# --- birthday

BIRTHDAY = """
    rules:
      birthday: {when: birthday, in: 3 days, if: {visits: at least 1}, then: [{send: birthday}]}
"""


def add_birthday(cafe: Cafe, day: str, **more: Any) -> None:
    customer_row = identity("clara", email=CLARA, version=2, birthday=day, **more)
    cafe.customer("clara")
    cafe.arrive(identities=[customer_row])


def with_birthday(test: Any) -> Any:
    test.__doc__ = BIRTHDAY
    return test


@with_birthday
def test_a_mailed_birthday_is_explained(cafe: Cafe) -> None:
    cafe.run(MARCH - 2 * DAY)
    add_birthday(cafe, "1990-03-06")
    cafe.visits("clara", MARCH - 9 * DAY)
    cafe.run()
    occasion, next_year = explain_only_rule(cafe).occasions
    assert (
        occasion.description == "birthday on 6 March 2026, so its mail is due 3 March 2026, 00:00"
    )
    assert (occasion.occasion, occasion.status) == ("2026", Status.DONE)
    assert (next_year.occasion, next_year.status) == ("2027", Status.NOT_DUE)


@with_birthday
def test_an_upcoming_birthday_uses_the_customers_time_zone(cafe: Cafe) -> None:
    add_birthday(cafe, "--03-20", timezone="America/New_York")
    cafe.run()
    [occasion] = explain_only_rule(cafe).occasions
    assert occasion.description == (
        "birthday on 20 March 2026, so its mail is due 17 March 2026, 04:00 "
        "(midnight in America/New_York)"
    )
    assert occasion.status is Status.NOT_DUE


@with_birthday
def test_an_unmet_condition_of_a_birthday_is_named(cafe: Cafe) -> None:
    cafe.run(MARCH - 2 * DAY)
    add_birthday(cafe, "1990-03-06")
    cafe.run()
    assert unmet_conditions(explain_only_rule(cafe).occasions[0]) == ["if visits: at least 1: 0"]


@with_birthday
def test_an_unknown_birthday_is_explained(cafe: Cafe) -> None:
    cafe.customer("clara")
    assert explain_only_rule(cafe).no_occasion == "Their birthday is not known."


# --- survey answered

SURVEY = """
    rules:
      unhappy:
        when: survey answered
        then:
          - if: {csat: at most 2}
            then:
              - task: Call them
                due in: 1 day
              - send: sorry-from-the-owner
                approve first: yes
            else:
              - task: Thank them
"""


def with_survey(test: Any) -> Any:
    test.__doc__ = SURVEY
    return test


@with_survey
def test_a_survey_answer_shows_the_branch_its_task_and_the_pending_approval(
    cafe: Cafe,
) -> None:
    cafe.run(MARCH - DAY)
    cafe.customer("clara", says=None)
    cafe.arrive(answers=[answer_row("clara", MARCH - HOUR, csat=1, nps=3)])
    cafe.run()
    occasion = latest_occasion(cafe)
    assert occasion.description == "answered 3 March 2026, 09:00 (csat 1, nps 3)"
    assert [(step.place, step.explanation) for step in occasion.steps] == [
        ("1", "was true: then"), ("1.then.1", "written down"), ("1.then.2", "awaiting approval")
    ]  # fmt: skip
    assert occasion.steps[1].task is not None
    gate = only_mail(occasion).gate
    assert gate is not None
    assert gate.verdict.startswith("it waits for your word (approve first): regulars approve ")
    assert {check.check: check.answer for check in gate.checks}["basis"] == "yes"


@with_survey
def test_the_else_branch_is_shown(cafe: Cafe) -> None:
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.arrive(answers=[answer_row("clara", MARCH - HOUR, csat=5)])
    cafe.run()
    occasion = latest_occasion(cafe)
    assert occasion.status is Status.DONE
    assert [(step.place, step.explanation) for step in occasion.steps] == [
        ("1", "was not true: else"), ("1.else.1", "written down")
    ]  # fmt: skip
    assert [
        (condition.condition, condition.actual, condition.met)
        for condition in occasion.steps[0].conditions
    ] == [("csat: at most 2", 5, False)]


def test_a_missing_score_does_not_meet_the_condition(cafe: Cafe) -> None:
    """
    rules:
      unhappy: {when: survey answered, if: {csat: at most 2}, then: [{send: sorry-from-the-owner}]}
    """
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.arrive(answers=[answer_row("clara", MARCH - HOUR, nps=1)])
    cafe.run()
    assert unmet_conditions(latest_occasion(cafe)) == ["if csat: at most 2: None"]


@with_survey
def test_a_missing_survey_answer_is_explained(cafe: Cafe) -> None:
    cafe.customer("clara")
    assert explain_only_rule(cafe).no_occasion == "They answered no survey."


# --- subscribed

IMPORTED = "Their yes has no date: it came with a list, and nobody is welcomed for that."
WELCOME = """
    rules:
      welcome: {when: subscribed, then: [{wait: 2 days}, {send: welcome}]}
"""


def with_welcome(test: Any) -> Any:
    test.__doc__ = WELCOME
    return test


@with_welcome
def test_an_opt_in_is_welcomed_after_the_wait(cafe: Cafe) -> None:
    cafe.run(MARCH - DAY)
    cafe.customer("clara", says=None)
    cafe.record_consent("clara", "yes", MARCH - HOUR)
    cafe.run()
    occasion = latest_occasion(cafe)
    assert occasion.description == "said yes on 3 March 2026, 09:00"
    assert [(step.explanation, step.until) for step in occasion.steps] == [
        ("waits", MARCH + 2 * DAY - HOUR), ("comes next", MARCH + 2 * DAY - HOUR)
    ]  # fmt: skip
    cafe.run(MARCH + 2 * DAY)
    assert only_mail(latest_occasion(cafe, at=MARCH + 2 * DAY)).state == "rehearsed"


@with_welcome
@pytest.mark.parametrize(
    ("consent", "at", "expected"),
    [
        ("no", MARCH, "They said no."),
        ("yes", UNDATED, IMPORTED),
        (None, MARCH, "They never said yes themselves."),
    ],
)  # fmt: skip
def test_a_missing_welcome_is_explained(
    cafe: Cafe, consent: str | None, at: datetime, expected: str
) -> None:
    cafe.customer("clara", says=None)
    if consent:
        cafe.record_consent("clara", consent, at)
    assert explain_only_rule(cafe).no_occasion == expected


@with_welcome
def test_an_opt_out_ends_the_welcome(cafe: Cafe) -> None:
    cafe.run(MARCH - DAY)
    cafe.customer("clara", says=None)
    cafe.record_consent("clara", "yes", MARCH - HOUR)
    cafe.run()
    cafe.record_consent("clara", "no", MARCH + HOUR)
    cafe.run(MARCH + 2 * DAY)
    assert latest_occasion(cafe, at=MARCH + 2 * DAY).ended == "the customer no longer says yes"


# --- points

POINTS = """
    loyalty: {earn: 1 point per 1, expire after: 30 days}
    rules:
      earned: {when: points earned, if: {points: at least 10}, then: [{send: points-earned}]}
      ending:
        when: points expire
        in: 14 days
        if: {points: at least 10}
        then: [{send: points-expiring}]
"""


def with_points(test: Any) -> Any:
    test.__doc__ = POINTS
    return test


def earned_and_expiring(cafe: Cafe, at: datetime) -> tuple[RuleExplanation, RuleExplanation]:
    earned, ending = explain(cafe, at=at).rules
    return earned, ending


@with_points
def test_earned_and_expiring_points_are_explained(cafe: Cafe) -> None:
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.visits("clara", MARCH - HOUR)
    cafe.run()
    earned, ending = earned_and_expiring(cafe, MARCH)
    assert earned.occasions[-1].description == (
        "earned points on 3 March 2026, 09:00; seven days have one mail at most"
    )
    assert only_mail(earned.occasions[-1]).state == "rehearsed"
    assert ending.occasions[-1].description == (
        "12 points end on 2 April 2026, 10:00, so 14 days ahead is 19 March 2026, 09:00"
    )
    assert ending.occasions[-1].status is Status.NOT_DUE
    cafe.run(MARCH + 16 * DAY)
    _, ending = earned_and_expiring(cafe, MARCH + 16 * DAY)
    assert only_mail(ending.occasions[-1]).state == "rehearsed"


@with_points
def test_too_few_points_name_the_condition(cafe: Cafe) -> None:
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.arrive(orders=[order("small", "clara", MARCH - HOUR, total=500)])
    cafe.run()
    cafe.run(MARCH + 16 * DAY)
    earned, ending = earned_and_expiring(cafe, MARCH + 16 * DAY)
    assert unmet_conditions(earned.occasions[-1])[0] == "if points: at least 10: 5"
    assert unmet_conditions(ending.occasions[-1]) == ["if points: at least 10: 5"]


@with_points
def test_missing_points_are_explained(cafe: Cafe) -> None:
    cafe.customer("clara")
    cafe.run()
    earned, ending = earned_and_expiring(cafe, MARCH)
    assert (earned.no_occasion, ending.no_occasion) == (
        "They earned no points.", "They have no points that end."
    )  # fmt: skip


@with_points
def test_refunded_points_stop_the_mail(cafe: Cafe) -> None:
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.arrive(orders=[order("one", "clara", MARCH - HOUR)])
    pause_mail(cafe.shop, None, "Ana is ill", now=MARCH)
    cafe.run()
    cafe.arrive(refunds=[refund("back", "one", 1250, MARCH + MINUTE)])
    cafe.run(MARCH + HOUR)
    earned, _ = earned_and_expiring(cafe, MARCH + HOUR)
    gate = only_mail(earned.occasions[-1]).gate
    assert gate is not None
    assert gate.verdict == "stopped: the points were taken back"


@with_points
def test_of_occasions_before_the_rule_only_the_last_is_shown(cafe: Cafe) -> None:
    cafe.run(MARCH - 60 * DAY)
    cafe.customer("clara")
    cafe.visits("clara", *(MARCH - weeks * 7 * DAY for weeks in (1, 3, 4, 5, 6)))
    cafe.run(MARCH - DAY)
    text = cafe.path.read_text(encoding="utf-8")
    cafe.reread(text.replace("earned: {when", "thanks: {when"))
    cafe.run()
    thanks = explain(cafe, rule="thanks").rules[0]
    assert [occasion.status for occasion in thanks.occasions] == [Status.BEFORE_RULE]
    assert thanks.left_out == 4
