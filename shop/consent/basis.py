"""May this person be mailed? What was said about it, and what it comes to.

A no stands until that same person gives a newer, dated yes. An undated yes, as imports and
platform flags give it, never lifts a no.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.db import changed_customers
from shop.db.cached_insert import Insert
from shop.db.upsert import SOME, Row, add_new, insert_into, table_of
from shop.identity.customers import email_key, one_writer
from shop.identity.merge import present
from shop.tables import Basis, BasisStatement, Identity
from shop.types.moment import Moment

EMAIL = "e-mail"
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
UNSAID = ""  # evidence of a silence, which withdraws a word but is none itself
MANY = 500  # people settled by one statement
WHO = ("source", "external_id", "channel")


class Says(StrEnum):
    YES = "yes"
    NO = "no"
    NONE = "none"


def record(connection: Connection, statements: Sequence[Row]) -> None:
    """Add what is new. A dated statement is new once; an undated one when the word changes."""
    if not statements:
        return
    told, latest = _told(connection, statements)
    new = [
        row
        for row in statements
        if (
            latest.get(_who(row), _silence(row)) != row["says"]
            if row["said_at"] == UNDATED
            else _key(row) not in told
        )
    ]
    add_new(connection, BasisStatement, new)


def _silence(row: Row) -> str | None:
    return Says.NONE.value if row["evidence"] == UNSAID else None


Who = tuple[str, str, str]


def _told(
    connection: Connection, statements: Sequence[Row]
) -> tuple[set[tuple[Who, str, datetime]], dict[Who, str]]:
    """What these identities said before: all that is dated, and the last word that is not."""
    theirs = {
        "sources": list({row["source"] for row in statements}),
        "some": list({row["external_id"] for row in statements}),
    }
    before = connection.execute(_before(), theirs).mappings()
    dated: set[tuple[Who, str, datetime]] = set()
    latest: dict[Who, str] = {}
    for row in before:
        latest[_who(row)] = row["says"]
        if row["said_at"] != UNDATED:
            dated.add(_key(row))
    return dated, latest


@cache
def _before() -> Select[Any]:
    table = table_of(BasisStatement)
    return (
        select(*(table.c[name] for name in (*WHO, "says", "said_at")))
        .where(
            table.c.source.in_(bindparam("sources", expanding=True)),
            table.c.external_id.in_(SOME),
        )
        .order_by(table.c.id)
    )


def _who(row: Row | RowMapping) -> Who:
    return row["source"], row["external_id"], row["channel"]


def _key(row: Row | RowMapping) -> tuple[Who, str, datetime]:
    return _who(row), row["says"], row["said_at"]


@dataclass(frozen=True)
class Said:
    """What somebody told us themselves."""

    customer: int
    says: Says
    at: datetime
    evidence: str
    wording: str | None
    actor: str
    source: str


def record_words(connection: Connection, said: Sequence[Said]) -> None:
    """What was told, of whoever these people are today; settled once for all of them."""
    one_writer(connection)  # a sync at the same time must not settle them by what it knew before
    rows = [_as_row(one, today) for one in said if (today := present(connection, one.customer))]
    add_new(connection, BasisStatement, rows)
    people = sorted({row["customer_id"] for row in rows})
    for start in range(0, len(people), MANY):
        settle(connection, people[start : start + MANY])
    changed_customers.mark(connection, people)


def record_word(  # noqa: PLR0913 - all that must be known of it, by name only
    connection: Connection,
    customer: int,
    *,
    says: Says,
    at: datetime,
    evidence: str,
    wording: str | None,
    actor: str,
    source: str,
) -> int | None:
    """The same of one; who they are today, or None where nobody knows them."""
    record_words(connection, [Said(customer, says, at, evidence, wording, actor, source)])
    return present(connection, customer)


def _as_row(said: Said, customer: int) -> dict[str, Any]:
    return {
        "customer_id": customer, "source": said.source, "external_id": f"customer {said.customer}",
        "channel": EMAIL, "says": said.says.value, "said_at": said.at, "recorded_at": said.at,
        "evidence": said.evidence, "wording": said.wording, "actor": said.actor,
    }  # fmt: skip


@dataclass(frozen=True)
class Word:
    """Something that was once said about mailing somebody."""

    says: Says
    said_at: datetime | None  # None where the source gives no date
    recorded_at: datetime
    evidence: str
    wording: str | None
    actor: str
    source: str
    decides: bool  # what holds today follows from this one


def history(connection: Connection, customer: int) -> list[Word]:
    """All that was said, in the order in which we heard of it."""
    return [
        Word(Says(says), None if at == UNDATED else at, *rest)
        for says, at, *rest in connection.execute(_words(), {"customer": customer})
    ]


@cache
def _words() -> Select[Any]:
    said, now = table_of(BasisStatement), table_of(Basis)
    customer: BindParameter[int] = bindparam("customer")
    decides = and_(now.c.customer_id == customer, now.c.statement_id == said.c.id)
    columns = ("says", "said_at", "recorded_at", "evidence", "wording", "actor", "source")
    return (
        select(*(said.c[name] for name in columns), now.c.statement_id.is_not(None))
        .outerjoin_from(said, now, decides)
        .where(said.c.customer_id == customer, said.c.channel == EMAIL)
        .order_by(said.c.recorded_at, said.c.id)
    )


def said_no_since(connection: Connection, address: str, since: datetime) -> bool:
    """Whether a no of whoever has this address is newer; without a date, since we heard of it."""
    known = {"address": email_key(address), "since": since}
    return connection.scalar(_noes_since(), known) is not None


@cache
def _noes_since() -> Select[tuple[int | None]]:
    said = aliased(BasisStatement)
    here = col(Identity.email_key) == bindparam("address")
    newer = select(col(said.id)).where(
        col(said.customer_id).in_(select(col(Identity.customer_id)).where(here)),
        col(said.channel) == EMAIL,
        col(said.says) == Says.NO.value,
        _counts_from(said) > bindparam("since"),
    )
    return newer.limit(1)


def settle(connection: Connection, customers: Collection[int]) -> None:
    """Work out anew what the statements about these customers come to."""
    if customers:
        connection.execute(_settling(), {"some": list(customers)})


@cache
def _settling() -> Insert:
    columns = ["customer_id", "channel", "state", "statement_id"]
    statement = insert_into(Basis)
    new = statement.excluded
    return statement.from_select(columns, _come_to()).on_conflict_do_update(
        index_elements=["customer_id", "channel"],
        set_={"state": new.state, "statement_id": new.statement_id},
    )


def _come_to() -> Select[tuple[int, str, str, int | None]]:
    """One row a customer: the newest no against the newest yes that still holds."""
    latest = _latest().cte("latest")
    yes_wins = and_(
        latest.c.yes_at.is_not(None),
        or_(latest.c.no_at.is_(None), latest.c.yes_at > latest.c.no_at),
    )
    state = case(
        (yes_wins, literal(Says.YES.value)),
        (latest.c.no_at.is_not(None), literal(Says.NO.value)),
        else_=literal(Says.NONE.value),
    )
    customer = latest.c.customer_id
    winner = case(
        (yes_wins, _told_at(customer, Says.YES, latest.c.yes_at)),
        else_=_told_at(customer, Says.NO, latest.c.no_at),
    )
    # SQLite cannot tell ON CONFLICT from a join's ON without a WHERE.
    return select(latest.c.customer_id, literal(EMAIL), state, winner).where(literal(1) == 1)


def _latest() -> Select[Any]:
    said = aliased(BasisStatement)
    no = col(said.says) == Says.NO.value
    yes = and_(col(said.says) == Says.YES.value, ~_withdrawn(said))
    at = _counts_from(said)
    return (
        select(
            col(said.customer_id).label("customer_id"),
            func.max(case((no, at))).label("no_at"),
            func.max(case((yes, at))).label("yes_at"),
        )
        .where(col(said.customer_id).in_(SOME), col(said.channel) == EMAIL)
        .group_by(col(said.customer_id))
    )


def _counts_from(said: type[BasisStatement]) -> ColumnElement[datetime]:
    """An undated no counts from when we heard of it, an undated yes from before any no."""
    undated_no = and_(col(said.says) == Says.NO.value, col(said.said_at) == UNDATED)
    return type_coerce(case((undated_no, col(said.recorded_at)), else_=col(said.said_at)), Moment)


def _told_at(customer: Any, says: Says, at: Any) -> ColumnElement[int | None]:
    """The statement that said it then: what is quoted is what decides."""
    said = aliased(BasisStatement)
    return (
        select(func.max(col(said.id)))
        .where(
            col(said.customer_id) == customer,
            col(said.channel) == EMAIL,
            col(said.says) == says.value,
            _counts_from(said) == at,
        )
        .scalar_subquery()
    )


def _withdrawn(said: type[BasisStatement]) -> ColumnElement[bool]:
    """The source that once said yes now says nothing."""
    later = aliased(BasisStatement)
    return (
        select(col(later.id))
        .where(
            col(later.source) == col(said.source),
            col(later.external_id) == col(said.external_id),
            col(later.channel) == col(said.channel),
            col(later.says) == Says.NONE.value,
            or_(
                _when(later) > _when(said),
                and_(_when(later) == _when(said), _told_after(later, said)),
            ),
        )
        .exists()
    )


def _when(said: type[BasisStatement]) -> ColumnElement[datetime]:
    """Its own date, else when we heard of it."""
    undated = col(said.said_at) == UNDATED
    return type_coerce(case((undated, col(said.recorded_at)), else_=col(said.said_at)), Moment)


def _told_after(later: type[BasisStatement], said: type[BasisStatement]) -> ColumnElement[bool]:
    """Of two dated alike the silence counts; of two without a date the one told last."""
    return or_(col(said.said_at) != UNDATED, col(later.id) > col(said.id))
