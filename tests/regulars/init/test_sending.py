"""Senders in the interview: logins are tried, and prepared in the config."""

from __future__ import annotations

from pathlib import Path

import pytest

from mail.senders.sendgrid import interview as sendgrid_questions
from mail.senders.sendgrid.config import SendGrid
from mail.senders.smtp import interview as smtp_questions
from mail.senders.smtp.config import Smtp
from regulars.init import questions
from tests.mail.senders.smtp_server import PASSWORD, USER, mail_server
from tests.regulars.init.scripted_owner import (
    VALID_KEY,
    Interview,
)


def test_sendgrid_stands_ready_for_the_owner_alone(tmp_path: Path) -> None:
    keys = ["SG.another", "S G", VALID_KEY]
    owner = Interview(
        tmp_path, {questions.SEND_THROUGH: ["sendgrid"], sendgrid_questions.API_KEY: keys}
    )
    sending = owner.write_config().sending
    account = sending.block(SendGrid)
    assert account
    assert (sending.through, account.region) == ("outbox", "eu")
    assert account.api_key.reveal() == VALID_KEY
    assert sending.only_to == ("ana@cornercafe.example",)
    assert "SendGrid does not know this key." in owner.output
    assert "holds a space" in owner.output


def test_a_mail_server_login_is_tried_at_once(tmp_path: Path) -> None:
    with mail_server(encryption="starttls") as server:
        script = {
            questions.SEND_THROUGH: ["smtp"],
            smtp_questions.SERVER: [f"127.0.0.1:{server.port}"] * 2,
            smtp_questions.USER: [USER] * 2,
            smtp_questions.PASSWORD: ["wrong", PASSWORD],
        }
        owner = Interview(tmp_path, script, context=server.context)
        sending = owner.write_config().sending
    account = sending.block(Smtp)
    assert account
    assert account.password
    assert (account.user, account.password.reveal()) == (USER, PASSWORD)
    assert (sending.through, account.port) == ("outbox", server.port)
    assert "does not let us in" in owner.output


@pytest.mark.parametrize("server", ["mail.example.com:99999", "mail.example.com:0"])
def test_an_invalid_port_is_refused_before_the_password(tmp_path: Path, server: str) -> None:
    owner = Interview(
        tmp_path, {questions.SEND_THROUGH: ["smtp"], smtp_questions.SERVER: [server, "-x"]}
    )
    assert owner.write_config().sending.block(Smtp) is None
    assert f"There is no port {server.partition(':')[2]}: they go from 1 to 65535." in owner.printed
    assert "Write the name of the server alone, like smtp.example.com." in owner.printed
    assert not {smtp_questions.USER, smtp_questions.PASSWORD} & set(owner.asked_questions)
    assert "mail.example.com" not in (tmp_path / "config.yaml").read_text()


def test_a_password_that_cannot_be_typed_is_asked_for_again(tmp_path: Path) -> None:
    script = {
        questions.SEND_THROUGH: ["smtp"],
        smtp_questions.SERVER: ["127.0.0.1:9"],
        smtp_questions.USER: [USER],
        smtp_questions.PASSWORD: ["a\udce9b", "pass wörd"],
    }
    owner = Interview(tmp_path, script)
    assert owner.write_config().sending.block(Smtp) is None
    assert owner.asked_questions.count(smtp_questions.PASSWORD) == 2
    assert "The password holds a character that no keyboard types. Copy it again." in owner.printed


def test_a_local_mail_server_needs_no_encryption(tmp_path: Path) -> None:
    with mail_server() as server:
        servers = [f"127.0.0.1:{server.port}"]
        script = {questions.SEND_THROUGH: ["smtp"], smtp_questions.SERVER: servers}
        sending = Interview(tmp_path, script).write_config().sending
    account = sending.block(Smtp)
    assert account
    assert (account.port, account.effective_encryption) == (server.port, "none")


def test_an_unreachable_mail_server_is_left_as_a_comment(tmp_path: Path) -> None:
    script = {questions.SEND_THROUGH: ["mail server"], smtp_questions.SERVER: ["127.0.0.1:9"]}
    file = Interview(tmp_path, script).write_config()
    assert file.sending.block(Smtp) is None
    assert "# smtp: {server: 127.0.0.1, port: 9}" in (tmp_path / "config.yaml").read_text()
