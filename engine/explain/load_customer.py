"""All that is read of one customer once, however many rules are told of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.explain.basis import BasisTold, basis_of
from engine.explain.find_customer import Person
from engine.explain.gate import Stops, with_gates
from engine.explain.mails import mails_of, tasks_of
from engine.explain.model import Mail, Task
from engine.open.open_shop import OpenShop
from engine.time_format import moment_told
from shop.db.stops import all_stops
from shop.db.upsert import table_of
from shop.tables import Dirty, Enrolment, RuleState


@dataclass(frozen=True)
class OneCustomer:
    """What there is to explain with."""

    connection: Connection
    shop: OpenShop
    person: Person
    now: datetime
    basis: BasisTold
    changed: bool  # something arrived that no run has looked at
    states: Mapping[str, Any]  # of the rules
    enrolments: Mapping[str, Sequence[Any]]  # by rule, the first due first
    mails: Sequence[Mail]
    tasks: Mapping[tuple[int, str], Task]
    stops: Stops

    def at(self, moment: datetime) -> str:
        return moment_told(moment, self.shop.file.shop.zone)

    def held(self, rule: str | None) -> str | None:
        """Why, where the mail of a rule, or all of it, is held."""
        if rule not in self.stops:
            return None
        since, because = self.stops[rule]
        return f"since {self.at(since)}{f': {because}' if because else ''}"

    def mails_of(self, enrolment: int) -> list[Mail]:
        return [one for one in self.mails if one.enrolment == enrolment]


def read(connection: Connection, shop: OpenShop, person: Person, *, now: datetime) -> OneCustomer:
    stops, enrolments = all_stops(connection), _enrolments(connection, person.number)
    mails = mails_of(connection, person.number)
    marks = select(col(Dirty.id)).where(col(Dirty.customer_id) == person.number).limit(1)
    return OneCustomer(
        connection=connection,
        shop=shop,
        person=person,
        now=now,
        basis=basis_of(connection, shop.file, person.number, now=now),
        changed=connection.scalar(marks) is not None,
        states={row.rule: row for row in connection.execute(select(table_of(RuleState)))},
        enrolments=enrolments,
        mails=with_gates(connection, shop, mails, stops, now=now),
        tasks=tasks_of(connection, [row.id for rows in enrolments.values() for row in rows]),
        stops=stops,
    )


def _enrolments(connection: Connection, customer: int) -> dict[str, list[Any]]:
    table = table_of(Enrolment)
    theirs = select(table).where(table.c.customer_id == customer)
    found: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(theirs.order_by(table.c.due_at, table.c.id)):
        found[row.rule].append(row)
    return found
