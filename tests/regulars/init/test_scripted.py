"""The interview without a terminal: options and environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from regulars.init.answers import Answers
from regulars.init.interview import interview
from regulars.init.probe import World
from regulars.init.terminal_user import Owner
from sandbox.square.server import ACCESS_TOKEN
from settings.errors import UnavailableError, WrongUsageError
from settings.questions import Question
from tests.regulars.init.scripted_owner import (
    BASICS,
    Platforms,
)

NO_KEY = "The key holds a space or another character no key has. Copy it again."


def scripted(folder: Path, flags: dict[str, list[str]], **keys: str) -> Answers:
    basics = {
        question.flag: list(printed)
        for question, printed in BASICS.items()
        if question.flag not in flags
    }
    printed: list[str] = []
    owner = Owner(ask=None, say=printed.append, flags={**basics, **flags}, keys=keys)
    return interview(owner, World(Platforms()), folder, {})


@pytest.mark.parametrize("question", BASICS, ids=lambda question: question.flag)
def test_a_scripts_missing_option_is_named(tmp_path: Path, question: Question) -> None:
    with pytest.raises(WrongUsageError, match=f"Say it with {question.flag}"):
        scripted(tmp_path, {question.flag: []})


def test_a_script_needs_no_more_than_four_answers(tmp_path: Path) -> None:
    answers = scripted(tmp_path, {})
    assert (answers.timezone, answers.sending, answers.platforms) == ("Europe/Lisbon", None, ())


def test_a_scripts_keys_come_from_the_environment(tmp_path: Path) -> None:
    flags = {"--square": ["yes"], "--others-mail": ["birthdays"]}
    answers = scripted(tmp_path, flags, SQUARE_ACCESS_TOKEN=ACCESS_TOKEN)
    assert answers.keys == {"SQUARE_ACCESS_TOKEN": ACCESS_TOKEN}
    with pytest.raises(WrongUsageError, match=r"\$SQUARE_ACCESS_TOKEN is not set"):
        scripted(tmp_path, flags)
    with pytest.raises(UnavailableError, match="does not accept the access token"):
        scripted(tmp_path, flags, SQUARE_ACCESS_TOKEN="wrong")
    with pytest.raises(WrongUsageError, match=rf"\$SQUARE_ACCESS_TOKEN: {NO_KEY}"):
        scripted(tmp_path, flags, SQUARE_ACCESS_TOKEN="clé")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"--country": ["Atlantis"]}, "--country: No country of that name"),
        ({"--country": ["US"]}, "Say it with --timezone"),
        ({"--country": ["Zambia"]}, "Say it with --currency"),
        ({"--e-mail": ["ana at home"]}, "--e-mail: .*is not one email address"),
        ({"--others-mail": ["the postman"]}, '--others-mail: "the" is none of them'),
        ({"--send-through": ["pigeon"]}, "--send-through: Write smtp, sendgrid or outbox"),
        ({"--public-address": ["a b"]}, "--public-address: .*is no web address"),
        ({"--name": ["x" * 201]}, "--name: That is longer"),
    ],
)
def test_a_wrong_option_is_refused_with_its_name(
    tmp_path: Path, flags: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(WrongUsageError, match=message):
        scripted(tmp_path, flags)


def test_no_key_is_shown_by_accident(tmp_path: Path) -> None:
    answers = scripted(tmp_path, {"--square": ["yes"]}, SQUARE_ACCESS_TOKEN=ACCESS_TOKEN)
    assert ACCESS_TOKEN not in repr(answers)
