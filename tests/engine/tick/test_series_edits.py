"""The owner edits a series while people are in it: nobody gets a mail twice, nobody loses one."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, update
from sqlmodel import SQLModel, col

from shop.db.engine import open_database, write_transaction
from shop.tables import Enrolment, Message, RuleState, Task
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.engine.explain.explanations import explain
from tests.examples import examples
from tests.triggers.edited_series import Edit, Reader, to_config
from tests.triggers.edited_series import edits as edits_of_numbered_steps

TEMPLATE = """{% extends "layout.html" %}{% block subject %}NAME{% endblock %}
{% block content %}<p>NAME</p>{% endblock %}"""
NAMES = ("first", "second", "third", "fourth", "fifth")
WAIT = {"wait": "1 day"}
Steps = list[dict[str, Any]]


def send(name: str) -> dict[str, Any]:
    return {"send": name}


def config(steps: Steps) -> str:
    """Mail waits from 21:00 to 08:00, so that some of it is under way when the file is edited."""
    rule = {"when": "subscribed", "then": steps, "at most late": "60 days", "include backlog": True}
    text = json.dumps(rule).replace("true", "yes")
    return f"{FILE}  quiet hours: 21:00 to 08:00\nrules:\n  hello: {text}\n"


def without_quiet_hours(text: str) -> str:
    return text.replace("  quiet hours: 21:00 to 08:00\n", "")


def cafe_with(engine: Any, folder: Path, steps: Steps) -> Cafe:
    (folder / "templates").mkdir()
    for name in NAMES:
        text = TEMPLATE.replace("NAME", name)
        (folder / "templates" / f"{name}.html").write_text(text)
    return Cafe(engine, folder, config(steps))


def sent_steps(cafe: Cafe) -> list[str]:
    return [str(mail["Subject"]) for mail in cafe.mails()]


@pytest.fixture
def clara(engine: Any, tmp_path: Path) -> Cafe:
    """Clara has had the first mail and waits for the second until tomorrow at ten."""
    cafe = cafe_with(engine, tmp_path, [send("first"), WAIT, send("second")])
    cafe.run(MARCH - DAY)
    cafe.customer("clara", at=MARCH + 400 * DAY)
    cafe.run()
    assert sent_steps(cafe) == ["first"]
    return cafe


@pytest.mark.parametrize(
    "edited",
    [
        [send("first"), send("second")],
        [send("third"), send("first"), WAIT, send("second")],
        [{"task": "Say hello"}, send("first"), WAIT, send("second")],
        [send("second"), WAIT, send("first")],
        [send("third"), WAIT, send("second")],
        [WAIT, {"if": {"visits": "at least 1"}, "then": [send("third")], "else": [send("second")]}],
    ],
)
def test_who_waited_for_the_second_mail_gets_it_at_its_time(clara: Cafe, edited: Steps) -> None:
    clara.reread(config(edited))
    clara.run(MARCH + HOUR)
    clara.run(MARCH + DAY - HOUR)
    assert sent_steps(clara) == ["first"]
    for days in range(1, 5):
        clara.run(MARCH + days * DAY)
    assert sorted(sent_steps(clara)) == ["first", "second"]
    assert not clara.select_all(model=Task)


def test_why_says_that_a_step_was_added_after_they_were_past_it(clara: Cafe) -> None:
    clara.reread(config([send("third"), send("first"), WAIT, send("second")]))
    clara.run(MARCH + HOUR)
    [rule] = explain(clara, "clara@example.com", at=MARCH + HOUR).rules
    steps = [(step.step, step.explanation) for step in rule.occasions[0].steps]
    assert steps == [
        ("send third", "was not in the file yet when they were at this place"),
        ("send first", "rehearsed"),
        ("wait 1 day", "waits"),
        ("send second", "comes next"),
    ]


def test_a_step_that_was_taken_out_for_a_while_and_comes_back_is_not_lost(clara: Cafe) -> None:
    clara.reread(config([send("first")]))
    clara.run(MARCH + HOUR)
    clara.reread(config([send("first"), WAIT, send("second")]))
    clara.run(MARCH + DAY)
    assert sorted(sent_steps(clara)) == ["first", "second"]


def test_a_mail_that_is_under_way_is_followed_by_what_lay_behind_it(clara: Cafe) -> None:
    clara.reread(config([send("first"), WAIT, send("second"), WAIT, send("third")]))
    clara.run(MARCH + 35 * HOUR)  # quiet hours hold the second mail
    clara.reread(config([send("third"), WAIT, send("second")]))
    for hours in range(36, 90, 6):
        clara.run(MARCH + hours * HOUR)
    assert sorted(sent_steps(clara)) == ["first", "second", "third"]


def test_a_mail_whose_step_was_taken_out_does_not_end_the_series(clara: Cafe) -> None:
    clara.reread(config([send("first"), WAIT, send("second"), WAIT, send("third")]))
    clara.run(MARCH + 35 * HOUR)
    clara.reread(config([send("first"), WAIT, send("third")]))
    for hours in range(36, 90, 6):
        clara.run(MARCH + hours * HOUR)
    assert sorted(sent_steps(clara)) == ["first", "third"]
    reasons = dict(clara.select_all(col(Message.step), col(Message.reason)))
    assert reasons["second"] == "the step is no longer in the file"


@pytest.mark.parametrize(
    ("before", "after", "sent"),
    [
        (
            [send("first"), WAIT, send("second"), WAIT, send("first")],
            [send("second"), WAIT, send("first")],
            ["first", "second", "first"],
        ),
        (
            [send("first"), WAIT, send("second")],
            [send("second"), WAIT, send("first"), WAIT, send("second")],
            ["first", "second"],
        ),
        (
            [send("first"), WAIT, send("second"), WAIT, send("first")],
            [send("first"), WAIT, send("second")],
            ["first", "second"],
        ),
        (
            [send("first"), WAIT, send("second")],
            [send("first"), WAIT, send("second"), WAIT, send("second")],
            ["first", "second", "second"],
        ),
    ],
)
def test_of_two_mails_that_are_alike_each_comes_once(
    engine: Engine, tmp_path: Path, before: Steps, after: Steps, sent: list[str]
) -> None:
    cafe = cafe_with(engine, tmp_path, before)
    cafe.run(MARCH - DAY)
    cafe.customer("clara", at=MARCH + 400 * DAY)
    cafe.run()
    cafe.reread(config(after))
    for hours in range(1, 100, 6):
        cafe.run(MARCH + hours * HOUR)
    mails = cafe.select_all(col(Message.settled_at), col(Message.template))
    assert [template for _, template in sorted(mails)] == sent


def test_a_task_that_was_moved_is_not_left_again(clara: Cafe) -> None:
    task = {"task": "Say hello"}
    clara.reread(config([send("first"), WAIT, task, WAIT, send("second")]))
    clara.run(MARCH + DAY)
    clara.reread(config([send("first"), WAIT, send("second"), task]))
    for days in range(2, 5):
        clara.run(MARCH + days * DAY)
    assert sorted(sent_steps(clara)) == ["first", "second"]
    assert clara.select_all(col(Task.step)) == ["task Say hello"]


@pytest.mark.parametrize(
    "edited",
    [
        [send("first"), WAIT, send("second")],
        [send("first"), send("second")],
        [send("third"), send("first"), WAIT, send("second")],
    ],
)
def test_places_of_an_earlier_release_are_read_as_steps(clara: Cafe, edited: Steps) -> None:
    with write_transaction(clara.engine) as connection:
        connection.execute(update(Enrolment).values(step="3"))
        connection.execute(update(RuleState).values(series=None))
    clara.reread(config(edited))
    for days in range(1, 4):
        clara.run(MARCH + days * DAY)
    assert sorted(sent_steps(clara)) == ["first", "second"]


@settings(max_examples=examples(5), deadline=None)
@given(
    versions=edits_of_numbered_steps(),
    gaps=st.lists(st.sampled_from([3, 11, 24, 31]), min_size=6, max_size=6),
)
def test_after_any_edit_a_shop_sends_what_lies_ahead_once_and_in_time(
    versions: list[Edit], gaps: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database("sqlite://", base_folder=Path(folder))
        SQLModel.metadata.create_all(engine)
        cafe = cafe_with(engine, Path(folder), to_config(versions[0].steps))
        cafe.reread(without_quiet_hours(config(to_config(versions[0].steps))))
        cafe.run(MARCH - DAY)
        cafe.customer("clara", at=MARCH + 400 * DAY)
        reader, hours = Reader(versions[0].steps), 0

        def tick() -> None:
            cafe.run(MARCH + hours * HOUR)
            reader.tick(hours)

        tick()
        for edit, gap in zip(versions[1:], gaps, strict=False):
            cafe.reread(
                config(to_config(edit.steps)).replace("  quiet hours: 21:00 to 08:00\n", "")
            )
            reader.edit(edit)
            hours += gap
            tick()
        while reader.next_number is not None:
            hours += 13
            tick()
        cafe.run(MARCH + (hours + 1000) * HOUR)
        rows = cafe.select_all(col(Message.settled_at), col(Message.template))
        mails = sorted(((at - MARCH) // HOUR, template) for at, template in rows)
        assert mails == sorted(reader.mails)
        engine.dispose()


@st.composite
def edits(draw: st.DrawFn) -> list[Steps]:
    """Versions of a series: steps are added, taken out and moved."""
    steps: Steps = [send("first"), WAIT, send("second"), WAIT, send("third")]
    versions = [steps]
    for _ in range(draw(st.integers(1, 5))):
        steps = list(versions[-1])
        for _ in range(draw(st.integers(0, 2))):
            position = draw(st.integers(0, len(steps)))
            change = draw(st.sampled_from(["wait", "mail", "remove", "move", "task"]))
            unused = [name for name in NAMES if send(name) not in steps]
            if change == "wait":
                steps.insert(position, {"wait": draw(st.sampled_from(["1 day", "2 days"]))})
            elif change == "mail" and unused:
                steps.insert(position, send(draw(st.sampled_from(unused))))
            elif change == "task" and {"task": "Say hello"} not in steps:
                steps.insert(position, {"task": "Say hello"})
            elif len(steps) > 1:
                step = steps.pop(min(position, len(steps) - 1))
                if change == "move":
                    steps.insert(draw(st.integers(0, len(steps))), step)
        versions.append(steps)
    return versions


@settings(max_examples=examples(7), deadline=None)
@given(versions=edits(), gaps=st.lists(st.sampled_from([3, 8, 11, 24, 31]), min_size=5, max_size=5))
def test_no_edit_repeats_a_mail_or_loses_one_that_stays(
    versions: list[Steps], gaps: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database("sqlite://", base_folder=Path(folder))
        SQLModel.metadata.create_all(engine)
        cafe = cafe_with(engine, Path(folder), versions[0])
        cafe.run(MARCH - DAY)
        cafe.customer("clara", at=MARCH + 400 * DAY)
        now = MARCH
        cafe.run(now)
        for version, gap in zip(versions[1:], gaps, strict=False):
            cafe.reread(config(version))
            now += gap * HOUR
            cafe.run(now)
        for _ in range(16):
            now += 26 * HOUR
            cafe.run(now)
        sent, tasks = Counter(sent_steps(cafe)), cafe.select_all(col(Task.words))
        assert max(sent.values()) == 1, "twice"
        assert len(tasks) <= 1
        always = [name for name in NAMES if all(send(name) in steps for steps in versions)]
        assert set(always) <= set(sent), "lost"
        engine.dispose()
