"""Mails that wait for the owner's approval: list, approve, decline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, update
from sqlmodel import col

from engine.message_states import State
from engine.messages.approval_limit import IS_HELD
from engine.messages.correction import is_correction_rule
from engine.messages.leases import BATCH_SIZE, release_messages
from engine.messages.settle import settle_messages
from engine.messages.settlement import Settlement
from engine.open.open_shop import OpenShop
from engine.owner.approval_decisions import (
    DecidedBy,
    Decision,
    DecisionOrigin,
    find_decisions,
    record_decisions,
)
from engine.owner.approval_outlook import Outlook, find_refusals
from engine.tick_context import context_of_last_tick
from shop.consent.basis import EMAIL, ConsentValue
from shop.consent.suppressions import is_suppressed
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Basis, Customer, Message, Suppression
from shop.types.person_name import full_name
from templates.language import ENGLISH

SHORT_ID = 8  # characters of an id that are shown
MIN_ID = 6
ID_PREFIX = re.compile(rf"[0-9a-f]{{{MIN_ID},32}}")


@dataclass(frozen=True)
class PendingMail:
    """A mail that waits for approval; after `until` it is dropped."""

    id: str
    rule: str
    customer_id: int
    customer: str
    template: str
    why: str
    since: datetime
    until: datetime


@dataclass
class ApprovalResult:
    """The ids of the mails that were handled, and a sentence for each refused identifier.

    `dropped` are the mails that were to be approved but can no longer go, by id: they are settled
    as delivery would settle them.
    """

    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    dropped: dict[str, Outlook] = field(default_factory=dict)


def pending_mails(
    connection: Connection, *, rule: str | None = None, limit: int | None = None
) -> list[PendingMail]:
    """Returns the mails that wait for approval, oldest first; none to customers who get nothing.

    Of one `rule`, and the oldest `limit` of them, where these are given.
    """
    query = _listing_query().where(~gets_nothing())
    if rule is not None:
        query = query.where(col(Message.rule) == rule)
    return [_to_pending(row) for row in connection.execute(query.limit(limit))]


def count_pending(connection: Connection) -> dict[str, int]:
    """Returns how many mails wait for approval, by rule; as many as `pending_mails` returns."""
    query = (
        select(col(Message.rule), func.count())
        .join(Customer, col(Customer.id) == col(Message.customer_id))
        .where(IS_HELD, ~gets_nothing())
        .group_by(col(Message.rule))
        .order_by(func.min(col(Message.created_at)), col(Message.rule))
    )
    return dict(connection.execute(query).tuples().all())


def pending_ids(rule: str) -> Select[tuple[str]]:
    """Returns the query for the ids of the mails of `rule` that `pending_mails` returns."""
    query = select(col(Message.id)).join(Customer, col(Customer.id) == col(Message.customer_id))
    return query.where(IS_HELD, ~gets_nothing(), col(Message.rule) == rule)


def mails_without_recipient(connection: Connection, *, limit: int) -> list[PendingMail]:
    """Returns the oldest waiting mails whose customers get nothing any more."""
    query = _listing_query().where(gets_nothing()).limit(limit)
    return [_to_pending(row) for row in connection.execute(query)]


def find_pending(connection: Connection, message_id: str) -> PendingMail | None:
    """Returns a mail that waits for approval, also to a customer who gets nothing."""
    row = connection.execute(_listing_query().where(col(Message.id) == message_id)).first()
    return None if row is None else _to_pending(row)


def _listing_query() -> Select[Any]:
    return (
        select(
            col(Message.id), col(Message.rule), col(Message.template), col(Message.approve_first),
            col(Message.created_at), col(Message.deadline), col(Message.approve_until),
            col(Message.customer_id), col(Customer.first_name), col(Customer.last_name),
            col(Customer.email),
        )
        .join(Customer, col(Customer.id) == col(Message.customer_id))
        .where(IS_HELD)
        .order_by(col(Message.created_at), col(Message.rule), col(Message.id))
    )  # fmt: skip


def gets_nothing() -> ColumnElement[bool]:
    """The gate would refuse it, whatever the owner says."""
    suppressed = select(col(Suppression.address)).where(
        col(Suppression.address) == col(Customer.email_key), is_suppressed()
    )
    opted_out = select(col(Basis.customer_id)).where(
        col(Basis.customer_id) == col(Customer.id),
        col(Basis.channel) == EMAIL,
        col(Basis.state).in_([ConsentValue.NO.value, ConsentValue.UNREAD.value]),
    )
    return or_(suppressed.exists(), opted_out.exists())


def _to_pending(row: Any) -> PendingMail:
    name = full_name(row.first_name, row.last_name)
    customer = name or row.email or ""
    return PendingMail(
        row.id,
        row.rule,
        row.customer_id,
        customer,
        row.template,
        _approval_reason(row),
        row.created_at,
        approval_deadline(row),
    )


def approval_deadline(mail: Any) -> datetime:
    """Returns the last time at which `mail` (a row or a message) can be approved."""
    deadline: datetime = mail.deadline
    return min(deadline, mail.approve_until or deadline)


def _approval_reason(row: Any) -> str:
    if is_correction_rule(row.rule):
        return "oops"
    if row.approve_until is not None:
        return "approve within"
    return "approve first" if row.approve_first else "ask me above"


def approve_mails(
    shop: OpenShop,
    identifiers: Sequence[str] | None,
    *,
    now: datetime,
    by: DecidedBy = DecidedBy.COMMAND,
) -> ApprovalResult:
    """Queue the mails that `identifiers` name (rules or id prefixes), or all; the gate still
    applies.

    Returns the approved ids and the refusals: too late, unknown, ambiguous or not waiting. A mail
    that can no longer go, as its customer has unsubscribed or come back, is dropped.
    """
    # Asked while the mails are not locked: of many mails it takes seconds.
    with read_transaction(shop.engine) as connection:
        ids = [mail.id for mail in _select_mails(connection, shop, identifiers)[0]]
    with read_transaction(shop.engine) as connection:
        refusals = find_refusals(connection, shop, ids, now=now)
    with write_transaction(shop.engine) as connection:
        mails, outcome = _select_mails(connection, shop, identifiers)
        approve_selected(connection, shop, mails, outcome, refusals, DecisionOrigin(by, now))
    return outcome


def approve_selected(
    connection: Connection,
    shop: OpenShop,
    mails: Iterable[Any],
    outcome: ApprovalResult,
    refusals: Mapping[str, Outlook],
    origin: DecisionOrigin,
) -> None:
    """Queue `mails`, rows of `select_held`, but for those that are too late or in `refusals`.

    What became of them is added to `outcome`.
    """
    for mail in mails:
        if approval_deadline(mail) < origin.at:
            outcome.refused.append(_too_late_text(mail, shop))
        elif mail.id in refusals:
            outcome.dropped[mail.id] = refusals[mail.id]
        else:
            outcome.done.append(mail.id)
    for ids in _batches(outcome.done):
        release_messages(connection, ids)
        _mark_approved(connection, ids)
        record_decisions(connection, ids, Decision.APPROVED, origin)
    _drop(connection, shop, outcome.dropped, origin.at)


def _drop(
    connection: Connection, shop: OpenShop, dropped: Mapping[str, Outlook], now: datetime
) -> None:
    context = context_of_last_tick(connection, now)
    for ids in _batches(list(dropped)):
        skipped = [Settlement(id_, State.SKIPPED, dropped[id_].reason) for id_ in ids]
        settle_messages(connection, shop.config, skipped, context)


def decline_mails(
    shop: OpenShop,
    identifiers: Sequence[str],
    *,
    because: str,
    now: datetime,
    by: DecidedBy = DecidedBy.COMMAND,
) -> ApprovalResult:
    """Decline the mails that `identifiers` name and end their enrolments, with the reason
    `because`.
    """
    with write_transaction(shop.engine) as connection:
        mails, outcome = _select_mails(connection, shop, identifiers)
        decline_selected(connection, shop, mails, outcome, because, DecisionOrigin(by, now))
    return outcome


def decline_selected(
    connection: Connection,
    shop: OpenShop,
    mails: Iterable[Any],
    outcome: ApprovalResult,
    because: str,
    origin: DecisionOrigin,
) -> None:
    """Decline `mails`, rows of `select_held`, and add their ids to `outcome`."""
    reason = ": ".join(text for text in (State.DECLINED.value, " ".join(because.split())) if text)
    outcome.done = [mail.id for mail in mails]
    context = context_of_last_tick(connection, origin.at)
    for ids in _batches(outcome.done):
        declined = [Settlement(mail, State.DECLINED, reason) for mail in ids]
        settle_messages(connection, shop.config, declined, context)
        _mark_approved(connection, ids)
        record_decisions(connection, ids, Decision.DECLINED, origin)


def select_held(connection: Connection, condition: ColumnElement[bool]) -> Sequence[Any]:
    """Returns the waiting mails that a `condition` on messages selects, and locks them."""
    return connection.execute(_held_query().where(condition)).all()


def _mark_approved(connection: Connection, ids: Sequence[str]) -> None:
    """They no longer count towards `ask me above`."""
    approved = col(Message.id).in_(ids)
    connection.execute(update(Message).where(approved).values(approve_first=True))


def _select_mails(
    connection: Connection, shop: OpenShop, identifiers: Sequence[str] | None
) -> tuple[list[Any], ApprovalResult]:
    """Each waiting mail that the identifiers name, once; all of them where there are no
    identifiers.
    """
    if identifiers is None:
        return list(connection.execute(_held_query())), ApprovalResult()
    mails: dict[str, Any] = {}
    outcome = ApprovalResult()
    for identifier in dict.fromkeys(identifiers):
        rows = connection.execute(_held_query().where(col(Message.rule) == identifier)).all()
        if not rows and identifier in shop.config.rules:
            outcome.refused.append(f"No mail of {identifier} waits for your word.")
        elif not rows:
            rows, refused = _find_by_id(connection, shop, identifier)
            outcome.refused += refused
        mails |= {row.id: row for row in rows}
    return list(mails.values()), outcome


def _find_by_id(
    connection: Connection, shop: OpenShop, identifier: str
) -> tuple[Sequence[Any], list[str]]:
    """The mail with this id prefix, or why there is none to decide about."""
    prefix_match = (
        col(Message.id).startswith(identifier) if ID_PREFIX.fullmatch(identifier) else None
    )
    rows = (
        []
        if prefix_match is None
        else connection.execute(_mail_query().where(prefix_match).limit(2)).all()
    )
    if not rows:
        return [], [
            f"{identifier} is neither a rule nor a mail that waits. They are in: regulars waiting"
        ]
    if len(rows) > 1:
        return [], [f"Several mails begin with {identifier}. Write more of it."]
    if rows[0].state != State.AWAITING_APPROVAL:
        return [], [_not_waiting_text(connection, shop, identifier, rows[0])]
    return rows, []


def _not_waiting_text(connection: Connection, shop: OpenShop, identifier: str, mail: Any) -> str:
    """Says who was first, where that is known."""
    earlier = find_decisions(connection, [mail.id]).get(mail.id)
    state = f"{identifier} does not wait for your word: it is {mail.state}"
    if earlier is None:
        return f"{state}."
    return f"{state}, {earlier.sentence_part(shop.config.shop.zone)}."


def _mail_query() -> Select[Any]:
    """Locks the rows against a delivery that would take them at the same time."""
    columns = (
        col(Message.id), col(Message.rule), col(Message.state), col(Message.deadline),
        col(Message.approve_until),
    )  # fmt: skip
    return select(*columns).with_for_update()


def _held_query() -> Select[Any]:
    return _mail_query().where(IS_HELD).order_by(col(Message.created_at), col(Message.id))


def _too_late_text(mail: Any, shop: OpenShop) -> str:
    permission = "be approved" if approval_deadline(mail) == mail.approve_until else "go"
    deadline = approval_deadline(mail).astimezone(shop.config.shop.zone)
    return (
        f"{mail.id[:SHORT_ID]} of {mail.rule} could {permission} until "
        f"{ENGLISH.date_and_time(deadline)}: it is too late for it, and the next run drops "
        "it."
    )


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + BATCH_SIZE] for start in range(0, len(ids), BATCH_SIZE))
