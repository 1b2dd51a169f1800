"""Every `when` as a rule, and what must happen in the café for it to come due at a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.cafe import DAY, HOUR, SECOND, Cafe
from tests.rows import identity, statement

Happens = Callable[[Cafe, str, datetime], None]


@dataclass(frozen=True)
class When:
    """A rule without its steps, and its occasion, which comes due at a given moment."""

    rule: str
    happens: Happens
    late: timedelta  # where the owner says nothing
    loyalty: str = ""

    def rules(self, steps: str = "", **more: str) -> str:
        """The owner's file; by default the mail goes at once."""
        further = "".join(f", {word.replace('_', ' ')}: {said}" for word, said in more.items())
        then = steps or "[{send: welcome}]"
        return f"{self.loyalty}\nrules: {{regulars: {{{self.rule}{further}, then: {then}}}}}"


def _cart(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    cafe.cart(name, due - 3 * HOUR)


def _away(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    cafe.visits(name, due - 45 * DAY)


def _longer_than_usual(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    cafe.visits(name, *(due - 14 * DAY - n * 7 * DAY for n in range(4)))


def _born(cafe: Cafe, name: str, due: datetime) -> None:
    """The day after the one that begins at that moment, on UTC's clock."""
    day = (due + DAY).date()
    zoned = identity(name, email=f"{name}@example.com", birthday=f"--{day:%m-%d}", timezone="UTC")
    cafe.arrive(identities=[zoned], statements=[statement(name, "yes", due - 400 * DAY)])


def _answered(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    row = {
        "source": "online-shop", "external_id": f"answer-{name}", "customer_source": "online-shop",
        "customer_key": name, "answered_at": due, "csat": 2, "nps": None, "words": None,
        "version": 1,
    }  # fmt: skip
    cafe.arrive(answers=[row])


def _subscribed(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name, says=None)
    cafe.says(name, "yes", due)


def _earned(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    cafe.visits(name, due)


def _ending(cafe: Cafe, name: str, due: datetime) -> None:
    cafe.customer(name)
    cafe.visits(name, due - 16 * DAY)


POINTS = "loyalty: {earn: 1 point per 1, expire after: 30 days, rewards: {a coffee: 10 points}}"
WHENS = {
    "cart abandoned": When("when: cart abandoned, for: 3 hours", _cart, DAY),
    "no visit": When("when: no visit, for: 45 days", _away, 7 * DAY),
    "longer than usual": When(
        "when: no visit, for: longer than usual", _longer_than_usual, 7 * DAY
    ),
    "birthday": When("when: birthday, in: 1 day", _born, 2 * DAY),
    "survey answered": When("when: survey answered", _answered, 2 * DAY),
    "subscribed": When("when: subscribed", _subscribed, 7 * DAY),
    "points earned": When("when: points earned", _earned, 7 * DAY, POINTS),
    # At the very moment they end, there is nothing left to tell of.
    "points expire": When("when: points expire, in: 14 days", _ending, 14 * DAY - SECOND, POINTS),
}
