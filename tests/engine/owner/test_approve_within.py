"""`approve within`, through whole runs on both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import select
from sqlmodel import col

from engine.config.owner_config import load_owner_config
from engine.explain.explain import explain_customer
from engine.messages.leases import release_messages
from engine.owner import approvals
from engine.owner.approvals import ApprovalResult
from settings.yaml.load import ConfigError
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Enrolment, Message
from tests.cafe import DAY, FILE, HOUR, MARCH, SECOND, Cafe

RULES = """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then:
          - {send: cart-reminder, approve within: 4 hours}
          - {wait: 1 hour}
          - {send: we-miss-you}
        include backlog: yes
"""
IN_TIME = MARCH + 4 * HOUR


def with_rules(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = RULES
    return test


@pytest.fixture
def clara(cafe: Cafe) -> Cafe:
    """Clara left a cart, and the mail about it waits for approval."""
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    assert cafe.counts() == {"waiting": 1}
    return cafe


def approve(cafe: Cafe, at: object) -> ApprovalResult:
    return approvals.approve_mails(cafe.shop, None, now=at)  # type: ignore[arg-type]  # a moment


@with_rules
def test_without_approval_in_time_mail_and_enrolment_end(clara: Cafe) -> None:
    assert clara.counts(IN_TIME) == {}
    assert clara.counts(IN_TIME + SECOND) == {"skipped": 1}
    assert clara.select_all(col(Message.state), col(Message.reason)) == [
        ("skipped", "nobody approved it in time")
    ]
    assert clara.select_all(col(Enrolment.ended)) == ["nobody approved it in time"]
    assert clara.counts(MARCH + 2 * DAY) == {}
    assert clara.mailed_names() == []


@with_rules
def test_approval_at_the_last_moment_counts(clara: Cafe) -> None:
    assert len(approve(clara, IN_TIME).done) == 1
    assert clara.counts(IN_TIME + HOUR) == {"rehearsed": 1}


@with_rules
def test_late_approval_is_refused_and_the_next_run_drops_the_mail(clara: Cafe) -> None:
    [message_id] = clara.select_all(col(Message.id))
    assert approve(clara, IN_TIME + SECOND) == ApprovalResult(
        refused=[
            (
                f"{message_id[:8]} of abandoned-cart could be approved until 3 March 2026, 14:00: "
                "it is too late for it, and the next run drops it."
            )
        ]
    )
    assert clara.counts(IN_TIME + SECOND) == {"skipped": 1}


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@with_rules
def test_a_concurrent_approval_is_not_overridden(clara: Cafe) -> None:
    late = Thread(target=clara.run, args=[IN_TIME + SECOND])
    with write_transaction(clara.engine) as owner:
        message_ids = owner.scalars(select(col(Message.id)).with_for_update()).all()
        late.start()
        late.join(10)
        waited = late.is_alive()
        release_messages(owner, message_ids)
    late.join(10)
    assert not waited
    assert clara.select_all(col(Message.state)) == ["queued"]


@with_rules
def test_a_waiting_mail_shows_its_approval_deadline(clara: Cafe) -> None:
    def shown() -> list[tuple[str, object]]:
        with read_transaction(clara.engine) as connection:
            return [(pending.why, pending.until) for pending in approvals.pending_mails(connection)]

    assert shown() == [("approve within", IN_TIME)]


def test_the_mails_own_deadline_may_come_first(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder, approve within: 1 day}]
    """
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 5 * HOUR)  # came due two hours ago
    assert cafe.counts() == {"waiting": 1}
    with read_transaction(cafe.engine) as connection:
        [pending] = approvals.pending_mails(connection)
    assert pending.until == MARCH + 22 * HOUR
    assert "could go until 4 March 2026, 08:00" in approve(cafe, MARCH + 23 * HOUR).refused[0]
    assert cafe.counts(MARCH + 25 * HOUR) == {"skipped": 1}
    assert cafe.select_all(col(Message.reason)) == ["too late: nobody approved it"]


def test_an_approved_mail_may_be_deferred_beyond_the_limit(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, quiet hours: "10:30 to 18:00"}
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder, approve within: 1 hour}]
        include backlog: yes
    """
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.run()
    approve(cafe, MARCH + HOUR)
    assert cafe.counts(MARCH + 2 * HOUR) == {"deferred": 1}
    assert cafe.counts(MARCH + 9 * HOUR) == {"rehearsed": 1}


@with_rules
def test_why_shows_the_approval_deadline(clara: Cafe) -> None:
    def verdict(at: object) -> tuple[str, str]:
        with read_transaction(clara.engine) as connection:
            report = explain_customer(connection, clara.shop, "clara@example.com", None, now=at)  # type: ignore[arg-type]  # a moment
        mail = report.rules[0].occasions[0].steps[0].mail
        assert mail
        assert mail.gate
        [check] = [candidate for candidate in mail.gate.checks if candidate.check == "your word"]
        assert check.explanation == mail.gate.verdict
        return check.answer, check.explanation.partition(": regulars approve")[0]

    until = "approve within: until 3 March 2026, 14:00"
    assert verdict(MARCH) == ("not yet", f"it waits for your word ({until})")
    assert verdict(IN_TIME + SECOND) == ("no", f"nobody approved it in time ({until})")


@pytest.mark.parametrize(
    ("step", "more", "sentence"),
    [
        ("approve within: 2 days", "", ("approve within: 2 days is longer than the mail may be "
         "late, which is 1 day (at most late). Write less, or let it be later.")),
        ("approve within: 5 hours", "at most late: 4 hours", "which is 4 hours (at most late)"),
        ("approve first: no, approve within: 1 hour", "", "Take one of the two out."),
        ("approve within: 3h", "", "Write 3 hours in full."),
    ],
)  # fmt: skip
def test_an_invalid_approval_time_is_refused(
    tmp_path: Path, step: str, more: str, sentence: str
) -> None:
    rule = (
        "rules:\n  abandoned-cart:\n    when: cart abandoned\n    for: 3 hours\n"
        f"    then: [{{send: cart-reminder, {step}}}]\n    {more}\n"
    )
    (tmp_path / "config.yaml").write_text(FILE + rule)
    with pytest.raises(ConfigError) as raised:
        load_owner_config(tmp_path / "config.yaml", {})
    assert [sentence in mistake.message for mistake in raised.value.mistakes] == [True]


@pytest.mark.parametrize(
    "step", ["approve first: yes, approve within: 1 day", "approve within: 1 day"]
)
def test_approve_within_implies_approval(tmp_path: Path, step: str) -> None:
    rule = (
        "rules:\n  abandoned-cart:\n    when: cart abandoned\n    for: 3 hours\n"
        f"    then: [{{send: cart-reminder, {step}}}]\n"
    )
    (tmp_path / "config.yaml").write_text(FILE + rule)
    [send] = load_owner_config(tmp_path / "config.yaml", {}).rules["abandoned-cart"].then
    assert send.needs_approval  # type: ignore[union-attr]  # a send
