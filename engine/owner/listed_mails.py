"""Waiting mails as a page lists them: by rule, bounded; and decisions about those ticked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlmodel import col

from engine.inbound.complaints import MailedComplaint, list_complaints
from engine.messages.approval_limit import IS_HELD
from engine.messages.in_doubt import DoubtfulMail, list_doubtful
from engine.open.open_shop import OpenShop
from engine.owner.approval_decisions import (
    DecidedBy,
    Decision,
    DecisionOrigin,
    EarlierDecision,
    find_decisions,
)
from engine.owner.approval_outlook import Outlook, find_refusals, load_outlooks
from engine.owner.approvals import (
    ApprovalResult,
    PendingMail,
    approve_selected,
    count_pending,
    decline_selected,
    mails_without_recipient,
    pending_ids,
    pending_mails,
    select_held,
)
from shop.consent.suppressions import EventKind
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import IN_VALUES
from shop.identity.contacts import in_batches
from shop.tables import Message

PER_RULE = 20
OF_ONE_RULE = 200
MAX_OTHERS = 20  # of mails without recipients, complaints and doubts each


@dataclass(frozen=True)
class ListedMail:
    """A waiting mail, and what would become of it."""

    pending: PendingMail
    outlook: Outlook
    is_late: bool


@dataclass(frozen=True)
class RuleGroup:
    """The `waiting` mails of a rule, the oldest of them in `mails`; `seen` names this state."""

    rule: str
    waiting: int
    mails: Sequence[ListedMail]
    seen: str


@dataclass(frozen=True)
class WaitingList:
    """Everything that waits for the owner; the lists are bounded, the numbers are not."""

    waiting: int
    groups: Sequence[RuleGroup]
    unreachable: Sequence[ListedMail]
    complaints: Sequence[MailedComplaint]
    complaint_count: int
    doubtful: Sequence[DoubtfulMail]
    doubt_count: int


@dataclass(frozen=True)
class ListedResult:
    """What was decided; `earlier` are decisions that were made before, `gone` the other mails that
    no longer wait.
    """

    result: ApprovalResult
    earlier: Sequence[EarlierDecision] = field(default_factory=list)
    gone: int = 0


def load_waiting(
    connection: Connection, shop: OpenShop, *, now: datetime, rule: str | None = None
) -> WaitingList:
    """Returns what waits at `now`, of each rule the oldest, or more of one `rule`."""
    counts = count_pending(connection)
    limit = PER_RULE if rule is None else OF_ONE_RULE
    groups = [
        _group(connection, shop, name, limit, now=now)
        for name in counts
        if rule is None or name == rule
    ]
    unreachable = mails_without_recipient(connection, limit=MAX_OTHERS) if rule is None else []
    held = [
        complaint
        for complaint in list_complaints(connection)
        if complaint.kind is EventKind.HELD_COMPLAINT
    ]
    doubtful = list_doubtful(connection)
    return WaitingList(
        sum(counts.values()),
        groups,
        _listed(connection, shop, unreachable, now),
        held[:MAX_OTHERS],
        len(held),
        doubtful[:MAX_OTHERS],
        len(doubtful),
    )


def count_waiting(connection: Connection) -> int:
    """Returns how many mails wait for approval."""
    return sum(count_pending(connection).values())


def decide_listed(
    shop: OpenShop,
    message_ids: Sequence[str],
    decision: Decision,
    *,
    because: str = "",
    now: datetime,
) -> ListedResult:
    """Decides about those of `message_ids`, whole ids, that still wait."""
    ids = list(dict.fromkeys(message_ids))
    refusals = {}
    if decision is Decision.APPROVED:
        with read_transaction(shop.engine) as connection:
            refusals = find_refusals(connection, shop, _still_held(connection, ids), now=now)
    with write_transaction(shop.engine) as connection:
        mails = [
            mail
            for batch in in_batches(ids)
            for mail in select_held(connection, col(Message.id).in_(batch))
        ]
        result, origin = ApprovalResult(), DecisionOrigin(DecidedBy.PAGE, now)
        missing = set(ids) - {mail.id for mail in mails}
        earlier = find_decisions(connection, sorted(missing))
        if decision is Decision.APPROVED:
            approve_selected(connection, shop, mails, result, refusals, origin)
        else:
            decline_selected(connection, shop, mails, result, because, origin)
    return ListedResult(result, list(earlier.values()), len(missing) - len(earlier))


def seen_ids(connection: Connection, rule: str, seen: str) -> list[str] | None:
    """Returns the ids of the waiting mails of `rule`; None where they are not those of `seen`."""
    if seen != seen_state(connection, rule):
        return None
    return list(connection.scalars(pending_ids(rule)))


def seen_state(connection: Connection, rule: str) -> str:
    """Returns what tells whether the mails of `rule` are those that a page has shown."""
    columns = (func.count(), func.min(col(Message.created_at)), func.max(col(Message.created_at)))
    row = connection.execute(pending_ids(rule).with_only_columns(*columns)).one()
    return "/".join(
        str(part.timestamp()) if part and i else str(part) for i, part in enumerate(row)
    )


def _still_held(connection: Connection, ids: Sequence[str]) -> list[str]:
    query = select(col(Message.id)).where(IS_HELD, col(Message.id).in_(IN_VALUES))
    batches = in_batches(ids)
    return [id_ for batch in batches for id_ in connection.scalars(query, {"values": batch})]


def _group(
    connection: Connection, shop: OpenShop, rule: str, limit: int, *, now: datetime
) -> RuleGroup:
    mails = _listed(connection, shop, pending_mails(connection, rule=rule, limit=limit), now)
    seen = seen_state(connection, rule)
    return RuleGroup(rule, int(seen.partition("/")[0]), mails, seen)


def _listed(
    connection: Connection, shop: OpenShop, mails: Sequence[PendingMail], now: datetime
) -> list[ListedMail]:
    outlooks = load_outlooks(connection, shop, [mail.id for mail in mails], now=now)
    return [ListedMail(mail, outlooks[mail.id], mail.until < now) for mail in mails]
