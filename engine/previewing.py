"""A letter written for looking at: for an example, or for one customer of the shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.judging import shop_facts
from engine.letter_facts import carts_of, favourites_of, reason_line, spoken_words
from engine.owners_file import OwnersFile
from mail.facts import CartFacts, CustomerFacts, Facts
from mail.samples import sample_facts
from settings.trouble import WrongUse
from shop.database import HEAD, open_database, reading, revision
from shop.people import email_key
from shop.tables import Basis, BasisStatement, Cart, Customer, Metrics
from triggers.known import trigger_of
from triggers.words import Send

NO_LINK = "https://example.com/unsubscribe"  # a preview's link must not unsubscribe anybody
MONTHS_AGO = timedelta(days=200)


def example(file: OwnersFile, rule: str, step: Send, *, now: datetime) -> Facts:
    """A made-up customer of this very shop."""
    has_cart = trigger_of(file.rules[rule]).has_cart
    made_up = next(iter(sample_facts(cart=has_cart, with_=())))
    return replace(
        made_up,
        shop=shop_facts(file),
        with_=spoken_words(step.with_ or {}, now, file.shop.zone),
        reason=reason_line(file, rule, now - MONTHS_AGO),
        unsubscribe_url=NO_LINK,
    )


def of_customer(
    file: OwnersFile, folder: Path, rule: str, step: Send, email: str, *, now: datetime
) -> Facts:
    """What the shop knows of this customer, and their newest cart where the letter shows one."""
    engine = open_database(file.database, beside=folder)
    if revision(engine) != HEAD:
        raise WrongUse("The shop's data is not here yet. Run: regulars sync")
    with reading(engine) as connection:
        customer, known, said_at = _customer(connection, email)
        has_cart = trigger_of(file.rules[rule]).has_cart
        cart = _newest_cart(connection, customer, email) if has_cart else None
    return replace(
        example(file, rule, step, now=now),
        customer=known,
        cart=cart,
        reason=reason_line(file, rule, said_at),
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
        raise WrongUse(f"No customer has the address {email}. Their sources may not be synced.")
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
