"""SendGrid's own link to unsubscribe stands where a mail shows its link, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from mail.message.headers import link_header
from mail.message.mime import Mail
from mail.senders.outbox.sender import Outbox
from mail.senders.protocol import Accepted, Refused
from mail.senders.sendgrid.preflight import looked_at
from mail.senders.sendgrid.unsubscribe_tag import STAND_IN, TAG
from tests.mail.senders.sendgrid_account import MAIL, Post, mail_to, mails_to

GROUP = 12345
LINK = "https://u1.ct.sendgrid.net/asm/unsubscribe/"


@pytest.fixture
def post(tmp_path: Path, shared: Path) -> Iterator[Post]:
    assert shared.is_dir()
    post = Post(tmp_path, group=GROUP)
    yield post
    assert post.wire.violations() == []


def theirs(mail: Mail, **changed: Any) -> Mail:
    """The mail as it is written with `unsubscribe by: sendgrid`."""
    shown = replace(
        mail,
        text=f"{mail.text}\nUnsubscribe: {STAND_IN}\n",
        html=f'{mail.html}\n<p><a href="{STAND_IN}">Unsubscribe</a></p>\n',
        unsubscribe_url=STAND_IN,
    )
    return replace(shown, **changed)


def test_the_stand_in_is_a_link_that_nothing_escapes() -> None:
    assert str(escape(STAND_IN)) == STAND_IN
    assert link_header("List-Unsubscribe", STAND_IN)


def test_sendgrid_finds_its_tag_in_both_bodies_and_the_group(post: Post) -> None:
    post.send([theirs(MAIL)])
    [payload] = post.wire.heard
    assert payload["asm"] == {"group_id": GROUP}
    text, html = (part["value"] for part in payload["content"])
    assert f"Unsubscribe: {TAG}\n" in text
    assert f'<a href="{TAG}">' in html
    assert STAND_IN not in text + html
    arrived = post.arrived["clara"]
    assert LINK in arrived.text
    assert f'<a href="{LINK}' in arrived.html


def test_our_own_header_is_left_out_for_theirs(post: Post) -> None:
    post.send([theirs(MAIL)])
    assert not {name for name in post.arrived["clara"].headers if name.startswith("List-")}
    assert post.arrived["clara"].headers["Auto-Submitted"] == "auto-generated"


def test_another_link_keeps_its_header_and_names_no_group(post: Post) -> None:
    post.send([MAIL])
    assert "asm" not in post.wire.heard[0]
    assert "List-Unsubscribe-Post" in post.arrived["clara"].headers


def test_a_service_mail_is_of_no_group(post: Post) -> None:
    post.send([replace(MAIL, purpose="service"), theirs(mail_to("bruno"), purpose="service")])
    assert not any("asm" in payload for payload in post.wire.heard)


def test_many_travel_together_with_the_tag_written_out_once(post: Post) -> None:
    mails = [theirs(one) for one in mails_to(40)]
    assert post.send(mails) == [Accepted(one.message_id) for one in mails]
    assert post.sizes == [1, 39]
    together = post.wire.heard[1]
    assert all(TAG in part["value"] for part in together["content"])
    for person in together["personalizations"]:
        assert not any(TAG in value for value in person.get("substitutions", {}).values())
    for one in mails:
        assert f"user_id={one.to_address}" in post.arrived[one.message_id].html


def test_where_the_tag_would_be_part_of_a_value_each_goes_alone(post: Post) -> None:
    """The line differs on both sides of the link."""
    mails = [
        theirs(one, html=f'<p>{one.to_name}: <a href="{STAND_IN}">no more</a> {one.to_name}</p>')
        for one in mails_to(9)
    ]
    post.send(mails)
    assert post.sizes == [1] * 9
    assert all(LINK in one.html for one in post.arrived.values())


def test_mails_with_their_link_and_with_ours_never_share_a_request(post: Post) -> None:
    mails = [*(theirs(one) for one in mails_to(12)), *(mail_to(f"page{n}") for n in range(12))]
    post.send(mails)
    for payload in post.wire.heard:
        ours = {one["custom_args"]["regulars_mail"][:4] for one in payload["personalizations"]}
        assert ours == ({"gues"} if "asm" in payload else {"page"})


def test_without_a_group_such_a_mail_is_refused_alone(tmp_path: Path) -> None:
    post = Post(tmp_path)
    first, second = post.send([theirs(MAIL), mail_to("bruno")])
    assert first == Refused(
        "clara", "SendGrid's unsubscribe link needs its number: unsubscribe group."
    )
    assert second == Accepted("bruno")


def test_a_mail_that_does_not_show_the_link_is_refused(post: Post) -> None:
    [refused] = post.send([replace(MAIL, unsubscribe_url=STAND_IN)])
    assert refused == Refused("clara", "The mail does not show its unsubscribe link.")


def test_looking_changes_nothing_in_a_mail_with_a_link_of_ours() -> None:
    assert looked_at(MAIL, GROUP).mail is MAIL
    assert looked_at(MAIL, GROUP).group is None


def test_the_rehearsed_mail_shows_the_stand_in(tmp_path: Path) -> None:
    list(Outbox(tmp_path).send([theirs(MAIL)]))
    assert STAND_IN in (tmp_path / "clara.html").read_text(encoding="utf-8")


def test_who_left_the_group_is_taken_and_dropped(post: Post) -> None:
    post.door.account.lists.leave(GROUP, "Clara@example.com", 1_700_000_000)
    assert post.send([theirs(MAIL), theirs(mail_to("bruno"))]) == [
        Accepted("clara"),
        Accepted("bruno"),
    ]
    assert set(post.arrived) == {"bruno"}
    [event] = post.door.account.events
    assert (event["event"], event["regulars_mail"]) == ("dropped", "clara")
    assert event["reason"] == "Unsubscribed Address"


def test_who_left_the_group_still_gets_service_mails(post: Post) -> None:
    post.door.account.lists.leave(GROUP, "clara@example.com", 1_700_000_000)
    post.send([replace(MAIL, purpose="service")])
    assert set(post.arrived) == {"clara"}
