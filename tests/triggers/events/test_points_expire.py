"""Points that end within a week are one occasion, and its mail is about all of them."""

from __future__ import annotations

import re
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import SQLModel, col

from shop.db.engine import open_database, write_transaction
from shop.tables import Enrolment, Message, PointsEntry, PointsLot
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.engine.explain.explanations import explain_only_rule, latest_occasion
from tests.examples import examples
from tests.rows import identity

LOYALTY = "loyalty: {earn: 1 point per 1, expire after: 365 days, rewards: {a coffee: 20 points}}"
RULE = """
rules:
  ends:
    when: points expire
    in: 14 days
    then:
      - {task: Tell them at the counter}
      - {send: points-expiring}
"""
YEAR = 365 * DAY


def buying_daily(cafe: Cafe, *days: int, name: str = "clara") -> Cafe:
    """A shop in which 12 points end on each of these `days` after 3 March 2027, at ten."""
    cafe.reread(f"{LOYALTY}\n{RULE}")
    cafe.run(MARCH - DAY)
    cafe.customer(name)
    cafe.visits(name, *(MARCH + day * DAY for day in days))
    cafe.run(MARCH + max(days) * DAY)
    return cafe


def run_daily(cafe: Cafe, first: int, last: int) -> None:
    for day in range(first, last + 1):
        cafe.run(MARCH + YEAR + day * DAY + HOUR)


def subjects(cafe: Cafe) -> list[str]:
    return sorted(str(mail["Subject"]) for mail in cafe.mails())


def points_in_mails(cafe: Cafe) -> int:
    """The points of all mails; several messages that went as one mail are headings of its text."""
    announcement = re.compile(r"^([0-9]+) points? end", re.MULTILINE)
    total = 0
    for mail in cafe.mails():
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # each mail has a text
        headings = announcement.findall(text)
        total += sum(map(int, headings or announcement.findall(str(mail["Subject"]))))
    return total


def test_points_that_end_each_day_make_one_mail_a_week(cafe: Cafe) -> None:
    buying_daily(cafe, *range(10))
    run_daily(cafe, -15, 10)
    assert subjects(cafe) == [
        "36 points end from 10 March to 12 March",
        "84 points end from 3 March to 9 March",
    ]
    assert len(cafe.select_all(col(Enrolment.id))) == 2


def test_a_mail_lists_the_days_and_how_many_points_end_on_each(corner: Cafe) -> None:
    buying_daily(corner, 0, 0, 3)
    run_daily(corner, -15, 3)
    [mail] = corner.mails()
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # each mail has a text
    assert mail["Subject"] == "24 points end from 3 March to 6 March"
    assert [line for line in text.splitlines() if "March" in line and "12" in line]


def test_a_mail_that_comes_late_is_about_what_it_was_sent_for(corner: Cafe) -> None:
    # Each is about its own days, also when other points end before.
    buying_daily(corner, 0, 9)
    corner.run(MARCH + YEAR - 5 * DAY + HOUR)
    assert subjects(corner) == ["12 points end on 3 March, and one more message"]
    [mail] = corner.mails()
    assert "12 points end on 12 March" in str(mail.get_body(("plain",)))


def test_points_that_were_spent_are_not_in_the_mail(corner: Cafe) -> None:
    buying_daily(corner, 0, 1)
    first_entry = dict(corner.select_all(col(PointsEntry.at), col(PointsEntry.id)))[MARCH]
    with write_transaction(corner.engine) as connection:
        is_first_lot = col(PointsLot.entry_id) == first_entry
        connection.execute(update(PointsLot).where(is_first_lot).values(left=0))
        is_first_entry = col(PointsEntry.id) == first_entry
        connection.execute(update(PointsEntry).where(is_first_entry).values(points=0))
    run_daily(corner, -15, 1)
    assert subjects(corner) == ["12 points end on 4 March"]


def test_what_an_earlier_release_has_told_is_not_told_again(cafe: Cafe) -> None:
    # Its occasions were known by one day; the days after it were not told of.
    buying_daily(cafe, 0, 1, 2)
    cafe.run(MARCH + YEAR - 14 * DAY + HOUR)
    for file in cafe.outbox.iterdir():
        file.unlink()
    [key] = cafe.select_all(col(Enrolment.occasion))
    old_key = f"day {key.removeprefix('days from ')}"
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Enrolment).values(occasion=old_key))
        connection.execute(update(Message).values(occasion=old_key))
    run_daily(cafe, -14, 3)
    assert subjects(cafe) == ["24 points end from 4 March to 5 March"]


def test_why_names_the_days_and_has_no_second_occasion_for_them(corner: Cafe) -> None:
    buying_daily(corner, 0, 3)
    day = MARCH + YEAR - 14 * DAY + HOUR
    corner.run(day)
    assert len(explain_only_rule(corner, at=day).occasions) == 1
    assert latest_occasion(corner, at=day).description == (
        "24 points end from 3 March 2027, 10:00 to 6 March 2027, 10:00,"
        " so 14 days ahead of the first is 17 February 2027, 10:00"
    )


@pytest.mark.parametrize("apart", [0, 1, 5])
def test_two_customers_who_turn_out_to_be_one_are_told_of_each_point_once(
    corner: Cafe, apart: int
) -> None:
    buying_daily(corner, 0)
    corner.customer("bruno")
    corner.visits("bruno", MARCH + apart * DAY)
    corner.run(MARCH + 10 * DAY)
    corner.run(MARCH + YEAR - 14 * DAY + HOUR)
    corner.arrive(identities=[identity("bruno", email="clara@example.com", version=2)])
    run_daily(corner, -14, 6)
    points = [int(subject.split()[0]) for subject in subjects(corner)]
    assert 12 <= sum(points) <= 36
    assert len(points) <= 2


@settings(max_examples=examples(6), deadline=None)
@example([0, 0, 0, 0, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0, 0, 11], [7, 1, 1, 1, 2, 9])  # two as one mail
@given(
    bought=st.lists(st.integers(0, 30), min_size=1, max_size=20),
    gaps=st.lists(st.integers(1, 9), min_size=3, max_size=12),
)
def test_each_point_is_told_of_once_and_there_is_a_mail_a_week_at_most(
    bought: list[int], gaps: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database("sqlite://", base_folder=Path(folder))
        SQLModel.metadata.create_all(engine)
        cafe = Cafe(engine, Path(folder), f"{LOYALTY}\n{RULE}")
        cafe.run(MARCH - DAY)
        cafe.customer("clara")
        moments = [MARCH + day * DAY + number * timedelta(minutes=1)
                   for number, day in enumerate(bought)]  # fmt: skip
        cafe.visits("clara", *moments)
        now = MARCH + 31 * DAY
        cafe.run(now)
        now = MARCH + YEAR - 15 * DAY
        for gap in gaps:
            cafe.run(now)
            now += gap * DAY
        while now < MARCH + YEAR + 32 * DAY:
            cafe.run(now)
            now += 5 * DAY
        weeks = (max(bought) - min(bought)) // 7 + 1
        assert points_in_mails(cafe) == 12 * len(bought)
        assert len(cafe.mails()) <= weeks
        engine.dispose()
