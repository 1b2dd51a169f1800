"""Loads a batch of messages with everything the gate decides by and the renderer needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    select,
)
from sqlmodel import col

from engine.config.own_addresses import is_customers_address
from engine.config.owner_config import OwnerConfig
from engine.delivery.cap import Caps
from engine.delivery.data_age import LeftCart, Readings, find_outdated, load_readings
from engine.delivery.mail_text import reason_line, shop_facts
from engine.delivery.message_facts import (
    MessageFacts,
    existing_customer_terms,
    fact_columns,
    is_subject,
    join_facts,
    message_facts,
    parameter_terms,
    term_parameters,
)
from engine.delivery.own_columns import load_own_columns
from engine.delivery.points_facts import load_points
from engine.delivery.purchases import load_carts, load_favourites
from engine.message_states import State
from engine.messages.correction import is_correction_rule, mistake_facts
from engine.messages.find_corrections import redundant_corrections
from engine.open.open_shop import OpenShop
from mail.gate.gate import GateInput, OutdatedData
from mail.gate.reasons import Reason
from mail.render.mail_facts import (
    AnswerFacts,
    BirthdayFacts,
    CartFacts,
    CustomerFacts,
    MailFacts,
    OwnColumns,
    PointsFacts,
)
from settings.values import Length
from shop.consent.age import age_on, youngest_age
from shop.consent.basis import UNDATED
from shop.consent.existing_customer import (
    BasisState,
    purchase_evidence,
)
from shop.db.timezones import parse_zone
from shop.db.upsert import IN_VALUES, STATEMENT_CACHE_SIZE
from shop.tables import (
    Answer,
    Basis,
    BasisStatement,
    Cart,
    Customer,
    Enrolment,
    Message,
    Metrics,
)
from shop.types.person_name import greeting_name
from shop.types.purpose import Pace, Purpose
from templates.language import ENGLISH, Language
from triggers.config import Rule
from triggers.registry import event_of
from triggers.stop import EndStatementKey, end_reason, end_statement_key, must_end
from triggers.stored_series import load_series
from triggers.trigger import ParameterTerm

LEAP_YEAR = 2024  # has every birthday


@dataclass(frozen=True)
class BatchFacts:
    """Facts about a batch, each loaded by one query, by customer, cart or message id."""

    favourites: Mapping[int, str]
    own_columns: Mapping[int, OwnColumns]
    carts: Mapping[int, CartFacts]
    points: Mapping[str, PointsFacts]
    existing: Mapping[int, str]  # the evidence, for existing customers
    counted: Mapping[tuple[int, Purpose], Sequence[datetime]]  # times of mails that count for caps
    lapse_reasons: Mapping[str, str]  # why the occasion of a message is over
    mail_keys: Mapping[str, Collection[str]]  # of the mails that a rule still sends, by its name
    readings: Readings
    languages: Mapping[str, Language]  # of each message
    now: datetime


@dataclass(frozen=True)
class LoadedMessage:
    """One message, ready for the gate and the renderer; only its unsubscribe link is missing."""

    id: str
    rule: str
    step: str
    template: str
    email: str | None
    case: GateInput
    judged_by: MessageFacts  # compared with the database again before it leaves
    customer_id: int
    customer_language: str | None  # as their source gives it, such as de-AT
    facts: MailFacts
    variables: str  # the owner's `with`, as JSON
    evidence: str
    created_at: datetime
    counted: Sequence[datetime]  # times of the mails that count towards the cap
    removed: Reason | None  # its rule or step is no longer in config.yaml

    @property
    def language(self) -> Language:
        """In which it is written."""
        return self.facts.language or ENGLISH

    @property
    def is_correction(self) -> bool:
        return is_correction_rule(self.rule)


def load_messages(
    connection: Connection,
    shop: OpenShop,
    message_ids: Sequence[str],
    *,
    now: datetime,
    caps: Caps,
) -> list[LoadedMessage]:
    """Returns the messages in the order of `message_ids`, each in the language of its customer;
    `counted` holds the mails that the cap of its purpose counts.
    """
    config = shop.config
    rows = {row.id: row for row in _load_rows(connection, config, message_ids, now)}
    batch_facts = _load_batch_facts(connection, shop, rows.values(), now, caps)
    return [_loaded_message(config, rows[id_], batch_facts) for id_ in message_ids]


def _load_batch_facts(
    connection: Connection,
    shop: OpenShop,
    rows: Collection[Row[Any]],
    now: datetime,
    caps: Caps,
) -> BatchFacts:
    config, customer_ids = shop.config, {row.customer_id for row in rows}
    readers = {(row.template, row.language) for row in rows}
    language_of = {reader: shop.mail_language(*reader) for reader in readers}
    languages = {row.id: language_of[row.template, row.language] for row in rows}
    return BatchFacts(
        favourites=load_favourites(connection, customer_ids),
        own_columns=load_own_columns(connection, config, customer_ids),
        carts=load_carts(connection, {row.cart_id for row in rows if row.cart_id}),
        points=load_points(connection, config, rows, now, languages),
        existing=purchase_evidence(connection, customer_ids, existing_customer_terms(config), now),
        counted=_counted_mails(connection, caps, customer_ids, now),
        lapse_reasons=_lapse_reasons(connection, config, rows),
        mail_keys=_load_mail_keys(connection, config, rows),
        readings=load_readings(connection),
        languages=languages,
        now=now,
    )


def _loaded_message(config: OwnerConfig, row: Row[Any], batch_facts: BatchFacts) -> LoadedMessage:
    return LoadedMessage(
        id=row.id,
        rule=row.rule,
        step=row.step,
        template=row.template,
        email=row.email,
        case=_gate_case(config, row, batch_facts),
        judged_by=message_facts(row),
        customer_id=row.customer_id,
        customer_language=row.language,
        facts=_render_facts(config, row, batch_facts),
        variables="{}" if is_correction_rule(row.rule) else row.extra,
        evidence=_evidence(row, batch_facts),
        created_at=row.created_at,
        counted=batch_facts.counted[row.customer_id, Purpose(row.purpose)],
        removed=_removed_from_config(row, batch_facts.mail_keys),
    )


def _load_mail_keys(
    connection: Connection, config: OwnerConfig, rows: Collection[Row[Any]]
) -> dict[str, Collection[str]]:
    rules = {row.rule: config.rules[row.rule] for row in rows if row.rule in config.rules}
    return {
        name: set(series.mail_places()) for name, series in load_series(connection, rules).items()
    }


def _removed_from_config(row: Row[Any], mail_keys: Mapping[str, Collection[str]]) -> Reason | None:
    """A correction belongs to no rule of config.yaml."""
    if is_correction_rule(row.rule):
        return None
    if row.rule not in mail_keys:
        return Reason.RULE_REMOVED
    return None if row.step in mail_keys[row.rule] else Reason.STEP_REMOVED


def _evidence(row: Row[Any], batch_facts: BatchFacts) -> str:
    """The basis of the mail: the customer's own statement, else the purchase of an existing
    customer.
    """
    purchase = (
        batch_facts.existing.get(row.customer_id) if row.basis == "existing customer" else None
    )
    proof: str = purchase or row.evidence or row.basis
    return proof


def _render_facts(config: OwnerConfig, row: Row[Any], batch_facts: BatchFacts) -> MailFacts:
    customer = CustomerFacts(
        greeting_name(row.first_name),
        row.visits or 0,
        batch_facts.favourites.get(row.customer_id),
        batch_facts.own_columns.get(row.customer_id, OwnColumns()),
    )
    language = batch_facts.languages[row.id]
    return MailFacts(
        shop=shop_facts(config),
        customer=customer,
        cart=batch_facts.carts.get(row.cart_id),
        points=batch_facts.points.get(row.id),
        answer=answer_facts(row, config.shop.zone, language),
        birthday=birthday_facts(row, language),
        mistake=mistake_facts(row.rule, row.extra),
        language=language,
        with_={},
        reason=reason_line(config, row.rule, row.basis, dated_opt_in(row.said_at), language),
        unsubscribe_url="",
    )


def answer_facts(row: Row[Any], zone: ZoneInfo, language: Language) -> AnswerFacts | None:
    """Returns the answer in `row` (answered_at, said, csat, nps); None where there is none."""
    if row.answered_at is None:
        return None
    day = language.weekday(row.answered_at.astimezone(zone))
    return AnswerFacts(words=row.said, csat=row.csat, nps=row.nps, day=day)


def birthday_facts(row: Row[Any], language: Language) -> BirthdayFacts | None:
    """Returns the `birthday` of `row`, None if unknown; 1990-03-14 and --03-14 are 14 March."""
    if row.birthday is None:
        return None
    month, day = row.birthday[-5:].split("-")
    return BirthdayFacts(language.day(date(LEAP_YEAR, int(month), int(day))))


def _load_rows(
    connection: Connection, config: OwnerConfig, message_ids: Sequence[str], now: datetime
) -> Iterable[Row[Any]]:
    terms = existing_customer_terms(config)
    query = _messages_query(*parameter_terms(terms))
    return connection.execute(query, {"values": message_ids} | term_parameters(terms, now))


@cache
def _messages_query(*terms: ParameterTerm) -> Select[Any]:
    query = select(
        col(Message.id), col(Message.rule), col(Message.template), col(Message.extra),
        col(Message.step), col(Message.purpose), col(Message.deadline), col(Message.enrolment_id),
        col(Cart.id).label("cart_id"), col(Customer.first_name), col(BasisStatement.evidence),
        col(BasisStatement.said_at), col(Metrics.visits), col(Answer.answered_at),
        col(Answer.words).label("said"), col(Answer.csat), col(Answer.nps), col(Message.due_at),
        col(Message.created_at), col(Message.attempts), col(Message.reason),
        col(Cart.source).label("cart_source"), col(Customer.language),
        *fact_columns(terms),
    )  # fmt: skip
    return (
        join_facts(query)
        .outerjoin(BasisStatement, col(BasisStatement.id) == col(Basis.statement_id))
        .outerjoin(Metrics, col(Metrics.customer_id) == col(Message.customer_id))
        .outerjoin(Answer, is_subject("answer", col(Answer.id)))
        .where(col(Message.id).in_(IN_VALUES))
    )


def _lapse_reasons(
    connection: Connection, config: OwnerConfig, rows: Collection[Row[Any]]
) -> dict[str, str]:
    """By message: why its occasion is over. Corrections have reasons of their own."""
    ending_reasons = _ending_reasons(connection, config, rows)
    enrolment_ids = {row.id: row.enrolment_id for row in rows if not is_correction_rule(row.rule)}
    return redundant_corrections(connection, rows) | {
        message_id: ending_reasons[enrolment_id]
        for message_id, enrolment_id in enrolment_ids.items()
        if enrolment_id in ending_reasons
    }


def _ending_reasons(
    connection: Connection, config: OwnerConfig, rows: Iterable[Row[Any]]
) -> dict[int, str]:
    """By enrolment: why it must not go on."""
    by_rule: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_rule[row.rule].append(row.enrolment_id)
    reasons: dict[int, str] = {}
    for name, enrolment_ids in by_rule.items():
        if rule := config.rules.get(name):
            query_rows = connection.execute(
                _ending_query(end_statement_key(rule, config.shop.currency)),
                {"values": enrolment_ids},
            )
            reasons.update(
                (enrolment_id, reason_text)
                for enrolment_id, reason_text in query_rows
                if enrolment_id is not None
            )
    return reasons


@lru_cache(STATEMENT_CACHE_SIZE)
def _ending_query(condition: EndStatementKey) -> Select[Any]:
    query = select(col(Enrolment.id), end_reason(condition.rule, condition.currency))
    return query.where(
        col(Enrolment.id).in_(IN_VALUES), must_end(condition.rule, condition.currency)
    )


def _counted_mails(
    connection: Connection, caps: Caps, customer_ids: Collection[int], now: datetime
) -> dict[tuple[int, Purpose], list[datetime]]:
    """By customer and purpose: the times of the mails that count towards the cap of the purpose."""
    counted: dict[tuple[int, Purpose], list[datetime]] = defaultdict(list)
    since = min(cap.window_start(now) for cap in caps.values())
    if since < now:
        parameters = {"values": list(customer_ids), "since": since}
        for row in connection.execute(_recent_mails_query(), parameters):
            purpose = Purpose(row.purpose)
            if caps[purpose].counts(purpose, State(row.state)):
                counted[row.customer_id, purpose].append(row.settled_at)
    return counted


@cache
def _recent_mails_query() -> Select[Any]:
    of_customers = col(Message.customer_id).in_(IN_VALUES)
    return select(
        col(Message.customer_id),
        col(Message.settled_at),
        col(Message.state),
        col(Message.purpose),
    ).where(
        of_customers, col(Message.settled_at) > bindparam("since"), col(Message.digest_id).is_(None)
    )


def _gate_case(config: OwnerConfig, row: Row[Any], batch_facts: BatchFacts) -> GateInput:
    rule = config.rules.get(row.rule)
    return GateInput(
        purpose=Purpose(row.purpose),
        basis=row.basis,
        has_address=is_customers_address(config, row.email, said_yes=row.basis == BasisState.YES),
        stop_reason=batch_facts.lapse_reasons.get(row.id),
        deadline=row.deadline,
        zone=parse_zone(row.timezone) or config.shop.zone,
        due_at=row.due_at,
        pace=event_of(rule).pace if rule else Pace.AT_ONCE,
        suppression=row.suppressed,
        age=age_on(row.birthday, batch_facts.now.astimezone(config.shop.zone).date()),
        youngest_age=youngest_age(config.consent),
        cart_touched_at=None if is_correction_rule(row.rule) else row.left_at,
        cart_idle_time=rule.for_.elapsed
        if rule and isinstance(rule.for_, Length)
        else timedelta(0),
        last_deferral=row.reason if row.attempts else None,
        outdated=_find_outdated(config, row, rule, batch_facts) if rule else None,
    )


def _find_outdated(
    config: OwnerConfig, row: Row[Any], rule: Rule, batch_facts: BatchFacts
) -> OutdatedData | None:
    idle_time = rule.for_.elapsed if isinstance(rule.for_, Length) else timedelta(0)
    cart = LeftCart(row.cart_source, row.left_at + idle_time) if row.cart_source else None
    return find_outdated(batch_facts.readings, config.sources, rule, cart, batch_facts.now)


def dated_opt_in(said_at: datetime | None) -> datetime | None:
    """Returns the time of an opt-in, None if `said_at` stands for an undated one."""
    return None if said_at == UNDATED else said_at
