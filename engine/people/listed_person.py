"""A customer as a line of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, and_, case, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from measures.overdue import is_missed
from shop.consent.basis import EMAIL
from shop.consent.existing_customer import basis_state, consent_terms
from shop.consent.reach import SUPPRESSED
from shop.consent.suppressions import is_suppressed
from shop.db.upsert import IN_VALUES
from shop.tables import Basis, Customer, Metrics, Suppression
from shop.types.money import decimals
from shop.types.person_name import full_name

NO_ADDRESS = "no address"


@dataclass(frozen=True)
class ListedPerson:
    """What a list shows of a customer. Figures are as of the last run.

    `consent` is a `BasisState`, "suppressed" or "no address". `is_overdue` says that their next
    visit was due, by their own rhythm, in the last 90 days.
    """

    number: int
    name: str | None
    email: str | None
    phone: str | None
    visits: int
    spent: Decimal
    currency: str
    last_visit_at: datetime | None
    expected_back_at: datetime | None
    is_overdue: bool
    consent: str


def load_listed(
    connection: Connection, config: OwnerConfig, ids: Sequence[int], *, now: datetime
) -> list[ListedPerson]:
    """Returns the customers `ids` in their order, with their consent at `now`."""
    if not ids:
        return []
    rows = connection.execute(_people_query(config, now), {"values": list(ids)})
    people = {row.id: _to_person(row, config, now) for row in rows}
    return [people[number] for number in ids if number in people]


def _to_person(row: Any, config: OwnerConfig, now: datetime) -> ListedPerson:
    currency = config.shop.currency
    return ListedPerson(
        number=row.id,
        name=full_name(row.first_name, row.last_name) or None,
        email=row.email,
        phone=row.phone_key,
        visits=row.visits or 0,
        spent=Decimal(row.spent or 0).scaleb(-decimals(currency)),
        currency=currency,
        last_visit_at=row.last_visit_at,
        expected_back_at=row.expected_back_at,
        is_overdue=is_missed(row.expected_back_at, now),
        consent=row.consent,
    )


def _people_query(config: OwnerConfig, now: datetime) -> Select[Any]:
    terms = consent_terms(config.consent, config.shop.country, config.shop.zone)
    consent = case(
        (col(Customer.email).is_(None), NO_ADDRESS),
        (col(Suppression.address).is_not(None), SUPPRESSED),
        else_=basis_state(col(Customer.id), col(Basis.state), terms, now),
    )
    columns: tuple[Any, ...] = (
        col(Customer.id), col(Customer.first_name), col(Customer.last_name), col(Customer.email),
        col(Customer.phone_key), col(Metrics.visits), col(Metrics.spent),
        col(Metrics.last_visit_at), col(Metrics.expected_back_at), consent.label("consent"),
    )  # fmt: skip
    of_customer = and_(col(Basis.customer_id) == col(Customer.id), col(Basis.channel) == EMAIL)
    at_address = and_(col(Suppression.address) == col(Customer.email_key), is_suppressed())
    return (
        select(*columns)
        .select_from(Customer)
        .outerjoin(Metrics, col(Metrics.customer_id) == col(Customer.id))
        .outerjoin(Basis, of_customer)
        .outerjoin(Suppression, at_address)
        .where(col(Customer.id).in_(IN_VALUES))
    )
