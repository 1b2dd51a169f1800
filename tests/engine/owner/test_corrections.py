"""Corrections of wrong mails: recipients and drafts, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.explain.explain import explain_customer
from engine.message_states import State
from engine.messages.in_doubt import DoubtDecision, settle_doubt
from engine.owner import approvals, pause
from engine.owner.corrections import correct_mails
from mail.render.mail_facts import MailFacts
from mail.render.renderer import RenderedMail, Renderer
from settings.errors import WrongUsageError
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Enrolment, Message
from templates.language import ENGLISH
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.engine.delivery.test_sender_outcomes import RULES, with_rules
from tests.engine.owner.wrong_mail import (
    LATER,
    WEEK,
    RecordingSender,
    approve_corrections,
    correct,
    correction_states,
    leave_carts,
)


@pytest.fixture
def office(cafe: Cafe) -> RecordingSender:
    office = RecordingSender()
    cafe.shop = replace(cafe.shop, sender=office)
    return office


def limited(test: Callable[..., None]) -> Callable[..., None]:
    """One mail per week, and quiet hours from noon."""
    test.__doc__ = f"""
    shop: {{name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}}
    sending: {{from: Ana <ana@cornercafe.example>, no more than: 1 email per 7 days,
              quiet hours: "12:00 to 14:00"}}
    {RULES.strip()}
"""
    return test


@with_rules
def test_each_recipient_gets_one_correction_after_approval(
    cafe: Cafe, office: RecordingSender
) -> None:
    leave_carts(cafe, "ana", "bruno")
    cafe.run()
    correction = correct(cafe, saying="The price was last year's.")
    assert (correction.newly_paused, correction.drafted, correction.held) == (True, 2, 0)
    assert [customer.state for customer in correction.people] == ["sent", "sent"]
    assert {customer.correction for customer in correction.people} == {"awaiting approval"}
    cafe.run(LATER)
    assert office.corrections() == []
    assert approve_corrections(cafe) == 2
    counts = cafe.run(LATER + HOUR)
    assert counts["oops:abandoned-cart"].outcomes["sent"] == 2
    mail = office.corrections()[0]
    assert mail.subject == "Please ignore our e-mail of 3 March"
    assert "on Tuesday, 3 March, “We kept your Granola for you”, was a mistake" in mail.text
    assert "The price was last year's." in mail.text
    assert "we wrote to you by mistake" in mail.text
    assert mail.unsubscribe_url in mail.text


@with_rules
def test_the_rule_is_paused_and_its_enrolments_keep_their_step(
    cafe: Cafe, office: RecordingSender
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    leave_carts(cafe, "bruno", "clara")
    before = sorted(cafe.select_all(col(Enrolment.step), col(Enrolment.ended)))
    correct(cafe)
    approve_corrections(cafe)
    cafe.run(LATER + HOUR)
    enrolments = cafe.select_all(
        col(Enrolment.customer_id), col(Enrolment.step), col(Enrolment.ended)
    )
    assert ("send we-miss-you", None) in [row[1:] for row in enrolments]
    assert len(before) == 1
    assert sorted(office.sent) == ["ana", "ana"]
    assert correct(cafe, LATER + HOUR).held == 2
    pause.resume_mail(cafe.shop, "abandoned-cart")
    cafe.run(MARCH + DAY + HOUR)
    assert sorted(office.sent) == ["ana", "ana", "ana", "bruno", "clara"]


@with_rules
def test_a_mail_later_than_the_correction_gets_one_of_its_own(
    cafe: Cafe, office: RecordingSender
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    assert correct(cafe).drafted == 1
    second = correct(cafe, LATER + HOUR)
    assert (second.newly_paused, second.drafted) == (False, 0)
    approve_corrections(cafe)
    cafe.run(LATER + HOUR)
    assert correct(cafe, LATER + HOUR).drafted == 0
    pause.resume_mail(cafe.shop, "abandoned-cart")
    cafe.run(MARCH + 2 * DAY)
    third = correct(cafe, MARCH + 2 * DAY)
    assert (third.drafted, third.people[0].mails, third.people[0].template) == (1, 2, "we-miss-you")
    approve_corrections(cafe, MARCH + 2 * DAY)
    cafe.run(MARCH + 2 * DAY + HOUR)
    assert correction_states(cafe) == [("sent", None), ("sent", None)]


@with_rules
def test_several_mails_of_the_rule_get_one_correction(cafe: Cafe, office: RecordingSender) -> None:
    leave_carts(cafe, "ana")
    cafe.run(MARCH)
    for key, left_at in {"second": MARCH + HOUR, "third": MARCH + 5 * HOUR}.items():
        cafe.cart("ana", left_at, key=key)
        cafe.run(left_at + 3 * HOUR)
    correction = correct(cafe, MARCH + 9 * HOUR)
    assert [customer.mails for customer in correction.people] == [3]
    assert correction.drafted == 1
    assert correct(cafe, MARCH + 10 * HOUR).drafted == 0


@with_rules
def test_rehearsed_mails_need_no_correction(cafe: Cafe) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    assert cafe.mailed_names() == ["ana"]
    correction = correct(cafe)
    assert (correction.people, correction.drafted) == ([], 0)
    assert correction.newly_paused


@with_rules
def test_mails_before_since_are_ignored(cafe: Cafe, office: RecordingSender) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    assert (
        correct_mails(
            cafe.shop, "abandoned-cart", since=MARCH + SECOND, saying="", now=LATER
        ).people
        == []
    )
    assert (
        correct_mails(cafe.shop, "abandoned-cart", since=MARCH, saying="", now=LATER).drafted == 1
    )


@with_rules
def test_the_global_stop_holds_a_correction_and_its_rules_pause_does_not(
    cafe: Cafe, office: RecordingSender
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    correct(cafe)
    approve_corrections(cafe)
    pause.pause_mail(cafe.shop, None, None, now=LATER)
    cafe.run(LATER + HOUR)
    assert office.corrections() == []
    pause.resume_mail(cafe.shop, None)
    cafe.run(LATER + 2 * HOUR)
    assert len(office.corrections()) == 1


@with_rules
def test_opt_outs_and_suppressions_stop_a_correction(cafe: Cafe, office: RecordingSender) -> None:
    leave_carts(cafe, "ana", "bruno", "clara")
    cafe.run()
    correct(cafe)
    approve_corrections(cafe)
    cafe.record_consent("ana", "no", LATER)
    with write_transaction(cafe.engine) as connection:
        suppress_address(
            connection, "bruno@example.com", SuppressionReason.BY_HAND, None, now=LATER
        )
    cafe.run(LATER + HOUR)
    assert [mail.to_address for mail in office.corrections()] == ["clara@example.com"]
    assert correction_states(cafe) == [
        ("sent", None), ("skipped", "no mail to this address: by hand"), ("skipped", "said no"),
    ]  # fmt: skip


@limited
def test_corrections_ignore_the_cap_and_respect_quiet_hours(
    cafe: Cafe, office: RecordingSender
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    correct(cafe)
    approve_corrections(cafe)
    assert cafe.counts(MARCH + 3 * HOUR) == {"deferred": 1}
    assert cafe.counts(MARCH + 5 * HOUR) == {"sent": 1}
    assert len(office.corrections()) == 1


@with_rules
def test_a_correction_of_a_mail_in_doubt_ends_if_it_was_lost(
    cafe: Cafe, office: RecordingSender
) -> None:
    office.breaks_at = "bruno"
    leave_carts(cafe, "bruno")
    with pytest.raises(Exception, match="broke"):
        cafe.run()
    office.breaks_at = None
    [message_id] = cafe.select_all(col(Message.id))
    correction = correct(cafe)
    assert [(customer.state, customer.correction) for customer in correction.people] == [
        ("in doubt", "awaiting approval")
    ]
    settle_doubt(cafe.shop, [message_id], DoubtDecision.LOST, now=LATER)
    approve_corrections(cafe)
    cafe.run(LATER + HOUR)
    assert correction_states(cafe) == [
        ("skipped", "stopped: the mail that was a mistake did not arrive")
    ]


@with_rules
@pytest.mark.parametrize(("final_state", "expected_count"), [("sent", 1), ("bounced", 0)])
def test_a_mail_being_sent_counts_until_its_outcome_is_known(
    cafe: Cafe, office: RecordingSender, final_state: str, expected_count: int
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    under_way: dict[str, Any] = {"state": "sending", "claimed_by": "1@elsewhere/1/1"}
    under_way |= {"claimed_until": datetime.now(UTC) + HOUR}
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(**under_way))
    assert [customer.state for customer in correct(cafe).people] == ["sending"]
    mistake = col(Message.rule) == "abandoned-cart"
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).where(mistake).values(state=final_state))
    approve_corrections(cafe)
    cafe.run(LATER + HOUR)
    assert len(office.corrections()) == expected_count


class DyingRenderer(Renderer):
    """Simulates a kill while the second mail is rendered."""

    remaining = 1

    def render(self, name: str, facts: MailFacts) -> RenderedMail:
        self.remaining -= 1
        if self.remaining < 0:
            raise KeyboardInterrupt
        return super().render(name, facts)


@with_rules
def test_an_interruption_leaves_the_rule_paused_and_no_drafts(
    cafe: Cafe, office: RecordingSender
) -> None:
    leave_carts(cafe, "ana", "bruno", "clara")
    cafe.run()
    intact_shop = cafe.shop
    cafe.shop = replace(intact_shop, renderer=DyingRenderer(None, ENGLISH))
    with pytest.raises(KeyboardInterrupt):
        correct(cafe)
    assert correction_states(cafe) == []
    cafe.shop = intact_shop
    correction = correct(cafe)
    assert (correction.newly_paused, correction.drafted) == (False, 3)


@with_rules
@pytest.mark.parametrize("rule", ["birthday", "oops:abandoned-cart"])
def test_an_unknown_rule_is_refused(cafe: Cafe, rule: str) -> None:
    with pytest.raises(WrongUsageError, match=f"no rule {rule}, .* There are: abandoned-cart"):
        correct(cafe, rule=rule)


@with_rules
def test_a_removed_rule_can_be_corrected(cafe: Cafe, office: RecordingSender) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    text = cafe.path.read_text()
    cafe.reread(text[: text.index("rules:")])
    cafe.shop = replace(cafe.shop, sender=office)
    assert correct(cafe).drafted == 1
    approve_corrections(cafe)
    cafe.run(LATER + HOUR)
    [mail] = office.corrections()
    assert "“We kept your Granola for you”" in mail.text


@with_rules
def test_without_its_template_a_mail_is_named_by_its_date(
    cafe: Cafe, office: RecordingSender
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(template="no-longer-there"))
    correct(cafe)
    [extra] = [
        json.loads(extra)
        for rule, extra in cafe.select_all(col(Message.rule), col(Message.extra))
        if rule.startswith("oops:")
    ]
    assert (extra["weekday"], extra["subject"]) == ("Tuesday, 3 March", None)


@with_rules
def test_cancelling_the_rule_keeps_corrections_and_declining_ends_them(
    cafe: Cafe, office: RecordingSender
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    correct(cafe)
    pause.cancel_rule(cafe.shop, "abandoned-cart", now=LATER)
    assert correction_states(cafe) == [("awaiting approval", None)]
    approvals.decline_mails(cafe.shop, ["oops:abandoned-cart"], because="", now=LATER)
    assert correction_states(cafe) == [("declined", "declined")]


@with_rules
def test_why_shows_the_correction(cafe: Cafe, office: RecordingSender) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    correct(cafe)
    with read_transaction(cafe.engine) as connection:
        explanation = explain_customer(connection, cafe.shop, "ana@example.com", None, now=LATER)
    [rule] = explanation.rules
    *_, last_step = rule.occasions[0].steps
    assert (last_step.step, last_step.explanation) == ("send correction", State.AWAITING_APPROVAL)
    assert last_step.mail
    assert last_step.mail.gate
    assert "it waits for your word (oops)" in last_step.mail.gate.verdict
    with read_transaction(cafe.engine) as connection:
        [pending] = approvals.pending_mails(connection)
    assert (pending.rule, pending.why) == ("oops:abandoned-cart", "oops")


@with_rules
def test_an_unapproved_correction_expires_after_a_week(cafe: Cafe, office: RecordingSender) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    correct(cafe)
    cafe.run(LATER + WEEK)
    assert correction_states(cafe) == [("awaiting approval", None)]
    cafe.run(LATER + WEEK + SECOND)
    assert correction_states(cafe) == [("skipped", "too late: nobody approved it")]
