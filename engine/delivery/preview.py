"""What a letter to one customer of the shop would be written from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.config.owner_config import OwnersFile
from engine.delivery.load_messages import said_yes
from engine.delivery.mail_text import reason_line
from engine.delivery.purchases import carts_of, favourites_of
from engine.delivery.sample_customer import correction, example
from engine.messages.correction import mistake_of
from engine.messages.find_corrections import is_correction
from mail.render.facts import CartFacts, CustomerFacts, Facts
from settings.errors import WrongUse
from shop.db.engine import HEAD, open_database, reading, revision
from shop.identity.customers import email_key
from shop.tables import Basis, BasisStatement, Cart, Customer, Message, Metrics
from triggers.config import Send
from triggers.event_defaults import MANNERS


def of_customer(
    file: OwnersFile, folder: Path, rule: str, step: Send, email: str, *, now: datetime
) -> Facts:
    """What the shop knows of this customer, and their newest cart where the letter shows one."""
    engine = open_database(file.database, beside=folder)
    if revision(engine) != HEAD:
        raise WrongUse("The shop's data is not here yet. Run: regulars sync")
    with reading(engine) as connection:
        customer, known, said_at = _customer(connection, email)
        with_cart = "cart" in MANNERS[file.rules[rule].when].has
        cart = _newest_cart(connection, customer, email) if with_cart else None
    return replace(
        example(file, rule, step, now=now),
        customer=known,
        cart=cart,
        reason=reason_line(file, rule, "yes", said_yes(said_at)),
    )


def correction_of_customer(file: OwnersFile, folder: Path, email: str, *, now: datetime) -> Facts:
    """The latest that was drafted for them."""
    engine = open_database(file.database, beside=folder)
    if revision(engine) != HEAD:
        raise WrongUse("The shop's data is not here yet. Run: regulars sync")
    with reading(engine) as connection:
        customer, known, said_at = _customer(connection, email)
        drafted = select(col(Message.rule), col(Message.extra)).where(
            col(Message.customer_id) == customer, is_correction()
        )
        latest = connection.execute(drafted.order_by(col(Message.created_at).desc())).first()
    if latest is None:
        raise WrongUse(f"No correction is drafted for {email}: regulars oops RULE does that.")
    return replace(
        correction(file, now=now),
        customer=known,
        mistake=mistake_of(latest.rule, latest.extra),
        reason=reason_line(file, latest.rule, "yes", said_yes(said_at)),
    )


def _customer(connection: Connection, email: str) -> tuple[int, CustomerFacts, datetime | None]:
    row = connection.execute(
        select(
            col(Customer.id), col(Customer.first_name), col(Metrics.visits),
            col(BasisStatement.said_at),
        )
        .outerjoin(Metrics, col(Metrics.customer_id) == col(Customer.id))
        .outerjoin(Basis, col(Basis.customer_id) == col(Customer.id))
        .outerjoin(BasisStatement, col(BasisStatement.id) == col(Basis.statement_id))
        .where(col(Customer.email_key) == email_key(email))
    ).one_or_none()  # fmt: skip
    if row is None:
        raise WrongUse(
            f"No customer has the address {email}. Where they are new, run: regulars sync"
        )
    usual = favourites_of(connection, {row.id}).get(row.id)
    return row.id, CustomerFacts(row.first_name, row.visits or 0, usual), row.said_at


def _newest_cart(connection: Connection, customer: int, email: str) -> CartFacts:
    newest = connection.scalar(
        select(col(Cart.id))
        .where(col(Cart.customer_id) == customer)
        .order_by(col(Cart.left_at).desc())
        .limit(1)
    )
    if newest is None:
        raise WrongUse(f"{email} has no cart to write about.")
    return carts_of(connection, {newest})[newest]
