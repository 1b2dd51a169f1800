"""Splits an identity off a customer when it turned out to be another person.

This happens when a number that two records shared is then claimed by a third person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Integer,
    Select,
    Table,
    Update,
    bindparam,
    cast,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy import String as Text
from sqlmodel import SQLModel, col

from shop.db.cached_insert import Insert
from shop.db.upsert import IN_VALUES, insert_into, table_of
from shop.identity.end_enrolments import IN_FLIGHT_STATES, PENDING_STATES, end_enrolments
from shop.identity.merge import recompute_balances
from shop.tables import (
    BasisStatement,
    Customer,
    Enrolment,
    Identity,
    Message,
    Metrics,
    PointsEntry,
    PointsLot,
)

SPLIT_REASON = "what was one customer turned out to be two"


@dataclass(frozen=True)
class IdentitySplit:
    """An identity moves from one customer to another."""

    identity: int
    old_customer: int
    new_customer: int


def split_customers(connection: Connection, splits: Sequence[IdentitySplit], now: datetime) -> None:
    """Moves the rows that came with the identities of `splits` to their new customers.

    1. Rows that name the identity are moved.
    2. Opt-outs that were given to the shop itself are copied: they may be of either person.
    3. Points lots follow their entries, and balances are recomputed.
    4. Running enrolments of the old customers end: their mails may be meant for the other person.
    5. Address and number of the old customers are cleared, to be computed again from what is left.
    """
    if not splits:
        return
    old_customers = {identity_split.old_customer for identity_split in splits}
    rows = _split_rows(connection, splits)
    for move_query in _move_queries():
        connection.execute(move_query, rows)
    _copy_opt_outs(
        connection,
        {(identity_split.old_customer, identity_split.new_customer) for identity_split in splits},
    )
    _move_points_lots(connection, old_customers)
    recompute_balances(
        connection, old_customers | {identity_split.new_customer for identity_split in splits}
    )
    _end_running(connection, old_customers, now)
    _clear_facts(connection, old_customers)


def _split_rows(connection: Connection, splits: Sequence[IdentitySplit]) -> list[dict[str, Any]]:
    parameters = {"values": [identity_split.identity for identity_split in splits]}
    identities = {row.id: row for row in connection.execute(_identity_keys_query(), parameters)}
    return [
        {
            "identity_source": identities[identity_split.identity].source,
            "identity_key": identities[identity_split.identity].external_id,
            "new_owner": identity_split.new_customer,
        }
        for identity_split in splits
    ]


@cache
def _identity_keys_query() -> Select[tuple[int, str, str]]:
    table = table_of(Identity)
    return select(table.c.id, table.c.source, table.c.external_id).where(table.c.id.in_(IN_VALUES))


@cache
def _move_queries() -> Sequence[Update]:
    return [
        update(table)
        .where(
            table.c[source] == bindparam("identity_source"),
            table.c[key] == bindparam("identity_key"),
        )
        .values(customer_id=bindparam("new_owner"))
        for table, source, key in _identity_tables()
    ]


def _identity_tables() -> Iterable[tuple[Table, str, str]]:
    """Every table whose rows came with an identity, and the two columns that name it."""
    yield table_of(BasisStatement), "source", "external_id"
    for table in SQLModel.metadata.sorted_tables:
        if {"customer_source", "customer_key", "customer_id"} <= set(table.columns.keys()):
            yield table, "customer_source", "customer_key"


def _copy_opt_outs(connection: Connection, pairs: Collection[tuple[int, int]]) -> None:
    """An opt-out that no source's identity gave may be of either person, so it holds for both."""
    for old_customer, new_customer in sorted(pairs):
        connection.execute(
            _copy_opt_outs_query(), {"old_owner": old_customer, "new_owner": new_customer}
        )


@cache
def _copy_opt_outs_query() -> Insert:
    statements = table_of(BasisStatement)
    copied_columns = [
        column.name
        for column in statements.c
        if column.name not in ("id", "customer_id", "external_id")
    ]
    under_an_identity = (
        select(col(Identity.id))
        .where(
            col(Identity.source) == statements.c.source,
            col(Identity.external_id) == statements.c.external_id,
        )
        .exists()
    )
    new_customer = bindparam("new_owner", type_=Integer)
    copies = select(
        new_customer,
        statements.c.external_id + " carried to " + cast(new_customer, Text),
        *(statements.c[name] for name in copied_columns),
    ).where(
        statements.c.customer_id == bindparam("old_owner"),
        statements.c.says == "no",
        ~under_an_identity,
    )
    columns = ["customer_id", "external_id", *copied_columns]
    return insert_into(BasisStatement).from_select(columns, copies)


def _move_points_lots(connection: Connection, old_customers: Collection[int]) -> None:
    """A lot belongs to the customer of its entry."""
    connection.execute(_move_lots_query(), {"values": list(old_customers)})


@cache
def _move_lots_query() -> Update:
    owner = select(col(PointsEntry.customer_id)).where(
        col(PointsEntry.id) == col(PointsLot.entry_id)
    )
    lots = update(PointsLot).where(col(PointsLot.customer_id).in_(IN_VALUES))
    return lots.values(customer_id=owner.scalar_subquery())


def _end_running(connection: Connection, old_customers: Collection[int], now: datetime) -> None:
    running = connection.execute(_running_query(), {"values": list(old_customers)})
    end_enrolments(
        connection,
        [(enrolment_id, occasion) for enrolment_id, occasion in running if enrolment_id],
        SPLIT_REASON,
        now,
    )


@cache
def _running_query() -> Select[tuple[int | None, str]]:
    # Mails in flight go to the address they were written for; later ones might not.
    unfinished_mails = select(col(Message.id)).where(
        col(Message.enrolment_id) == col(Enrolment.id),
        col(Message.state).in_((*PENDING_STATES, *IN_FLIGHT_STATES)),
    )
    return select(col(Enrolment.id), col(Enrolment.occasion)).where(
        col(Enrolment.customer_id).in_(IN_VALUES),
        or_(col(Enrolment.next_at).is_not(None), unfinished_mails.exists()),
    )


def _clear_facts(connection: Connection, old_customers: Collection[int]) -> None:
    """The address may be the other person's, and is unique among customers."""
    for query in _clear_facts_query(), _delete_metrics_query():
        connection.execute(query, {"values": list(old_customers)})


@cache
def _clear_facts_query() -> Update:
    statement = update(Customer).where(col(Customer.id).in_(IN_VALUES))
    return statement.values(email=None, email_key=None, phone_key=None)


@cache
def _delete_metrics_query() -> Delete:
    return delete(Metrics).where(col(Metrics.customer_id).in_(IN_VALUES))
