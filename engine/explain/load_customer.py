"""Loads everything that an explanation needs about one customer, once for all rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.explain.basis import BasisExplanation, explain_basis
from engine.explain.find_customer import CustomerSummary
from engine.explain.gate import Stops, add_gate_verdicts, format_hold
from engine.explain.mails import load_mails, load_tasks
from engine.explain.model import Mail, Task
from engine.open.open_shop import OpenShop
from shop.db.stops import load_stops
from shop.db.upsert import table_of
from shop.tables import ChangeMarker, Enrolment, RuleState
from templates.language import ENGLISH, owner_sentences


@dataclass(frozen=True)
class CustomerHistory:
    """The data that explanations are computed from."""

    connection: Connection
    shop: OpenShop
    customer: CustomerSummary
    now: datetime
    basis: BasisExplanation
    changed: bool  # data arrived that no run has processed
    states: Mapping[str, Any]  # RuleState rows by rule
    enrolments: Mapping[str, Sequence[Any]]  # by rule, ordered by due time
    mails: Sequence[Mail]
    tasks: Mapping[tuple[int, str], Task]
    stops: Stops

    def format_time(self, time: datetime) -> str:
        """Returns `time` as text in the shop's time zone."""
        local_time = time.astimezone(self.shop.config.shop.zone)
        return ENGLISH.date_and_time(local_time)

    @property
    def sentences(self) -> Any:
        """The texts of explanations in the shop's language."""
        return owner_sentences("explain")

    def hold_text(self, rule: str | None) -> str | None:
        """Returns since when and why the mail of `rule` is held (of all rules: None); None where it
        is not.
        """
        if rule not in self.stops:
            return None
        since, because = self.stops[rule]
        return format_hold(self.shop, since, because)

    def mails_of(self, enrolment: int) -> list[Mail]:
        """Returns the mails of the enrolment with id `enrolment`."""
        return [mail for mail in self.mails if mail.enrolment == enrolment]


def load_history(
    connection: Connection, shop: OpenShop, customer: CustomerSummary, *, now: datetime
) -> CustomerHistory:
    """Load the rows of `customer`: basis, enrolments, mails with their gate verdicts, tasks and
    stops.
    """
    stops, enrolments = load_stops(connection), _load_enrolments(connection, customer.number)
    mails = load_mails(connection, customer.number)
    change_marker = (
        select(col(ChangeMarker.id))
        .where(col(ChangeMarker.customer_id) == customer.number)
        .limit(1)
    )
    return CustomerHistory(
        connection=connection,
        shop=shop,
        customer=customer,
        now=now,
        basis=explain_basis(connection, shop.config, customer.number, now=now),
        changed=connection.scalar(change_marker) is not None,
        states={row.rule: row for row in connection.execute(select(table_of(RuleState)))},
        enrolments=enrolments,
        mails=add_gate_verdicts(connection, shop, mails, stops, now=now),
        tasks=load_tasks(connection, [row.id for rows in enrolments.values() for row in rows]),
        stops=stops,
    )


def _load_enrolments(connection: Connection, customer: int) -> dict[str, list[Any]]:
    table = table_of(Enrolment)
    query = select(table).where(table.c.customer_id == customer)
    enrolments: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(query.order_by(table.c.due_at, table.c.id)):
        enrolments[row.rule].append(row)
    return enrolments
