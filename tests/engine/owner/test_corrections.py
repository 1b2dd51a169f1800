"""After a wrong mail: whom it reached, and what is drafted to them, on each database."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.explain.explain import explain
from engine.message_states import State
from engine.messages.in_doubt import Word, settle_doubt
from engine.owner import approvals, pause
from engine.owner.corrections import oops
from mail.render.facts import Facts
from mail.render.renderer import Letter, Letters
from settings.errors import WrongUse
from shop.consent.suppressions import Why, suppress
from shop.db.engine import reading, writing
from shop.tables import Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.engine.delivery.test_sender_outcomes import RULES, with_rules
from tests.engine.owner.wrong_mail import LATER, WEEK, Office, carts, corrections, let_go, say_oops


@pytest.fixture
def office(cafe: Cafe) -> Office:
    office = Office()
    cafe.shop = replace(cafe.shop, sender=office)
    return office


def limited(test: Callable[..., None]) -> Callable[..., None]:
    """One mail a week, and a night that begins at noon."""
    test.__doc__ = f"""
    shop: {{name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}}
    sending: {{from: Ana <ana@cornercafe.example>, no more than: 1 email per 7 days,
              quiet hours: "12:00 to 14:00"}}
    {RULES.strip()}
"""
    return test


@with_rules
def test_whoever_got_it_is_written_one_correction_once_it_is_approved(
    cafe: Cafe, office: Office
) -> None:
    carts(cafe, "ana", "bruno")
    cafe.run()
    done = say_oops(cafe, saying="The price was last year's.")
    assert (done.newly_paused, done.drafted, done.held) == (True, 2, 0)
    assert [one.state for one in done.people] == ["sent", "sent"]
    assert {one.correction for one in done.people} == {"awaiting approval"}
    cafe.run(LATER)
    assert office.corrections() == []
    assert let_go(cafe) == 2
    counts = cafe.run(LATER + HOUR)
    assert counts["oops:abandoned-cart"].outcomes["sent"] == 2
    mail = office.corrections()[0]
    assert mail.subject == "Please ignore our e-mail of 3 March"
    assert "on Tuesday, 3 March, “We kept your Granola for you”, was a mistake" in mail.text
    assert "The price was last year's." in mail.text
    assert "we wrote to you by mistake" in mail.text
    assert mail.unsubscribe_url in mail.text


@with_rules
def test_its_rule_is_held_and_its_series_stand_where_they_stood(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    carts(cafe, "bruno", "clara")
    before = sorted(cafe.all(col(Enrolment.step), col(Enrolment.ended)))
    say_oops(cafe)
    let_go(cafe)
    cafe.run(LATER + HOUR)
    stand = cafe.all(col(Enrolment.customer_id), col(Enrolment.step), col(Enrolment.ended))
    assert ("3", None) in [one[1:] for one in stand]
    assert len(before) == 1
    assert sorted(office.sent) == ["ana", "ana"]
    assert say_oops(cafe, LATER + HOUR).held == 2
    pause.go_on(cafe.shop, "abandoned-cart")
    cafe.run(MARCH + DAY + HOUR)
    assert sorted(office.sent) == ["ana", "ana", "ana", "bruno", "clara"]


@with_rules
def test_a_mail_later_than_the_correction_gets_one_of_its_own(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    assert say_oops(cafe).drafted == 1
    again = say_oops(cafe, LATER + HOUR)
    assert (again.newly_paused, again.drafted) == (False, 0)
    let_go(cafe)
    cafe.run(LATER + HOUR)
    assert say_oops(cafe, LATER + HOUR).drafted == 0
    pause.go_on(cafe.shop, "abandoned-cart")
    cafe.run(MARCH + 2 * DAY)
    later = say_oops(cafe, MARCH + 2 * DAY)
    assert (later.drafted, later.people[0].mails, later.people[0].template) == (1, 2, "we-miss-you")
    let_go(cafe, MARCH + 2 * DAY)
    cafe.run(MARCH + 2 * DAY + HOUR)
    assert corrections(cafe) == [("sent", None), ("sent", None)]


@with_rules
def test_three_mails_of_the_rule_are_one_mistake(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.cart("ana", MARCH - 4 * HOUR, key="second")
    cafe.cart("ana", MARCH - 5 * HOUR, key="third")
    cafe.run()
    done = say_oops(cafe)
    assert [one.mails for one in done.people] == [3]
    assert done.drafted == 1
    assert say_oops(cafe, LATER + HOUR).drafted == 0


@with_rules
def test_who_was_only_rehearsed_got_nothing(cafe: Cafe) -> None:
    carts(cafe, "ana")
    cafe.run()
    assert cafe.mailed() == ["ana"]
    done = say_oops(cafe)
    assert (done.people, done.drafted) == ([], 0)
    assert done.newly_paused


@with_rules
def test_what_went_before_since_is_not_looked_at(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    assert (
        oops(cafe.shop, "abandoned-cart", since=MARCH + SECOND, saying="", now=LATER).people == []
    )
    assert oops(cafe.shop, "abandoned-cart", since=MARCH, saying="", now=LATER).drafted == 1


@with_rules
def test_the_global_stop_holds_a_correction_and_its_rules_pause_does_not(
    cafe: Cafe, office: Office
) -> None:
    carts(cafe, "ana")
    cafe.run()
    say_oops(cafe)
    let_go(cafe)
    pause.hold(cafe.shop, None, None, now=LATER)
    cafe.run(LATER + HOUR)
    assert office.corrections() == []
    pause.go_on(cafe.shop, None)
    cafe.run(LATER + 2 * HOUR)
    assert len(office.corrections()) == 1


@with_rules
def test_a_no_said_since_and_a_dead_address_win(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana", "bruno", "clara")
    cafe.run()
    say_oops(cafe)
    let_go(cafe)
    cafe.says("ana", "no", LATER)
    with writing(cafe.engine) as connection:
        suppress(connection, "bruno@example.com", Why.BY_HAND, None, now=LATER)
    cafe.run(LATER + HOUR)
    assert [mail.to_address for mail in office.corrections()] == ["clara@example.com"]
    assert corrections(cafe) == [
        ("sent", None), ("skipped", "no mail to this address: by hand"), ("skipped", "said no"),
    ]  # fmt: skip


@limited
def test_the_cap_holds_no_correction_back_and_quiet_hours_do(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    say_oops(cafe)
    let_go(cafe)
    assert cafe.counts(MARCH + 3 * HOUR) == {"deferred": 1}
    assert cafe.counts(MARCH + 5 * HOUR) == {"sent": 1}
    assert len(office.corrections()) == 1


@with_rules
def test_what_is_in_doubt_is_marked_and_its_correction_ends_if_it_never_came(
    cafe: Cafe, office: Office
) -> None:
    office.breaks_at = "bruno"
    carts(cafe, "bruno")
    with pytest.raises(Exception, match="broke"):
        cafe.run()
    office.breaks_at = None
    [lost] = cafe.all(col(Message.id))
    done = say_oops(cafe)
    assert [(one.state, one.correction) for one in done.people] == [
        ("in doubt", "awaiting approval")
    ]
    settle_doubt(cafe.shop, [lost], Word.LOST, now=LATER)
    let_go(cafe)
    cafe.run(LATER + HOUR)
    assert corrections(cafe) == [("skipped", "stopped: the mail that was a mistake did not arrive")]


@with_rules
@pytest.mark.parametrize(("came_to", "goes"), [("sent", 1), ("bounced", 0)])
def test_a_mail_that_is_being_handed_over_counts_until_it_is_known(
    cafe: Cafe, office: Office, came_to: str, goes: int
) -> None:
    carts(cafe, "ana")
    cafe.run()
    under_way: dict[str, Any] = {"state": "sending", "claimed_by": "1@elsewhere/1/1"}
    under_way |= {"claimed_until": datetime.now(UTC) + HOUR}
    with writing(cafe.engine) as connection:
        connection.execute(update(Message).values(**under_way))
    assert [one.state for one in say_oops(cafe).people] == ["sending"]
    mistake = col(Message.rule) == "abandoned-cart"
    with writing(cafe.engine) as connection:
        connection.execute(update(Message).where(mistake).values(state=came_to))
    let_go(cafe)
    cafe.run(LATER + HOUR)
    assert len(office.corrections()) == goes


@with_rules
def test_the_owners_sentence_is_text_and_never_a_template(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    say_oops(cafe, saying="{{ customer.first_name }} {% if %} <b>&amp;</b>\n\x1bsorry")
    let_go(cafe)
    cafe.run(LATER + HOUR)
    [mail] = office.corrections()
    assert "{{ customer.first_name }} {% if %} <b>&amp;</b> sorry" in mail.text
    assert "<b>" not in mail.html
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in mail.html


@with_rules
def test_drafts_that_wait_take_a_new_sentence(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    say_oops(cafe, saying="The prise was wrong.")
    assert say_oops(cafe, saying="The price was wrong.").reworded == 1
    assert say_oops(cafe).reworded == 0
    let_go(cafe)
    cafe.run(LATER + HOUR)
    assert say_oops(cafe, LATER + HOUR, saying="Too late.").reworded == 0
    [mail] = office.corrections()
    assert "The price was wrong." in mail.text


class Dies(Letters):
    """A process that is killed while it writes the second letter."""

    left = 1

    def write(self, name: str, facts: Facts) -> Letter:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().write(name, facts)


@with_rules
def test_broken_off_it_has_held_the_rule_and_drafted_nothing(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana", "bruno", "clara")
    cafe.run()
    whole = cafe.shop
    cafe.shop = replace(whole, letters=Dies(None))
    with pytest.raises(KeyboardInterrupt):
        say_oops(cafe)
    assert corrections(cafe) == []
    cafe.shop = whole
    done = say_oops(cafe)
    assert (done.newly_paused, done.drafted) == (False, 3)


@with_rules
def test_letters_that_are_joined_stay_joined(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    say_oops(cafe, saying="می\u200cخواهم \udc80\x07 👩\u200d🍳")
    let_go(cafe)
    cafe.run(LATER + HOUR)
    [mail] = office.corrections()
    assert "می\u200cخواهم 👩\u200d🍳" in mail.text


@with_rules
def test_a_sentence_is_one(cafe: Cafe) -> None:
    with pytest.raises(WrongUse, match="--saying is 301 letters long"):
        say_oops(cafe, saying="a" * 301)


@with_rules
@pytest.mark.parametrize("rule", ["birthday", "oops:abandoned-cart"])
def test_a_rule_that_is_none_is_told_with_those_there_are(cafe: Cafe, rule: str) -> None:
    with pytest.raises(WrongUse, match=f"no rule {rule}, .* There are: abandoned-cart"):
        say_oops(cafe, rule=rule)


@with_rules
def test_a_rule_that_is_no_longer_in_the_file_can_be_put_right(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    text = cafe.path.read_text()
    cafe.reread(text[: text.index("rules:")])
    cafe.shop = replace(cafe.shop, sender=office)
    assert say_oops(cafe).drafted == 1
    let_go(cafe)
    cafe.run(LATER + HOUR)
    [mail] = office.corrections()
    assert "“We kept your Granola for you”" in mail.text


@with_rules
def test_without_its_template_a_mail_is_named_by_its_day(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    with writing(cafe.engine) as connection:
        connection.execute(update(Message).values(template="no-longer-there"))
    say_oops(cafe)
    [extra] = [
        json.loads(extra)
        for rule, extra in cafe.all(col(Message.rule), col(Message.extra))
        if rule.startswith("oops:")
    ]
    assert (extra["weekday"], extra["subject"]) == ("Tuesday, 3 March", None)


@with_rules
def test_cancelling_the_rule_leaves_its_corrections_and_declining_ends_them(
    cafe: Cafe, office: Office
) -> None:
    carts(cafe, "ana")
    cafe.run()
    say_oops(cafe)
    pause.cancel(cafe.shop, "abandoned-cart", now=LATER)
    assert corrections(cafe) == [("awaiting approval", None)]
    approvals.decline(cafe.shop, ["oops:abandoned-cart"], because="", now=LATER)
    assert corrections(cafe) == [("declined", "declined")]


@with_rules
def test_why_tells_of_the_correction(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    say_oops(cafe)
    with reading(cafe.engine) as connection:
        found = explain(connection, cafe.shop, "ana@example.com", None, now=LATER)
    [rule] = found.rules
    *_, last = rule.happenings[0].steps
    assert (last.step, last.told) == ("send correction", State.AWAITING_APPROVAL)
    assert last.mail
    assert last.mail.gate
    assert "it waits for your word (oops)" in last.mail.gate.verdict
    with reading(cafe.engine) as connection:
        [waits] = approvals.waiting(connection)
    assert (waits.rule, waits.why) == ("oops:abandoned-cart", "oops")


@with_rules
def test_a_correction_nobody_approves_is_too_late_after_a_week(cafe: Cafe, office: Office) -> None:
    carts(cafe, "ana")
    cafe.run()
    say_oops(cafe)
    cafe.run(LATER + WEEK)
    assert corrections(cafe) == [("awaiting approval", None)]
    cafe.run(LATER + WEEK + SECOND)
    assert corrections(cafe) == [("skipped", "too late: nobody approved it")]
