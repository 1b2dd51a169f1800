"""The owner's word on mails: by the commands' own functions, on each database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import col

from engine.owner import approvals
from engine.owner.approvals import Answer, Waiting
from shop.db.engine import reading
from shop.tables import Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.flows.processes import Prefect, at_once, soon


def carts(cafe: Cafe, *names: str) -> None:
    for name in names:
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)


def waiting(cafe: Cafe) -> list[Waiting]:
    with reading(cafe.engine) as connection:
        return approvals.waiting(connection)


def approve(cafe: Cafe, *words: str, at: object = MARCH) -> Answer:
    return approvals.approve(cafe.shop, words or None, now=at)  # type: ignore[arg-type]  # a moment


def decline(cafe: Cafe, *words: str, because: str = "") -> Answer:
    return approvals.decline(cafe.shop, words, because=because, now=MARCH)


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
    [held] = waiting(cafe)
    assert (held.rule, held.template, held.why) == (
        "abandoned-cart", "cart-reminder", "approve first",
    )  # fmt: skip
    assert (held.since, held.until) == (MARCH, MARCH + DAY)
    assert approve(cafe, held.id[:8]) == Answer([held.id])
    assert waiting(cafe) == []
    assert cafe.mailed() == []
    assert cafe.counts(MARCH + HOUR) == {"rehearsed": 1}
    assert cafe.counts(MARCH + 2 * HOUR) == {}
    assert cafe.mailed() == ["clara"]


def test_what_exceeds_the_limit_goes_by_rule_or_all_at_once(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
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
    assert {one.why for one in waiting(cafe)} == {"ask me above"}
    told = approve(cafe, "no-cart", "abandoned-cart")
    assert len(told.done) == 2
    assert told.refused == ["No mail of no-cart waits for your word."]
    assert cafe.counts(MARCH + HOUR) == {"rehearsed": 2}
    assert approve(cafe) == Answer()


def test_what_the_owner_was_asked_about_uses_up_nothing_of_what_may_go_unasked(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
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
    one, other = waiting(cafe)
    approve(cafe, one.id)
    decline(cafe, other.id)
    assert cafe.counts(MARCH) == {"rehearsed": 2, "waiting": 1}


def test_an_approved_mail_still_waits_for_the_end_of_quiet_hours(cafe: Cafe) -> None:
    """
    shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
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


def test_a_no_wins_over_an_approval(cafe: Cafe) -> None:
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
    cafe.says("clara", "no", MARCH + SECOND)
    assert cafe.counts(MARCH + HOUR) == {"skipped": 1}
    assert cafe.mailed() == []


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
    assert sorted(cafe.all(col(Message.state), col(Message.reason))) == sorted(
        ("declined", why) for why in reasons
    )
    assert sorted(cafe.all(col(Enrolment.ended))) == sorted(reasons)
    assert cafe.counts(MARCH + 2 * DAY) == {}
    assert cafe.mailed() == []


def test_what_cannot_be_approved_is_told_in_a_sentence_each(cafe: Cafe) -> None:
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
    bruno, clara = (one.id for one in waiting(cafe))
    approve(cafe, bruno)
    too_late = (
        f"{clara[:8]} of abandoned-cart could go until 4 March 2026, 10:00: "
        "it is too late for it, and the next run drops it."
    )
    told = approve(cafe, bruno, "0000000", "birthday", clara, at=MARCH + DAY + SECOND)
    assert told.done == []
    assert told.refused == [
        f"{bruno} does not wait for your word: it is queued.",
        "0000000 is neither a rule nor a mail that waits. They are in: regulars waiting",
        "birthday is neither a rule nor a mail that waits. They are in: regulars waiting",
        too_late,
    ]
    assert cafe.counts(MARCH + DAY + SECOND) == {"skipped": 2}


@pytest.fixture
def shop_on_paper(tmp_path: Path) -> Path:
    """Clara's answer in a file, and the reply that her owner wants to see first."""
    (tmp_path / "config.yaml").write_text(
        "shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,"
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


def test_the_commands_show_let_go_and_refuse(shop_on_paper: Path, prefect: Prefect) -> None:
    at = ("--at", "2026-03-03T10:00:00+00:00")
    assert soon(shop_on_paper, "sync", prefect=prefect).returncode == 0
    assert "Nothing waits" in at_once(shop_on_paper, "waiting").stdout
    assert soon(shop_on_paper, "run", *at, prefect=prefect).returncode == 0
    [held] = json.loads(at_once(shop_on_paper, "waiting", "--json").stdout)["waiting"]
    assert held["template"] == "sorry-from-the-owner"
    assert held["since"] == "2026-03-03T10:00:00+00:00"
    shown = at_once(shop_on_paper, "waiting", *at).stdout
    assert held["id"][:8] in shown
    assert "Clara" in shown
    assert "\x1b" not in shown
    for wrong in (["approve"], ["approve", "--all", "unhappy"], ["decline", "ffffffff"]):
        assert at_once(shop_on_paper, *wrong, *at).returncode == 2
    late = at_once(shop_on_paper, "approve", "--all")
    assert (late.returncode, late.stdout) == (2, "")
    assert "too late" in late.stderr
    done = at_once(shop_on_paper, "approve", "unhappy", *at)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 mail approved.")
    again = at_once(shop_on_paper, "approve", held["id"][:8], *at)
    assert again.returncode == 2
    assert "does not wait for your word: it is queued" in again.stderr
