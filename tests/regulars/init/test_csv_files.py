"""CSV files in the interview: guessed columns and starter rules."""

from __future__ import annotations

from pathlib import Path

from connectors.csv.config import CsvAnswers, CsvCustomers
from regulars.init import questions
from tests.regulars.init.scripted_owner import (
    Interview,
)

CUSTOMERS = "E-Mail,Vorname,Geburtstag\nana@example.com,Ana,1990-09-21\n"


def test_csv_columns_are_guessed_from_their_names(tmp_path: Path) -> None:
    (tmp_path / "kunden.csv").write_text(CUSTOMERS)
    script = {
        questions.RUNS_ON: ["csv"],
        questions.FILE: ["kunde.csv", "kunden.csv"],
        questions.IMPORTED_CONSENT: ["they ticked a box: since 2024"],
    }
    owner = Interview(tmp_path, script)
    [source] = owner.write_config().sources.values()
    assert isinstance(source, CsvCustomers)
    columns = source.columns
    assert (columns.e_mail, columns.first_name) == ("E-Mail", "Vorname")
    assert (columns.birthday, columns.consent) == ("Geburtstag", None)
    assert source.imported_consent == "they ticked a box: since 2024"
    assert "Did you mean kunden.csv?" in owner.output
    assert "e-mail from E-Mail" in owner.output
    assert "/kunden.csv" in (tmp_path / ".gitignore").read_text().splitlines()


def test_survey_answers_bring_the_unhappy_customer_rule(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("Email,Date,Stars\nana@example.com,2026-03-01,2\n")
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["answers.csv"]})
    file = owner.write_config()
    assert isinstance(file.sources["list-of-answers"], CsvAnswers)
    assert list(file.rules) == ["unhappy-customer", "welcome"]
    assert questions.IMPORTED_CONSENT not in owner.asked_questions


def test_an_unreadable_csv_file_is_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Colour,Size\nred,3\n")
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["odd.csv"]})
    assert owner.write_config().sources == {}
    assert "odd.csv has columns that say nothing to Regulars: Colour, Size." in owner.output
