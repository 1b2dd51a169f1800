"""Login at a mail server, and what is never sent without TLS."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from mail.senders.protocol import RecallResult
from mail.senders.smtp.config import Smtp
from settings.env_values import Secret
from tests.mail.senders.smtp_script import deliver, run_scripted_server


def test_a_server_that_encrypts_nothing_gets_nothing(tmp_path: Path) -> None:
    with run_scripted_server({}) as script:
        account = Smtp(server="127.0.0.1", port=script.port, encryption="starttls")
        log = deliver(script, tmp_path, account=account)
    assert "offers no STARTTLS, and nothing is sent in the open" in log.error
    assert [line.split()[0] for line in script.commands] == ["EHLO"]


def test_words_slipped_in_before_the_encryption_are_not_believed(tmp_path: Path) -> None:
    answers = {"STARTTLS": [b"220 go on\r\n250 slipped in\r\n"]}
    with run_scripted_server(answers, extensions=("PIPELINING", "STARTTLS")) as script:
        account = Smtp(server="127.0.0.1", port=script.port, encryption="starttls")
        log = deliver(script, tmp_path, account=account)
    assert "spoke out of turn" in log.error


def test_a_server_that_does_not_speak_tls_is_out_of_reach(tmp_path: Path) -> None:
    with run_scripted_server({}) as script:
        account = Smtp(server="127.0.0.1", port=script.port, encryption="tls")
        log = deliver(script, tmp_path, account=account)
    assert "Look at `port` and `encryption`" in log.error


def test_a_closed_port_is_unavailable(tmp_path: Path) -> None:
    with run_scripted_server({}) as script:
        pass
    log = deliver(script, tmp_path)
    assert "cannot be reached: Connection refused. Look at `server` and `port`" in log.error
    assert log.recalled == RecallResult()


def test_a_server_without_a_name_on_the_net_is_out_of_reach(tmp_path: Path) -> None:
    with run_scripted_server({}) as script:
        log = deliver(script, tmp_path, account=Smtp(server="nowhere.invalid"))
    assert "cannot be reached" in log.error


PASSWORD = "granola-and-oat-milk"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"535 5.7.8 Bad password: granola-and-oat-milk\r\n", "Look at `user` and `password`"),
        (b"535 5.7.8 ana@cornercafe.example is unknown\r\n", "Look at `user` and `password`"),
        (b"535 AGFuYUBjb3JuZXJjYWZlLmV4YW1wbGUAZ3Jhbm9sYS1hbmQtb2F0LW1pbGs=\r\n", "Look at"),
        (b"454 4.7.0 Temporary failure\r\n", "cannot let us in at the moment: 454"),
        (b"334 more?\r\n", "Look at `user` and `password`"),
    ],
)
@pytest.mark.parametrize("way", ["AUTH PLAIN", "AUTH LOGIN", "AUTH=LOGIN"])
def test_a_refused_login_names_the_words_and_never_the_password(
    way: str, answer: bytes, sentence: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with run_scripted_server({"AUTH": [answer]}, extensions=("PIPELINING", way)) as script:
        account = script.account.model_copy(
            update={"user": "ana@cornercafe.example", "password": Secret(PASSWORD)}
        )
        log = deliver(script, tmp_path, account=account)
    assert sentence in log.error
    for private in (PASSWORD, "@", "AGFuYUBjb3Ju", "Z3Jhbm9sYS1hbmQt"):
        assert private not in log.error + caplog.text
    assert log.recalled == RecallResult()


def test_a_server_with_no_login_we_know_says_so(tmp_path: Path) -> None:
    with run_scripted_server({}, extensions=("PIPELINING", "AUTH CRAM-MD5")) as script:
        account = script.account.model_copy(update={"user": "ana", "password": Secret(PASSWORD)})
        log = deliver(script, tmp_path, account=account)
    assert "lets nobody log in here" in log.error
    assert not [line for line in script.commands if "AUTH" in line]
