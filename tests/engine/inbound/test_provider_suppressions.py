"""A no that is said at SendGrid, and a yes that is said here since: on both sides, both ways."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from engine.config.owner_config import read_owners_file
from engine.inbound.provider_suppressions import LEFT, read_lists
from engine.owner.approvals import approve
from engine.sync.sync import sync_all
from engine.sync_result import Synced
from mail.senders.sendgrid.sender import SendGridSender
from mail.senders.sendgrid.unsubscribe_tag import STAND_IN
from sandbox.sendgrid.account import API_KEY
from sandbox.sendgrid.server import Door
from sandbox.sendgrid.server import running as look_alike
from settings.errors import OutOfReach, OwnersFileTrouble
from shop.consent.suppressions import lift
from shop.db.engine import reading, writing
from shop.tables import Basis, BasisStatement, Customer, MailEvent, Suppression, SyncState
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.engine.explain.explanations import answer
from tests.mail.senders.sendgrid_account import Wire
from tests.mail.senders.test_sendgrid_suppressions import GROUP, Desk

RULES = """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        at most late: 3 days
        include backlog: yes
"""
SENDGRID = f"""
  through: sendgrid
  unsubscribe by: sendgrid
  sendgrid:
    api key: $SENDGRID_API_KEY
    unsubscribe group: {GROUP}
    address: http://127.0.0.1:8025
"""
ENVIRON = {"SENDGRID_API_KEY": API_KEY}


def with_rules(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = RULES
    return test


@pytest.fixture
def door() -> Door:
    door = Door()
    door.account.lists.groups[GROUP] = {}
    return door


@pytest.fixture
def ours(cafe: Cafe, door: Door) -> Cafe:
    """Ana, Bruno and Clara left their carts; mail goes through SendGrid."""
    rules = "\n".join(line[4:] for line in RULES.splitlines())
    at_sendgrid(cafe, FILE.replace("https://mail.cornercafe.example", "https://x.example"), rules)
    account = cafe.shop.file.sending.sendgrid
    assert account
    cafe.shop = replace(
        cafe.shop,
        sender=SendGridSender(account, cafe.path.parent / "handed-over", transport=Wire(door)),
    )
    cafe.left_behind(MARCH - 3 * HOUR, "ana", "bruno", "clara")
    return cafe


def at_sendgrid(cafe: Cafe, file: str, rules: str = "", sendgrid: str = SENDGRID) -> None:
    cafe.path.write_text(file.rstrip("\n") + sendgrid + rules, encoding="utf-8")
    cafe.shop = replace(cafe.shop, file=read_owners_file(cafe.path, ENVIRON))


def stamp(at: datetime) -> int:
    return int(at.timestamp())


def read(cafe: Cafe, door: Door, at: datetime = MARCH + HOUR) -> dict[str, int]:
    synced = read_lists(cafe.shop, now=at, transport=Desk(door))
    assert synced is not None
    assert synced.report is not None
    assert synced.trouble is None
    return {name: many for name, many in synced.report.streams.items() if many}


def holds(cafe: Cafe) -> dict[str, str]:
    """What holds for each, by their address."""
    with reading(cafe.engine) as connection:
        found = connection.execute(
            select(col(Customer.email), col(Basis.state)).join(
                Basis, col(Basis.customer_id) == col(Customer.id)
            )
        )
        return {str(email).partition("@")[0]: state for email, state in found}


def noes(cafe: Cafe) -> list[tuple[str, datetime]]:
    said = cafe.all(
        col(BasisStatement.says), col(BasisStatement.evidence), col(BasisStatement.said_at)
    )
    return [(evidence, at) for says, evidence, at in said if says == "no"]


def run(cafe: Cafe, at: datetime = MARCH) -> None:
    """A new rule's first mails wait for the owner's word: she gives it."""
    cafe.run(at)
    approve(cafe.shop, None, now=at)
    cafe.run(at)


def arrived(door: Door) -> list[str]:
    return sorted(one.to[0].partition("@")[0] for one in door.account.arrived)


@with_rules
def test_the_mail_leads_to_sendgrid_and_names_the_group(ours: Cafe, door: Door) -> None:
    run(ours)
    assert arrived(door) == ["ana", "bruno", "clara"]
    for one in door.account.arrived:
        assert one.group == GROUP
        assert "/asm/unsubscribe/" in one.html
        assert "/asm/unsubscribe/" in one.text
        assert ".invalid" not in one.html + one.text
        assert not {name for name in one.headers if name.startswith("List-")}


@with_rules
def test_who_left_there_has_said_no_on_that_day(ours: Cafe, door: Door) -> None:
    door.account.lists.leave(GROUP, "Bruno@example.com", stamp(MARCH - DAY))
    assert read(ours, door) == {"unsubscribed": 1}
    assert holds(ours) == {"ana": "yes", "bruno": "no", "clara": "yes"}
    assert noes(ours) == [(LEFT, MARCH - DAY)]
    run(ours, MARCH + HOUR)
    assert arrived(door) == ["ana", "clara"]
    assert door.account.events == []


@with_rules
def test_read_again_nothing_is_new(ours: Cafe, door: Door) -> None:
    lists = door.account.lists
    lists.leave(GROUP, "bruno@example.com", stamp(MARCH - DAY))
    lists.add("bounces", "ana@example.com", stamp(MARCH - DAY), reason="550", status="5.1.1")
    lists.add("spam_reports", "clara@example.com", stamp(MARCH - DAY), ip="10.0.0.1")
    assert read(ours, door) == {"unsubscribed": 1, "bounces": 1, "complaints": 1}
    for days in range(4):
        assert read(ours, door, MARCH + days * DAY) == {}
    assert len(noes(ours)) == 2
    assert len(ours.all(col(MailEvent.key))) == 2


@with_rules
def test_how_far_a_list_was_read_is_kept_and_asked_from(ours: Cafe, door: Door) -> None:
    desk = Desk(door)
    read_lists(ours.shop, now=MARCH, transport=desk)
    assert not any("start_time" in one for one in desk.asked)
    read_lists(ours.shop, now=MARCH + HOUR, transport=desk)
    assert sum(f"start_time={stamp(MARCH - DAY)}" in one for one in desk.asked) == 4
    assert len(ours.all(col(SyncState.stream))) == 4


@with_rules
def test_a_newer_yes_lets_them_back_in_and_the_mail_arrives(ours: Cafe, door: Door) -> None:
    door.account.lists.leave(GROUP, "bruno@example.com", stamp(MARCH - DAY))
    read(ours, door, MARCH - HOUR)
    ours.says("bruno", "yes", MARCH)
    assert read(ours, door) == {"mailed again": 1}
    assert door.account.lists.groups[GROUP] == {}
    assert read(ours, door) == {}
    run(ours, MARCH + HOUR)
    assert "bruno" in arrived(door)


@with_rules
def test_a_no_there_that_is_older_than_the_yes_here_is_no_no(ours: Cafe, door: Door) -> None:
    """Both are heard of at once: what counts is when they were said."""
    door.account.lists.leave(GROUP, "bruno@example.com", stamp(MARCH - 3 * DAY))
    ours.says("bruno", "yes", MARCH - DAY)
    assert read(ours, door) == {"unsubscribed": 1, "mailed again": 1}
    assert holds(ours)["bruno"] == "yes"


@with_rules
def test_a_second_no_after_the_yes_counts_again(ours: Cafe, door: Door) -> None:
    lists = door.account.lists
    lists.leave(GROUP, "bruno@example.com", stamp(MARCH - 2 * DAY))
    ours.says("bruno", "yes", MARCH - DAY)
    read(ours, door, MARCH - HOUR)
    lists.leave(GROUP, "bruno@example.com", stamp(MARCH))
    assert read(ours, door) == {"unsubscribed": 1}
    assert holds(ours)["bruno"] == "no"
    assert list(lists.groups[GROUP]) == ["bruno@example.com"]


@with_rules
def test_killed_before_they_were_let_back_in_the_next_reading_does_it(
    ours: Cafe, door: Door
) -> None:
    door.account.lists.leave(GROUP, "bruno@example.com", stamp(MARCH - 2 * DAY))
    ours.says("bruno", "yes", MARCH - DAY)

    class Breaks(Desk):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "DELETE":
                raise httpx.ReadError("gone", request=request)
            return super().handle_request(request)

    synced = read_lists(ours.shop, now=MARCH, transport=Breaks(door))
    assert synced is not None
    assert isinstance(synced.trouble, OutOfReach)
    assert holds(ours)["bruno"] == "yes"
    assert read(ours, door) == {"mailed again": 1}


@with_rules
def test_nobody_is_let_back_in_for_somebody_elses_yes(ours: Cafe, door: Door) -> None:
    """Two customers had this address: one of them wants no mail."""
    ours.customer("bruno-at-the-till", says="no", at=MARCH)
    door.account.lists.leave(GROUP, "bruno-at-the-till@example.com", stamp(MARCH - DAY))
    assert read(ours, door) == {"unsubscribed": 1}
    assert list(door.account.lists.groups[GROUP]) == ["bruno-at-the-till@example.com"]


@with_rules
def test_who_becomes_a_customer_later_has_said_no_before(ours: Cafe, door: Door) -> None:
    door.account.lists.leave(GROUP, "dora@example.com", stamp(MARCH - DAY))
    assert read(ours, door) == {}
    ours.customer("dora")
    assert read(ours, door) == {"unsubscribed": 1}
    assert holds(ours)["dora"] == "no"


@with_rules
def test_what_bounced_or_complained_there_is_not_mailed_from_here(ours: Cafe, door: Door) -> None:
    lists = door.account.lists
    lists.add("bounces", "ana@example.com", stamp(MARCH - DAY), reason="550 no", status="5.1.1")
    lists.add("invalid_emails", "bruno@example.com", stamp(MARCH - DAY), reason="unknown domain")
    lists.add("spam_reports", "clara@example.com", stamp(MARCH - DAY), ip="10.0.0.1")
    assert read(ours, door) == {"bounces": 2, "complaints": 1}
    why = sorted(ours.all(col(Suppression.address), col(Suppression.reason)))
    assert [reason for _, reason in why] == ["hard bounce", "hard bounce", "complaint"]
    assert holds(ours)["clara"] == "no"
    run(ours, MARCH + HOUR)
    assert arrived(door) == []


@with_rules
def test_a_bounce_that_is_none_for_good_stops_nothing(ours: Cafe, door: Door) -> None:
    door.account.lists.add("bounces", "ana@example.com", stamp(MARCH), reason="x", status="4.2.2")
    assert read(ours, door) == {"bounces": 1}
    assert ours.all(col(Suppression.address)) == []


@with_rules
def test_who_left_everything_there_has_said_no(ours: Cafe, door: Door) -> None:
    door.account.lists.add("unsubscribes", "ana@example.com", stamp(MARCH - DAY))
    assert read(ours, door) == {"unsubscribed": 1}
    assert holds(ours)["ana"] == "no"


@with_rules
def test_an_address_that_was_lifted_by_hand_stays_lifted(ours: Cafe, door: Door) -> None:
    door.account.lists.add("bounces", "ana@example.com", stamp(MARCH - DAY), status="5.1.1")
    read(ours, door)
    with writing(ours.engine) as connection:
        lift(connection, "ana@example.com", "she wrote", now=MARCH + 2 * HOUR)
    read(ours, door, MARCH + 3 * HOUR)
    assert None not in ours.all(col(Suppression.lifted_at))


@with_rules
def test_what_cannot_be_read_is_told_and_the_rest_is_read(ours: Cafe, door: Door) -> None:
    door.account.lists.entries["bounces"] += [{"created": 0, "email": "nobody"}]
    door.account.lists.add("bounces", "ana@example.com", stamp(MARCH), status="5.1.1")
    synced = read_lists(ours.shop, now=MARCH, transport=Desk(door))
    assert synced is not None
    assert synced.report is not None
    assert synced.report.streams["bounces"] == 1
    [warning] = synced.report.warnings
    assert "1 entry" in warning


@with_rules
def test_a_list_that_breaks_off_is_read_from_where_it_began(ours: Cafe, door: Door) -> None:
    """What came before it broke is kept; the place moves only at its end."""
    for number in range(700):
        at = stamp(MARCH - DAY) - number
        door.account.lists.add("bounces", f"guest{number}@example.com", at, status="5.1.1")

    class Breaks(Desk):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if "offset=500" in str(request.url):
                return httpx.Response(500)
            return super().handle_request(request)

    synced = read_lists(ours.shop, now=MARCH, transport=Breaks(door))
    assert synced is not None
    assert isinstance(synced.trouble, OutOfReach)
    assert len(ours.all(col(Suppression.address))) == 500
    assert ours.all(col(SyncState.stream)) == []
    assert read(ours, door) == {"bounces": 200}


@with_rules
def test_a_group_that_is_not_there_is_trouble_of_sendgrid_alone(ours: Cafe, door: Door) -> None:
    door.account.lists.groups.clear()
    synced = read_lists(ours.shop, now=MARCH, transport=Desk(door))
    assert synced is not None
    assert synced.source == "SendGrid"
    assert isinstance(synced.trouble, OwnersFileTrouble)


def sync(cafe: Cafe, only: str | None = None) -> list[Synced]:
    return asyncio.run(sync_all(cafe.shop, now=MARCH, only=only))


@with_rules
def test_a_sync_asks_sendgrid_after_the_sources(cafe: Cafe, door: Door) -> None:
    cafe.customer("bruno")
    door.account.lists.leave(GROUP, "bruno@example.com", stamp(MARCH - DAY))
    with look_alike(door) as address:
        at_sendgrid(cafe, FILE, sendgrid=SENDGRID.replace("http://127.0.0.1:8025", address))
        [one] = sync(cafe)
        assert one.report is not None
        assert one.report.streams["unsubscribed"] == 1
        assert sync(cafe, only="SendGrid")[0].trouble is None
        assert sync(cafe, only="till") == []


@with_rules
def test_without_the_word_nobody_is_asked(cafe: Cafe, tmp_path: Path) -> None:
    for other in ("", "\n  unsubscribe by: sendgrid\n"):
        at_sendgrid(cafe, FILE, sendgrid=other + "\n")
        assert read_lists(cafe.shop, now=MARCH) is None
        assert sync(cafe) == []


def test_a_rehearsal_shows_the_stand_in(cafe: Cafe) -> None:
    """
    rules:
      left:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
        include backlog: yes
    """
    cafe.reread(cafe.path.read_text().replace("rules:", "  unsubscribe by: sendgrid\nrules:"))
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.run()
    [mail] = cafe.mails()
    assert f"<{STAND_IN}>" == mail["List-Unsubscribe"]
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part
        assert STAND_IN in part.get_content()


def test_a_service_mail_leads_where_it_would_without_the_word(cafe: Cafe) -> None:
    """
    rules:
      unhappy:
        when: survey answered
        if: {csat: at most 2}
        then: [{send: sorry-from-the-owner}]
    """
    cafe.reread(cafe.path.read_text().replace("rules:", "  unsubscribe by: sendgrid\nrules:"))
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    cafe.arrive(answers=[answer("clara", MARCH - HOUR, csat=1)])
    cafe.run()
    [mail] = cafe.mails()
    part = mail.get_body(("html",))
    assert part
    assert "https://mail.cornercafe.example/u/" in part.get_content()
    assert STAND_IN not in part.get_content()
