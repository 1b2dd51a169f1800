"""A delivery that stands still beyond its lease, while another one takes its mails over."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

from engine.run import run_tick
from mail.senders.smtp.sender import SmtpSender
from settings.errors import UnavailableError
from shop.db import workers
from shop.db.engine import open_database
from tests.cafe import HOUR, MARCH, Cafe
from tests.engine.delivery.test_last_check import RULE, states
from tests.mail.senders.slow_server import slow_server

LEASE = timedelta(seconds=0.5)
NAMES = ["ana", "bruno", "clara", "duarte", "eva"]


def hidden_delivery(cafe: Cafe, sender: SmtpSender) -> Callable[[], None]:
    """Returns a delivery for a process that nobody sees, as in a container that is paused."""

    def deliver() -> None:
        setattr(workers, "_pid_namespace", lambda: "another")  # noqa: B010  # mypy allows no assignment
        url = cafe.engine.url.render_as_string(hide_password=False)
        engine = open_database(url, base_folder=Path())
        with suppress(UnavailableError):
            run_tick(replace(cafe.shop, engine=engine, sender=sender, lease=LEASE), now=MARCH)
        os._exit(0)

    return deliver


def test_what_another_one_may_have_taken_over_is_sent_once(cafe: Cafe, tmp_path: Path) -> None:
    """rules: {}"""
    cafe.reread(RULE)
    cafe.leave_carts(MARCH - 3 * HOUR, *NAMES)
    with slow_server() as server:
        sender = SmtpSender(server.account, tmp_path / "journal")
        process = get_context("fork").Process(target=hidden_delivery(cafe, sender))
        process.start()
        is_suspended = threading.Event()

        def suspend(_name: str) -> None:
            if not is_suspended.is_set() and len(server.names) == 2:
                os.kill(process.pid or 0, signal.SIGSTOP)
                is_suspended.set()

        server.before_reply = suspend
        server.start()
        assert is_suspended.wait(30)
        time.sleep(1.2 * LEASE.total_seconds())
        cafe.shop = replace(cafe.shop, sender=sender)
        cafe.run(MARCH + HOUR / 2)
        os.kill(process.pid or 0, signal.SIGCONT)
        process.join(30)
        assert process.exitcode == 0
        cafe.run(MARCH + HOUR)
    assert sorted(server.names) == sorted(NAMES)
    assert states(cafe) == dict.fromkeys(NAMES, ("sent", None))
