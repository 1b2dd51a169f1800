"""Mails through aiosmtpd: login, TLS, and every byte as it was sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mail.message.mime import Mail, message_bytes
from mail.senders.protocol import Accepted, Outcome, Refused
from mail.senders.smtp.config import Encryption, Smtp
from mail.senders.smtp.sender import SmtpSender
from settings.errors import UnavailableError
from tests.examples import examples
from tests.mail.senders.smtp_script import SHORT_TIMEOUTS, run_scripted_server
from tests.mail.senders.smtp_server import USER, MailServer, mail_server
from tests.mail.senders.test_conformance import LEASE_OWNER, MAIL, mails

Server = Callable[..., MailServer]


@pytest.fixture(scope="module")
def plain() -> Iterator[MailServer]:
    with mail_server(enable_SMTPUTF8=True) as server:
        yield server


def send_mails(
    server: MailServer,
    journal_folder: Path,
    *mails_: Mail,
    account: Smtp | None = None,
    **more: Any,
) -> list[Outcome]:
    server.received.mails.clear()
    with SmtpSender(account or server.account(), journal_folder, **more).delivery(
        LEASE_OWNER
    ) as delivery:
        outcomes = list(delivery.send(mails_))
        delivery.outcomes_saved()
    return outcomes


def parse(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS"
)  # TLS is required, which it does not see
@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_mails_go_encrypted_to_a_server_that_lets_us_in(
    encryption: Encryption, tmp_path: Path
) -> None:
    with mail_server(encryption=encryption, auth_required=True) as server:
        outcomes = send_mails(
            server, tmp_path, *mails("1", "2"), account=server.account_with_login(encryption),
            context=server.context,
        )  # fmt: skip
    assert outcomes == [Accepted("1"), Accepted("2")]
    assert server.received.encrypted == [True, True]
    assert server.received.users == {USER}


def test_a_server_with_the_older_way_of_logging_in_lets_us_in(tmp_path: Path) -> None:
    with mail_server(encryption="starttls", auth_exclude_mechanism=["PLAIN"]) as server:
        account = server.account_with_login("starttls")
        assert send_mails(server, tmp_path, MAIL, account=account, context=server.context) == [
            Accepted("0001")
        ]
    assert server.received.users == {USER}


def test_an_untrusted_certificate_is_refused(tmp_path: Path) -> None:
    with mail_server(encryption="starttls") as server:
        with pytest.raises(UnavailableError, match="certificate that is not to be trusted"):
            send_mails(server, tmp_path, MAIL, account=server.account_with_login("starttls"))
        assert server.received.mails == []


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    """127.0.0.0/8 is this machine; the certificate is for one address of it."""
    with mail_server(encryption="tls", hostname="127.0.0.2") as server:
        account = server.account("tls").model_copy(update={"server": "127.0.0.2"})
        with pytest.raises(UnavailableError, match=r"not to be trusted: .*mismatch"):
            send_mails(server, tmp_path, MAIL, account=account, context=server.context)


def test_a_wrong_password_sends_nothing_and_loses_nothing(tmp_path: Path) -> None:
    with mail_server(encryption="starttls", auth_required=True) as server:
        account = server.account_with_login("starttls", password="no idea")
        with pytest.raises(UnavailableError, match="`user` and `password`") as error:
            send_mails(server, tmp_path, MAIL, account=account, context=server.context)
    assert "no idea" not in str(error.value)


NAMES = [
    'Clara "; DROP TABLE customers; --',
    "<script>alert(1)</script>",
    "Clara " * 700,
    "\u202eكلارا",
    "Clara 👩🏽‍🍳",
    '=cmd|"/c calc"!A1',
    "=?utf-8?q?Bcc:_everybody?=",
    "Clara, Bruno; Ana",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_customer_may_be_called_anything(name: str, plain: MailServer, tmp_path: Path) -> None:
    assert send_mails(plain, tmp_path, replace(MAIL, to_name=name)) == [Accepted("0001")]
    [envelope] = plain.received.mails
    assert envelope.rcpt_tos == [MAIL.to_address]
    raw = message_from_bytes(plain.received.contents[0])["To"]
    shown, address = parseaddr(re.sub(r"\r?\n", "", raw))
    assert str(make_header(decode_header(shown))) == name
    assert address == MAIL.to_address


BODIES = [
    ".",
    ".\n..\n.\r\n...\n",
    "\n.\nMAIL FROM:<eve@example.com>\n",
    "\r\n.\r\nQUIT\r\n",
    "granola " * 2000,
    "x" * 5000,
    "é" * 3000,
    "\n" * 50,
    "ends in a dot\n.",
    "",
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_arrives_byte_for_byte(body: str, plain: MailServer, tmp_path: Path) -> None:
    mail = replace(MAIL, text=body, html=f"<pre>{body}</pre>")
    assert send_mails(plain, tmp_path, mail) == [Accepted("0001")]
    assert plain.received.contents == [message_bytes(mail)]


LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
BODY = st.text(LETTERS, max_size=2000) | st.text(".\r\n =x", max_size=200)


@given(text=BODY, html=BODY)
@example(text=".\r\n.\r\n", html="\n.")
@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body_arrives_as_it_was_sent(
    text: str, html: str, plain: MailServer, tmp_path: Path
) -> None:
    mail = replace(MAIL, text=text, html=html)
    assert send_mails(plain, tmp_path, mail) == [Accepted("0001")]
    parts = [
        part.get_payload(decode=True) for part in parse(plain.received.contents[0]).iter_parts()
    ]
    unix = [re.sub(r"\r\n|\r", "\n", payload).encode() for payload in (text, html)]
    assert [
        bytes(payload).replace(b"\r\n", b"\n") for payload in parts if isinstance(payload, bytes)
    ] == unix


def test_a_domain_of_other_letters_goes_as_ascii(plain: MailServer, tmp_path: Path) -> None:
    assert send_mails(plain, tmp_path, replace(MAIL, to_address="clara@bücher.example")) == [
        Accepted("0001")
    ]
    assert plain.received.mails[0].rcpt_tos == ["clara@xn--bcher-kva.example"]
    assert plain.received.mails[0].smtp_utf8 is False


def test_letters_before_the_at_go_to_a_server_that_takes_them(
    plain: MailServer, tmp_path: Path
) -> None:
    joerg, clara = (
        replace(MAIL, to_address=address) for address in ("jörg@bücher.example", "c@x.example")
    )
    assert send_mails(plain, tmp_path, joerg, clara) == [Accepted("0001")] * 2
    first, second = plain.received.mails
    assert first.rcpt_tos == ["jörg@xn--bcher-kva.example"]
    assert (first.smtp_utf8, second.smtp_utf8) == (True, False)
    assert "To: Clara <jörg@xn--bcher-kva.example>\r\n".encode() in plain.received.contents[0]


def test_letters_before_the_at_are_refused_for_a_server_that_does_not_take_them(
    tmp_path: Path,
) -> None:
    with run_scripted_server({}, extensions=["PIPELINING", "8BITMIME"]) as script:
        bad = replace(MAIL, message_id="0001", to_address="jörg@example.com")
        with SmtpSender(script.account, tmp_path, timeouts=SHORT_TIMEOUTS).delivery(
            LEASE_OWNER
        ) as delivery:
            first, second = delivery.send([bad, *mails("0002")])
    assert first == Refused(
        "0001", "The address has letters before the @ that this mail server does not take."
    )
    assert second == Accepted("0002")


def test_nothing_is_opened_for_nothing(tmp_path: Path) -> None:
    nowhere = SmtpSender(Smtp(server="nowhere.invalid"), tmp_path)
    with nowhere.delivery(LEASE_OWNER) as delivery:
        assert list(delivery.send([])) == []
    assert list(tmp_path.iterdir()) == []
