"""A real process, killed by a real SIGKILL at every moment of a mail."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mail.senders.protocol import Recalled
from mail.senders.smtp.config import Smtp as Words
from mail.senders.smtp.sender import Smtp
from sandbox.smtp.server import Kill, Moment, accepted, ask_to_kill
from tests.killed_process import killed
from tests.mail.senders.test_conformance import HOLDER, mails

MAILS = ("0001", "0002", "0003")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with counting_sink(tmp_path / "counted") as found:
        yield found


@contextmanager
def counting_sink(file: Path) -> Iterator[int]:
    run = [sys.executable, "-m", "sandbox.smtp", str(file)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as sink:
        try:
            assert sink.stdout
            yield json.loads(sink.stdout.readline())["port"]
        finally:
            sink.kill()


def sent_by_a_process(port: int, notes: Path, at: Moment, nth: int) -> str:
    """Who it was that sent, and was killed."""

    def send(holder: str) -> None:
        words = Words(server="127.0.0.1", port=port, encryption="none")
        with Smtp(words, notes).delivery(holder) as delivery:
            list(delivery.send(mails(*MAILS)))

    return killed(send, lambda process: ask_to_kill(port, Kill(process, at, nth)))


BEFORE_CONTENT = (Moment.CONNECTED, Moment.MAIL_FROM, Moment.RCPT, Moment.DATA)


def left_by_a_kill(port: int, folder: Path, at: Moment, nth: int) -> tuple[set[str], Recalled]:
    """What the server has, and what the next process can tell."""
    holder = sent_by_a_process(port, folder / "notes", at, nth)
    sender = Smtp(Words(server="127.0.0.1", port=port, encryption="none"), folder / "notes")
    counted = {one.partition("@")[0] for one in accepted(folder / "counted")}
    return counted, sender.recall(dict.fromkeys(MAILS, holder))


@pytest.mark.parametrize(
    ("at", "nth"),
    [(Moment.CONNECTED, 1), *itertools.product(list(Moment)[1:], (1, 2))],
)
def test_a_kill_leaves_at_most_one_mail_in_doubt_and_forgets_none(
    at: Moment, nth: int, port: int, tmp_path: Path
) -> None:
    counted, known = left_by_a_kill(port, tmp_path, at, nth)
    assert known.has <= counted <= known.has | known.may_have
    assert len(known.may_have) <= 1


@pytest.mark.parametrize("at", BEFORE_CONTENT)
def test_a_kill_before_any_content_leaves_nothing_in_doubt(
    at: Moment, port: int, tmp_path: Path
) -> None:
    assert left_by_a_kill(port, tmp_path, at, 1) == (set(), Recalled())


def test_a_kill_before_the_answer_leaves_just_that_mail_in_doubt(port: int, tmp_path: Path) -> None:
    counted, known = left_by_a_kill(port, tmp_path, Moment.BEFORE_REPLY, 2)
    assert counted == {"0001", "0002"}
    assert known == Recalled(frozenset({"0001"}), frozenset({"0002"}))


def test_the_sink_counts_what_it_confirms(port: int, tmp_path: Path) -> None:
    words = Words(server="127.0.0.1", port=port, encryption="none")
    with Smtp(words, tmp_path / "notes").delivery(HOLDER) as delivery:
        assert len(list(delivery.send(mails(*MAILS)))) == 3
    assert accepted(tmp_path / "counted") == [f"{one}@cornercafe.example" for one in MAILS]


def test_a_kill_that_is_no_kill_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match="501"):
        ask_to_kill(port, Kill(1, "never"))  # type: ignore[arg-type]  # that is the point
