"""Steps are known by what they do: where people go on when the owner edits a series."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from triggers.config import Rule
from triggers.series import Series
from triggers.series_edit import rest_after_edit, step_after_edit

WELCOME, TREAT, MISS = {"send": "welcome"}, {"send": "first-visit-treat"}, {"send": "we-miss-you"}
BIRTHDAY, CALL = {"send": "birthday"}, {"task": "Call them"}
WAIT, LONG_WAIT = {"wait": "1 day"}, {"wait": "3 days"}
IF_ORDERS = {"orders": "at least 1"}
Steps = list[dict[str, Any]]


def rule(*steps: dict[str, Any]) -> Rule:
    return Rule.model_validate({"when": "subscribed", "then": list(steps)})


def series(*steps: dict[str, Any]) -> Series:
    return Series.of(rule(*steps))


def decision(*then: dict[str, Any], otherwise: Steps | None = None) -> dict[str, Any]:
    return {"if": IF_ORDERS, "then": list(then), "else": otherwise or []}


def test_a_step_is_named_by_what_it_does_and_the_second_alike_by_its_number() -> None:
    steps = series(WELCOME, WAIT, decision(WELCOME, otherwise=[CALL]), WAIT, CALL)
    assert steps.keys == {
        "1": "send welcome",
        "2": "wait 1 day",
        "3": "if orders: at least 1",
        "3.then.1": "send welcome #2",
        "3.else.1": "task Call them",
        "4": "wait 1 day #2",
        "5": "task Call them #2",
    }
    assert Series.from_json(steps.to_json()) == steps


def test_a_step_is_found_by_its_key_and_by_the_place_of_an_earlier_release() -> None:
    steps = series(WELCOME, WAIT, TREAT)
    assert steps.place_of("send first-visit-treat") == steps.place_of("3") == "3"
    assert steps.place_of("send birthday") is steps.place_of("4") is None


@pytest.mark.parametrize(
    ("edited", "goes_on_at"),
    [
        ([WELCOME, TREAT], "send first-visit-treat"),
        ([WELCOME, LONG_WAIT, TREAT], "send first-visit-treat"),
        ([BIRTHDAY, WELCOME, WAIT, TREAT], "send first-visit-treat"),
        ([WELCOME, BIRTHDAY, WAIT, TREAT], "send first-visit-treat"),
        ([WELCOME, WAIT, BIRTHDAY, TREAT], "send birthday"),
        ([WELCOME, WAIT, MISS, WAIT, TREAT], "send we-miss-you"),
        ([TREAT, WAIT, WELCOME], "send first-visit-treat"),
        ([WELCOME, WAIT, LONG_WAIT, MISS], "wait 3 days"),
        ([WELCOME, WAIT, BIRTHDAY], "send birthday"),
        ([WELCOME, WAIT, decision(TREAT)], "if orders: at least 1"),
        ([TREAT, WAIT, MISS], "send first-visit-treat"),
        ([WELCOME], None),
        ([BIRTHDAY], None),
    ],
)
def test_who_waited_for_the_second_mail_goes_on_there(
    edited: Steps, goes_on_at: str | None
) -> None:
    before = series(WELCOME, WAIT, TREAT, LONG_WAIT, MISS)
    assert step_after_edit(before, series(*edited), "send first-visit-treat") == goes_on_at


def test_who_has_had_nothing_begins_at_the_top_of_the_new_series() -> None:
    before = series(WELCOME, WAIT, TREAT)
    assert step_after_edit(before, series(BIRTHDAY, WELCOME), "1") == "send birthday"


def test_a_step_keeps_its_key_when_another_like_it_goes() -> None:
    before = series(WELCOME, WAIT, TREAT, WAIT, WELCOME)
    after = before.edited(rule(TREAT, WAIT, WELCOME))
    assert list(after.keys.values()) == [
        "send first-visit-treat", "wait 1 day #2", "send welcome #2"
    ]  # fmt: skip


def test_a_copy_of_a_step_has_a_key_that_was_never_in_use() -> None:
    before = series(WELCOME, WAIT, TREAT, WAIT, WELCOME).edited(rule(WELCOME, WAIT, TREAT))
    after = before.edited(rule(WELCOME, WAIT, TREAT, WAIT, TREAT))
    assert after.keys["5"] == "send first-visit-treat #2"
    assert after.edited(rule(WELCOME)).edited(rule(WELCOME, TREAT, BIRTHDAY, TREAT)).keys == {
        "1": "send welcome",
        "2": "send first-visit-treat #2",
        "3": "send birthday",
        "4": "send first-visit-treat",
    }


def test_a_step_that_comes_back_is_the_same_step() -> None:
    before = series(WELCOME, WAIT, TREAT)
    after = before.edited(rule(WELCOME, WAIT)).edited(rule(WELCOME, WAIT, TREAT))
    assert after == before


def test_keys_of_an_earlier_release_stay() -> None:
    stored = '[["1", "send welcome"], ["2", "wait 1 day"], ["3", "send welcome #2"]]'
    after = Series.from_json(stored).edited(rule(WAIT, WELCOME))
    assert after.keys == {"1": "wait 1 day", "2": "send welcome #2"}


def test_who_has_had_the_first_of_two_like_mails_gets_the_second() -> None:
    before = series(WELCOME, WAIT, TREAT, WAIT, WELCOME)
    edited = before.edited(rule(TREAT, WAIT, WELCOME))
    had = {"send welcome"}
    assert rest_after_edit(before, edited, "send first-visit-treat", had) == (
        "send first-visit-treat", timedelta(0)
    )  # fmt: skip
    assert edited.rest_from("2", had) == ("3", timedelta(days=1))


def test_waits_before_a_step_are_added_up() -> None:
    steps = series(WELCOME, WAIT, LONG_WAIT, TREAT, WAIT)
    assert steps.rest_from("2", ()) == ("4", timedelta(days=4))
    assert steps.rest_from("1", {"send welcome"}) == ("4", timedelta(days=4))
    assert steps.rest_from("5", ()) is steps.rest_from(None, ()) is None


def test_who_is_within_a_decision_stays_within_it() -> None:
    before = series(WELCOME, decision(MISS, WAIT, TREAT, otherwise=[CALL]), BIRTHDAY)
    narrower = decision(MISS, WAIT, TREAT) | {"if": {"orders": "at least 5"}}
    at_treat = "send first-visit-treat"
    assert step_after_edit(before, series(WELCOME, narrower, BIRTHDAY), at_treat) == at_treat
    unwrapped = series(WELCOME, MISS, WAIT, TREAT, BIRTHDAY)
    assert step_after_edit(before, unwrapped, at_treat) == at_treat
    emptied = series(WELCOME, decision(MISS), BIRTHDAY)
    assert step_after_edit(before, emptied, at_treat) == "send birthday"


def test_a_step_that_moved_into_a_decision_waits_for_the_decision() -> None:
    before = series(WELCOME, decision(MISS), WAIT, TREAT)
    after = series(WELCOME, decision(MISS, TREAT))
    assert step_after_edit(before, after, "send first-visit-treat") == "if orders: at least 1"


def test_a_decision_that_was_taken_out_leaves_its_steps() -> None:
    before = series(WELCOME, WAIT, decision(MISS, otherwise=[TREAT]), BIRTHDAY)
    after = series(WELCOME, WAIT, TREAT, BIRTHDAY)
    assert step_after_edit(before, after, "if orders: at least 1") == "send first-visit-treat"


def test_what_follows_a_mail_that_still_waits_is_what_lay_behind_it() -> None:
    before = series(WELCOME, WAIT, TREAT, WAIT, MISS)
    after = series(TREAT, WAIT, WELCOME, WAIT, MISS)
    assert step_after_edit(before, after, "send welcome", is_done=True) == "send first-visit-treat"


def test_a_wait_that_was_changed_is_still_to_come_after_a_mail_under_way() -> None:
    before, after = series(WELCOME, WAIT, TREAT), series(WELCOME, LONG_WAIT, TREAT)
    assert step_after_edit(before, after, "send welcome", is_done=True) == "wait 3 days"
    assert step_after_edit(before, after, "send first-visit-treat") == "send first-visit-treat"
