"""Who decided about a mail that waited for approval, where, and when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select
from sqlmodel import col

from shop.db.upsert import IN_VALUES, insert_into
from shop.identity.contacts import in_batches
from shop.tables import ApprovalDecision
from templates.language import ENGLISH, owner_sentences


class Decision(StrEnum):
    """What the owner decided."""

    APPROVED = "approved"
    DECLINED = "declined"


class DecidedBy(StrEnum):
    """Where the owner decided."""

    COMMAND = "command"
    PAGE = "page"
    LINK = "link"


@dataclass(frozen=True)
class DecisionOrigin:
    """Where and when the owner decides."""

    by: DecidedBy
    at: datetime


@dataclass(frozen=True)
class EarlierDecision:
    """A decision that was made before."""

    decision: Decision
    by: DecidedBy
    at: datetime

    def sentence_part(self, zone: ZoneInfo) -> str:
        """Returns words such as "approved by a command, 3 March 10:00"."""
        sentences = owner_sentences("approvals")
        moment = ENGLISH.day_and_time(self.at.astimezone(zone))
        return f"{self.decision} {sentences.DECIDED_BY[self.by]}, {moment}"


def record_decisions(
    connection: Connection, message_ids: Sequence[str], decision: Decision, origin: DecisionOrigin
) -> None:
    """Stores the `decision` about `message_ids`; it replaces an earlier one."""
    rows = [
        {
            "message_id": message_id,
            "decision": decision.value,
            "decided_by": origin.by.value,
            "decided_at": origin.at,
        }
        for message_id in message_ids
    ]
    if rows:
        insert = insert_into(ApprovalDecision)
        new_values = {
            name: insert.excluded[name] for name in ("decision", "decided_by", "decided_at")
        }
        upsert = insert.on_conflict_do_update(index_elements=["message_id"], set_=new_values)
        connection.execute(upsert, rows)


def find_decisions(
    connection: Connection, message_ids: Collection[str]
) -> dict[str, EarlierDecision]:
    """Returns the last decision about each of `message_ids`; those without one are left out."""
    query = select(
        col(ApprovalDecision.message_id), col(ApprovalDecision.decision),
        col(ApprovalDecision.decided_by), col(ApprovalDecision.decided_at),
    ).where(col(ApprovalDecision.message_id).in_(IN_VALUES))  # fmt: skip
    return {
        row.message_id: EarlierDecision(
            Decision(row.decision), DecidedBy(row.decided_by), row.decided_at
        )
        for batch in in_batches(message_ids)
        for row in connection.execute(query, {"values": batch})
    }
