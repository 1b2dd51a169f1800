"""Places of steps: paths into the lists, branches and waits of a rule."""

from __future__ import annotations

import pytest

from triggers.config import Rule, Send
from triggers.steps import (
    branch_place,
    following_place,
    step_at,
)

RULE = Rule.model_validate({
    "when": "subscribed",
    "then": [
        {"send": "welcome"},
        {"wait": "1 day"},
        {
            "if": {"orders": "at least 1"},
            "then": [{"send": "we-miss-you"}, {"wait": "2 hours"}, {"send": "welcome"}],
            "else": [{"send": "first-visit-treat"}],
        },
        {"if": {"orders": "at least 2"}, "then": [{"task": "Thank them"}]},
        {"send": "birthday"},
    ],
})  # fmt: skip


@pytest.mark.parametrize(
    ("place", "template"),
    [
        ("1", "welcome"),
        ("3.then.1", "we-miss-you"),
        ("3.then.3", "welcome"),
        ("3.else.1", "first-visit-treat"),
        ("5", "birthday"),
    ],
)
def test_each_place_has_its_own_mail(place: str, template: str) -> None:
    step = step_at(RULE, place)
    assert isinstance(step, Send)
    assert step.send == template


@pytest.mark.parametrize("place", ["6", "1.then.1", "3.else.2", "4.else.1"])
def test_where_there_is_no_step_there_is_none(place: str) -> None:
    assert step_at(RULE, place) is None


def test_a_branch_leads_into_then_or_else_or_past_an_empty_one() -> None:
    assert branch_place(RULE, "3", holds=True) == "3.then.1"
    assert branch_place(RULE, "3", holds=False) == "3.else.1"
    assert branch_place(RULE, "4", holds=False) == "5"


def test_after_the_last_step_of_a_branch_comes_what_follows_it() -> None:
    assert following_place(RULE, "3.then.3") == "4"
    assert following_place(RULE, "3.else.1") == "4"
    assert following_place(RULE, "5") is None
