"""What every sender keeps to. A new one joins `senders` and has to pass it all."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mail.mime import Mail
from mail.outbox.sender import Outbox
from mail.sender import Accepted, Refused, Sender
from settings.trouble import OutOfReach

MAIL = Mail(
    message_id="0001",
    sender_name="Ana at Corner Café",
    sender_address="ana@cornercafe.example",
    to_address="clara@example.com",
    to_name="Clara",
    reply_to="ana@cornercafe.example",
    subject="Your granola is still here",
    text="Hello",
    html="<p>Hello</p>",
    unsubscribe_url="https://mail.cornercafe.example/u/1.a.b",
    date=datetime(2026, 3, 3, 10, tzinfo=UTC),
    purpose="marketing",
)

senders = pytest.mark.parametrize(
    "make", [lambda folder: Outbox(folder / "outbox")], ids=["outbox"]
)
Make = Callable[[Path], Sender]


@senders
def test_what_is_accepted_is_remembered(make: Make, tmp_path: Path) -> None:
    sender = make(tmp_path)
    outcomes = list(sender.send([MAIL, replace(MAIL, message_id="0002")]))
    assert outcomes == [Accepted("0001"), Accepted("0002")]
    assert make(tmp_path).accepted(["0001", "0002", "0003"]) == {"0001", "0002"}


@senders
def test_a_bad_mail_does_not_keep_the_next_one_back(make: Make, tmp_path: Path) -> None:
    bad = replace(MAIL, subject="Hello\r\nBcc: everybody@example.com")
    first, second = make(tmp_path).send([bad, replace(MAIL, message_id="0002")])
    assert isinstance(first, Refused)
    assert second == Accepted("0002")
    assert make(tmp_path).accepted(["0001"]) == set()


@senders
def test_nothing_leaves_before_it_is_asked_for(make: Make, tmp_path: Path) -> None:
    sender = make(tmp_path)
    outcomes = sender.send([MAIL, replace(MAIL, message_id="0002")])
    next(iter(outcomes))
    assert sender.accepted(["0001", "0002"]) == {"0001"}


def test_the_outbox_holds_a_mail_and_a_page(tmp_path: Path) -> None:
    list(Outbox(tmp_path).send([MAIL]))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["0001.eml", "0001.html"]
    read = email.message_from_bytes(
        (tmp_path / "0001.eml").read_bytes(), policy=email.policy.default
    )
    assert read["Subject"] == MAIL.subject


def test_a_half_written_file_is_no_mail(tmp_path: Path) -> None:
    (tmp_path / ".0001.eml.unfinished").write_bytes(b"From:")
    assert Outbox(tmp_path).accepted(["0001"]) == set()


def test_an_outbox_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    with pytest.raises(OutOfReach, match="outbox"):
        list(Outbox(tmp_path / "outbox").send([MAIL]))
