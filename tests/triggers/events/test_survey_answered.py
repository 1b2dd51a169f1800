"""What a customer answers to a survey on one day is one occasion, and the newest answer decides."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import SQLModel, col

from shop.db.engine import open_database, write_transaction
from shop.tables import Enrolment, Message, Task
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.engine.explain.explanations import latest_occasion
from tests.examples import examples
from tests.rows import identity

UNHAPPY = """
rules:
  unhappy:
    when: survey answered
    if: {csat: at most 2}
    then:
      - {task: Call this customer, due in: 1 day}
      - {send: sorry-from-the-owner}
"""
QUIET = f"{FILE}  quiet hours: 21:00 to 08:00\n{UNHAPPY}"
MINUTE = timedelta(minutes=1)
NOON = MARCH + 2 * HOUR


def answer(key: str, at: datetime, csat: int | None, **columns: Any) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": key, "customer_source": "online-shop",
        "customer_key": "clara", "answered_at": at, "csat": csat, "nps": None, "words": None,
        "version": 1,
    } | columns  # fmt: skip


@pytest.fixture
def clara(corner: Cafe) -> Cafe:
    return with_clara(corner)


@pytest.fixture
def clara_on_both(cafe: Cafe) -> Cafe:
    """On SQLite and on PostgreSQL."""
    return with_clara(cafe)


def with_clara(cafe: Cafe) -> Cafe:
    cafe.reread(UNHAPPY)
    cafe.run(MARCH - DAY)
    cafe.customer("clara")
    return cafe


def apologies(cafe: Cafe) -> list[str]:
    """What the customer wrote, as the apologies quote it."""
    texts = [mail.get_body(("plain",)).get_content() for mail in cafe.mails()]  # type: ignore[union-attr]  # each mail has a text
    return [line.strip("> “”") for text in texts for line in text.splitlines() if "“" in line]


def open_tasks(cafe: Cafe) -> int:
    return len([done_at for done_at in cafe.select_all(col(Task.done_at)) if done_at is None])


@pytest.mark.parametrize("apart", [timedelta(0), MINUTE, 9 * HOUR])
@pytest.mark.parametrize("at_once", [True, False])
def test_an_answer_that_comes_twice_is_answered_once(
    clara: Cafe, apart: timedelta, at_once: bool
) -> None:
    clara.arrive(answers=[answer("1", MARCH, 1)])
    if not at_once:
        clara.run(MARCH)
    clara.arrive(answers=[answer("2", MARCH + apart, 1)])
    clara.run(MARCH + 10 * HOUR)
    clara.run(MARCH + 11 * HOUR)
    assert (clara.mailed_names(), open_tasks(clara)) == (["clara"], 1)


def test_the_two_sides_of_midnight_are_one_visit(clara_on_both: Cafe) -> None:
    clara = clara_on_both
    midnight = MARCH + 14 * HOUR
    clara.arrive(answers=[answer("1", midnight - MINUTE, 1), answer("2", midnight + MINUTE, 2)])
    clara.run(midnight + HOUR)
    clara.run(midnight + 2 * HOUR)
    assert (clara.mailed_names(), open_tasks(clara)) == (["clara"], 1)


def test_of_a_bad_answer_and_a_good_one_after_it_the_good_one_counts(clara: Cafe) -> None:
    clara.arrive(answers=[answer("1", MARCH, 1), answer("2", MARCH + 5 * MINUTE, 5)])
    clara.run(NOON)
    assert (clara.mailed_names(), open_tasks(clara)) == ([], 0)


def test_of_a_good_answer_and_a_bad_one_after_it_the_bad_one_counts(clara: Cafe) -> None:
    clara.arrive(answers=[answer("1", MARCH, 5)])
    clara.run(MARCH)
    clara.arrive(answers=[answer("2", MARCH + 5 * MINUTE, 1, words="It was cold.")])
    clara.run(NOON)
    assert (apologies(clara), open_tasks(clara)) == (["It was cold."], 1)


def test_an_older_answer_that_arrives_later_changes_nothing(clara: Cafe) -> None:
    clara.arrive(answers=[answer("2", MARCH + 5 * MINUTE, 5)])
    clara.run(NOON)
    clara.arrive(answers=[answer("1", MARCH, 1)])
    clara.run(NOON + HOUR)
    assert (clara.mailed_names(), open_tasks(clara)) == ([], 0)


@pytest.mark.parametrize("key", ["1", "2"])  # corrected where it was given, or given again
def test_an_apology_that_still_waits_is_not_sent_after_a_better_answer(
    clara: Cafe, key: str
) -> None:
    clara.reread(QUIET)
    night = MARCH + 12 * HOUR
    clara.arrive(answers=[answer("1", night, 1)])
    clara.run(night)
    assert open_tasks(clara) == 1
    better = answer(key, night + 5 * MINUTE if key == "2" else night, 5, version=2)
    clara.arrive(answers=[better])
    clara.run(night + 12 * HOUR)
    assert (clara.mailed_names(), open_tasks(clara)) == ([], 0)
    assert clara.select_all(col(Message.reason)) == ["stopped: the answer was corrected"]


def test_an_apology_that_still_waits_is_about_the_newest_answer(clara_on_both: Cafe) -> None:
    clara = clara_on_both
    clara.reread(QUIET)
    night = MARCH + 12 * HOUR
    clara.arrive(answers=[answer("1", night, 1, words="Cold.")])
    clara.run(night)
    clara.arrive(answers=[answer("2", night + MINUTE, 2, words="Cold and late.")])
    clara.run(night + 12 * HOUR)
    assert apologies(clara) == ["Cold and late."]
    assert "csat 2" in latest_occasion(clara, at=night + 12 * HOUR).description


def test_a_better_answer_after_the_apology_closes_the_task(clara_on_both: Cafe) -> None:
    clara = clara_on_both
    clara.arrive(answers=[answer("1", MARCH, 1)])
    clara.run(MARCH)
    assert (clara.mailed_names(), open_tasks(clara)) == (["clara"], 1)
    clara.arrive(answers=[answer("2", MARCH + MINUTE, 5)])
    clara.run(NOON)
    clara.arrive(answers=[answer("3", MARCH + 2 * MINUTE, 1)])
    clara.run(NOON + HOUR)
    assert (clara.mailed_names(), open_tasks(clara)) == (["clara"], 0)


def test_words_without_a_score_do_not_take_a_score_back(clara: Cafe) -> None:
    clara.arrive(answers=[answer("1", MARCH, 1)])
    clara.arrive(answers=[answer("2", MARCH + MINUTE, None, words="And another thing.")])
    clara.run(NOON)
    assert clara.mailed_names() == ["clara"]


def test_another_day_and_another_survey_are_other_occasions(clara: Cafe) -> None:
    clara.arrive(answers=[answer("1", MARCH, 1, survey="coffee")])
    clara.arrive(answers=[answer("2", MARCH + MINUTE, 1, survey="delivery")])
    clara.run(MARCH + HOUR)
    clara.arrive(answers=[answer("3", MARCH + DAY, 1, survey="coffee")])
    clara.run(MARCH + DAY)
    assert len(clara.select_all(col(Enrolment.occasion))) == 3
    assert clara.mailed_names() == ["clara"] * 2  # the first two go as one mail


def test_the_occasion_of_an_earlier_release_is_not_answered_again(clara: Cafe) -> None:
    clara.arrive(answers=[answer("1", MARCH, 1)])
    clara.run(MARCH)  # it was known by the number of its answer
    with write_transaction(clara.engine) as connection:
        connection.execute(update(Enrolment).values(occasion="1"))
        connection.execute(update(Message).values(occasion="1"))
    clara.arrive(answers=[answer("1", MARCH, 2, version=2)])
    clara.arrive(answers=[answer("2", MARCH + MINUTE, 1)])
    clara.run(NOON)
    assert (clara.mailed_names(), open_tasks(clara)) == (["clara"], 1)


def test_two_customers_who_turn_out_to_be_one_get_one_apology(clara: Cafe) -> None:
    clara.reread(QUIET)
    night = MARCH + 12 * HOUR
    clara.customer("bruno")
    rows = [answer("1", night, 1), answer("2", night + MINUTE, 1, customer_key="bruno")]
    clara.arrive(answers=rows)
    clara.run(night)
    clara.arrive(identities=[identity("bruno", email="clara@example.com", version=2)])
    clara.run(night + 12 * HOUR)
    assert len(clara.mails()) == 1


@settings(max_examples=examples(7), deadline=None)
@given(
    answers=st.lists(
        st.tuples(st.integers(0, 9 * 60), st.integers(1, 5), st.booleans(), st.booleans()),
        min_size=1,
        max_size=6,
        unique_by=lambda each: each[0],
    ).flatmap(st.permutations)
)
def test_in_whatever_order_and_ticks_answers_arrive_there_is_one_apology_at_most(
    answers: list[tuple[int, int, bool, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database("sqlite://", base_folder=Path(folder))
        SQLModel.metadata.create_all(engine)
        cafe = Cafe(engine, Path(folder), UNHAPPY)
        cafe.run(MARCH - DAY)
        cafe.customer("clara")
        now, ticked = MARCH + 9 * HOUR, False
        for number, (minutes, csat, corrects, ticks) in enumerate(answers):
            at = MARCH + minutes * MINUTE
            cafe.arrive(answers=[answer(str(number), at, csat)])
            if corrects:
                cafe.arrive(answers=[answer(str(number), at, 6 - csat, version=2)])
            if ticks:
                now, ticked = now + MINUTE, True
                cafe.run(now)
        cafe.run(now + HOUR)
        cafe.run(now + 2 * HOUR)
        _, csat, corrects, _ = max(answers)
        is_unhappy = (6 - csat if corrects else csat) <= 2
        assert len(cafe.mails()) <= 1
        assert len(cafe.select_all(col(Task.id))) <= 1
        assert open_tasks(cafe) <= int(is_unhappy)
        if not ticked:
            assert (len(cafe.mails()), open_tasks(cafe)) == (int(is_unhappy),) * 2
        engine.dispose()
