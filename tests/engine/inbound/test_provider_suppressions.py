"""Opt-outs at SendGrid are imported, and newer opt-ins are sent back."""

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

from engine.config.owner_config import load_owner_config
from engine.inbound.provider_suppressions import sync_suppressions
from engine.owner.approvals import approve_mails
from engine.sync.sync import sync_all
from engine.sync_result import SyncResult
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.sender import SendGridSender
from mail.senders.sendgrid.unsubscribe_tag import PLACEHOLDER_URL
from sandbox.sendgrid.account import API_KEY
from sandbox.sendgrid.server import SendGridServer
from sandbox.sendgrid.server import running_sendgrid as look_alike
from settings.errors import OwnerFileError, UnavailableError
from shop.consent.suppressions import lift_suppression
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Basis, BasisStatement, Customer, MailEvent, Suppression, SyncState
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.engine.explain.explanations import answer_row
from tests.mail.senders.sendgrid_account import RecordingTransport
from tests.mail.senders.test_sendgrid_suppressions import GROUP, ListsTransport

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
def door() -> SendGridServer:
    door = SendGridServer()
    door.account.suppressions.groups[GROUP] = {}
    return door


@pytest.fixture
def sendgrid_cafe(cafe: Cafe, door: SendGridServer) -> Cafe:
    """Ana, Bruno and Clara left their carts; mail goes through SendGrid."""
    rules = "\n".join(line[4:] for line in RULES.splitlines())
    send_through_sendgrid(
        cafe, FILE.replace("https://mail.cornercafe.example", "https://x.example"), rules
    )
    account = cafe.shop.config.sending.block(SendGrid)
    assert account
    cafe.shop = replace(
        cafe.shop,
        sender=SendGridSender(
            account, cafe.path.parent / "handed-over", transport=RecordingTransport(door)
        ),
    )
    cafe.leave_carts(MARCH - 3 * HOUR, "ana", "bruno", "clara")
    return cafe


def send_through_sendgrid(cafe: Cafe, text: str, rules: str = "", sendgrid: str = SENDGRID) -> None:
    cafe.path.write_text(text.rstrip("\n") + sendgrid + rules, encoding="utf-8")
    cafe.shop = replace(cafe.shop, config=load_owner_config(cafe.path, ENVIRON))


def stamp(at: datetime) -> int:
    return int(at.timestamp())


def sync_lists(cafe: Cafe, door: SendGridServer, at: datetime = MARCH + HOUR) -> dict[str, int]:
    synced = sync_suppressions(cafe.shop, now=at, transport=ListsTransport(door))
    assert synced is not None
    assert synced.report is not None
    assert synced.error is None
    return {name: count for name, count in synced.report.streams.items() if count}


def consent_by_name(cafe: Cafe) -> dict[str, str]:
    """The consent state of each customer, by the local part of their address."""
    with read_transaction(cafe.engine) as connection:
        rows = connection.execute(
            select(col(Customer.email), col(Basis.state)).join(
                Basis, col(Basis.customer_id) == col(Customer.id)
            )
        )
        return {str(email).partition("@")[0]: state for email, state in rows}


def opt_outs(cafe: Cafe) -> list[tuple[str, datetime]]:
    statements = cafe.select_all(
        col(BasisStatement.says), col(BasisStatement.evidence), col(BasisStatement.said_at)
    )
    return [(evidence, at) for consent, evidence, at in statements if consent == "no"]


def run(cafe: Cafe, at: datetime = MARCH) -> None:
    """A new rule's first mails wait for the owner, who approves them."""
    cafe.run(at)
    approve_mails(cafe.shop, None, now=at)
    cafe.run(at)


def delivered_names(door: SendGridServer) -> list[str]:
    return sorted(mail.to[0].partition("@")[0] for mail in door.account.received)


@with_rules
def test_mails_link_to_sendgrid_and_name_the_group(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    run(sendgrid_cafe)
    assert delivered_names(door) == ["ana", "bruno", "clara"]
    for mail in door.account.received:
        assert mail.group == GROUP
        assert "/asm/unsubscribe/" in mail.html
        assert "/asm/unsubscribe/" in mail.text
        assert ".invalid" not in mail.html + mail.text
        assert not {name for name in mail.headers if name.startswith("List-")}


@with_rules
def test_a_group_member_is_an_opt_out_on_that_date(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    door.account.suppressions.unsubscribe(GROUP, "Bruno@example.com", stamp(MARCH - DAY))
    assert sync_lists(sendgrid_cafe, door) == {"unsubscribed": 1}
    assert consent_by_name(sendgrid_cafe) == {"ana": "yes", "bruno": "no", "clara": "yes"}
    assert opt_outs(sendgrid_cafe) == [("unsubscribed at SendGrid", MARCH - DAY)]
    run(sendgrid_cafe, MARCH + HOUR)
    assert delivered_names(door) == ["ana", "clara"]
    assert door.account.events == []


@with_rules
def test_a_second_sync_finds_nothing_new(sendgrid_cafe: Cafe, door: SendGridServer) -> None:
    lists = door.account.suppressions
    lists.unsubscribe(GROUP, "bruno@example.com", stamp(MARCH - DAY))
    lists.add("bounces", "ana@example.com", stamp(MARCH - DAY), reason="550", status="5.1.1")
    lists.add("spam_reports", "clara@example.com", stamp(MARCH - DAY), ip="10.0.0.1")
    assert sync_lists(sendgrid_cafe, door) == {"unsubscribed": 1, "bounces": 1, "complaints": 1}
    for days in range(4):
        assert sync_lists(sendgrid_cafe, door, MARCH + days * DAY) == {}
    assert len(opt_outs(sendgrid_cafe)) == 2
    assert len(sendgrid_cafe.select_all(col(MailEvent.key))) == 2


@with_rules
def test_the_position_in_a_list_is_saved_and_used(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    desk = ListsTransport(door)
    sync_suppressions(sendgrid_cafe.shop, now=MARCH, transport=desk)
    assert not any("start_time" in request for request in desk.calls)
    sync_suppressions(sendgrid_cafe.shop, now=MARCH + HOUR, transport=desk)
    assert sum(f"start_time={stamp(MARCH - DAY)}" in request for request in desk.calls) == 4
    assert len(sendgrid_cafe.select_all(col(SyncState.stream))) == 4


@with_rules
def test_a_newer_opt_in_removes_them_from_the_group(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    door.account.suppressions.unsubscribe(GROUP, "bruno@example.com", stamp(MARCH - DAY))
    sync_lists(sendgrid_cafe, door, MARCH - HOUR)
    sendgrid_cafe.record_consent("bruno", "yes", MARCH)
    assert sync_lists(sendgrid_cafe, door) == {"mailed again": 1}
    assert door.account.suppressions.groups[GROUP] == {}
    assert sync_lists(sendgrid_cafe, door) == {}
    run(sendgrid_cafe, MARCH + HOUR)
    assert "bruno" in delivered_names(door)


@with_rules
def test_an_opt_out_older_than_the_opt_in_does_not_count(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    """Both arrive at the same time: their dates decide."""
    door.account.suppressions.unsubscribe(GROUP, "bruno@example.com", stamp(MARCH - 3 * DAY))
    sendgrid_cafe.record_consent("bruno", "yes", MARCH - DAY)
    assert sync_lists(sendgrid_cafe, door) == {"unsubscribed": 1, "mailed again": 1}
    assert consent_by_name(sendgrid_cafe)["bruno"] == "yes"


@with_rules
def test_a_second_opt_out_after_an_opt_in_counts(sendgrid_cafe: Cafe, door: SendGridServer) -> None:
    lists = door.account.suppressions
    lists.unsubscribe(GROUP, "bruno@example.com", stamp(MARCH - 2 * DAY))
    sendgrid_cafe.record_consent("bruno", "yes", MARCH - DAY)
    sync_lists(sendgrid_cafe, door, MARCH - HOUR)
    lists.unsubscribe(GROUP, "bruno@example.com", stamp(MARCH))
    assert sync_lists(sendgrid_cafe, door) == {"unsubscribed": 1}
    assert consent_by_name(sendgrid_cafe)["bruno"] == "no"
    assert list(lists.groups[GROUP]) == ["bruno@example.com"]


@with_rules
def test_an_interrupted_removal_is_repeated_by_the_next_sync(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    door.account.suppressions.unsubscribe(GROUP, "bruno@example.com", stamp(MARCH - 2 * DAY))
    sendgrid_cafe.record_consent("bruno", "yes", MARCH - DAY)

    class Breaks(ListsTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "DELETE":
                raise httpx.ReadError("gone", request=request)
            return super().handle_request(request)

    synced = sync_suppressions(sendgrid_cafe.shop, now=MARCH, transport=Breaks(door))
    assert synced is not None
    assert isinstance(synced.error, UnavailableError)
    assert consent_by_name(sendgrid_cafe)["bruno"] == "yes"
    assert sync_lists(sendgrid_cafe, door) == {"mailed again": 1}


@with_rules
def test_an_opt_in_of_another_customer_removes_nobody(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    """Two customers had this address: one of them wants no mail."""
    sendgrid_cafe.customer("bruno-at-the-till", says="no", at=MARCH)
    door.account.suppressions.unsubscribe(
        GROUP, "bruno-at-the-till@example.com", stamp(MARCH - DAY)
    )
    assert sync_lists(sendgrid_cafe, door) == {"unsubscribed": 1}
    assert list(door.account.suppressions.groups[GROUP]) == ["bruno-at-the-till@example.com"]


@with_rules
def test_a_later_customer_keeps_the_earlier_opt_out(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    door.account.suppressions.unsubscribe(GROUP, "dora@example.com", stamp(MARCH - DAY))
    assert sync_lists(sendgrid_cafe, door) == {}
    sendgrid_cafe.customer("dora")
    assert sync_lists(sendgrid_cafe, door) == {"unsubscribed": 1}
    assert consent_by_name(sendgrid_cafe)["dora"] == "no"


@with_rules
def test_bounces_and_complaints_suppress_the_address(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    lists = door.account.suppressions
    lists.add("bounces", "ana@example.com", stamp(MARCH - DAY), reason="550 no", status="5.1.1")
    lists.add("invalid_emails", "bruno@example.com", stamp(MARCH - DAY), reason="unknown domain")
    lists.add("spam_reports", "clara@example.com", stamp(MARCH - DAY), ip="10.0.0.1")
    assert sync_lists(sendgrid_cafe, door) == {"bounces": 2, "complaints": 1}
    suppressions = sorted(
        sendgrid_cafe.select_all(col(Suppression.address), col(Suppression.reason))
    )
    assert [reason for _, reason in suppressions] == ["hard bounce", "hard bounce", "complaint"]
    assert consent_by_name(sendgrid_cafe)["clara"] == "no"
    run(sendgrid_cafe, MARCH + HOUR)
    assert delivered_names(door) == []


@with_rules
def test_a_soft_bounce_suppresses_nothing(sendgrid_cafe: Cafe, door: SendGridServer) -> None:
    door.account.suppressions.add(
        "bounces", "ana@example.com", stamp(MARCH), reason="x", status="4.2.2"
    )
    assert sync_lists(sendgrid_cafe, door) == {"bounces": 1}
    assert sendgrid_cafe.select_all(col(Suppression.address)) == []


@with_rules
def test_an_invalid_address_is_suppressed_whatever_its_reason(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    door.account.suppressions.add(
        "invalid_emails", "ana@example.com", stamp(MARCH), reason="450 4.1.2 unknown domain"
    )
    assert sync_lists(sendgrid_cafe, door) == {"bounces": 1}
    assert sendgrid_cafe.select_all(col(Suppression.address)) == ["ana@example.com"]


@with_rules
def test_a_global_unsubscribe_is_an_opt_out(sendgrid_cafe: Cafe, door: SendGridServer) -> None:
    door.account.suppressions.add("unsubscribes", "ana@example.com", stamp(MARCH - DAY))
    assert sync_lists(sendgrid_cafe, door) == {"unsubscribed": 1}
    assert consent_by_name(sendgrid_cafe)["ana"] == "no"


@with_rules
def test_a_lifted_address_stays_lifted(sendgrid_cafe: Cafe, door: SendGridServer) -> None:
    door.account.suppressions.add("bounces", "ana@example.com", stamp(MARCH - DAY), status="5.1.1")
    sync_lists(sendgrid_cafe, door)
    with write_transaction(sendgrid_cafe.engine) as connection:
        lift_suppression(connection, "ana@example.com", "she wrote", now=MARCH + 2 * HOUR)
    sync_lists(sendgrid_cafe, door, MARCH + 3 * HOUR)
    assert None not in sendgrid_cafe.select_all(col(Suppression.lifted_at))


@with_rules
def test_unreadable_entries_are_reported_and_the_others_read(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    door.account.suppressions.entries["bounces"] += [{"created": 0, "email": "nobody"}]
    door.account.suppressions.add("bounces", "ana@example.com", stamp(MARCH), status="5.1.1")
    synced = sync_suppressions(sendgrid_cafe.shop, now=MARCH, transport=ListsTransport(door))
    assert synced is not None
    assert synced.report is not None
    assert synced.report.streams["bounces"] == 1
    [warning] = synced.report.warnings
    assert "1 entry" in warning


@with_rules
def test_an_interrupted_list_is_read_from_its_start(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    """Pages before the error are kept; the position moves only at the end."""
    for number in range(700):
        at = stamp(MARCH - DAY) - number
        door.account.suppressions.add("bounces", f"guest{number}@example.com", at, status="5.1.1")

    class Breaks(ListsTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if "offset=500" in str(request.url):
                return httpx.Response(500)
            return super().handle_request(request)

    synced = sync_suppressions(sendgrid_cafe.shop, now=MARCH, transport=Breaks(door))
    assert synced is not None
    assert isinstance(synced.error, UnavailableError)
    assert len(sendgrid_cafe.select_all(col(Suppression.address))) == 500
    assert sendgrid_cafe.select_all(col(SyncState.stream)) == []
    assert sync_lists(sendgrid_cafe, door) == {"bounces": 200}


@with_rules
def test_a_missing_group_is_an_error_of_sendgrid_alone(
    sendgrid_cafe: Cafe, door: SendGridServer
) -> None:
    door.account.suppressions.groups.clear()
    synced = sync_suppressions(sendgrid_cafe.shop, now=MARCH, transport=ListsTransport(door))
    assert synced is not None
    assert synced.source == "SendGrid"
    assert isinstance(synced.error, OwnerFileError)


def sync_sources(cafe: Cafe, only: str | None = None) -> list[SyncResult]:
    return asyncio.run(sync_all(cafe.shop, now=MARCH, only=only))


@with_rules
def test_a_sync_reads_sendgrid_after_the_sources(cafe: Cafe, door: SendGridServer) -> None:
    cafe.customer("bruno")
    door.account.suppressions.unsubscribe(GROUP, "bruno@example.com", stamp(MARCH - DAY))
    with look_alike(door) as address:
        send_through_sendgrid(
            cafe, FILE, sendgrid=SENDGRID.replace("http://127.0.0.1:8025", address)
        )
        [sync_result] = sync_sources(cafe)
        assert sync_result.report is not None
        assert sync_result.report.streams["unsubscribed"] == 1
        assert sync_sources(cafe, only="SendGrid")[0].error is None
        assert sync_sources(cafe, only="till") == []


@with_rules
def test_without_the_setting_no_list_is_read(cafe: Cafe, tmp_path: Path) -> None:
    for other in ("", "\n  unsubscribe by: sendgrid\n"):
        send_through_sendgrid(cafe, FILE, sendgrid=other + "\n")
        assert sync_suppressions(cafe.shop, now=MARCH) is None
        assert sync_sources(cafe) == []


def test_a_rehearsal_shows_the_placeholder_link(cafe: Cafe) -> None:
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
    assert f"<{PLACEHOLDER_URL}>" == mail["List-Unsubscribe"]
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body
        assert PLACEHOLDER_URL in body.get_content()


def test_a_service_mail_links_to_the_shops_own_page(cafe: Cafe) -> None:
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
    cafe.arrive(answers=[answer_row("clara", MARCH - HOUR, csat=1)])
    cafe.run()
    [mail] = cafe.mails()
    body = mail.get_body(("html",))
    assert body
    assert "https://mail.cornercafe.example/u/" in body.get_content()
    assert PLACEHOLDER_URL not in body.get_content()
