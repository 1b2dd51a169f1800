"""What a platform says about a shop when it is first asked."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class CartReminders:
    """How many of the latest `checkouts` the platform itself has mailed about, or is about to."""

    reminded: int
    checkouts: int


@dataclass(frozen=True)
class ShopProfile:
    """A shop as its platform knows it; None where the platform does not say."""

    name: str | None = None
    currency: str | None = None
    timezone: str | None = None
    cart_reminders: CartReminders | None = None
    points: bool = False  # whether a programme of points runs there
    rewards: dict[str, int] = field(default_factory=dict)  # points needed, by the reward's name
