"""Every event as a rule, with an occasion that comes due at a given moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.cafe import DAY, HOUR, SECOND, Cafe
from tests.rows import identity, statement

OccasionMaker = Callable[[Cafe, str, datetime], None]


@dataclass(frozen=True)
class EventCase:
    """A rule without its steps, and how its occasion is made."""

    rule: str
    make_occasion: OccasionMaker
    default_lateness: timedelta  # where the owner says nothing
    loyalty: str = ""

    def rules(self, steps: str = "", **settings: str) -> str:
        """The rules of config.yaml; by default the mail is sent at once."""
        extra_settings = "".join(
            f", {word.replace('_', ' ')}: {setting}" for word, setting in settings.items()
        )
        then = steps or "[{send: welcome}]"
        return f"{self.loyalty}\nrules: {{regulars: {{{self.rule}{extra_settings}, then: {then}}}}}"


def _cart(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    cafe.cart(name, due - 3 * HOUR)


def _absence(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    cafe.visits(name, due - 45 * DAY)


def _unusual_absence(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    cafe.visits(name, *(due - 14 * DAY - n * 7 * DAY for n in range(4)))


def _birthday(cafe: Cafe, name: str, due: datetime) -> None:
    """The birthday is the day after the one that begins at `due`, on UTC's clock."""
    day = (due + DAY).date()
    identity_row = identity(
        name, email=f"{name}@example.com", birthday=f"--{day:%m-%d}", timezone="UTC"
    )
    cafe.arrive(identities=[identity_row], statements=[statement(name, "yes", due - 400 * DAY)])


def _answer(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    row = {
        "source": "online-shop", "external_id": f"answer-{name}", "customer_source": "online-shop",
        "customer_key": name, "answered_at": due, "csat": 2, "nps": None, "words": None,
        "version": 1,
    }  # fmt: skip
    cafe.arrive(answers=[row])


def _subscription(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name, says=None)
    cafe.record_consent(name, "yes", due)


def _earned_points(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    cafe.visits(name, due)


def _expiring_points(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    cafe.visits(name, due - 16 * DAY)


POINTS = "loyalty: {earn: 1 point per 1, expire after: 30 days, rewards: {a coffee: 10 points}}"
EVENT_CASES = {
    "cart abandoned": EventCase("when: cart abandoned, for: 3 hours", _cart, DAY),
    "no visit": EventCase("when: no visit, for: 45 days", _absence, 7 * DAY),
    "longer than usual": EventCase(
        "when: no visit, for: longer than usual", _unusual_absence, 7 * DAY
    ),
    "birthday": EventCase("when: birthday, in: 1 day", _birthday, 2 * DAY),
    "survey answered": EventCase("when: survey answered", _answer, 2 * DAY),
    "subscribed": EventCase("when: subscribed", _subscription, 7 * DAY),
    "points earned": EventCase("when: points earned", _earned_points, 7 * DAY, POINTS),
    # At the very moment they end, there is nothing left to tell of.
    "points expire": EventCase(
        "when: points expire, in: 14 days", _expiring_points, 14 * DAY - SECOND, POINTS
    ),
}
