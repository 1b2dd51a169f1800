"""SendGrid's own unsubscribe link replaces the placeholder, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from mail.message.headers import link_header
from mail.message.mime import Mail
from mail.senders.outbox.sender import OutboxSender
from mail.senders.protocol import Accepted, Refused
from mail.senders.sendgrid.preflight import preflight_mail
from mail.senders.sendgrid.unsubscribe_tag import GROUP_LINK_TAG, PLACEHOLDER_URL
from tests.mail.senders.sendgrid_account import MAIL, SendGridHarness, mail_to, mails_to

GROUP = 12345
LINK = "https://u1.ct.sendgrid.net/asm/unsubscribe/"


@pytest.fixture
def harness(tmp_path: Path, shared: Path) -> Iterator[SendGridHarness]:
    assert shared.is_dir()
    harness_ = SendGridHarness(tmp_path, group=GROUP)
    yield harness_
    assert harness_.transport.violations() == []


def with_group_link(mail: Mail, **changed: Any) -> Mail:
    """The mail as it is rendered with `unsubscribe by: sendgrid`."""
    shown = replace(
        mail,
        text=f"{mail.text}\nUnsubscribe: {PLACEHOLDER_URL}\n",
        html=f'{mail.html}\n<p><a href="{PLACEHOLDER_URL}">Unsubscribe</a></p>\n',
        unsubscribe_url=PLACEHOLDER_URL,
    )
    return replace(shown, **changed)


def test_the_stand_in_is_a_link_that_nothing_escapes() -> None:
    assert str(escape(PLACEHOLDER_URL)) == PLACEHOLDER_URL
    assert link_header("List-Unsubscribe", PLACEHOLDER_URL)


def test_sendgrid_finds_its_tag_in_both_bodies_and_the_group(harness: SendGridHarness) -> None:
    harness.send([with_group_link(MAIL)])
    [payload] = harness.transport.payloads
    assert payload["asm"] == {"group_id": GROUP}
    text, html = (part["value"] for part in payload["content"])
    assert f"Unsubscribe: {GROUP_LINK_TAG}\n" in text
    assert f'<a href="{GROUP_LINK_TAG}">' in html
    assert PLACEHOLDER_URL not in text + html
    arrived = harness.arrived["clara"]
    assert LINK in arrived.text
    assert f'<a href="{LINK}' in arrived.html


def test_sendgrids_unsubscribe_header_replaces_ours(harness: SendGridHarness) -> None:
    harness.send([with_group_link(MAIL)])
    assert not {name for name in harness.arrived["clara"].headers if name.startswith("List-")}
    assert harness.arrived["clara"].headers["Auto-Submitted"] == "auto-generated"


def test_another_link_keeps_its_header_and_names_no_group(harness: SendGridHarness) -> None:
    harness.send([MAIL])
    assert "asm" not in harness.transport.payloads[0]
    assert "List-Unsubscribe-Post" in harness.arrived["clara"].headers


def test_a_service_mail_is_of_no_group(harness: SendGridHarness) -> None:
    harness.send(
        [replace(MAIL, purpose="service"), with_group_link(mail_to("bruno"), purpose="service")]
    )
    assert not any("asm" in payload for payload in harness.transport.payloads)


def test_many_travel_together_with_the_tag_written_out_once(harness: SendGridHarness) -> None:
    mails = [with_group_link(mail) for mail in mails_to(40)]
    assert harness.send(mails) == [Accepted(mail.message_id) for mail in mails]
    assert harness.sizes == [1, 39]
    together = harness.transport.payloads[1]
    assert all(GROUP_LINK_TAG in part["value"] for part in together["content"])
    for person in together["personalizations"]:
        assert not any(
            GROUP_LINK_TAG in value for value in person.get("substitutions", {}).values()
        )
    for mail in mails:
        assert f"user_id={mail.to_address}" in harness.arrived[mail.message_id].html


def test_where_the_tag_would_be_part_of_a_value_each_goes_alone(harness: SendGridHarness) -> None:
    """The line differs on both sides of the link."""
    mails = [
        with_group_link(
            mail,
            html=f'<p>{mail.to_name}: <a href="{PLACEHOLDER_URL}">no more</a> {mail.to_name}</p>',
        )
        for mail in mails_to(9)
    ]
    harness.send(mails)
    assert harness.sizes == [1] * 9
    assert all(LINK in mail.html for mail in harness.arrived.values())


def test_mails_with_their_link_and_with_ours_never_share_a_request(
    harness: SendGridHarness,
) -> None:
    mails = [
        *(with_group_link(personalization) for personalization in mails_to(12)),
        *(mail_to(f"page{n}") for n in range(12)),
    ]
    harness.send(mails)
    for payload in harness.transport.payloads:
        prefixes = {
            personalization["custom_args"]["regulars_mail"][:4]
            for personalization in payload["personalizations"]
        }
        assert prefixes == ({"gues"} if "asm" in payload else {"page"})


def test_without_a_group_such_a_mail_is_refused_alone(tmp_path: Path) -> None:
    post = SendGridHarness(tmp_path)
    first, second = post.send([with_group_link(MAIL), mail_to("bruno")])
    assert first == Refused(
        "clara", "SendGrid's unsubscribe link needs its number: unsubscribe group."
    )
    assert second == Accepted("bruno")


def test_a_mail_that_does_not_show_the_link_is_refused(harness: SendGridHarness) -> None:
    [refused] = harness.send([replace(MAIL, unsubscribe_url=PLACEHOLDER_URL)])
    assert refused == Refused("clara", "The mail does not show its unsubscribe link.")


def test_the_preflight_does_not_change_a_mail_with_our_link() -> None:
    assert preflight_mail(MAIL, GROUP).mail is MAIL
    assert preflight_mail(MAIL, GROUP).group is None


def test_the_rehearsed_mail_shows_the_stand_in(tmp_path: Path) -> None:
    list(OutboxSender(tmp_path).send([with_group_link(MAIL)]))
    assert PLACEHOLDER_URL in (tmp_path / "clara.html").read_text(encoding="utf-8")


def test_who_left_the_group_is_taken_and_dropped(harness: SendGridHarness) -> None:
    harness.server.account.suppressions.unsubscribe(GROUP, "Clara@example.com", 1_700_000_000)
    assert harness.send([with_group_link(MAIL), with_group_link(mail_to("bruno"))]) == [
        Accepted("clara"),
        Accepted("bruno"),
    ]
    assert set(harness.arrived) == {"bruno"}
    [event] = harness.server.account.events
    assert (event["event"], event["regulars_mail"]) == ("dropped", "clara")
    assert event["reason"] == "Unsubscribed Address"


def test_who_left_the_group_still_gets_service_mails(harness: SendGridHarness) -> None:
    harness.server.account.suppressions.unsubscribe(GROUP, "clara@example.com", 1_700_000_000)
    harness.send([replace(MAIL, purpose="service")])
    assert set(harness.arrived) == {"clara"}
