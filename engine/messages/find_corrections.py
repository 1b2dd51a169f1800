"""Finds corrections among messages, and those that are no longer needed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from engine.message_states import State
from engine.messages.correction import RULE_PREFIX, is_correction_rule
from shop.tables import Message

NOT_RECEIVED = "the mail that was a mistake did not arrive"
DUPLICATE = "the same customer gets another correction"
ID_LENGTH = 32  # characters of a message id
# A bounced mail was not read.
POSSIBLY_RECEIVED_STATES = frozenset(
    {State.SENT, State.DELIVERED, State.COMPLAINED, State.SENDING, State.IN_DOUBT}
)
APPROVED_STATES = frozenset({State.QUEUED, State.DEFERRED})
PENDING_STATES = APPROVED_STATES | {State.AWAITING_APPROVAL}


@dataclass(frozen=True)
class Correction:
    """A correction that its customer has received, or may still get."""

    id: str
    rule: str
    customer_id: int
    state: str
    mistake_sent_at: datetime  # when the corrected mail was sent
    covers_until: datetime  # mails sent until then are covered by it


def is_correction() -> ColumnElement[bool]:
    """Returns a condition on `Message`."""
    return col(Message.rule).startswith(RULE_PREFIX)


def corrected_message_id() -> ColumnElement[str]:
    """Returns an expression on a correction: the id of the mail it corrects."""
    return func.substr(col(Message.step), 1, ID_LENGTH)


def possibly_received(mail: Any = Message) -> ColumnElement[bool]:
    """Returns a condition on `mail`: the customer has it, or may have it; a rehearsed mail is
    neither.
    """
    return _state_in(mail, POSSIBLY_RECEIVED_STATES) & (col(mail.through) != "outbox")


def load_effective_corrections(
    connection: Connection, condition: ColumnElement[bool]
) -> list[Correction]:
    """Returns the corrections that meet `condition` and were sent, or will be."""
    mistake = aliased(Message)
    may_go = and_(_state_in(Message, PENDING_STATES), possibly_received(mistake))
    query: Any = (
        select(
            col(Message.id), col(Message.rule), col(Message.customer_id), col(Message.state),
            col(Message.created_at), col(mistake.settled_at).label("went_at"),
        )
        .join(mistake, col(mistake.id) == corrected_message_id())
        .where(is_correction(), condition, or_(possibly_received(), may_go))
    )  # fmt: skip
    return [_to_correction(row) for row in connection.execute(query)]


def _state_in(mail: Any, states: Collection[State]) -> ColumnElement[bool]:
    return col(mail.state).in_([state.value for state in states])


def _to_correction(row: Any) -> Correction:
    """It covers all mails up to the later of the mistake and its drafting."""
    went_at = row.went_at or row.created_at
    covers_until = max(went_at, row.created_at)
    return Correction(row.id, row.rule, row.customer_id, row.state, went_at, covers_until)


def redundant_corrections(connection: Connection, rows: Collection[Any]) -> dict[str, str]:
    """Returns by message id why a pending correction among `rows` is not needed."""
    corrections = [row for row in rows if is_correction_rule(row.rule)]
    if not corrections:
        return {}
    customer_ids = {row.customer_id for row in corrections}
    effective: dict[tuple[str, int], list[Correction]] = defaultdict(list)
    of_customers = col(Message.customer_id).in_(customer_ids)
    for correction in load_effective_corrections(connection, of_customers):
        effective[correction.rule, correction.customer_id].append(correction)
    reasons = {
        row.id: _redundancy_reason(row.id, effective[row.rule, row.customer_id])
        for row in corrections
    }
    return {message_id: reason for message_id, reason in reasons.items() if reason}


def _redundancy_reason(message_id: str, effective: Collection[Correction]) -> str | None:
    """A merge may leave one customer with the corrections of two."""
    correction = next((candidate for candidate in effective if candidate.id == message_id), None)
    if correction is None:
        return NOT_RECEIVED
    return DUPLICATE if any(_supersedes(other, correction) for other in effective) else None


def _supersedes(other: Correction, correction: Correction) -> bool:
    """The other was received and covers this mistake, or will be sent about a later mail."""
    if other.id == correction.id:
        return False
    if other.state in APPROVED_STATES:
        return (other.mistake_sent_at, other.id) > (correction.mistake_sent_at, correction.id)
    return (
        other.state in POSSIBLY_RECEIVED_STATES and other.covers_until >= correction.mistake_sent_at
    )
