"""The facts of a preview for a customer of the shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Select, and_, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.delivery.load_messages import dated_opt_in
from engine.delivery.mail_text import reason_line
from engine.delivery.own_columns import load_own_columns
from engine.delivery.purchases import load_carts, load_favourites
from engine.delivery.sample_customer import sample_correction_facts, sample_rule_facts
from engine.messages.correction import mistake_facts
from engine.messages.find_corrections import is_correction
from mail.render.mail_facts import CartFacts, CustomerFacts, MailFacts, OwnColumns
from settings.errors import WrongUsageError
from shop.db.engine import HEAD, open_database, read_transaction, schema_revision
from shop.identity.contacts import EMAIL_CHANNEL
from shop.identity.customers import email_key
from shop.tables import Basis, BasisStatement, Cart, Contact, Customer, Identity, Message, Metrics
from shop.types.person_name import greeting_name
from triggers.config import Send
from triggers.registry import event_of


def facts_of_customer(
    config: OwnerConfig, folder: Path, rule: str, step: Send, email: str, *, now: datetime
) -> MailFacts:
    """Returns the facts of one `step` of `rule` for the customer with the address `email`.

    Raises `UsageError` if the shop has no such customer, or the mail needs a cart and there is
    none.
    """
    engine = open_database(config.database, base_folder=folder)
    if schema_revision(engine) != HEAD:
        raise WrongUsageError("The shop's data is not here yet. Run: regulars sync")
    with read_transaction(engine) as connection:
        customer_id, customer_facts, said_at = _load_customer(connection, config, email)
        with_cart = "cart" in event_of(config.rules[rule]).facts
        cart = _load_newest_cart(connection, customer_id, email) if with_cart else None
    return replace(
        sample_rule_facts(config, rule, step, now=now),
        customer=customer_facts,
        cart=cart,
        reason=reason_line(config, rule, "yes", dated_opt_in(said_at)),
    )


def correction_facts_of_customer(
    config: OwnerConfig, folder: Path, email: str, *, now: datetime
) -> MailFacts:
    """Returns the facts of the latest correction drafted for `email`; raises if there is none."""
    engine = open_database(config.database, base_folder=folder)
    if schema_revision(engine) != HEAD:
        raise WrongUsageError("The shop's data is not here yet. Run: regulars sync")
    with read_transaction(engine) as connection:
        customer_id, customer_facts, said_at = _load_customer(connection, config, email)
        query = select(col(Message.rule), col(Message.extra)).where(
            col(Message.customer_id) == customer_id, is_correction()
        )
        latest = connection.execute(query.order_by(col(Message.created_at).desc())).first()
    if latest is None:
        raise WrongUsageError(
            f"No correction is drafted for {email}: regulars oops RULE does that."
        )
    return replace(
        sample_correction_facts(config, now=now),
        customer=customer_facts,
        mistake=mistake_facts(latest.rule, latest.extra),
        reason=reason_line(config, latest.rule, "yes", dated_opt_in(said_at)),
    )


def _owners_query(email: str) -> Select[tuple[int | None]]:
    """Whoever has or had this address, also where their mail goes to another one."""
    is_contact = and_(
        col(Contact.channel) == EMAIL_CHANNEL,
        col(Contact.key) == email_key(email),
        col(Contact.identity_id) == col(Identity.id),
    )
    return select(col(Identity.customer_id)).join(Contact, is_contact)


def _load_customer(
    connection: Connection, config: OwnerConfig, email: str
) -> tuple[int, CustomerFacts, datetime | None]:
    row = connection.execute(
        select(
            col(Customer.id), col(Customer.first_name), col(Metrics.visits),
            col(BasisStatement.said_at),
        )
        .outerjoin(Metrics, col(Metrics.customer_id) == col(Customer.id))
        .outerjoin(Basis, col(Basis.customer_id) == col(Customer.id))
        .outerjoin(BasisStatement, col(BasisStatement.id) == col(Basis.statement_id))
        .where(col(Customer.id).in_(_owners_query(email)))
    ).one_or_none()  # fmt: skip
    if row is None:
        raise WrongUsageError(
            f"No customer has the address {email}. Where they are new, run: regulars sync"
        )
    favourite = load_favourites(connection, {row.id}).get(row.id)
    own = load_own_columns(connection, config, {row.id}).get(row.id, OwnColumns())
    return (
        row.id,
        CustomerFacts(greeting_name(row.first_name), row.visits or 0, favourite, own),
        row.said_at,
    )


def _load_newest_cart(connection: Connection, customer_id: int, email: str) -> CartFacts:
    cart_id = connection.scalar(
        select(col(Cart.id))
        .where(col(Cart.customer_id) == customer_id)
        .order_by(col(Cart.left_at).desc())
        .limit(1)
    )
    if cart_id is None:
        raise WrongUsageError(f"{email} has no cart to write about.")
    return load_carts(connection, {cart_id})[cart_id]
