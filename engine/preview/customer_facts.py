"""The facts of a preview for a customer of the shop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, func, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.delivery.load_messages import answer_facts, birthday_facts, dated_opt_in
from engine.delivery.mail_text import reason_line
from engine.delivery.own_columns import load_own_columns
from engine.delivery.points_facts import points_facts
from engine.delivery.purchases import load_carts, load_favourites
from engine.messages.correction import mistake_facts
from engine.messages.find_corrections import is_correction
from engine.preview.previewed_mail import PreviewedMail
from engine.preview.sample_facts import facts_of_sample
from loyalty.balances import load_standings
from mail.render.mail_facts import (
    CartFacts,
    CustomerFacts,
    MailFacts,
    MistakeFacts,
    OwnColumns,
    PointsFacts,
)
from mail.render.renderer import Renderer
from settings.errors import WrongUsageError
from shop.consent.basis import EMAIL
from shop.db.engine import HEAD, open_database, read_transaction, schema_revision
from shop.identity.contacts import EMAIL_CHANNEL
from shop.identity.customers import email_key
from shop.tables import (
    Answer,
    Basis,
    BasisStatement,
    Cart,
    Contact,
    Customer,
    Identity,
    Message,
    Order,
)
from shop.types.person_name import greeting_name
from templates.language import Language

NOTHING = {
    "cart": "{email} has no cart to write about.",
    "answer": "{email} has given no answer to write about.",
    "birthday": "The birthday of {email} is not known.",
    "mistake": "No correction is drafted for {email}: regulars oops RULE does that.",
    "points": "This shop has no programme of points: loyalty: is missing.",
}


@dataclass(frozen=True)
class Reader:
    """The customer, as loaded, and the language of their mail."""

    row: Row[Any]
    language: Language


def facts_of_customer(
    config: OwnerConfig,
    folder: Path,
    mail: PreviewedMail,
    email: str,
    *,
    now: datetime,
    renderer: Renderer,
) -> MailFacts:
    """Returns the facts of `mail` for the customer with the address `email`, in their language:
    their newest cart and answer, their points, their birthday, the latest correction drafted for
    them.

    Raises `WrongUsageError` if the shop has no such customer, or they have none of what the mail
    is about.
    """
    engine = open_database(config.database, base_folder=folder)
    if schema_revision(engine) != HEAD:
        raise WrongUsageError("The shop's data is not here yet. Run: regulars sync")
    return load_facts(engine, config, mail, email, now=now, renderer=renderer)


def load_facts(
    engine: Engine,
    config: OwnerConfig,
    mail: PreviewedMail,
    email: str,
    *,
    now: datetime,
    renderer: Renderer,
) -> MailFacts:
    """Returns the same as `facts_of_customer`, from an open database."""
    with read_transaction(engine) as connection:
        customer = _load_customer(connection, email)
        language = renderer.mail_language(
            mail.template, config.customer_language(customer.language)
        )
        reader = Reader(customer, language)
        parts: dict[str, Any] = {
            part: PART_LOADERS[part](connection, config, reader, now) for part in mail.parts
        }
        favourite = load_favourites(connection, {customer.id}).get(customer.id)
        own = load_own_columns(connection, config, {customer.id}).get(customer.id, OwnColumns())
    for part, facts in parts.items():
        if facts is None:
            raise WrongUsageError(NOTHING[part].format(email=email))
    name = greeting_name(customer.first_name)
    opted_in_at = dated_opt_in(customer.said_at)
    return replace(
        facts_of_sample(config, mail, now=now, language=language),
        customer=CustomerFacts(name, customer.visits, favourite, own),
        reason=reason_line(config, mail.rule, customer.state or "none", opted_in_at, language),
        **parts,
    )


def _load_customer(connection: Connection, email: str) -> Row[Any]:
    """Visits are counted here: metrics are computed by the first run."""
    visits = select(func.count()).where(
        col(Order.customer_id) == col(Customer.id), col(Order.counts).is_(True)
    )
    of_customer = and_(col(Basis.customer_id) == col(Customer.id), col(Basis.channel) == EMAIL)
    row = connection.execute(
        select(
            col(Customer.id), col(Customer.first_name), col(Customer.birthday),
            col(Customer.language), col(Basis.state), col(BasisStatement.said_at),
            visits.scalar_subquery().label("visits"),
        )
        .outerjoin(Basis, of_customer)
        .outerjoin(BasisStatement, col(BasisStatement.id) == col(Basis.statement_id))
        .where(col(Customer.id).in_(_owners_query(email)))
    ).one_or_none()  # fmt: skip
    if row is None:
        raise WrongUsageError(
            f"No customer has the address {email}. Where they are new, run: regulars sync"
        )
    return row


def _owners_query(email: str) -> Select[tuple[int | None]]:
    """The customers who have or had this address, also where their mail goes to another one."""
    is_contact = and_(
        col(Contact.channel) == EMAIL_CHANNEL,
        col(Contact.key) == email_key(email),
        col(Contact.identity_id) == col(Identity.id),
    )
    return select(col(Identity.customer_id)).join(Contact, is_contact)


def _newest_cart(
    connection: Connection, _config: OwnerConfig, reader: Reader, _now: datetime
) -> CartFacts | None:
    newest = select(col(Cart.id)).where(col(Cart.customer_id) == reader.row.id)
    cart_id = connection.scalar(newest.order_by(col(Cart.left_at).desc()).limit(1))
    return None if cart_id is None else load_carts(connection, {cart_id})[cart_id]


def _newest_answer(
    connection: Connection, config: OwnerConfig, reader: Reader, _now: datetime
) -> Any:
    columns: Select[Any] = select(
        col(Answer.answered_at), col(Answer.words).label("said"), col(Answer.csat), col(Answer.nps)
    )
    newest = columns.where(col(Answer.customer_id) == reader.row.id)
    row = connection.execute(newest.order_by(col(Answer.answered_at).desc()).limit(1)).first()
    return None if row is None else answer_facts(row, config.shop.zone, reader.language)


def _points(
    connection: Connection, config: OwnerConfig, reader: Reader, now: datetime
) -> PointsFacts | None:
    if config.loyalty is None:
        return None
    standings = load_standings(
        connection, [reader.row.id], config.loyalty.rewards, now=now, zone=config.shop.zone
    )
    return points_facts(standings[reader.row.id], None, config.shop.zone, reader.language)


def _birthday(_connection: Connection, _config: OwnerConfig, reader: Reader, _now: datetime) -> Any:
    return birthday_facts(reader.row, reader.language)


def _latest_mistake(
    connection: Connection, _config: OwnerConfig, reader: Reader, _now: datetime
) -> MistakeFacts | None:
    drafted = select(col(Message.rule), col(Message.extra)).where(
        col(Message.customer_id) == reader.row.id, is_correction()
    )
    latest = connection.execute(drafted.order_by(col(Message.created_at).desc())).first()
    return None if latest is None else mistake_facts(latest.rule, latest.extra)


PART_LOADERS: Mapping[str, Callable[[Connection, OwnerConfig, Reader, datetime], Any]] = {
    "cart": _newest_cart,
    "answer": _newest_answer,
    "points": _points,
    "birthday": _birthday,
    "mistake": _latest_mistake,
}
