"""Faults of a mail server and of the disk, against the real `regulars run`."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from engine.sync.sync import sync_all
from shop.db.engine import read_transaction
from shop.tables import Suppression
from tests.flows.processes import Prefect, run_in_fork
from tests.flows.test_interrupted_run import send_signal, shop_with_mails
from tests.flows.unhappy_customers import APPROVED_FIRST, Shop, write_live_shop
from tests.mail.senders.slow_server import slow_server
from tests.mail.senders.smtp_script import DEFAULT_REPLY, ReplyThenClose, run_scripted_server

MAILS = APPROVED_FIRST + 4


def live_shop(folder: Path, port: int) -> Shop:
    shop = write_live_shop(folder, port)
    shop.complain(MAILS - APPROVED_FIRST)
    with shop.opened() as opened:
        asyncio.run(sync_all(opened, now=datetime.now(UTC)))
    return shop


def cut_in_half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def zero_its_end(content: bytes) -> bytes:
    notes = content.rstrip(b".\n")
    return notes[: len(notes) // 2] + bytes(len(content) - len(notes) // 2)


@pytest.mark.parametrize("damage", [cut_in_half, zero_its_end])
def test_after_a_kill_and_a_damaged_journal_nothing_is_sent_twice(
    tmp_path: Path, prefect: Prefect, damage: Callable[[bytes], bytes]
) -> None:
    with slow_server() as server:
        server.start()
        shop = shop_with_mails(tmp_path, server)

        def kill_at_the_fourth(_name: str) -> None:
            if len(server.names) == 4:
                send_signal(server, signal.SIGKILL)

        server.before_reply = kill_at_the_fourth
        run_in_fork(tmp_path, "run", prefect=prefect)
        [journal] = (tmp_path / ".regulars" / "handed-over").glob("*.journal")
        journal.write_bytes(damage(journal.read_bytes()))
        run_in_fork(tmp_path, "run", prefect=prefect)
    assert len(server.names) == len(set(server.names)) >= 4
    assert set(shop.states().values()) <= {"sent", "in doubt"}


def test_a_server_that_closes_with_421_gets_all_mails_in_one_run(
    tmp_path: Path, prefect: Prefect
) -> None:
    closing = ReplyThenClose(b"421 4.7.0 too many mails over this connection\r\n")
    replies = {".": [DEFAULT_REPLY, closing], "RCPT": [*[DEFAULT_REPLY] * 6, closing, closing]}
    with run_scripted_server(replies) as server:
        shop = live_shop(tmp_path, server.port)
        completed = run_in_fork(tmp_path, "run", prefect=prefect)
    assert completed.returncode == 0, completed.stderr
    assert set(shop.states().values()) == {"sent"}
    [twice] = [id_ for id_, times in Counter(server.ids).items() if times > 1]
    assert server.ids.count(twice) == 2  # the first time, its dot was answered with 421
    assert len(set(server.ids)) == MAILS


def test_an_answer_about_the_sender_suppresses_nobody_and_stops_the_provider(
    tmp_path: Path, prefect: Prefect
) -> None:
    refusal = b"550 5.1.0 Sender address rejected\r\n"
    with run_scripted_server({".": [refusal] * MAILS}) as server:
        shop = live_shop(tmp_path, server.port)
        run_in_fork(tmp_path, "run", prefect=prefect)
    with shop.opened() as opened, read_transaction(opened.engine) as connection:
        assert connection.scalars(select(col(Suppression.address))).all() == []
    states = list(shop.states().values())
    assert (states.count("failed"), states.count("deferred")) == (5, MAILS - 5)
