"""What SendGrid would reject is refused before, for that mail alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mail.message.mime import InvalidMailError
from mail.senders.protocol import Accepted, Refused
from mail.senders.sendgrid.preflight import RESERVED_HEADERS, check_headers, preflight_mail
from tests.mail.senders.sendgrid_account import MAIL, SendGridHarness, mail_to, mails_to


@pytest.fixture
def harness(tmp_path: Path, shared: Path) -> Iterator[SendGridHarness]:
    assert shared.is_dir()
    harness_ = SendGridHarness(tmp_path)
    yield harness_
    assert harness_.transport.violations() == []


BAD: list[tuple[dict[str, Any], str]] = [
    ({"subject": "Hello\r\nBcc: everybody@example.com"}, "subject"),
    ({"subject": ""}, "subject is empty"),
    ({"subject": " "}, "subject is empty"),
    ({"subject": "half \ud83e"}, "subject"),
    ({"to_name": "Clara\nBcc: x@example.com"}, "name"),
    ({"sender_name": "Ana\r\nX: y"}, "sender's name"),
    ({"to_address": ""}, "not an e-mail address"),
    ({"to_address": "clara"}, "not an e-mail address"),
    ({"to_address": '"clara b"@example.com'}, "not an e-mail address"),
    ({"to_address": "a@example.com,b@example.com"}, "not an e-mail address"),
    ({"to_address": "jörg@example.com"}, "letters before the @"),
    ({"to_address": f"{'a' * 250}@example.com"}, "not an e-mail address"),
    ({"reply_to": "nobody"}, "not an e-mail address"),
    ({"text": ""}, "text is empty"),
    ({"html": "\n"}, "HTML is empty"),
    ({"html": "<p>\0</p>"}, "NUL"),
    ({"text": "\udc00"}, "half a character"),
    ({"text": "SG.abc.def is my key"}, "key of SendGrid"),
    ({"unsubscribe_url": ""}, "unsubscribe"),
    ({"unsubscribe_url": "https://x.example/\r\nBcc: y"}, "List-Unsubscribe"),
    ({"unsubscribe_url": "javascript:alert(1)"}, "List-Unsubscribe"),
    ({"message_id": "../1"}, "id"),
]


@pytest.mark.parametrize(("changed", "sentence"), BAD)
def test_a_mail_that_would_be_refused_does_not_go(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidMailError, match=sentence):
        preflight_mail(replace(MAIL, **changed))


@pytest.mark.parametrize(("changed", "sentence"), BAD[:4])
def test_it_keeps_no_other_mail_back(
    harness: SendGridHarness, changed: dict[str, Any], sentence: str
) -> None:
    mails = mails_to(12)
    mails[6] = replace(mails[6], **changed)
    outcomes = harness.send(mails)
    assert isinstance(outcomes[6], Refused)
    assert sentence in outcomes[6].reason
    assert outcomes.count(Accepted("guest007")) == 1
    assert len(harness.arrived) == 11


@pytest.mark.parametrize("name", ["Clara, of course", "Clara; DROP TABLE", "x" * 4096, "", " "])
def test_a_name_that_sendgrid_refuses_is_left_off(harness: SendGridHarness, name: str) -> None:
    assert harness.send([replace(MAIL, to_name=name)]) == [Accepted("clara")]
    assert harness.arrived["clara"].name is None


NAMES = ['"; DROP'.replace(";", ""), '"Clara"', "<script>alert(1)</script>", "كلارا", "🥐", "=cmd",
         "O'Brien", "Zoë", "\u202eClara", "-clara-", "%name%"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_as_it_is(harness: SendGridHarness, name: str) -> None:
    mails = [replace(mail, to_name=name, subject=f"Hello {name}", text=f"Hello {name}\n",
                     html=f"<p>Hello {name}</p>") for mail in mails_to(8)]  # fmt: skip
    harness.send(mails)
    assert {(mail.name, mail.subject, mail.text) for mail in harness.arrived.values()} == {
        (name, f"Hello {name}", f"Hello {name}\n")
    }


def test_a_domain_travels_in_ascii_letters(harness: SendGridHarness) -> None:
    harness.send([replace(MAIL, to_address="clara@münchen.example")])
    assert harness.arrived["clara"].to == ("clara@xn--mnchen-3ya.example",)


@pytest.mark.parametrize("address", ["o'brien+x@example.com", "a!#$%&*/=?^_`{|}~-b@example.com"])
def test_an_odd_address_arrives_as_it_is(harness: SendGridHarness, address: str) -> None:
    harness.send([replace(MAIL, to_address=address)])
    assert harness.arrived["clara"].to == (address,)


@pytest.mark.parametrize("name", sorted(RESERVED_HEADERS))
def test_headers_that_are_sendgrids_own_are_refused(name: str) -> None:
    with pytest.raises(InvalidMailError, match="itself"):
        check_headers({name.title(): "x"})


def test_a_link_that_writes_a_mail_promises_no_single_click(harness: SendGridHarness) -> None:
    harness.send([replace(mail_to("bruno"), unsubscribe_url="mailto:stop@cornercafe.example")])
    assert "List-Unsubscribe-Post" not in harness.arrived["bruno"].headers
