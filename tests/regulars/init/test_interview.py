"""The nine questions: defaults, currency, timezone, addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer.main

from regulars.cli import app
from regulars.init import questions
from regulars.init.questions import ALL_QUESTIONS, QUESTION_COUNT
from tests.regulars.init.scripted_owner import (
    Interview,
    check_config,
)


def test_there_are_nine_questions_and_what_they_lead_to() -> None:
    numbers = [question.number for question in ALL_QUESTIONS if question.number]
    assert numbers == list(range(1, QUESTION_COUNT + 1)) == list(range(1, 10))


def test_every_question_can_be_answered_by_an_option_or_the_environment() -> None:
    group: Any = typer.main.get_command(app)
    options = {name for parameter in group.commands["init"].params for name in parameter.opts}
    assert {question.flag for question in ALL_QUESTIONS if question.flag} <= options
    # They are answered by the options of the platforms, and by --colour and --logo.
    without_option = [question for question in ALL_QUESTIONS if not (question.flag or question.key)]
    assert without_option == [questions.RUNS_ON, questions.BRAND]


def test_a_shop_without_sources_gets_a_valid_config(tmp_path: Path) -> None:
    owner = Interview(tmp_path)
    file = owner.write_config()
    assert len(owner.asked_questions) == QUESTION_COUNT
    assert (file.shop.name, file.shop.country, file.shop.currency) == ("Corner Café", "PT", "EUR")
    assert (file.shop.timezone, file.shop.public_address) == ("Europe/Lisbon", None)
    assert str(file.sending.from_) == "Ana at Corner Café <ana@cornercafe.example>"
    assert (file.sending.through, list(file.rules), file.sources) == ("outbox", ["welcome"], {})


def test_a_country_is_accepted_by_name_and_a_typo_gets_a_suggestion(tmp_path: Path) -> None:
    owner = Interview(tmp_path, {questions.COUNTRY: ["Portugl", "deutschland"]})
    file = owner.write_config()
    assert (file.shop.country, file.shop.timezone) == ("DE", "Europe/Berlin")
    assert "Did you mean Portugal?" in owner.output


def test_a_country_with_several_timezones_uses_the_machines_or_asks(tmp_path: Path) -> None:
    (machine_folder := tmp_path / "here").mkdir()
    (asking_folder := tmp_path / "asks").mkdir()
    usa = {questions.COUNTRY: ["USA"], questions.TIMEZONE: ["chicago"]}
    owner = Interview(machine_folder, usa)
    assert owner.write_config(clock="America/Denver").shop.timezone == "America/Denver"
    assert questions.TIMEZONE not in owner.asked_questions
    file = Interview(asking_folder, usa).write_config(clock="Europe/Lisbon")
    assert (file.shop.timezone, file.shop.currency) == ("America/Chicago", "USD")


def test_a_freemail_address_gets_a_warning(tmp_path: Path) -> None:
    owner = Interview(tmp_path, {questions.E_MAIL: ["ana", "ana@gmail.com"]})
    assert str(owner.write_config().sending.from_) == "Corner Café <ana@gmail.com>"
    assert "gmail.com lets nobody else send for its addresses." in owner.output


def test_a_public_address_is_where_the_links_lead(tmp_path: Path) -> None:
    owner = Interview(tmp_path, {questions.PUBLIC_ADDRESS: ["mail.cornercafe.example/"]})
    assert owner.write_config().shop.public_address == "https://mail.cornercafe.example"
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace("# sign up:", "sign up:"))
    assert check_config(tmp_path).sign_up
