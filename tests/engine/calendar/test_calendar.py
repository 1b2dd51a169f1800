"""The calendar: what ticks of the coming days will do, if nothing changes."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from random import Random
from urllib.parse import parse_qsl, urlsplit

from engine.calendar.calendar import load_calendar
from engine.calendar.model import Calendar, Entry, Kind
from engine.calendar.wording import describe
from engine.message_states import State
from engine.people.list_kinds import ListContext, read_choice
from shop.db.engine import read_transaction, write_transaction
from shop.db.stops import stop_mail
from shop.tables import Enrolment, Message
from tests.cafe import DAY, FILE, MARCH, Cafe
from tests.rows import identity, order, statement
from tests.triggers.events.test_points_expire import YEAR, buying_daily

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


def people_of(cafe: Cafe, entry: Entry, now: datetime = MARCH) -> set[int]:
    """The people of the list that the count of `entry` links to."""
    parameters = dict(parse_qsl(urlsplit(entry.people or "").query))
    with read_transaction(cafe.engine) as connection:
        query = read_choice(parameters).select(ListContext(cafe.shop.config, now, connection))
        assert query is not None
        return set(connection.scalars(query))


def test_a_week_goes_as_the_calendar_says_if_nothing_changes(cafe: Cafe) -> None:
    cafe.reread(WEEK_OF_RULES)
    fill_with_customers(cafe)
    run_days(cafe, MARCH - 4 * DAY, MARCH)
    calendar = calendar_of(cafe)
    counted = entries(calendar, Kind.BEGINS, Kind.STEPS, Kind.QUEUED)
    assert [len(people_of(cafe, entry)) for entry in counted] == [e.count for e in counted]
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


RULE = "\nrules:\n  one:\n    when: {when}\n    then:\n      - send: {mail}\n"


def test_a_queued_mail_waits_for_the_morning_and_one_of_a_stopped_rule_is_held(cafe: Cafe) -> None:
    quiet = FILE.replace("sending:", "sending:\n  quiet hours: 21:00 to 08:00")
    cafe.reread(f"{quiet}{RULE.format(when='subscribed', mail='welcome')}")
    cafe.run(MARCH)
    night = MARCH.replace(hour=22)
    cafe.record_consent("clara", "yes", night)
    cafe.run(night)
    [entry] = entries(calendar_of(cafe, night), Kind.QUEUED)
    assert (entry.is_certain, entry.day) == (True, date(2026, 3, 4))
    assert describe(entry, cafe.shop.config).text == ("1 mail ready: mail welcome from 08:00")
    assert calendar_of(cafe, night).days[1].mails == 1
    with write_transaction(cafe.engine) as connection:
        stop_mail(connection, "one", None, now=night)
    calendar = calendar_of(cafe, night)
    assert entries(calendar, Kind.QUEUED)[0].is_held
    assert calendar.days[1].mails == 0
    assert calendar.paused == ["one"]


def test_who_came_back_is_not_expected_at_the_next_step(cafe: Cafe) -> None:
    cafe.reread(WEEK_OF_RULES)
    cafe.run(MARCH - DAY)
    for name in ("bruno", "clara"):
        cafe.record_consent(name, "yes", MARCH)
    cafe.run(MARCH)
    assert [e.count for e in entries(calendar_of(cafe), Kind.STEPS)] == [2]
    cafe.visits("clara", MARCH + timedelta(hours=1))
    [entry] = entries(calendar_of(cafe, MARCH + 2 * timedelta(hours=1)), Kind.STEPS)
    assert (entry.count, entry.day) == (1, date(2026, 3, 6))


def test_existing_customers_are_left_out_from_the_day_on_which_their_term_ends(cafe: Cafe) -> None:
    consent = "consent: {online: {when buying: may be mailed, told since: 1 January 2024, for: %s}}"
    rule = RULE.format(when="no visit\n    for: 57 days", mail="we-miss-you")
    begun: dict[str, list[tuple[int, int]]] = {}
    for length in ("60 days", "50 days"):
        cafe.reread(f"{FILE}{consent % length}{rule}")
        if not begun:
            cafe.run(MARCH)
            for number, name in enumerate(("ana", "bruno", "clara")):
                cafe.customer(name, says=None)
                cafe.visits(name, MARCH - timedelta(days=56 - 2 * number))
            cafe.run(MARCH + timedelta(hours=1))
        begins = entries(calendar_of(cafe, MARCH + timedelta(hours=2)), Kind.BEGINS)
        begun[length] = [(entry.day.day, entry.count) for entry in begins]
    assert begun == {"60 days": [(4, 1), (6, 1), (8, 1)], "50 days": []}


def test_points_that_end_in_one_week_are_one_occasion_as_the_rule_has_it(cafe: Cafe) -> None:
    buying_daily(cafe, *range(10))
    start = MARCH + YEAR - 14 * DAY - timedelta(hours=1)
    calendar = calendar_of(cafe, start, days=14)
    assert [entry.day.isoformat() for entry in entries(calendar, Kind.BEGINS)] == [
        "2027-02-17", "2027-02-24",
    ]  # fmt: skip
    later = calendar_of(cafe, MARCH + YEAR - DAY)
    assert [(e.count, e.points) for e in entries(later, Kind.POINTS)] == [(1, 12)] * 6


def test_tasks_and_approvals_stand_on_the_day_on_which_they_end(cafe: Cafe) -> None:
    steps = "{task: Call them, due in: 2 days}\n      - {send: welcome, approve within: 3 days}"
    cafe.reread(
        f"{FILE}\nrules:\n  one:\n    when: subscribed\n    then:\n      - {steps}\n"
        "schedule:\n  morning letter: 07:30\n"
    )
    cafe.run(MARCH)
    cafe.customer("bruno", says=None)
    cafe.record_consent("bruno", "yes", MARCH)
    cafe.run(MARCH)
    calendar = calendar_of(cafe)
    held, task = entries(calendar, Kind.HELD), entries(calendar, Kind.TASKS)
    assert [(e.day.day, e.count) for e in held] == [(6, 1)]
    assert [(e.day.day, e.count, e.is_overdue) for e in task] == [(5, 1, False)]
    assert len(entries(calendar, Kind.LETTER)) == 6  # today's has been written
    late = calendar_of(cafe, MARCH + 5 * DAY)
    assert [(e.day.day, e.is_overdue) for e in entries(late, Kind.TASKS)] == [(8, True)]
    assert people_of(cafe, task[0]) == people_of(cafe, held[0]) == {1}
