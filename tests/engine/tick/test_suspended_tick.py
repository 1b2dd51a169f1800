"""A tick that stands still for longer than its lease, while another one goes on with its work."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col

from engine import run
from engine.run import run_tick
from engine.tick import advance
from shop.db import workers
from shop.db.engine import open_database
from shop.db.locks import LockLostError
from shop.tables import Enrolment, Message
from tests.cafe import DAY, HOUR, MARCH, Cafe

LEASE = timedelta(seconds=0.3)
TWO_MAILS = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}, {wait: 2 days}, {send: we-miss-you}]
    include backlog: yes
"""
LOST, OTHERWISE = 3, 4


def stopping(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns `function`, after which the process stands still until it is continued."""

    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        result = function(*arguments, **keywords)
        os.kill(os.getpid(), signal.SIGSTOP)
        return result

    return wrapper


@contextmanager
def suspended_tick(cafe: Cafe, module: Any, name: str) -> Iterator[Any]:
    """A tick in a process that nobody sees, as in a container that is paused: it stands still after
    the function `name` of `module` until the block ends, and for longer than its lease.
    """

    def tick() -> None:
        setattr(workers, "_pid_namespace", lambda: "another")  # noqa: B010  # mypy allows no assignment
        setattr(module, name, stopping(getattr(module, name)))
        url = cafe.engine.url.render_as_string(hide_password=False)
        engine = open_database(url, base_folder=Path())
        try:
            run_tick(replace(cafe.shop, engine=engine, lease=LEASE), now=MARCH)
        except LockLostError:
            os._exit(LOST)
        os._exit(OTHERWISE)

    process = get_context("fork").Process(target=tick)
    process.start()
    try:
        os.waitpid(process.pid or 0, os.WUNTRACED)
        time.sleep(1.2 * LEASE.total_seconds())
        yield process
        os.kill(process.pid or 0, signal.SIGCONT)
        process.join(60)
    finally:
        process.kill()


def enrolments(cafe: Cafe) -> list[Any]:
    return sorted(
        cafe.select_all(col(Enrolment.customer_id), col(Enrolment.step), col(Enrolment.next_at))
    )


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)  # SQLite lets nobody else write
@pytest.mark.parametrize("name", ["_new_messages", "hold_above_limit"])
def test_within_a_transaction_it_takes_no_step_back(cafe: Cafe, name: str) -> None:
    """rules: {}"""
    cafe.reread(TWO_MAILS)
    cafe.leave_carts(MARCH - 3 * HOUR, "ana", "bruno")
    with suspended_tick(cafe, advance, name) as process:
        assert cafe.counts() == {"rehearsed": 2}
        after_the_second = enrolments(cafe)
    assert enrolments(cafe) == after_the_second
    assert cafe.counts(MARCH + 2 * DAY) == {"rehearsed": 2}
    assert len(cafe.select_all(model=Message)) == 4
    assert process.exitcode == LOST


def test_between_two_transactions_it_ends(cafe: Cafe) -> None:
    """rules: {}"""
    cafe.reread(TWO_MAILS)
    cafe.leave_carts(MARCH - 3 * HOUR, "ana", "bruno")
    with suspended_tick(cafe, run, "begin_tick") as process:
        assert cafe.counts(MARCH + HOUR) == {"rehearsed": 2}
    assert process.exitcode == LOST
    assert len(cafe.mails()) == 2


def test_it_sends_nothing_beside_the_next_one(cafe: Cafe) -> None:
    """rules: {}"""
    cafe.reread(TWO_MAILS)
    cafe.leave_carts(MARCH - 3 * HOUR, "ana", "bruno")
    with suspended_tick(cafe, run, "prepare_delivery") as process:
        run_tick(cafe.shop, now=MARCH + HOUR, with_delivery=False)
    assert process.exitcode == LOST
    assert cafe.mails() == []
    assert cafe.counts(MARCH + HOUR) == {"rehearsed": 2}
