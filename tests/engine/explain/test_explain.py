"""Explanations of carts and absences: the deciding condition is named."""

from __future__ import annotations

from engine.explain.model import Condition, Status
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.engine.explain.explanations import (
    ANA,
    CLARA,
    MINUTE,
    explain,
    explain_only_rule,
    latest_occasion,
    only_mail,
    unmet_conditions,
)
from tests.rows import identity, order

# --- cart abandoned


def test_a_mailed_cart_shows_conditions_and_delivery(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        if: {cart total: at least 15, visits: at most 3}
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
    """
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.run()
    occasion = latest_occasion(cafe)
    assert occasion.description == (
        "cart of 18.50 EUR left 3 March 2026, 07:00, so 3 hours end on 3 March 2026, 10:00"
    )
    assert (occasion.status, occasion.verdict) == (Status.RUNNING, "go")
    assert [(row.condition, str(row.actual), row.met) for row in occasion.conditions] == [
        ("visits: at most 3", "0", True), ("cart total: at least 15", "18.50", True)
    ]  # fmt: skip
    mail = only_mail(occasion)
    assert (mail.state, mail.to, mail.basis) == ("rehearsed", CLARA, "SUBSCRIBED")
    steps = [(step.step, step.status, step.until) for step in occasion.steps]
    assert steps == [
        ("send cart-reminder", Status.DONE, None),
        ("wait 1 day", Status.RUNNING, MARCH + DAY),
        ("send we-miss-you", Status.RUNNING, MARCH + DAY),
    ]


def test_a_recent_cart_shows_when_it_comes_due(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
    """
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.cart("clara", MARCH - HOUR)
    cafe.run()
    occasion = latest_occasion(cafe)
    assert (occasion.status, occasion.explanation) == (
        Status.NOT_DUE,
        "comes due on 3 March 2026, 12:00",
    )
    assert occasion.due_at == MARCH + 2 * HOUR


def test_a_cart_that_is_too_small_names_the_condition(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        if: {cart total: at least 40}
        then: [{send: cart-reminder}]
    """
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.run()
    occasion = latest_occasion(cafe)
    assert (occasion.status, occasion.verdict) == (Status.NOT_STARTED, "if not met")
    assert unmet_conditions(occasion) == ["if cart total: at least 40: 18.50"]


def test_a_bought_cart_shows_why_its_enrolment_ended(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
    """
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.run()
    cafe.cart("clara", MARCH - 3 * HOUR, converted_at=MARCH + HOUR, version=2)
    assert "the cart is no longer waiting" in latest_occasion(cafe, at=MARCH + 2 * HOUR).explanation
    cafe.run(MARCH + DAY)
    occasion = latest_occasion(cafe, at=MARCH + DAY)
    assert (occasion.status, occasion.ended) == (Status.ENDED, "the cart is no longer waiting")
    assert [step.status for step in occasion.steps] == [Status.DONE, Status.DONE, Status.ENDED]


def test_a_missing_cart_is_explained(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
    """
    cafe.customer("clara")
    assert explain_only_rule(cafe).no_occasion == "No cart of theirs is waiting."
    cafe.cart("clara", MARCH - DAY, converted_at=MARCH - HOUR)
    assert explain_only_rule(cafe).no_occasion == (
        "No cart of theirs is waiting. The last one was bought on 3 March 2026, 09:00."
    )


# --- no visit


def test_a_mailed_absence_is_explained(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}], stop when: visit}
    """
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 45 * DAY + 2 * MINUTE)
    cafe.run(MARCH - DAY)
    cafe.run(MARCH + HOUR)
    occasion = latest_occasion(cafe, at=MARCH + HOUR)
    assert occasion.description == (
        "last visit 17 January 2026, 10:02, so 45 days end on 3 March 2026, 10:02"
    )
    assert (occasion.status, only_mail(occasion).state) == (Status.DONE, "rehearsed")


def test_a_short_absence_shows_when_it_comes_due(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}]}
    """
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 44 * DAY)
    cafe.run()
    occasion = latest_occasion(cafe)
    assert (occasion.status, occasion.due_at) == (Status.NOT_DUE, MARCH + DAY)


def test_too_few_visits_are_shown_with_their_number(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        if: {visits: at least 4, total spent: more than 10}
        then: [{send: we-miss-you}]
    """
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.visits("clara", *(MARCH - n * DAY for n in (45, 50, 60)))
    cafe.run()
    assert unmet_conditions(latest_occasion(cafe)) == ["if visits: at least 4: 3"]
    assert {
        condition.condition: str(condition.actual) for condition in latest_occasion(cafe).conditions
    }["total spent: more than 10"] == ("37.50")


def test_an_absence_from_before_the_rule_names_the_backlog(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}]}
    """
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 100 * DAY)
    cafe.run()
    occasion = latest_occasion(cafe)
    assert (occasion.status, occasion.verdict) == (Status.BEFORE_RULE, None)
    assert occasion.explanation == (
        "it came due before the rule began to look, on 3 March 2026, 10:00; "
        "the rule has no include backlog"
    )


def test_customers_beyond_the_daily_backlog_wait_for_their_turn(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you:
        when: no visit
        for: 45 days
        then: [{send: we-miss-you}]
        include backlog: up to 1 per day
    """
    for name, days in (("ana", 90), ("clara", 100)):
        cafe.customer(name)
        cafe.visits(name, MARCH - days * DAY)
    cafe.run()
    assert latest_occasion(cafe, ANA).status is Status.DONE
    assert latest_occasion(cafe, CLARA).status is Status.WAITS_FOR_TURN
    cafe.run(MARCH + DAY + SECOND)
    assert latest_occasion(cafe, CLARA, MARCH + DAY + SECOND).status is Status.DONE


def test_a_rule_that_has_never_run_says_so(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
    """
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 4 * HOUR)
    assert latest_occasion(cafe).explanation == (
        "no run has looked at this rule yet, and it looks forward from its first run; "
        "the rule has no include backlog"
    )


def test_changes_since_the_last_run_are_left_to_the_next(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
    """
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 4 * HOUR)
    assert explain(cafe).changed
    assert latest_occasion(cafe).status is Status.NEXT_RUN


def test_a_cancelled_visit_creates_no_second_absence(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}]}
    """
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 60 * DAY, MARCH - 45 * DAY)
    cafe.run(MARCH - 20 * DAY)
    cafe.run()
    key = f"clara-{(MARCH - 45 * DAY).isoformat()}"
    cafe.arrive(orders=[order(key, "clara", MARCH - 45 * DAY, version=2, counts=False)])
    cafe.run(MARCH + HOUR)
    first = explain_only_rule(cafe, at=MARCH + HOUR).occasions[0]
    assert first.status is Status.ALREADY_ANSWERED
    assert "has had its mail" in first.explanation


def test_a_shortened_duration_is_left_to_the_next_run(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}]}
    """
    cafe.run(MARCH - 60 * DAY)
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 40 * DAY)
    cafe.run()
    cafe.reread(cafe.path.read_text(encoding="utf-8").replace("45 days", "39 days"))
    assert latest_occasion(cafe).status is Status.NEXT_RUN
    cafe.run(MARCH + SECOND)
    assert latest_occasion(cafe, at=MARCH + SECOND).status is Status.DONE


# --- longer than usual


def test_a_missed_rhythm_is_explained(cafe: Cafe) -> None:
    """
    rules:
      missed: {when: no visit, for: longer than usual, then: [{send: we-miss-you}]}
    """
    cafe.customer("clara")
    cafe.visits("clara", *(MARCH - n * DAY for n in (50, 40, 30, 20)))
    cafe.run(MARCH - 5 * DAY)
    assert latest_occasion(cafe, at=MARCH - 5 * DAY).status is Status.NOT_DUE
    cafe.run()
    occasion = latest_occasion(cafe)
    assert occasion.description == (
        "last visit 11 February 2026, 10:00, "
        "so by their own rhythm they are missed from 3 March 2026, 10:00 on"
    )
    assert only_mail(occasion).state == "rehearsed"


def test_a_missing_rhythm_shows_the_visits_it_takes(cafe: Cafe) -> None:
    """
    rules:
      missed: {when: no visit, for: longer than usual, then: [{send: we-miss-you}]}
    """
    cafe.customer("clara")
    cafe.visits("clara", *(MARCH - n * DAY for n in (50, 40, 30)))
    cafe.run()
    assert (
        explain_only_rule(cafe).no_occasion == "They have no rhythm yet: visits 3, and it takes 4."
    )


def test_conditions_on_own_columns_are_named_one_by_one(cafe: Cafe) -> None:
    """
    sources:
      old-list:
        from: csv
        holds: customers
        file: config.yaml
        columns: {e-mail: Email, my columns: {allergy: Allergies, plan: Plan}}
    rules:
      missed:
        when: no visit
        for: longer than usual
        if: {my: {allergy: contains nuts, plan: known}}
        then: [{send: we-miss-you}]
    """
    cafe.customer("clara")
    allergy = {"source": "online-shop", "external_id": "clara", "name": "allergy", "version": 1}
    record = identity("clara", email=CLARA, version=2)
    cafe.arrive(identities=[record], custom_fields=[{**allergy, "value": "Nuts, eggs"}])
    cafe.visits("clara", *(MARCH - n * DAY for n in (50, 40, 30, 20)))
    cafe.run(MARCH - DAY)
    cafe.run()
    assert [c for c in latest_occasion(cafe).conditions if c.clause == "if"] == [
        Condition("if", "my allergy: contains nuts", "Nuts, eggs", met=True),
        Condition("if", "my plan: known", None, met=False),
    ]


def test_a_true_unless_blocks(cafe: Cafe) -> None:
    """
    rules:
      missed:
        when: no visit
        for: longer than usual
        unless: {tags: [staff, family]}
        then: [{send: we-miss-you}]
    """
    cafe.customer("clara")
    staff = identity("clara", email=CLARA, version=2, tags='["staff", "early"]')
    cafe.arrive(identities=[staff])
    cafe.visits("clara", *(MARCH - n * DAY for n in (50, 40, 30, 20)))
    cafe.run(MARCH - DAY)
    cafe.run()
    [condition] = [
        candidate for candidate in latest_occasion(cafe).conditions if candidate.clause == "unless"
    ]
    assert condition == Condition(
        "unless", "tags: any of staff, family", ("early", "staff"), met=False
    )
    assert latest_occasion(cafe).verdict == "if not met"
