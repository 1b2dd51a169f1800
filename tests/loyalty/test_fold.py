"""The replay against a naive model that moves single points, and in any order of arrival."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.fold import OWN_SOURCE, Entry, Ledger, missing_expiries, replay
from tests.examples import examples
from tests.loyalty.till import DAY, MARCH, MICROSECOND

LATER = MARCH + 100 * DAY
ORDERS = [None, ("shop", "1"), ("shop", "2")]


# Built once: building a strategy takes longer than drawing from it.
SOURCES = st.sampled_from([OWN_SOURCE, "till"])
OWN_KINDS = st.sampled_from(["earned", "spent", "reversed", "adjusted"])
OTHER_KINDS = st.sampled_from(["earned", "spent", "reversed", "adjusted", "expired"])
POINTS = st.integers(-6, 6)
DAYS = st.integers(0, 6)
LASTING = st.none() | st.integers(1, 5)
ORDER_CHOICES = st.sampled_from(ORDERS)
ENTRY_COUNTS = st.integers(0, 12)
PAUSES = st.integers(0, 2)


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    """Draws entries of the in-house programme and another one, many at the same moment."""
    return [entry(draw, number) for number in range(draw(ENTRY_COUNTS))]


def entry(draw: st.DrawFn, number: int) -> Entry:
    source = draw(SOURCES)
    kind = draw(OWN_KINDS if source == OWN_SOURCE else OTHER_KINDS)
    points = draw(POINTS)
    at = MARCH + draw(DAYS) * DAY
    lasting = draw(LASTING)
    ends = None if lasting is None or points <= 0 else at + lasting * DAY
    return Entry(number, source, f"e{number}", kind, points, at, ends, draw(ORDER_CHOICES))


@dataclass
class Point:
    """A single point of an entry."""

    of: Entry


def naive_replay(life: Sequence[Entry], now: datetime) -> tuple[int, Counter[str]]:
    """Returns the balance and the number of remaining points per entry."""
    points: list[Point] = []
    debt = 0

    def expire(moment: datetime) -> None:
        points[:] = [
            point
            for point in points
            if point.of.source != OWN_SOURCE
            or point.of.expires_at is None
            or point.of.expires_at > moment
        ]

    def replay_order(e: Entry) -> tuple[datetime, int, str, str]:
        takes_back = e.kind == "reversed"
        return e.at, 0 if e.points > 0 else 2 - takes_back, e.source, e.external_id

    for current in sorted(life, key=replay_order):
        expire(min(current.at, now))
        for _ in range(current.points):
            if debt:
                debt -= 1
            else:
                points.append(Point(current))
        for _ in range(-current.points):
            own = [
                p
                for p in points
                if current.kind == "reversed" and current.order and p.of.order == current.order
            ]
            if not points:
                debt += 1
                continue
            points.remove(min(own or points, key=spending_order))
    expire(now)
    return len(points) - debt, Counter(point.of.external_id for point in points)


def spending_order(point: Point) -> tuple[bool, datetime, datetime, str, str]:
    ends = point.of.expires_at
    return ends is None, ends or MARCH, point.of.at, point.of.source, point.of.external_id


def remaining(ledger: Ledger) -> Counter[str]:
    return Counter({lot.entry.external_id: lot.remaining for lot in ledger.lots})


moments = st.integers(0, 12).map(lambda days: MARCH + days * DAY)


@given(entries(), moments)
@settings(max_examples=examples(100), deadline=None)
def test_lots_are_used_as_if_every_point_were_moved_by_hand(
    life: list[Entry], now: datetime
) -> None:
    ledger = replay(life, now)
    assert (ledger.balance, remaining(ledger)) == naive_replay(life, now)
    assert sum(lot.remaining for lot in ledger.lots) == max(ledger.balance, 0)


@given(st.data())
@settings(max_examples=examples(60), deadline=None)
def test_the_order_of_arrival_changes_nothing(data: st.DataObject) -> None:
    life = data.draw(entries())
    shuffled = data.draw(st.permutations(life))
    numbered = [replace(original, id=place) for place, original in enumerate(shuffled)]
    actual, expected = replay(numbered, LATER), replay(life, LATER)
    assert (actual.balance, remaining(actual)) == (expected.balance, remaining(expected))


@given(st.data())
@settings(max_examples=examples(60), deadline=None)
def test_expiries_written_early_do_not_change_the_final_balance(data: st.DataObject) -> None:
    life = data.draw(entries())
    recorded: list[Entry] = []
    now = MARCH
    for line in data.draw(st.permutations(life)):
        recorded.append(line)
        now += data.draw(PAUSES) * DAY
        recorded += missing_expiries(recorded, replay(recorded, now))
        assert missing_expiries(recorded, replay(recorded, now)) == []
        assert sum(line.points for line in recorded) == replay(recorded).balance
    recorded += missing_expiries(recorded, replay(recorded, LATER))
    actual, expected = replay(recorded, LATER), replay(life, LATER)
    assert (actual.balance, remaining(actual)) == (expected.balance, remaining(expected))
    assert len({line.key for line in recorded}) == len(recorded)


def lot(key: str, points: int, day: int, ends: int | None) -> Entry:
    expires = None if ends is None else MARCH + ends * DAY
    return Entry(0, OWN_SOURCE, key, "earned", points, MARCH + day * DAY, expires)


def spent(points: int, day: int, kind: str = "spent") -> Entry:
    return Entry(0, "till", f"-{points}@{day}", kind, -points, MARCH + day * DAY)


def test_the_lot_that_expires_first_is_spent_first() -> None:
    ledger = replay([lot("long", 5, 0, None), lot("short", 5, 1, 9), spent(6, 2)], MARCH)
    assert remaining(ledger) == {"long": 4}


def test_of_lots_that_expire_together_the_older_is_spent_first() -> None:
    ledger = replay([lot("new", 5, 1, 9), lot("old", 5, 0, 9), spent(6, 2)], MARCH)
    assert remaining(ledger) == {"new": 4}


def test_credits_come_before_debits_of_the_same_moment() -> None:
    assert replay([spent(5, 1), lot("new", 5, 1, 9)], MARCH).balance == 0


def test_a_lot_cannot_be_spent_at_its_expiry() -> None:
    life = [lot("old", 5, 0, 3), spent(5, 3)]
    assert replay(life, MARCH + 3 * DAY).balance == -5
    just_before = replace(life[1], at=life[1].at - MICROSECOND)
    assert replay([life[0], just_before], MARCH + 3 * DAY).balance == 0


def test_a_future_entry_expires_no_lot_early() -> None:
    ledger = replay([lot("old", 5, 0, 3), spent(2, 50)], MARCH + timedelta(days=1))
    assert remaining(ledger) == {"old": 3}


def test_a_customer_without_entries_has_nothing() -> None:
    assert replay([], MARCH) == Ledger(0, (), {})
