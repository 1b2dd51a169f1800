"""The data model of an explanation, which `why --json` and `customers show --json` print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from engine.explain.find_customer import CustomerSummary


class Status(StrEnum):
    """The status of an occasion, or of one of its steps, for one customer."""

    NOT_DUE = "not due yet"
    BEFORE_RULE = "before the rule began"
    TOO_OLD = "too long ago"
    WAITS_FOR_TURN = "waits for its turn"
    ALREADY_ANSWERED = "answered already"
    NEXT_RUN = "the next run looks"
    PASSED = "looked past"
    NOT_STARTED = "not begun"
    RUNNING = "running"
    DONE = "done"
    ENDED = "ended"
    UPCOMING = "ahead"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Condition:
    """A condition, the value found today, and whether it is met."""

    clause: str  # if, unless, address, basis, at most late
    condition: str
    actual: int | Decimal | str | Sequence[str] | None
    met: bool


@dataclass(frozen=True)
class Event:
    """A delivery event of a mail."""

    at: datetime
    kind: str
    by_machine: bool
    detail: str | None


@dataclass(frozen=True)
class GateCheck:
    """One check of the gate for a mail that has not been sent."""

    check: str
    answer: str  # yes, not yet, no
    until: datetime | None
    explanation: str


@dataclass(frozen=True)
class GateVerdict:
    """What the gate would decide now about a waiting mail."""

    verdict: str
    until: datetime | None
    checks: Sequence[GateCheck]


@dataclass(frozen=True)
class Mail:
    """One message with its state and reason."""

    id: str
    rule: str
    occasion: str
    step: str
    template: str
    state: str
    reason: str | None
    purpose: str
    approve_first: bool
    approve_until: datetime | None  # dropped if not approved by then
    created_at: datetime
    due_at: datetime
    deadline: datetime
    settled_at: datetime | None
    through: str | None
    to: str | None
    basis: str | None  # when it was rendered
    retry_at: datetime | None
    enrolment: int
    events: Sequence[Event]
    gate: GateVerdict | None = None
    digest: str | None = None  # the id of the mail that it went with, as one


@dataclass(frozen=True)
class Task:
    """A task for a person."""

    words: str
    created_at: datetime
    due_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True)
class Step:
    """One step of a rule's `then`, and this customer's progress in it."""

    place: str
    step: str
    status: Status
    explanation: str
    until: datetime | None = None
    conditions: Sequence[Condition] = ()
    mail: Mail | None = None
    task: Task | None = None


@dataclass(frozen=True)
class OccasionExplanation:
    """One occasion of a rule, past or upcoming, and what became of it for this customer."""

    occasion: str
    description: str
    since_at: datetime
    due_at: datetime
    status: Status
    explanation: str
    evaluated_at: datetime | None
    verdict: str | None
    ended: str | None
    conditions: Sequence[Condition]
    steps: Sequence[Step]


@dataclass(frozen=True)
class RuleExplanation:
    """One rule's decisions about one customer."""

    rule: str
    when: str | None  # None where the rule was removed from the file
    began_at: datetime | None  # occasions before this belong to the backlog
    looked_until: datetime | None
    held: str | None
    no_occasion: str | None  # why there is none
    occasions: Sequence[OccasionExplanation]
    left_out: int


@dataclass(frozen=True)
class CustomerExplanation:
    """All decisions about one customer."""

    customer: CustomerSummary
    changed: bool  # data arrived that no run has processed
    held: str | None
    rules: Sequence[RuleExplanation]


def to_document(explanation: Any) -> Any:
    """Return `explanation` (a dataclass) as JSON-serializable data: times in ISO 8601 UTC, decimals
    as text.
    """
    return _to_plain(asdict(explanation))


def _to_plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _to_plain(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_to_plain(element) for element in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else value
