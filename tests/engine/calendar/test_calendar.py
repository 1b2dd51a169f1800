"""The calendar: what ticks of the coming days will do, if nothing changes."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from random import Random

from engine.calendar.calendar import load_calendar
from engine.calendar.model import Calendar, Entry, Kind
from engine.message_states import State
from shop.db.engine import read_transaction
from shop.tables import Enrolment, Message
from tests.cafe import DAY, FILE, MARCH, Cafe
from tests.rows import identity, order, statement

WEEK_OF_RULES = (
    FILE.replace("sending:", "sending:\n  quiet hours: 21:00 to 08:00").replace(
        "  ask me above", "  usual time: 10:00\n  ask me above"
    )
    + """
rules:
  birthday:
    when: birthday
    in: 3 days
    then:
      - send: birthday
  win-back:
    when: no visit
    for: 60 days
    then:
      - wait: 2 days
      - send: we-miss-you
      - wait: 3 days
      - task: Call them
  welcome:
    when: subscribed
    stop when: visit
    then:
      - send: welcome
      - wait: 3 days
      - send: we-miss-you
"""
)


def calendar_of(cafe: Cafe, now: datetime = MARCH, days: int = 7) -> Calendar:
    with read_transaction(cafe.engine) as connection:
        return load_calendar(connection, cafe.shop, now=now, days=days)


def entries(calendar: Calendar, *kinds: Kind) -> list[Entry]:
    return [entry for day in calendar.days for entry in day.entries if entry.kind in kinds]


def test_a_week_goes_as_the_calendar_says_if_nothing_changes(cafe: Cafe) -> None:
    cafe.reread(WEEK_OF_RULES)
    fill_with_customers(cafe)
    run_days(cafe, MARCH - 4 * DAY, MARCH)
    calendar = calendar_of(cafe)
    run_days(cafe, MARCH, calendar.days[-1].day)
    columns = (Enrolment.due_at, Enrolment.rule, Enrolment.verdict)
    begun = Counter(
        (day_of(cafe, due_at), rule)
        for due_at, rule, verdict in cafe.select_all(*columns)
        if due_at > MARCH and verdict == "go"
    )
    assert begun == {(e.day, e.rule): e.count for e in entries(calendar, Kind.BEGINS)}
    assert len({day for day, _ in begun}) == 7
    sent = Counter(
        day_of(cafe, settled_at)
        for settled_at, state in cafe.select_all(Message.settled_at, Message.state)
        if settled_at and settled_at > MARCH and state == State.REHEARSED.value
    )
    assert sent == {day.day: day.mails for day in calendar.days if day.mails}
    assert sent.total() > 60


def run_days(cafe: Cafe, start: datetime, end: datetime | date) -> None:
    """Ticks at the last minutes before the day or quiet hours begin in one of the zones, so that
    no mail leaves on a later day than it could with a tick each minute.
    """
    zone, day = cafe.shop.config.shop.zone, day_of(cafe, start)
    last = end if isinstance(end, datetime) else datetime.combine(end, time(23, 59), zone)
    while day <= day_of(cafe, last):
        for clock in (time(1, 59), time(10), time(15, 59), time(20, 59), time(23, 59)):
            if start <= (at := datetime.combine(day, clock, zone)) <= last:
                cafe.run(at)
        day += DAY


def day_of(cafe: Cafe, moment: datetime) -> date:
    return moment.astimezone(cafe.shop.config.shop.zone).date()


def fill_with_customers(cafe: Cafe, number: int = 120) -> None:
    """People of several time zones, with birthdays and last visits around now."""
    random = Random(4)  # noqa: S311  # always the same people
    names = [f"person{index}" for index in range(number)]
    zones = [None, "Europe/Lisbon", "America/New_York"]
    identities = [
        identity(
            name,
            email=f"{name}@example.com" if random.random() < 0.9 else None,
            birthday=f"1990-03-{random.randint(1, 20):02}",
            timezone=random.choice(zones),
        )
        for name in names
    ]
    said = [
        statement(name, "yes", MARCH - random.randint(0, 9) * DAY + random.random() * DAY)
        for name in names
        if random.random() < 0.8
    ]
    visits = [
        order(f"order-{name}", name, MARCH - timedelta(days=50 + random.random() * 20))
        for name in names
    ]
    cafe.arrive(identities=identities, statements=said, orders=visits)
