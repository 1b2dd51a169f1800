"""Links of the morning letter, by which the owner decides about the mails that the letter named.

A link is about the mails of one rule that waited when the letter was written, and no later one. It
decides once, within VALIDITY. Its token says nothing but its id.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Select, delete, func, literal, select, update
from sqlmodel import col

from engine.message_states import State
from engine.messages.approval_limit import IS_HELD
from engine.open.open_shop import OpenShop
from engine.owner.approval_decisions import (
    DecidedBy,
    Decision,
    DecisionOrigin,
    EarlierDecision,
    find_decisions,
)
from engine.owner.approval_outlook import find_refusals
from engine.owner.approvals import (
    ApprovalResult,
    approve_selected,
    count_pending,
    decline_selected,
    pending_ids,
    pending_mails,
    select_held,
)
from mail.message.signed_links import approval_token, approval_url, read_approval_token
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import insert_into, insert_missing
from shop.tables import ApprovalLink, ApprovalLinkMessage, Customer, Message
from shop.types.person_name import is_shaped_like_a_name

VALIDITY = timedelta(hours=24)  # the next letter brings new links for what still waits
KEPT_FOR = timedelta(days=30)  # as long a used or expired link says so
MAX_RULES = 10  # rules that get a link in one letter
MAX_NAMES = 3  # customers that the letter names, and whose mails the link shows
NAMELESS = "somebody"
MAX_PEOPLE = 10  # more in one letter need the passcode


@dataclass(frozen=True)
class LetterLink:
    """What the letter says of one rule: its waiting mails, and the link; `url` may be empty."""

    rule: str
    mails: int
    names: Sequence[str]
    url: str = ""


class LinkState(StrEnum):
    """Whether a link can still decide."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    NOTHING_WAITS = "nothing waits"


@dataclass(frozen=True)
class OpenedLink:
    """A link as its page shows it.

    `mails` were in the letter, `waiting` of them still wait; `shown` are the ids of the first of
    the letter that do. `earlier` is the last decision about one of them that was made elsewhere.
    """

    id: str
    state: LinkState
    rule: str = ""
    needs_passcode: bool = False
    mails: int = 0
    waiting: int = 0
    shown: Sequence[str] = ()
    expires_at: datetime | None = None
    decision: Decision | None = None
    decided_at: datetime | None = None
    earlier: EarlierDecision | None = None


@dataclass(frozen=True)
class LinkUse:
    """The `link` as it was when it was used; `result` is empty unless it was open."""

    link: OpenedLink
    result: ApprovalResult = field(default_factory=ApprovalResult)


def describe_pending(connection: Connection) -> list[LetterLink]:
    """Returns what the letter says of each rule with waiting mails, without links."""
    return [_describe(connection, rule, mails) for rule, mails in count_pending(connection).items()]


def create_links(shop: OpenShop, *, now: datetime) -> list[LetterLink]:
    """Returns the same with new links for the first MAX_RULES rules.

    Without a public address there are no links: the pages could not be reached.
    """
    address = shop.config.shop.public_address
    with write_transaction(shop.engine) as connection:
        pending = describe_pending(connection)
        if address is None:
            return pending
        _delete_old(connection, now)
        are_many = sum(entry.mails for entry in pending) > _max_people(connection, shop)
        linked = []
        for entry in pending[:MAX_RULES]:
            link_id = _create(connection, entry.rule, are_many=are_many, now=now)
            url = approval_url(address, approval_token(shop.secret, link_id))
            linked.append(LetterLink(entry.rule, entry.mails, entry.names, url))
        return [*linked, *pending[MAX_RULES:]]


def open_link(shop: OpenShop, token: str, *, now: datetime) -> OpenedLink | None:
    """Returns the link that `token` stands for; None where this shop has not signed it."""
    link_id = read_approval_token(shop.secret, token)
    if link_id is None:
        return None
    with read_transaction(shop.engine) as connection:
        return _load(connection, link_id, now)


def use_link(shop: OpenShop, link: OpenedLink, decision: Decision, *, now: datetime) -> LinkUse:
    """Decides about all mails of `link` that still wait, once; of two at a time the second is
    told.
    """
    refusals = {}
    if decision is Decision.APPROVED:
        with read_transaction(shop.engine) as connection:
            ids = connection.scalars(select(col(Message.id)).where(_is_waiting(link.id))).all()
            refusals = find_refusals(connection, shop, ids, now=now)
    with write_transaction(shop.engine) as connection:
        _lock(connection, link.id)
        current = _load(connection, link.id, now)
        if current.state is not LinkState.OPEN:
            return LinkUse(current)
        result = ApprovalResult()
        mails = select_held(connection, _is_of_link(link.id))
        origin = DecisionOrigin(DecidedBy.LINK, now)
        if decision is Decision.APPROVED:
            approve_selected(connection, shop, mails, result, refusals, origin)
        else:
            decline_selected(connection, shop, mails, result, "", origin)
        used = update(ApprovalLink).where(col(ApprovalLink.id) == link.id)
        connection.execute(used.values(decision=decision.value, decided_at=now))
    return LinkUse(current, result)


def _describe(connection: Connection, rule: str, mails: int) -> LetterLink:
    first = pending_mails(connection, rule=rule, limit=MAX_NAMES)
    return LetterLink(rule, mails, [letter_name(mail.customer) for mail in first])


def letter_name(customer: str) -> str:
    """Returns the name of a `customer` for the letter: no address, and no name that a mail program
    would turn into a link.
    """
    return customer if is_shaped_like_a_name(customer) else NAMELESS


def _max_people(connection: Connection, shop: OpenShop) -> int:
    """The owner may have allowed fewer without being asked."""
    customers = connection.scalar(select(func.count()).select_from(Customer)) or 0
    return min(MAX_PEOPLE, shop.config.sending.ask_me_above.limit(customers))


def _create(connection: Connection, rule: str, *, are_many: bool, now: datetime) -> str:
    link_id = secrets.token_hex(12)
    link = {
        "id": link_id, "rule": rule, "needs_passcode": are_many or _promises(connection, rule),
        "created_at": now, "expires_at": now + VALIDITY, "decision": None, "decided_at": None,
    }  # fmt: skip
    insert_missing(connection, ApprovalLink, [link])
    ids = pending_ids(rule).add_columns(literal(link_id))
    connection.execute(insert_into(ApprovalLinkMessage).from_select(["message_id", "link_id"], ids))
    return link_id


def _promises(connection: Connection, rule: str) -> bool:
    """Whether one of its waiting mails gives something away: a treat or a code under `with`."""
    query = select(col(Message.id)).where(
        IS_HELD, col(Message.rule) == rule, col(Message.extra) != "{}"
    )
    return connection.scalar(query.limit(1)) is not None


def _delete_old(connection: Connection, now: datetime) -> None:
    old = select(col(ApprovalLink.id)).where(col(ApprovalLink.expires_at) < now - KEPT_FOR)
    of_old = col(ApprovalLinkMessage.link_id).in_(old)
    connection.execute(delete(ApprovalLinkMessage).where(of_old))
    connection.execute(delete(ApprovalLink).where(col(ApprovalLink.id).in_(old)))


def _lock(connection: Connection, link_id: str) -> None:
    query = select(col(ApprovalLink.id)).where(col(ApprovalLink.id) == link_id)
    connection.execute(query.with_for_update())


def _load(connection: Connection, link_id: str, now: datetime) -> OpenedLink:
    """A link that is no longer stored has expired long ago."""
    columns = (
        col(ApprovalLink.rule), col(ApprovalLink.needs_passcode), col(ApprovalLink.expires_at),
        col(ApprovalLink.decision), col(ApprovalLink.decided_at),
    )  # fmt: skip
    row = connection.execute(select(*columns).where(col(ApprovalLink.id) == link_id)).first()
    if row is None:
        return OpenedLink(link_id, LinkState.EXPIRED)
    mails = _count(connection, _is_of_link(link_id))
    waiting = _count(connection, _is_waiting(link_id))
    return OpenedLink(
        link_id,
        _state(row.decision, row.expires_at, waiting, now),
        row.rule,
        row.needs_passcode,
        mails,
        waiting,
        _shown(connection, link_id),
        row.expires_at,
        Decision(row.decision) if row.decision else None,
        row.decided_at,
        _decided_elsewhere(connection, link_id) if waiting < mails else None,
    )


def _state(decision: str | None, expires_at: datetime, waiting: int, now: datetime) -> LinkState:
    if decision:
        return LinkState.USED
    if expires_at <= now:
        return LinkState.EXPIRED
    return LinkState.OPEN if waiting else LinkState.NOTHING_WAITS


def _shown(connection: Connection, link_id: str) -> list[str]:
    """Those of the mails that the letter named that still wait."""
    first = _first_query(link_id).limit(MAX_NAMES)
    return [
        id_ for id_, state in connection.execute(first) if state == State.AWAITING_APPROVAL.value
    ]


def _first_query(link_id: str) -> Select[tuple[str, str]]:
    query = select(col(Message.id), col(Message.state)).where(_is_of_link(link_id))
    return query.order_by(col(Message.created_at), col(Message.rule), col(Message.id))


def _decided_elsewhere(connection: Connection, link_id: str) -> EarlierDecision | None:
    decided = connection.scalars(
        select(col(Message.id)).where(_is_of_link(link_id), ~IS_HELD)
    ).all()
    decisions = find_decisions(connection, decided).values()
    return max(decisions, key=lambda decision: decision.at, default=None)


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(Message).where(condition)) or 0


def _is_waiting(link_id: str) -> ColumnElement[bool]:
    return IS_HELD & _is_of_link(link_id)


def _is_of_link(link_id: str) -> ColumnElement[bool]:
    of_link = select(col(ApprovalLinkMessage.message_id)).where(
        col(ApprovalLinkMessage.link_id) == link_id
    )
    return col(Message.id).in_(of_link)
