"""Gathering, for a batch of messages, what decides about them and what they are written from."""

from __future__ import annotations

from calendar import month_name
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, and_, bindparam, select
from sqlmodel import col

from engine.config.owner_config import OwnersFile
from engine.delivery.mail_text import reason_line, shop_facts
from engine.delivery.purchases import carts_of, favourites_of
from engine.message_states import ACCEPTED, State
from engine.messages.correction import corrects, mistake_of
from engine.messages.find_corrections import needless
from loyalty.balances import Standing, standings
from mail.gate.gate import Case
from mail.render.facts import (
    AnswerFacts,
    BirthdayFacts,
    CartFacts,
    CustomerFacts,
    Facts,
    PointsFacts,
)
from settings.values import Length
from shop.consent.basis import EMAIL, UNDATED
from shop.consent.existing_customer import Term, evidence, state_of, terms
from shop.consent.suppressions import suppressed
from shop.db.timezones import zone_of
from shop.db.upsert import REMEMBERED, SOME
from shop.tables import (
    Answer,
    Basis,
    BasisStatement,
    Cart,
    Customer,
    Enrolment,
    Message,
    Metrics,
    Suppression,
)
from shop.types.purpose import Pace, Purpose
from triggers.event_defaults import MANNERS
from triggers.stop import Ending, ending, over, reason
from triggers.trigger import VouchedAt, bought_from

WENT = ACCEPTED | {State.SENDING, State.IN_DOUBT}
REHEARSED = WENT | {State.REHEARSED}


@dataclass(frozen=True)
class Known:
    """What is known of the people of a batch, each gathered in one reading."""

    favourites: Mapping[int, str]
    carts: Mapping[int, CartFacts]
    points: Mapping[int, PointsFacts]
    existing: Mapping[int, str]  # why they are existing customers, those who are


@dataclass(frozen=True)
class Wanted:
    """One message with all that is known about its sending; its letter lacks only its link."""

    id: str
    rule: str
    step: str
    template: str
    email: str | None
    case: Case
    customer_id: int
    facts: Facts
    words: str  # the owner's `with`, as JSON
    evidence: str


def gather(
    connection: Connection,
    file: OwnersFile,
    ids: Sequence[str],
    *,
    now: datetime,
    rehearsing: bool,
) -> list[Wanted]:
    """In the order of `ids`. A rehearsal fills nobody's mailbox, so it counts in rehearsals."""
    rows = {row.id: row for row in _rows(connection, file, ids, now)}
    people = {row.customer_id for row in rows.values()}
    passed = _passed(connection, file, rows.values())
    went = _received(connection, file, people, now, REHEARSED if rehearsing else WENT)
    known = Known(
        favourites=favourites_of(connection, people),
        carts=carts_of(connection, {row.cart_id for row in rows.values() if row.cart_id}),
        points=_points(connection, file, people, now),
        existing=evidence(connection, people, _terms(file), now),
    )
    return [
        Wanted(
            id=row.id,
            rule=row.rule,
            step=row.step,
            template=row.template,
            email=row.email,
            case=_case(file, row, passed.get(row.id), went[row.customer_id]),
            customer_id=row.customer_id,
            facts=_facts(file, row, known),
            words="{}" if corrects(row.rule) else row.extra,
            evidence=_evidence(row, known),
        )
        for row in (rows[one] for one in ids)
    ]


def _evidence(row: Row[Any], known: Known) -> str:
    """What the mail rests on: their own word, else the purchase the owner vouches for."""
    bought = known.existing.get(row.customer_id) if row.basis == "existing customer" else None
    found: str = bought or row.evidence or row.basis
    return found


def _facts(file: OwnersFile, row: Row[Any], known: Known) -> Facts:
    favourite = known.favourites.get(row.customer_id)
    return Facts(
        shop=shop_facts(file),
        customer=CustomerFacts(row.first_name, row.visits or 0, favourite),
        cart=known.carts.get(row.cart_id),
        points=known.points.get(row.customer_id),
        answer=_answer(file, row),
        birthday=_birthday(row),
        mistake=mistake_of(row.rule, row.extra),
        with_={},
        reason=reason_line(file, row.rule, row.basis, said_yes(row.said_at)),
        unsubscribe_url="",
    )


def _terms(file: OwnersFile) -> tuple[Term, ...]:
    return terms(file.consent, file.shop.country, file.shop.zone)


def _points(
    connection: Connection, file: OwnersFile, people: Collection[int], now: datetime
) -> dict[int, PointsFacts]:
    if file.loyalty is None:
        return {}
    zone = file.shop.zone
    found = standings(connection, people, file.loyalty.rewards, now=now, zone=zone)
    return {customer: _spoken(standing, zone) for customer, standing in found.items()}


def _spoken(standing: Standing, zone: ZoneInfo) -> PointsFacts:
    ends = standing.expires_at.astimezone(zone) if standing.expires_at else None
    return PointsFacts(
        balance=standing.balance,
        earned=standing.earned,
        expiring=standing.expiring,
        expires_on=f"{ends.day} {ends:%B}" if ends else None,
        reward=standing.enough_for or standing.next_reward,
        missing=0 if standing.enough_for else standing.missing,
    )


def _answer(file: OwnersFile, row: Row[Any]) -> AnswerFacts | None:
    if row.answered_at is None:
        return None
    day = f"{row.answered_at.astimezone(file.shop.zone):%A}"
    return AnswerFacts(words=row.said, csat=row.csat, nps=row.nps, day=day)


def _birthday(row: Row[Any]) -> BirthdayFacts | None:
    """1990-03-14 and --03-14 are both 14 March."""
    if row.birthday is None:
        return None
    month, day = row.birthday[-5:].split("-")
    return BirthdayFacts(f"{int(day)} {month_name[int(month)]}")


def _rows(
    connection: Connection, file: OwnersFile, ids: Sequence[str], now: datetime
) -> Iterable[Row[Any]]:
    vouched = {one.channel: one.covers_from(now) for one in _terms(file)}
    given = {bought_from(channel).key: earliest for channel, earliest in vouched.items()}
    asked = _messages(*(VouchedAt(channel) for channel in vouched))
    return connection.execute(asked, {"some": ids, "now": now} | given)


@cache
def _messages(*vouched: VouchedAt) -> Select[Any]:
    state = state_of(col(Customer.id), col(Basis.state), vouched, bindparam("now"))
    theirs = and_(col(Basis.customer_id) == col(Message.customer_id), col(Basis.channel) == EMAIL)
    return (
        select(
            col(Message.id), col(Message.rule), col(Message.template), col(Message.extra),
            col(Message.step),
            col(Message.purpose), col(Message.deadline), col(Message.customer_id),
            col(Message.enrolment_id), col(Enrolment.cart_id), col(Customer.email),
            col(Customer.first_name), col(Customer.timezone), state.label("basis"),
            col(BasisStatement.evidence), col(BasisStatement.said_at), col(Metrics.visits),
            col(Customer.birthday), col(Answer.answered_at), col(Answer.words).label("said"),
            col(Answer.csat), col(Answer.nps), col(Message.due_at), col(Message.attempts),
            col(Message.reason), col(Cart.left_at), col(Suppression.reason).label("suppressed"),
        )
        .join(Enrolment, col(Enrolment.id) == col(Message.enrolment_id))
        .join(Customer, col(Customer.id) == col(Message.customer_id))
        .outerjoin(Basis, theirs)
        .outerjoin(BasisStatement, col(BasisStatement.id) == col(Basis.statement_id))
        .outerjoin(Metrics, col(Metrics.customer_id) == col(Message.customer_id))
        .outerjoin(Suppression, and_(col(Suppression.address) == Customer.email_key, suppressed()))
        .outerjoin(Cart, col(Cart.id) == col(Enrolment.cart_id))
        .outerjoin(Answer, col(Answer.id) == col(Enrolment.answer_id))
        .where(col(Message.id).in_(SOME))
    )  # fmt: skip


def _passed(connection: Connection, file: OwnersFile, rows: Collection[Row[Any]]) -> dict[str, str]:
    """Why the reason of some mails is gone. A correction has one of its own."""
    over = _over(connection, file, rows)
    theirs = {row.id: row.enrolment_id for row in rows if not corrects(row.rule)}
    return needless(connection, rows) | {
        one: over[whose] for one, whose in theirs.items() if whose in over
    }


def _over(connection: Connection, file: OwnersFile, rows: Iterable[Row[Any]]) -> dict[int, str]:
    """Why enrolments must go no further, by enrolment."""
    by_rule: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_rule[row.rule].append(row.enrolment_id)
    found: dict[int, str] = {}
    for name, enrolments in by_rule.items():
        if rule := file.rules.get(name):
            asked = connection.execute(
                _ended(ending(rule, file.shop.currency)), {"some": enrolments}
            )
            found.update((one, why) for one, why in asked if one is not None)
    return found


@lru_cache(REMEMBERED)
def _ended(one: Ending) -> Select[Any]:
    asked = select(col(Enrolment.id), reason(one.rule))
    return asked.where(col(Enrolment.id).in_(SOME), over(one.rule, one.currency))


def _received(
    connection: Connection,
    file: OwnersFile,
    people: Collection[int],
    now: datetime,
    counted: Collection[State],
) -> dict[int, list[datetime]]:
    """When marketing mail last went to these people; their other mail uses nothing up."""
    went: dict[int, list[datetime]] = defaultdict(list)
    if cap := file.sending.no_more_than:
        given = {"some": list(people), "since": now - cap.per.elapsed}
        for row in connection.execute(_lately(), given):
            if row.state in counted and row.purpose == Purpose.MARKETING:
                went[row.customer_id].append(row.settled_at)
    return went


@cache
def _lately() -> Select[Any]:
    theirs = col(Message.customer_id).in_(SOME)
    return select(
        col(Message.customer_id),
        col(Message.settled_at),
        col(Message.state),
        col(Message.purpose),
    ).where(theirs, col(Message.settled_at) > bindparam("since"))


def _case(file: OwnersFile, row: Row[Any], passed: str | None, received: list[datetime]) -> Case:
    rule = file.rules.get(row.rule)
    return Case(
        purpose=Purpose(row.purpose),
        basis=row.basis,
        has_address=row.email is not None,
        over=passed,
        deadline=row.deadline,
        zone=zone_of(row.timezone) or file.shop.zone,
        received=received,
        due=row.due_at,
        pace=MANNERS[rule.when].pace if rule else Pace.AT_ONCE,
        suppressed=row.suppressed,
        left_at=None if corrects(row.rule) else row.left_at,
        left_for=rule.for_.elapsed if rule and isinstance(rule.for_, Length) else timedelta(0),
        corrects=corrects(row.rule),
        trouble=row.reason if row.attempts else None,
    )


def said_yes(said_at: datetime | None) -> datetime | None:
    """When, where it is known."""
    return None if said_at == UNDATED else said_at
