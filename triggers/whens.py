"""What holds for every rule of a `when`, whatever the data: its defaults and its manners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shop.purpose import Purpose


@dataclass(frozen=True)
class Manners:
    """How a `when` behaves where the owner says nothing else."""

    purpose: Purpose
    at_most_late: timedelta
    why: str  # "You get this because …"
    needs_for: bool = False
    has_cart: bool = False
    lasting: bool = False  # a state that goes on, so that its backlog is never too late


MANNERS: dict[str, Manners] = {
    "cart abandoned": Manners(
        purpose=Purpose.MARKETING,
        at_most_late=timedelta(days=1),
        why="you left something in your basket",
        needs_for=True,
        has_cart=True,
    ),
    "no visit": Manners(
        purpose=Purpose.MARKETING,
        at_most_late=timedelta(days=7),
        why="you have bought from us before",
        needs_for=True,
        lasting=True,
    ),
}
