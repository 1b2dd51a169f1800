"""The test shop: rows are ingested, ticks run, mails are read from the outbox."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, inspect, select
from sqlalchemy.orm import Mapper
from sqlmodel import SQLModel

from engine.config.owner_config import load_owner_config, renderer_beside
from engine.open.open_shop import OpenShop
from engine.run import run_tick
from engine.tick.counts import Counts
from mail.senders.outbox.sender import OutboxSender
from shop.db.engine import read_transaction, write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from tests.rows import cart, cart_line, identity, order, order_line, statement

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)  # a Tuesday, ten o'clock in Lisbon
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

FILE = """
shop:
  name: Corner Café
  country: PT
  language: en
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa
  public address: https://mail.cornercafe.example
sending:
  from: Ana at Corner Café <ana@cornercafe.example>
  ask me above: 1000
"""


class Cafe:
    """A shop with the given rules, an outbox as sender, and helpers to add rows."""

    def __init__(self, engine: Engine, folder: Path, rules: str) -> None:
        path = folder / "config.yaml"
        path.write_text(_config_text(rules))
        self.path = path
        self.engine = engine
        self.outbox = folder / "outbox"
        self.reread()

    def reread(self, rules: str | None = None) -> None:
        """Reopens the shop, with new `rules` if given."""
        if rules is not None:
            self.path.write_text(_config_text(rules))
        config = load_owner_config(self.path, {})
        self.shop = OpenShop(
            path=self.path,
            config=config,
            engine=self.engine,
            renderer=renderer_beside(self.path, config.language),
            sender=OutboxSender(self.outbox),
            rehearsal=OutboxSender(self.outbox),
            secret="a secret of the tests",
        )

    def arrive(self, **rows: list[dict[str, Any]]) -> None:
        with write_transaction(self.engine) as connection:
            ingest_rows(connection, "online-shop", SourceRows(**rows))  # type: ignore[arg-type]  # rows by table

    def customer(
        self, name: str, *, says: str | None = "yes", at: datetime = MARCH, email: bool = True
    ) -> None:
        """A customer with an address and an opt-in of 400 days ago, unless told otherwise."""
        address = f"{name}@example.com" if email else None
        statements = [statement(name, says, at - 400 * DAY)] if says else []
        self.arrive(identities=[identity(name, email=address)], statements=statements)

    def record_consent(self, name: str, consent: str, at: datetime) -> None:
        customer_identity = identity(name, email=f"{name}@example.com", version=2)
        self.arrive(identities=[customer_identity], statements=[statement(name, consent, at)])

    def visits(self, name: str, *moments: datetime, title: str = "Flat white") -> None:
        """Orders at the given moments."""
        keys = [f"{name}-{at.isoformat()}" for at in moments]
        self.arrive(
            orders=[order(key, name, at) for key, at in zip(keys, moments, strict=True)],
            order_lines=[order_line(key, 0, title) for key in keys],
        )

    def cart(self, name: str, left_at: datetime, **columns: Any) -> None:
        key = columns.pop("key", f"cart-{name}")
        self.arrive(
            carts=[cart(key, name, left_at, **columns)],
            cart_lines=[cart_line(key, 0, "Granola", 1850, version=columns.get("version", 1))],
        )

    def run(self, at: datetime = MARCH) -> dict[str, Counts]:
        """One tick with its delivery; returns the counts by rule."""
        return run_tick(self.shop, now=at)

    def counts(self, at: datetime = MARCH) -> dict[str, int]:
        """One run; returns its outcomes over all rules, without zeros."""
        totals: dict[str, int] = {}
        for counts in self.run(at).values():
            for outcome, number in counts.outcomes.items():
                totals[outcome] = totals.get(outcome, 0) + number
        return totals

    def mails(self) -> list[EmailMessage]:
        """The mails in the outbox, by address."""
        files = sorted(self.outbox.glob("*.eml"))
        messages = [
            email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            for file in files
        ]
        return sorted(
            (message for message in messages if isinstance(message, EmailMessage)), key=_recipient
        )

    def mailed_names(self) -> list[str]:
        """The names of the recipients, once per mail."""
        return [_recipient(mail).partition("@")[0] for mail in self.mails()]

    def leave_carts(self, left_at: datetime, *names: str) -> None:
        """Customers with an opt-in and an abandoned cart each, in one arrival."""
        identities = [identity(name, email=f"{name}@example.com") for name in names]
        keys = [f"cart-{name}" for name in names]
        self.arrive(
            identities=identities,
            statements=[statement(name, "yes", MARCH - 400 * DAY) for name in names],
            carts=[cart(key, name, left_at) for key, name in zip(keys, names, strict=True)],
            cart_lines=[cart_line(key, 0, "Granola", 1850) for key in keys],
        )

    def select_all(self, *columns: Any, model: type[SQLModel] | None = None) -> list[Any]:
        """The rows of `columns` or of `model`, in the order of the primary key."""
        query = select(*columns) if columns else select(model)  # type: ignore[arg-type]  # columns or a model
        mapper: Mapper[Any] = inspect(columns[0].class_ if columns else model, raiseerr=True)
        query = query.order_by(*mapper.primary_key)
        with read_transaction(self.engine) as connection:
            return [row[0] if len(row) == 1 else tuple(row) for row in connection.execute(query)]


def _config_text(rules: str) -> str:
    return rules if "shop:" in rules else f"{FILE}\n{rules}"


def _recipient(mail: EmailMessage) -> str:
    return str(mail["To"].addresses[0].addr_spec)
