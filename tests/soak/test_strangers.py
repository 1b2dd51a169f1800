"""Strangers against real processes: forged reports to `sync`, slow requests to `pages`."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from sqlmodel import col

from engine.open.open_shop import open_shop
from engine.owner.approvals import approve_mails
from engine.run import run_tick
from mail.message.signed_links import unsubscribe_token
from sandbox.smtp.server import ServerState, sink
from shop.db.engine import open_database
from shop.tables import BasisStatement, Message, Suppression
from tests.cafe import FILE, HOUR, MARCH, Cafe
from tests.flows.processes import regulars
from tests.mail.mailbox import returned_mails
from tests.pages.test_server import running
from tests.pages.visitors import public_key

pytestmark = pytest.mark.soak

NAMES = ("ana", "bruno", "clara", "dora", "eva", "filipe")
RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""


def cafe_in(folder: Path, database: Path, sending: str, **env: str) -> Cafe:
    """A shop whose six customers have left a cart, with `sending` and the values of `env`."""
    shutil.copy(database, folder / "regulars.db")
    (folder / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in env.items()))
    cafe = Cafe(open_database("sqlite:///regulars.db", base_folder=folder), folder, RULES)
    cafe.leave_carts(MARCH - 3 * HOUR, *NAMES)
    cafe.path.write_text(f"{FILE}{sending}{RULES}")
    return cafe


def forged_complaint(cafe: Cafe, name: str) -> str:
    """A report with the id that everybody could compute from a customer's number."""
    columns = (Message.rule, Message.customer_id, Message.occasion, Message.step)
    [key] = [
        list(row[1:])
        for row in cafe.select_all(col(Message.to_address), *map(col, columns))
        if row[0] == f"{name}@example.com"
    ]
    message_id = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]
    report = returned_mails.COMPLAINT.replace("arf-1@", f"arf-{name}@")
    return report.replace(returned_mails.ID, message_id)


def test_forged_complaints_silence_nobody(tmp_path: Path, prepared_sqlite: Path) -> None:
    with sink(ServerState(tmp_path / "accepted")) as port:
        sending = (
            f"  through: smtp\n  smtp: {{server: 127.0.0.1, port: {port}, encryption: none}}\n"
            "  mailbox: {directory: returned}\n"
        )
        cafe = cafe_in(tmp_path, prepared_sqlite, sending)
        cafe.shop = open_shop(cafe.path)
        run_tick(cafe.shop, now=MARCH, with_delivery=False)
        approve_mails(cafe.shop, None, now=MARCH)
        run_tick(cafe.shop, now=MARCH)
        assert cafe.select_all(col(Message.state)) == ["sent"] * len(NAMES)
        (tmp_path / "returned").mkdir()
        for name in NAMES:
            (tmp_path / f"returned/{name}.eml").write_text(forged_complaint(cafe, name))
        synced = regulars(tmp_path, "sync", "--at", (MARCH + HOUR).isoformat())
    assert synced.returncode == 0, synced.stderr
    assert "6 records set aside" in synced.stdout
    assert cafe.select_all(model=Suppression) == []
    assert "no" not in cafe.select_all(col(BasisStatement.says))


def test_slow_requests_never_stop_unsubscribing(tmp_path: Path, prepared_sqlite: Path) -> None:
    """220 sockets of one address, renewed as they are closed, for twenty seconds."""
    sending = "  sendgrid: {api key: $SG_KEY, webhook key: $SG_WEBHOOK}\n"
    env = {"SG_KEY": "SG.x", "SG_WEBHOOK": public_key(), "REGULARS_SECRET": "a secret of the tests"}
    cafe = cafe_in(tmp_path, prepared_sqlite, sending, **env)
    customers = range(1, len(NAMES) + 1)
    links = [f"/u/{unsubscribe_token(cafe.shop.secret, number, 'mail')}" for number in customers]
    head = b"POST /hooks/sendgrid HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n"
    with running(tmp_path, "--port", "0") as (_, first), ExitStack() as stack:
        [port] = re.findall(r"127\.0\.0\.1:(\d+)", first)

        def open_slow() -> socket.socket:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", int(port))))
            connection.sendall(head)
            return connection

        slow = [open_slow() for _ in range(220)]
        statuses = []
        for round_ in range(20):
            for place, connection in enumerate(slow):
                try:
                    connection.sendall(b"x")
                except OSError:
                    slow[place] = open_slow()
            link = f"http://127.0.0.1:{port}{links[round_ % len(links)]}"
            statuses.append(httpx.post(link, trust_env=False, timeout=5).status_code)
            time.sleep(1)
    assert statuses == [200] * 20
    assert cafe.select_all(col(BasisStatement.says)).count("no") == len(NAMES)
