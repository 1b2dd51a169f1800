"""Stopping in the middle of a delivery."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlmodel import col

from engine.delivery.send_check import StopCheck, never_stop
from engine.run import run_tick
from mail.senders.protocol import Sender
from mail.senders.smtp.config import Smtp as Words
from mail.senders.smtp.sender import SmtpSender
from sandbox.smtp.server import LOOPBACK, accepted_message_ids
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


def deliver_one_tick(cafe: Cafe, should_stop: StopCheck, sender: Sender | None = None) -> list[str]:
    """Run one tick with the stop check `should_stop`; returns the sorted states of all messages."""
    run_tick(cafe.shop, now=MARCH, with_delivery=False)
    shop = replace(cafe.shop, sender=sender or cafe.shop.sender)
    run_tick(shop, now=MARCH, should_stop=should_stop)
    return sorted(cafe.select_all(col(Message.state)))


def five_carts(cafe: Cafe) -> None:
    cafe.reread(RULE)
    for name in NAMES:
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)


def test_a_stopped_delivery_finishes_the_current_mail_and_the_next_run_sends_the_rest(
    cafe: Cafe,
) -> None:
    """rules: {}"""
    five_carts(cafe)
    assert (
        deliver_one_tick(cafe, lambda: len(cafe.mailed_names()) == 3)
        == ["queued"] * 2 + ["rehearsed"] * 3
    )
    assert deliver_one_tick(cafe, never_stop) == ["rehearsed"] * 5
    assert cafe.mailed_names() == list(NAMES)


def test_a_delivery_stopped_before_it_begins_sends_nothing(cafe: Cafe) -> None:
    """rules: {}"""
    five_carts(cafe)
    assert deliver_one_tick(cafe, lambda: True) == ["queued"] * 5


def test_stopping_between_two_mails_leaves_nothing_in_doubt_at_a_mail_server(
    cafe: Cafe, tmp_path: Path
) -> None:
    """rules: {}"""
    five_carts(cafe)
    record_file = tmp_path / "counted"
    with mail_server(record_file) as port:
        smtp_config = Words(server=LOOPBACK, port=port, encryption="none")
        sender = SmtpSender(smtp_config, tmp_path / "journal")
        assert (
            deliver_one_tick(cafe, lambda: len(accepted_message_ids(record_file)) == 3, sender)
            == ["queued"] * 2 + ["sent"] * 3
        )
        assert deliver_one_tick(cafe, never_stop, sender) == ["sent"] * 5
        accepted_ids = accepted_message_ids(record_file)
    assert len(accepted_ids) == len(set(accepted_ids)) == 5


@contextmanager
def mail_server(file: Path) -> Iterator[int]:
    run = [sys.executable, "-m", "sandbox.smtp", str(file)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())["port"]
        finally:
            process.kill()
