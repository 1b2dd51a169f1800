"""Conditions on a text accept one spelling, and suggest it for others."""

from __future__ import annotations

import re

import pytest
from pydantic import TypeAdapter, ValidationError

from settings.text.column_name import COLUMN_NAME, ColumnName
from settings.text.text_condition import TextCondition


@pytest.mark.parametrize(
    "text",
    [
        "is nuts", "is not nuts", "contains nuts", "does not contain nuts", "one of gold, silver",
        "known", "not known", "at least 2", "exactly 2.5", "contains at least 2", "is is not",
    ],
)  # fmt: skip
def test_a_condition_is_printed_as_it_is_written(text: str) -> None:
    assert str(TextCondition.parse(text)) == text
    assert re.fullmatch(TextCondition.json_schema["pattern"].strip("^$"), text)


def test_a_list_may_stand_in_brackets() -> None:
    assert TextCondition.parse("one of [gold, silver]").words == ("gold", "silver")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nuts", "Write is nuts or contains nuts. There are: is …"),
        ("has nuts", "Write contains nuts."),
        ("any of gold, silver", "Write one of gold, silver."),
        ("not nuts", "Write is not nuts."),
        ("contains", '"contains" what? Write contains nuts, for example.'),
        ("one of gold,", "Write words with a comma between, like one of gold, silver."),
        ("at least many", "does not compare"),
        (f"is {'x' * 300}", "Write at most 200 letters."),
    ],
)
def test_anything_else_gets_a_suggestion(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        TextCondition.parse(text)


@pytest.mark.parametrize("name", ["allergy", "favourite roast", "größe 2", "a1"])
def test_a_name_has_small_letters_digits_and_blanks(name: str) -> None:
    assert TypeAdapter(ColumnName).validate_python(name) == name
    assert re.fullmatch(COLUMN_NAME, name)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("Allergy", "Write allergy."), ("favourite_roast", "Write favourite roast."),
        ("2nd choice", "Write nd choice."), ("?", "Write one like allergy."),
        ("x" * 50, f"Write {'x' * 40}."),
    ],
)  # fmt: skip
def test_another_name_gets_a_suggestion(name: str, suggestion: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(suggestion)):
        TypeAdapter(ColumnName).validate_python(name)
