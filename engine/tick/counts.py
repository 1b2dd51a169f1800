"""Counters of a tick: each enrolment has one outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

OUTCOMES = (
    "sent", "rehearsed", "skipped", "deferred", "failed", "in_doubt", "held_out", "waiting",
)  # fmt: skip


@dataclass
class Counts:
    """Enrolments of one rule by outcome, and the reasons of those that got no mail."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def enrolled(self) -> int:
        return self.outcomes.total()

    def to_json(self) -> dict[str, int]:
        """Returns the counters for `run --json`; `enrolled` is the sum of the others."""
        return {"enrolled": self.enrolled} | {name: self.outcomes[name] for name in OUTCOMES}


def sum_counts(counts: Iterable[Counts]) -> Counts:
    """Returns the sum of the `counts` of several rules."""
    totals = Counts()
    for rule_counts in counts:
        totals.outcomes += rule_counts.outcomes
        totals.reasons += rule_counts.reasons
    return totals


def run_to_json(counts: Mapping[str, Counts]) -> dict[str, Any]:
    """Returns the document of `run --json` for the `counts` by rule."""
    return {
        "rules": {name: rule_counts.to_json() for name, rule_counts in counts.items()},
        "totals": sum_counts(counts.values()).to_json(),
    }
