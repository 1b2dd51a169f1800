"""Asked to end in the middle of a delivery."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlmodel import col

from engine.run import begin, run_rule
from flows.runtime.graceful_stop import Asked, deliver_until, nobody_asks
from mail.senders.protocol import Sender
from mail.senders.smtp.config import Smtp as Words
from mail.senders.smtp.sender import Smtp
from sandbox.smtp.server import LOOPBACK, accepted
from shop.tables import Message
from tests.cafe import HOUR, MARCH, Cafe

RULE = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""
NAMES = ("clara", "diogo", "eva", "filipa", "goncalo")


def delivered(cafe: Cafe, asked: Asked, sender: Sender | None = None) -> list[str]:
    """One tick that is asked to end; the states of all messages, sorted."""
    turn, rules = begin(cafe.shop, now=MARCH)
    for rule in rules:
        run_rule(cafe.shop, rule, turn)
    deliver_until(replace(cafe.shop, sender=sender or cafe.shop.sender), turn, None, asked)
    return sorted(cafe.all(col(Message.state)))


def five_carts(cafe: Cafe) -> None:
    cafe.reread(RULE)
    for name in NAMES:
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)


def test_the_mail_at_hand_is_the_last_and_the_others_go_with_the_next_run(cafe: Cafe) -> None:
    """rules: {}"""
    five_carts(cafe)
    assert delivered(cafe, lambda: len(cafe.mailed()) == 3) == ["queued"] * 2 + ["rehearsed"] * 3
    assert delivered(cafe, nobody_asks) == ["rehearsed"] * 5
    assert cafe.mailed() == list(NAMES)


def test_who_is_asked_before_it_begins_does_not_begin(cafe: Cafe) -> None:
    """rules: {}"""
    five_carts(cafe)
    assert delivered(cafe, lambda: True) == ["queued"] * 5


def test_nothing_is_in_doubt_at_a_mail_server_that_was_left(cafe: Cafe, tmp_path: Path) -> None:
    """rules: {}"""
    five_carts(cafe)
    counted = tmp_path / "counted"
    with mail_server(counted) as port:
        words = Words(server=LOOPBACK, port=port, encryption="none")
        smtp = Smtp(words, tmp_path / "journal")
        assert (
            delivered(cafe, lambda: len(accepted(counted)) == 3, smtp)
            == ["queued"] * 2 + ["sent"] * 3
        )
        assert delivered(cafe, nobody_asks, smtp) == ["sent"] * 5
        arrived = accepted(counted)
    assert len(arrived) == len(set(arrived)) == 5


@contextmanager
def mail_server(file: Path) -> Iterator[int]:
    run = [sys.executable, "-m", "sandbox.smtp", str(file)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())["port"]
        finally:
            process.kill()
