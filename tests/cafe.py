"""The Corner Café of the tests: rows go in, a tick runs, mails come out."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import SQLModel

from engine.config.owner_config import letters_beside, read_owners_file
from engine.delivery.deliver import deliver
from engine.open.open_shop import OpenShop
from engine.run import begin, outcome, run_rule
from engine.tick.counts import Counts
from mail.senders.outbox.sender import Outbox
from shop.db.engine import reading, writing
from shop.ingest.arrivals import Arrivals, arrive
from tests.rows import cart, cart_line, identity, order, order_line, statement

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)  # a Tuesday, ten o'clock in Lisbon
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

FILE = """
shop:
  name: Corner Café
  country: PT
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
    """A shop whose rules are given, with the words of the owner's file."""

    def __init__(self, engine: Engine, folder: Path, rules: str) -> None:
        path = folder / "config.yaml"
        path.write_text(_with(rules))
        self.path = path
        self.engine = engine
        self.outbox = folder / "outbox"
        self.reread()

    def reread(self, rules: str | None = None) -> None:
        """The owner has changed the file."""
        if rules is not None:
            self.path.write_text(_with(rules))
        self.shop = OpenShop(
            path=self.path,
            file=read_owners_file(self.path, {}),
            engine=self.engine,
            letters=letters_beside(self.path),
            sender=Outbox(self.outbox),
            rehearsal=Outbox(self.outbox),
            secret="a secret of the tests",
        )

    def arrive(self, **rows: list[dict[str, Any]]) -> None:
        with writing(self.engine) as connection:
            arrive(connection, "online-shop", Arrivals(**rows))  # type: ignore[arg-type]  # rows by table

    def customer(
        self, name: str, *, says: str | None = "yes", at: datetime = MARCH, email: bool = True
    ) -> None:
        """Clara, clara@example.com, who said yes long ago."""
        address = f"{name}@example.com" if email else None
        said = [statement(name, says, at - 400 * DAY)] if says else []
        self.arrive(identities=[identity(name, email=address)], statements=said)

    def says(self, name: str, what: str, at: datetime) -> None:
        known = identity(name, email=f"{name}@example.com", version=2)
        self.arrive(identities=[known], statements=[statement(name, what, at)])

    def visits(self, name: str, *moments: datetime, title: str = "Flat white") -> None:
        """Orders, at these moments."""
        keys = [f"{name}-{at.isoformat()}" for at in moments]
        self.arrive(
            orders=[order(key, name, at) for key, at in zip(keys, moments, strict=True)],
            order_lines=[order_line(key, 0, title) for key in keys],
        )

    def cart(self, name: str, left: datetime, **more: Any) -> None:
        key = more.pop("key", f"cart-{name}")
        self.arrive(
            carts=[cart(key, name, left, **more)],
            cart_lines=[cart_line(key, 0, "Granola", 1850, version=more.get("version", 1))],
        )

    def run(self, at: datetime = MARCH) -> dict[str, Counts]:
        """One tick with all that follows, as the flows do it."""
        turn, rules = begin(self.shop, now=at)
        for rule in rules:
            run_rule(self.shop, rule, turn)
        deliver(self.shop, turn)
        return outcome(self.shop, turn)

    def counts(self, at: datetime = MARCH) -> dict[str, int]:
        """What one run came to over all rules, without the noughts."""
        whole: dict[str, int] = {}
        for counts in self.run(at).values():
            for outcome_, many in counts.outcomes.items():
                whole[outcome_] = whole.get(outcome_, 0) + many
        return whole

    def mails(self) -> list[EmailMessage]:
        """Whatever is in the outbox, by address."""
        files = sorted(self.outbox.glob("*.eml"))
        read = [
            email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in files
        ]
        return sorted((one for one in read if isinstance(one, EmailMessage)), key=_to)

    def mailed(self) -> list[str]:
        """The people who got one, once a mail."""
        return [_to(mail).partition("@")[0] for mail in self.mails()]

    def left_behind(self, left: datetime, *names: str) -> None:
        """Customers who said yes and left a cart each, all in one arrival."""
        addressed = [identity(name, email=f"{name}@example.com") for name in names]
        keys = [f"cart-{name}" for name in names]
        self.arrive(
            identities=addressed,
            statements=[statement(name, "yes", MARCH - 400 * DAY) for name in names],
            carts=[cart(key, name, left) for key, name in zip(keys, names, strict=True)],
            cart_lines=[cart_line(key, 0, "Granola", 1850) for key in keys],
        )

    def all(self, *columns: Any, of: type[SQLModel] | None = None) -> list[Any]:
        wanted = select(*columns) if columns else select(of)  # type: ignore[arg-type]  # one of both
        with reading(self.engine) as connection:
            return [row[0] if len(row) == 1 else tuple(row) for row in connection.execute(wanted)]


def _with(rules: str) -> str:
    return rules if "shop:" in rules else f"{FILE}\n{rules}"


def _to(mail: EmailMessage) -> str:
    return str(mail["To"].addresses[0].addr_spec)
