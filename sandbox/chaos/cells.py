"""Cells of a chaos trial: a shop for each database, sender and number of workers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlmodel import col

from engine.messages.leases import IS_PENDING
from engine.open.open_shop import OpenShop
from engine.owner.approvals import approve_mails
from engine.run import run_tick
from sandbox.chaos.mail_services import chaos_sender
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import Row
from shop.identity.customers import email_key
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Message

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=12)  # every batch has come due, and none is too late
CART_LEFT_AT = NOW - timedelta(hours=3)
OPTED_IN_AT = NOW - timedelta(days=400)
SOURCE = "chaos"
CUSTOMERS = 120  # of a batch

CONFIG = """\
shop:
  name: Corner Café
  country: PT
  language: en
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa
  public address: https://mail.cornercafe.example
database: {database}
secret: $CHAOS_SECRET
sending:
  through: {through}
  from: Ana at Corner Café <ana@cornercafe.example>
  ask me above: 999999
{sender}
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{{send: cart-reminder}}]
    include backlog: yes
"""


@dataclass(frozen=True)
class Cell:
    """One combination of database, sender and number of workers."""

    database: str
    through: str
    workers: int

    def __str__(self) -> str:
        return f"{self.database}, {self.through}, {self.workers}"


def all_cells(
    databases: Sequence[str], senders: Sequence[str], workers: Sequence[int]
) -> list[Cell]:
    return [Cell(*combination) for combination in itertools.product(databases, senders, workers)]


def write_config(folder: Path, cell: Cell, database: str, port: int) -> Path:
    """Write the owner's file of `cell` and its `.env` into `folder`; returns the file's path."""
    sender = chaos_sender(cell.through)
    block = f"  {cell.through}: {sender.block.format(port=port)}\n" if sender.block else ""
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(database=database, through=cell.through, sender=block))
    (folder / ".env").write_text(f"CHAOS_SECRET=chaos\nCHAOS_KEY={sender.key or 'none'}\n")
    (folder / ".env").chmod(0o600)
    return path


def queue_mails(shop: OpenShop, batch: int) -> None:
    """Queue the mails of one more batch of customers with a cart each."""
    with write_transaction(shop.engine) as connection:
        people = SourceRows(identities=_identity_rows(batch), statements=_opt_in_rows(batch))
        ingest_rows(connection, SOURCE, people)
        ingest_rows(connection, SOURCE, _cart_rows(batch))
    now = NOW + timedelta(seconds=batch)
    run_tick(shop, now=now, with_delivery=False)
    approve_mails(shop, None, now=now)  # a new rule's mails await approval


def count_pending(shop: OpenShop) -> int:
    """Return how many messages of `shop` are still to be sent."""
    with read_transaction(shop.engine) as connection:
        return connection.scalar(select(func.count(col(Message.id))).where(IS_PENDING)) or 0


def _customer_keys(batch: int) -> list[str]:
    return [f"p{batch}-{number}" for number in range(CUSTOMERS)]


def _identity_rows(batch: int) -> list[Row]:
    return [
        {
            "source": SOURCE, "external_id": key, "email": f"{key}@example.com",
            "email_key": email_key(f"{key}@example.com"), "phone": None,
            "first_name": f"P{number}", "last_name": None, "language": None, "birthday": None,
            "tags": "[]", "joined_at": None, "version": 1,
        }
        for number, key in enumerate(_customer_keys(batch))
    ]  # fmt: skip


def _opt_in_rows(batch: int) -> list[Row]:
    return [
        {
            "customer_id": None, "source": SOURCE, "external_id": key, "channel": "e-mail",
            "says": "yes", "said_at": OPTED_IN_AT, "recorded_at": OPTED_IN_AT,
            "evidence": "made up", "wording": None, "actor": key,
        }
        for key in _customer_keys(batch)
    ]  # fmt: skip


def _cart_rows(batch: int) -> SourceRows:
    carts: list[Row] = [
        {
            "source": SOURCE, "external_id": f"cart of {key}", "customer_source": SOURCE,
            "customer_key": key, "left_at": CART_LEFT_AT, "converted_at": None,
            "total": 1850, "currency": "EUR", "url": "https://corner-cafe.example/recover",
            "version": 1,
        }
        for key in _customer_keys(batch)
    ]  # fmt: skip
    lines: list[Row] = [
        {
            "source": SOURCE, "cart_key": cart["external_id"], "position": 0, "title": "Granola",
            "product_key": None, "picture": None, "quantity": 1, "total": 1850, "version": 1,
        }
        for cart in carts
    ]  # fmt: skip
    return SourceRows(carts=carts, cart_lines=lines)
