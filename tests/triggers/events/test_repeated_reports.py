"""A thing that is reported again, corrected, or known under two records is one occasion."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlmodel import col

from shop.tables import Enrolment, Task
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import identity, order, statement

POINTS = """
loyalty: {earn: 1 point per 1, expire after: 365 days, rewards: {a coffee: 10 points}}
rules:
  thanks: {when: points earned, then: [{send: points-earned}]}
"""


def born(cafe: Cafe, birthday: str, version: int = 1) -> None:
    row = identity("clara", email="clara@example.com", birthday=birthday, version=version)
    cafe.arrive(identities=[row], statements=[statement("clara", "yes", MARCH - 400 * DAY)])


@pytest.mark.parametrize("correction", ["--03-20", "--01-05", "--12-30"])
def test_a_birthday_that_is_corrected_is_mailed_once_a_year(corner: Cafe, correction: str) -> None:
    """
    rules: {birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}}
    """
    christmas = datetime(2026, 12, 25, tzinfo=UTC)
    corner.run(christmas)
    born(corner, "--12-28")
    corner.run(christmas + HOUR)
    assert corner.mailed_names() == ["clara"]
    born(corner, correction, version=2)
    for days in range(1, 30):
        corner.run(christmas + days * DAY)
    assert corner.mailed_names() == ["clara"]


def test_the_next_birthday_is_another_one(corner: Cafe) -> None:
    """
    rules: {birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}}
    """
    corner.run(MARCH)
    born(corner, "--03-08")
    for days in range(1, 740, 2):
        if days % 365 < 21 or days % 10 == 1:  # each day around a birthday, few in between
            corner.run(MARCH + days * DAY)
    assert len(corner.mails()) == 3


@pytest.mark.parametrize("ticks", [True, False])
def test_purchases_on_both_sides_of_a_week_make_one_mail(corner: Cafe, *, ticks: bool) -> None:
    """
    rules: {}
    """
    corner.reread(POINTS)
    corner.run(MARCH - DAY)
    corner.customer("clara")
    wednesday = datetime(2026, 3, 4, 23, tzinfo=UTC)  # weeks since 1970 begin on Thursdays
    corner.visits("clara", wednesday)
    if ticks:
        corner.run(wednesday)
    corner.visits("clara", wednesday + 2 * HOUR, wednesday + DAY)
    corner.run(wednesday + DAY)
    corner.run(wednesday + 2 * DAY)
    assert corner.mailed_names() == ["clara"]
    corner.visits("clara", wednesday + 8 * DAY)
    corner.run(wednesday + 8 * DAY)
    assert corner.mailed_names() == ["clara"] * 2


def test_who_buys_every_day_is_thanked_once_in_seven_days(cafe: Cafe) -> None:
    """
    rules: {}
    """
    cafe.reread(POINTS)
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    for days in range(15):
        cafe.visits("clara", MARCH + days * DAY)
        cafe.run(MARCH + days * DAY)
    assert len(cafe.mails()) == 3


def test_a_purchase_that_is_reported_again_with_another_total_is_one(corner: Cafe) -> None:
    """
    rules: {}
    """
    corner.reread(POINTS)
    corner.run(MARCH - DAY)
    corner.customer("clara")
    corner.arrive(orders=[order("1", "clara", MARCH)])
    corner.run(MARCH)
    corner.arrive(orders=[order("1", "clara", MARCH, total=2500, version=2)])
    corner.run(MARCH + HOUR)
    assert corner.mailed_names() == ["clara"]


def test_who_leaves_the_list_and_comes_back_is_welcomed_once(corner: Cafe) -> None:
    """
    rules: {welcome: {when: subscribed, then: [{send: welcome}]}}
    """
    corner.run(MARCH - DAY)
    corner.customer("clara", says=None)
    for hours, consent in enumerate(["yes", "no", "yes"]):
        corner.record_consent("clara", consent, MARCH + hours * HOUR)
        corner.run(MARCH + hours * HOUR)
    corner.run(MARCH + 4 * HOUR)
    assert corner.mailed_names() == ["clara"]


SERIES = """
rules:
  away:
    when: no visit
    for: 45 days
    then: [{send: we-miss-you}, {wait: 5 days}, {task: Ask after them}]
"""


@pytest.mark.parametrize("apart", [0, 3])
def test_an_absence_under_two_records_goes_on_once(corner: Cafe, apart: int) -> None:
    """
    rules: {}
    """
    corner.reread(SERIES)
    corner.run(MARCH - DAY)
    for name, days in (("clara", 0), ("bruno", apart)):
        corner.customer(name)
        corner.visits(name, MARCH + days * DAY)
    corner.run(MARCH + 46 * DAY)
    corner.run(MARCH + 48 * DAY)
    before = len(corner.mails())
    corner.arrive(identities=[identity("bruno", email="clara@example.com", version=2)])
    for days in range(49, 60):
        corner.run(MARCH + days * DAY)
    assert len(corner.mails()) == before
    assert len(corner.select_all(col(Task.id))) == 1
    assert not [at for at in corner.select_all(col(Enrolment.next_at)) if at]


def test_a_visit_that_is_taken_back_makes_no_second_absence(corner: Cafe) -> None:
    """
    rules: {}
    """
    corner.reread(SERIES)
    corner.run(MARCH - DAY)
    corner.customer("clara")
    visits = [order("1", "clara", MARCH), order("2", "clara", MARCH + DAY)]
    corner.arrive(orders=visits)
    corner.run(MARCH + 46 * DAY)
    corner.arrive(orders=[visits[1] | {"counts": False, "version": 2}])
    for days in range(47, 60):
        corner.run(MARCH + days * DAY)
    assert corner.mailed_names() == ["clara"]
    assert len(corner.select_all(col(Task.id))) == 1
