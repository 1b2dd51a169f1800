"""The classes by which the rows of enrolments, messages and tasks are counted, as SQL.

Each expression has a placeholder {row} for the row: OLD, NEW, or the name of the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

QUARTER = 15 * 60 * 1_000_000  # microseconds; midnight of every time zone begins one
ALL_TIMES = -1_000_000_000  # as the number of a quarter, which no moment has
DETAIL = ": "  # what follows it in a reason is a detail, such as the answer of a mail server


class Kind(StrEnum):
    """What is counted."""

    PEOPLE = "people"  # enrolments
    MAILS = "mails"
    TASKS = "tasks"


class Progress(StrEnum):
    """The state in which an enrolment that began is counted; the others by their verdict."""

    WAITING = "waiting"  # for a moment
    AT_MAIL = "at mail"  # until its mail has gone
    ENDED = "ended"


ON_ITS_WAY = "on its way"
# States of a mail that follow each other within minutes, or wait for the hour.
MOVING_STATES = ("queued", "deferred", "sending", "in a digest")
UNSETTLED_STATES = (*MOVING_STATES, "awaiting approval")
# States whose reason is counted. Bounces are as many as mail servers have sentences.
REASONED_STATES = ("skipped", "failed", "declined")
OPEN, DONE = "open", "done"  # tasks
MAIL_REASON = "coalesce({row}.reason, '')"


@dataclass(frozen=True)
class CountedTable:
    """A table whose rows are counted: expressions of their class, and the `columns` they need.

    `quarter` is NULL for a row that is counted only among those of all times.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...]
    state: str
    reason: str = "''"
    quarter: str = "NULL"

    def class_of(self, row: str, *, quarter: str = str(ALL_TIMES)) -> str:
        """Returns the values of the key columns of `rule_counts`, without `change`."""
        parts = (quarter, f"'{self.kind}'", "{row}.rule", "{row}.step", self.state, self.reason)
        return ", ".join(parts).replace("{row}", row)

    def quarter_of(self, row: str) -> str:
        """Returns the expression of the quarter in which the mail was settled."""
        return self.quarter.replace("{row}", row)


def _listed(states: tuple[str, ...]) -> str:
    return ", ".join(f"'{state}'" for state in states)


def _without_detail(column: str) -> str:
    """The part of a reason before its detail; the same text on both databases."""
    return f"substr({column}, 1, {{position}}({column} || '{DETAIL}', '{DETAIL}') - 1)"


ENROLMENTS = CountedTable(
    "enrolments",
    Kind.PEOPLE,
    ("rule", "step", "verdict", "next_at", "ended"),
    state=(
        "CASE WHEN {row}.verdict <> 'go' THEN {row}.verdict "
        f"WHEN {{row}}.ended IS NOT NULL THEN '{Progress.ENDED}' "
        f"WHEN {{row}}.next_at IS NULL THEN '{Progress.AT_MAIL}' ELSE '{Progress.WAITING}' END"
    ),
    reason=(
        "CASE WHEN {row}.verdict = 'go' AND {row}.ended IS NOT NULL "
        f"THEN {_without_detail('{row}.ended')} ELSE '' END"
    ),
)
MESSAGES = CountedTable(
    "messages",
    Kind.MAILS,
    ("rule", "step", "state", "reason", "settled_at"),
    state=(
        f"CASE WHEN {{row}}.state IN ({_listed(MOVING_STATES)}) THEN '{ON_ITS_WAY}' "
        "ELSE {row}.state END"
    ),
    reason=(
        f"CASE WHEN {{row}}.state IN ({_listed(REASONED_STATES)}) "
        f"THEN {_without_detail(MAIL_REASON)} ELSE '' END"
    ),
    quarter=(
        f"CASE WHEN {{row}}.state NOT IN ({_listed(UNSETTLED_STATES)}) "
        f"THEN {{row}}.settled_at / {QUARTER} END"
    ),
)
TASKS = CountedTable(
    "tasks",
    Kind.TASKS,
    ("rule", "step", "done_at"),
    state=f"CASE WHEN {{row}}.done_at IS NULL THEN '{OPEN}' ELSE '{DONE}' END",
)
COUNTED_TABLES = (ENROLMENTS, MESSAGES, TASKS)
