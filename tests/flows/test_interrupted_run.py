"""Ctrl-C and SIGTERM at `regulars run`: the current mail is finished, the others wait."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from engine.sync.sync import sync_all
from tests.flows.processes import Prefect, run_in_fork
from tests.flows.unhappy_customers import Shop, write_live_shop
from tests.mail.senders.slow_server import SlowServer, slow_server

MAILS = 4


def shop_with_mails(folder: Path, server: SlowServer) -> Shop:
    """A live shop of which all mails but the first few of the new rule have been sent."""
    shop = write_live_shop(folder, server.account.port or 0)
    shop.complain(MAILS)
    with shop.opened() as opened:
        asyncio.run(sync_all(opened, now=datetime.now(UTC)))
    return shop


def send_signal(server: SlowServer, number: int) -> None:
    """Sends the signal to the process at the other end of the server's connection."""
    [process] = {
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.laddr[1:] == server.peer[1:] and connection.pid
    }
    os.kill(process, number)
    time.sleep(0.3)  # the process notes the signal in another thread than the one that sends mail


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_a_signal_finishes_the_current_mail_and_queues_the_others(
    tmp_path: Path, prefect: Prefect, number: int, status: int
) -> None:
    with slow_server() as server:
        server.start()
        shop = shop_with_mails(tmp_path, server)
        server.before_reply = lambda _name: send_signal(server, number)
        interrupted = run_in_fork(tmp_path, "run", prefect=prefect)
        assert interrupted.returncode == status, interrupted.stderr
        assert "the others wait for the next run" in interrupted.stdout + interrupted.stderr
        assert len(server.names) == 1
        states = Counter(shop.states().values())
        server.before_reply = lambda _name: None
        assert run_in_fork(tmp_path, "run", prefect=prefect).returncode == 0
    assert states == Counter(sent=1, queued=shop.unhappy - 1)
    assert len(server.names) == len(set(server.names)) == shop.unhappy
    assert set(shop.states().values()) == {"sent"}
