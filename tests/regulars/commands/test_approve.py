"""Approving and declining mails, through the engine on each database and by the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import col

from engine.owner import approvals
from engine.owner.approvals import ApprovalResult, PendingMail
from shop.db.engine import read_transaction
from shop.tables import Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.flows.processes import Prefect, run_in_fork, run_in_process


def carts(cafe: Cafe, *names: str) -> None:
    for name in names:
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)


def waiting(cafe: Cafe) -> list[PendingMail]:
    with read_transaction(cafe.engine) as connection:
        return approvals.pending_mails(connection)


def approve(cafe: Cafe, *selectors: str, at: object = MARCH) -> ApprovalResult:
    return approvals.approve_mails(cafe.shop, selectors or None, now=at)  # type: ignore[arg-type]  # a moment


def decline(cafe: Cafe, *selectors: str, because: str = "") -> ApprovalResult:
    return approvals.decline_mails(cafe.shop, selectors, because=because, now=MARCH)


def test_an_approved_mail_goes_at_the_next_run_and_only_once(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder, approve first: yes}]
        include backlog: yes
    """
    carts(cafe, "clara")
    assert cafe.counts(MARCH) == {"waiting": 1}
    [message] = waiting(cafe)
    assert (message.rule, message.template, message.why) == (
        "abandoned-cart", "cart-reminder", "approve first",
    )  # fmt: skip
    assert (message.since, message.until) == (MARCH, MARCH + DAY)
    assert approve(cafe, message.id[:8]) == ApprovalResult([message.id])
    assert waiting(cafe) == []
    assert cafe.mailed_names() == []
    assert cafe.counts(MARCH + HOUR) == {"rehearsed": 1}
    assert cafe.counts(MARCH + 2 * HOUR) == {}
    assert cafe.mailed_names() == ["clara"]


def test_mails_above_the_limit_are_approved_by_rule_or_all_at_once(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, ask me above: 1}
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
      no-cart:
        when: cart abandoned
        for: 9 days
        then: [{send: cart-reminder}]
    """
    carts(cafe, "ana", "bruno", "clara")
    assert cafe.counts(MARCH) == {"rehearsed": 1, "waiting": 2}
    assert {message.why for message in waiting(cafe)} == {"ask me above"}
    answer = approve(cafe, "no-cart", "abandoned-cart")
    assert len(answer.done) == 2
    assert answer.refused == ["No mail of no-cart waits for your word."]
    assert cafe.counts(MARCH + HOUR) == {"rehearsed": 2}
    assert approve(cafe) == ApprovalResult()


def test_mails_that_were_approved_or_declined_do_not_count_towards_the_limit(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, ask me above: 1}
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
      big-cart:
        when: cart abandoned
        for: 2 hours
        then: [{send: cart-reminder, approve first: yes}]
        include backlog: yes
    """
    carts(cafe, "ana", "bruno")
    cafe.run(MARCH - HOUR)
    first_message, second_message = waiting(cafe)
    approve(cafe, first_message.id)
    decline(cafe, second_message.id)
    assert cafe.counts(MARCH) == {"rehearsed": 2, "waiting": 1}


def test_an_approved_mail_still_waits_for_the_end_of_quiet_hours(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12}
    sending: {from: Ana <ana@cornercafe.example>, quiet hours: 12:00 to 14:00}
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder, approve first: yes}]
        include backlog: yes
    """
    carts(cafe, "clara")
    cafe.run(MARCH)
    approve(cafe)
    assert cafe.counts(MARCH + 2 * HOUR) == {"deferred": 1}
    assert cafe.counts(MARCH + 4 * HOUR) == {"rehearsed": 1}


def test_an_opt_out_wins_over_an_approval(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder, approve first: yes}]
        include backlog: yes
    """
    carts(cafe, "clara")
    cafe.run(MARCH)
    approve(cafe)
    cafe.record_consent("clara", "no", MARCH + SECOND)
    assert cafe.counts(MARCH + HOUR) == {"skipped": 1}
    assert cafe.mailed_names() == []


def test_a_declined_mail_ends_its_series_with_the_owners_reason(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder, approve first: yes}, {wait: 1 hour}, {send: we-miss-you}]
        include backlog: yes
    """
    carts(cafe, "bruno", "clara")
    cafe.run(MARCH)
    bruno, clara = waiting(cafe)
    assert decline(cafe, bruno.id, because="He told me\nat the counter.").done == [bruno.id]
    assert decline(cafe, "abandoned-cart").done == [clara.id]
    reasons = ["declined: He told me at the counter.", "declined"]
    assert sorted(cafe.select_all(col(Message.state), col(Message.reason))) == sorted(
        ("declined", reason) for reason in reasons
    )
    assert sorted(cafe.select_all(col(Enrolment.ended))) == sorted(reasons)
    assert cafe.counts(MARCH + 2 * DAY) == {}
    assert cafe.mailed_names() == []


def test_each_failed_approval_is_explained(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder, approve first: yes}]
        include backlog: yes
    """
    carts(cafe, "bruno", "clara")
    cafe.run(MARCH)
    bruno, clara = (message.id for message in waiting(cafe))
    approve(cafe, bruno)
    too_late = (
        f"{clara[:8]} of abandoned-cart could go until 4 March 2026, 10:00: "
        "it is too late for it, and the next run drops it."
    )
    answer = approve(cafe, bruno, "0000000", "birthday", clara, at=MARCH + DAY + SECOND)
    assert answer.done == []
    assert answer.refused == [
        f"{bruno} does not wait for your word: it is queued, approved by a command, 3 March 10:00.",
        "0000000 is neither a rule nor a mail that waits. They are in: regulars waiting",
        "birthday is neither a rule nor a mail that waits. They are in: regulars waiting",
        too_late,
    ]
    assert cafe.counts(MARCH + DAY + SECOND) == {"skipped": 2}


@pytest.fixture
def csv_shop(tmp_path: Path) -> Path:
    """A shop with Clara's survey answer in a CSV file, and a reply that needs approval."""
    (tmp_path / "config.yaml").write_text(
        "shop: {name: Corner Café, country: PT, language: en, currency: EUR,"
        " timezone: Europe/Lisbon,"
        " reply to: ana@cornercafe.example, postal address: Rua das Flores 12}\n"
        "sending: {from: Ana <ana@cornercafe.example>}\n"
        "sources:\n"
        "  list: {from: csv, holds: customers, file: people.csv,"
        " columns: {e-mail: mail, first name: name}}\n"
        "  survey: {from: csv, holds: answers, file: answers.csv,"
        " columns: {customer: mail, when: at, csat: stars}}\n"
        "rules:\n"
        "  unhappy: {when: survey answered, include backlog: yes,"
        " then: [{send: sorry-from-the-owner, approve first: yes}]}\n"
    )
    (tmp_path / "people.csv").write_text("mail,name\nclara@example.com,Clara [red]\x1b[2J\n")
    (tmp_path / "answers.csv").write_text("mail,at,stars\nclara@example.com,2026-03-02 12:00,1\n")
    return tmp_path


def test_the_commands_list_approve_and_decline(csv_shop: Path, prefect: Prefect) -> None:
    at = ("--at", "2026-03-03T10:00:00+00:00")
    assert run_in_fork(csv_shop, "sync", prefect=prefect).returncode == 0
    assert "Nothing waits" in run_in_process(csv_shop, "waiting").stdout
    assert run_in_fork(csv_shop, "run", *at, prefect=prefect).returncode == 0
    [message] = json.loads(run_in_process(csv_shop, "waiting", "--json").stdout)["waiting"]
    assert message["template"] == "sorry-from-the-owner"
    assert message["since"] == "2026-03-03T10:00:00+00:00"
    table = run_in_process(csv_shop, "waiting", *at).stdout
    assert message["id"][:8] in table
    assert "Clara" in table
    assert "\x1b" not in table
    for wrong in (["approve"], ["approve", "--all", "unhappy"], ["decline", "ffffffff"]):
        assert run_in_process(csv_shop, *wrong, *at).returncode == 2
    late_approval = run_in_process(csv_shop, "approve", "--all")
    assert (late_approval.returncode, late_approval.stdout) == (2, "")
    assert "too late" in late_approval.stderr
    approval = run_in_process(csv_shop, "approve", "unhappy", *at)
    assert (approval.returncode, approval.stderr) == (0, "")
    assert approval.stdout.startswith("1 mail approved.")
    second_approval = run_in_process(csv_shop, "approve", message["id"][:8], *at)
    assert second_approval.returncode == 2
    assert "does not wait for your word: it is queued" in second_approval.stderr
