"""A real process, killed by SIGKILL at every stage of a mail."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mail.senders.protocol import RecallResult
from mail.senders.smtp.config import Smtp
from mail.senders.smtp.sender import SmtpSender
from sandbox.smtp.server import Kill, SmtpStage, accepted_message_ids, arm_kill
from tests.killed_process import run_and_kill
from tests.mail.senders.test_conformance import LEASE_OWNER, mails

MAILS = ("0001", "0002", "0003")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with counting_sink(tmp_path / "counted") as free_port:
        yield free_port


@contextmanager
def counting_sink(file: Path) -> Iterator[int]:
    run = [sys.executable, "-m", "sandbox.smtp", str(file)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as sink:
        try:
            assert sink.stdout
            yield json.loads(sink.stdout.readline())["port"]
        finally:
            sink.kill()


def send_in_killed_process(port: int, journal_folder: Path, moment: SmtpStage, nth: int) -> str:
    """Returns the lease owner of the process that was killed."""

    def send(lease_owner: str) -> None:
        account = Smtp(server="127.0.0.1", port=port, encryption="none")
        with SmtpSender(account, journal_folder).delivery(lease_owner) as delivery:
            list(delivery.send(mails(*MAILS)))

    return run_and_kill(send, lambda process: arm_kill(port, Kill(process, moment, nth)))


BEFORE_CONTENT = (SmtpStage.CONNECTED, SmtpStage.MAIL_FROM, SmtpStage.RCPT, SmtpStage.DATA)


def state_after_kill(
    port: int, folder: Path, moment: SmtpStage, nth: int
) -> tuple[set[str], RecallResult]:
    """What the server accepted, and what the next process recalls."""
    lease_owner = send_in_killed_process(port, folder / "notes", moment, nth)
    sender = SmtpSender(Smtp(server="127.0.0.1", port=port, encryption="none"), folder / "notes")
    counted = {
        message_id.partition("@")[0] for message_id in accepted_message_ids(folder / "counted")
    }
    return counted, sender.recall(dict.fromkeys(MAILS, lease_owner))


@pytest.mark.parametrize(
    ("moment", "nth"),
    [(SmtpStage.CONNECTED, 1), *itertools.product(list(SmtpStage)[1:], (1, 2))],
)
def test_a_kill_leaves_at_most_one_mail_in_doubt_and_forgets_none(
    moment: SmtpStage, nth: int, port: int, tmp_path: Path
) -> None:
    counted, recalled = state_after_kill(port, tmp_path, moment, nth)
    assert recalled.accepted <= counted <= recalled.accepted | recalled.in_doubt
    assert len(recalled.in_doubt) <= 1


@pytest.mark.parametrize("moment", BEFORE_CONTENT)
def test_a_kill_before_any_content_leaves_nothing_in_doubt(
    moment: SmtpStage, port: int, tmp_path: Path
) -> None:
    assert state_after_kill(port, tmp_path, moment, 1) == (set(), RecallResult())


def test_a_kill_before_the_answer_leaves_just_that_mail_in_doubt(port: int, tmp_path: Path) -> None:
    counted, recalled = state_after_kill(port, tmp_path, SmtpStage.BEFORE_REPLY, 2)
    assert counted == {"0001", "0002"}
    assert recalled == RecallResult(frozenset({"0001"}), frozenset({"0002"}))


def test_the_sink_counts_what_it_confirms(port: int, tmp_path: Path) -> None:
    account = Smtp(server="127.0.0.1", port=port, encryption="none")
    with SmtpSender(account, tmp_path / "notes").delivery(LEASE_OWNER) as delivery:
        assert len(list(delivery.send(mails(*MAILS)))) == 3
    assert accepted_message_ids(tmp_path / "counted") == [
        f"{message_id}@cornercafe.example" for message_id in MAILS
    ]


def test_a_kill_that_is_no_kill_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match="501"):
        arm_kill(port, Kill(1, "never"))  # type: ignore[arg-type]  # that is the point
