"""What a tick did, in numbers: one enrolment, one outcome."""

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
    """People a rule dealt with this time, by outcome; and why not, for those it did not mail."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def enrolled(self) -> int:
        return self.outcomes.total()

    def to_json(self) -> dict[str, int]:
        """As scripts read it: enrolled is the sum of the others."""
        return {"enrolled": self.enrolled} | {name: self.outcomes[name] for name in OUTCOMES}


def sum_counts(counts: Iterable[Counts]) -> Counts:
    """All rules together."""
    totals = Counts()
    for rule_counts in counts:
        totals.outcomes += rule_counts.outcomes
        totals.reasons += rule_counts.reasons
    return totals


def run_to_json(counts: Mapping[str, Counts]) -> dict[str, Any]:
    """The answer of `run --json`."""
    return {
        "rules": {name: rule_counts.to_json() for name, rule_counts in counts.items()},
        "totals": sum_counts(counts.values()).to_json(),
    }
