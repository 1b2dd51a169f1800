"""A shop that replies to unhappy answers through a mail server, and checks of its mails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from engine.message_states import State
from engine.open.open_shop import OpenShop, open_shop
from engine.owner.approvals import approve_mails
from engine.run import run_tick
from engine.sync.sync import sync_all
from sandbox.smtp.server import LOOPBACK, ServerState, accepted_message_ids
from shop.db.engine import read_transaction
from shop.tables import Lock, Message
from tests.flows.served_shop import SHOP, add_unhappy_answer, write_shop

APPROVED_FIRST = 10  # mails of a new rule that need approval
UNSENT_STATES = {State.QUEUED, State.DEFERRED, State.SENDING, State.AWAITING_APPROVAL}


@dataclass
class Shop:
    """A shop in a folder; `unhappy` customers have answered so far."""

    folder: Path
    unhappy: int = 0

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def complain(self, count: int) -> None:
        """Add unhappy answers of `count` new customers."""
        for number in range(self.unhappy, self.unhappy + count):
            add_unhappy_answer(self.folder, f"customer{number}@example.com")
        self.unhappy += count

    def approve_first_mails(self) -> None:
        """Approve the rule's first mails, so that later ones are sent without approval."""
        with self.opened() as shop:
            run_tick(shop, now=datetime.now(UTC), with_delivery=False)
            self.complain(APPROVED_FIRST)
            asyncio.run(sync_all(shop, now=datetime.now(UTC)))
            run_tick(shop, now=datetime.now(UTC), with_delivery=False)
            assert len(approve_mails(shop, None, now=datetime.now(UTC)).done) == APPROVED_FIRST

    def states(self) -> dict[str, str]:
        """Returns the state of each message by its id."""
        with self.opened() as shop, read_transaction(shop.engine) as connection:
            rows = connection.execute(select(col(Message.id), col(Message.state)))
            return {row.id: row.state for row in rows}

    def has_sent_all(self) -> bool:
        states = self.states()
        return len(states) == self.unhappy and not UNSENT_STATES & set(states.values())

    def locks(self) -> dict[str, str]:
        """Returns the holder of each lock by its name."""
        with self.opened() as shop, read_transaction(shop.engine) as connection:
            rows = connection.execute(select(col(Lock.name), col(Lock.holder)))
            return {row.name: row.holder for row in rows}

    @contextmanager
    def opened(self) -> Iterator[OpenShop]:
        shop = open_shop(self.config)
        try:
            yield shop
        finally:
            shop.engine.dispose()


def write_live_shop(folder: Path, port: int, database: str = "sqlite:///regulars.db") -> Shop:
    """Write a shop that sends through the mail server at `port`, without approval limit."""
    write_shop(folder)
    sending = (
        "sending:\n  through: smtp\n  ask me above: 999999\n"
        f"  smtp: {{server: {LOOPBACK}, port: {port}, encryption: none}}\n"
    )
    config_text = SHOP.replace("sending:\n", sending)
    (folder / "config.yaml").write_text(f"{config_text}database: $REGULARS_DATABASE\n")
    (folder / ".env").write_text(f"REGULARS_DATABASE={database}\n")
    (folder / ".env").chmod(0o600)
    shop = Shop(folder)
    shop.approve_first_mails()
    return shop


def deliveries_by_id(server: ServerState) -> Counter[str]:
    """Returns how often the server accepted each message, by its id."""
    return Counter(address.partition("@")[0] for address in accepted_message_ids(server.file))


def assert_each_sent_once(shop: Shop, server: ServerState, *, kills: int) -> None:
    """Assert that each message was accepted once and is recorded as sent.

    At most one message a kill may be in doubt.
    """
    states, deliveries = shop.states(), deliveries_by_id(server)
    in_doubt = {message_id for message_id, state in states.items() if state == State.IN_DOUBT}
    assert set(deliveries.values()) == {1}
    assert len(in_doubt) <= kills
    assert {message_id for message_id, state in states.items() if state == State.SENT} == set(
        deliveries
    ) - in_doubt
    assert len(states) == shop.unhappy
    assert set(states.values()) <= {State.SENT, State.IN_DOUBT}
