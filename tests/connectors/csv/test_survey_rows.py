from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import Engine

from connectors.csv import survey_rows
from connectors.csv.config import CsvAnswers
from connectors.csv.connector import CsvConnector
from connectors.csv.rows import CsvFormat, CsvRow
from connectors.csv.survey_rows import SurveyAnswer
from sandbox.cafe import NOW
from shop.tables import Answer, Customer, QuarantinedRecord
from tests.connectors.corner_cafe import hours_later, run_sync, table_rows
from tests.examples import examples

LISBON = ZoneInfo("Europe/Lisbon")
COLUMNS = {"customer": "Who", "when": "When", "csat": "Stars", "nps": "Score", "words": "Said",
           "survey": "Form"}  # fmt: skip
HEADER = "Who,When,Stars,Score,Said,Form\n"


def survey_config(**columns: str) -> CsvAnswers:
    return CsvAnswers.model_validate(
        {
            "from": "csv",
            "holds": "answers",
            "file": "answers.csv",
            "columns": columns or COLUMNS,
        }
    )


def sync_answers(shop: Engine, folder: Path, text: str, hour: int = 0) -> Any:
    (folder / "answers.csv").write_text(text, encoding="utf-8")
    path = folder / "answers.csv"
    connector = CsvConnector("survey", path, survey_config(), "EUR", LISBON, customers_of="survey")
    return run_sync(shop, connector, name="survey", now=hours_later(hour))


def test_answers_arrive_with_who_gave_them(sqlite: Engine, tmp_path: Path) -> None:
    sync_answers(
        sqlite,
        tmp_path,
        HEADER + 'ana@example.com,2026-02-03 10:00,2,3.0,"Cold, and ""late""",visit\n'
        ",2026-02-04,5,,,\n",
    )
    assert table_rows(sqlite, Answer, "csat", "nps", "words", "survey", "answered_at") == [
        (2, 3, 'Cold, and "late"', "visit", datetime(2026, 2, 3, 10, tzinfo=UTC)),
        (5, None, None, None, datetime(2026, 2, 4, tzinfo=UTC)),
    ]
    [(ana_id,)] = table_rows(sqlite, Customer, "id")
    assert table_rows(sqlite, Answer, "customer_id") == [(ana_id,), (None,)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a@example.com,2026-02-03,,11,,", "The nps of 11 is not on the scale from 0 to 10."),
        ("a@example.com,2026-02-03,,-1,,", "The nps of -1 is not on the scale from 0 to 10."),
        ("a@example.com,2026-02-03,0,,,", "The csat of 0 is not on the scale from 1 to 5."),
        ("a@example.com,2026-02-03,6,,,", "The csat of 6 is not on the scale from 1 to 5."),
        (
            "a@example.com,2026-02-03,4.5,,,",
            "The csat is no whole number, and is not on the scale from 1 to 5.",
        ),
        ("a@example.com,soon,4,,,", "The date is none."),
        ("a@example.com,2026-02-03,,,,visit", "The answer says nothing."),
    ],
)
def test_an_invalid_answer_is_quarantined(
    row: str, reason: str, sqlite: Engine, tmp_path: Path
) -> None:
    sync_answers(sqlite, tmp_path, HEADER + row + "\nb@example.com,2026-02-03,4,10,,\n")
    assert table_rows(sqlite, QuarantinedRecord, "record_key", "reason") == [("line 2", reason)]
    assert table_rows(sqlite, Answer, "csat", "nps") == [(4, 10)]


def test_a_corrected_answer_stays_the_same_answer(sqlite: Engine, tmp_path: Path) -> None:
    sync_answers(sqlite, tmp_path, HEADER + "a@example.com,2026-02-03,1,,,\n")
    [before] = table_rows(sqlite, Answer, "id", "external_id")
    sync_answers(sqlite, tmp_path, HEADER + "A@example.com,2026-02-03,4,,I mistook the scale,\n", 1)
    assert table_rows(sqlite, Answer, "id", "external_id") == [before]
    assert table_rows(sqlite, Answer, "csat") == [(4,)]


def test_an_answer_repeated_to_the_letter_is_one(sqlite: Engine, tmp_path: Path) -> None:
    sync_answers(sqlite, tmp_path, HEADER + "a@example.com,2026-02-03,1,,,\n" * 2)
    assert len(table_rows(sqlite, Answer)) == 1


def test_of_two_answers_at_one_moment_the_later_row_counts(sqlite: Engine, tmp_path: Path) -> None:
    rows = "a@example.com,2026-02-03 09:00,1,,,\nA@example.com,2026-02-03 09:00:20,5,,Oops,\n"
    sync_answers(sqlite, tmp_path, HEADER + rows)
    assert table_rows(sqlite, Answer, "csat", "words") == [(5, "Oops")]


def test_answers_to_two_surveys_are_two(sqlite: Engine, tmp_path: Path) -> None:
    rows = "".join(f"a@example.com,2026-02-03,1,,,{form}\n" for form in ("visit", "cake", "Cake"))
    sync_answers(sqlite, tmp_path, HEADER + rows)
    assert table_rows(sqlite, Answer, "survey") == [("Cake",), ("visit",)]


def test_equal_answers_of_unknown_people_stay_two(sqlite: Engine, tmp_path: Path) -> None:
    sync_answers(sqlite, tmp_path, HEADER + ",2026-02-03,5,,,\n" * 2)
    assert len(table_rows(sqlite, Answer)) == 2


def test_a_formula_in_an_answer_stays_text(sqlite: Engine, tmp_path: Path) -> None:
    sync_answers(sqlite, tmp_path, HEADER + "a@example.com,2026-02-03,1,,=cmd|' /C calc'!A0,\n")
    assert table_rows(sqlite, Answer, "words") == [("=cmd|' /C calc'!A0",)]


def test_a_list_of_answers_needs_an_answer_column() -> None:
    with pytest.raises(ValidationError, match="csat, nps or words"):
        survey_config(customer="Who", when="When")


HOW = CsvFormat("survey", "EUR", LISBON, "survey")
cells = st.dictionaries(
    st.sampled_from(list(COLUMNS)), st.text() | st.sampled_from(["5", "11", "2026-02-03"])
)


@settings(max_examples=examples(100), deadline=None)
@given(cells, st.none() | st.just("The row has only 2 of 3 cells."))
def test_no_answer_makes_the_parser_raise(said: dict[str, str], fault: str | None) -> None:
    [survey_answer] = survey_rows.identify_answers([CsvRow(2, said, fault)], HOW, NOW)
    parsed = survey_rows.answer(survey_answer, replace(HOW), NOW)
    assert isinstance(survey_answer, SurveyAnswer)
    assert parsed.errors or parsed.rows.answers


given_answers = st.lists(
    st.tuples(
        st.sampled_from(["ana@example.com", "bruno@example.com", "17", ""]),
        st.datetimes(datetime(2026, 2, 1), datetime(2026, 2, 2)),  # noqa: DTZ001 - as written
        st.sampled_from(["visit", "cake", ""]),
        st.sampled_from(["1", "5"]),
    ),
    max_size=8,
)


@given(given_answers, st.sampled_from(["%d.%m.%Y %H:%M", "%Y/%m/%d %H:%M"]), st.randoms())
def test_any_spelling_of_the_same_answers_gives_the_same_keys(
    answers: list[tuple[str, datetime, str, str]], date_format: str, chance: random.Random
) -> None:
    plain = [
        {"customer": who, "when": when.isoformat(" "), "survey": form, "csat": stars}
        for who, when, form, stars in answers
    ]
    saved_again = [
        {"csat": f"{stars}.0", "survey": form.upper(), "when": when.strftime(date_format),
         "customer": "00017" if who == "17" else who.upper()}
        for who, when, form, stars in answers
    ]  # fmt: skip
    chance.shuffle(saved_again)
    assert answer_keys(saved_again) == answer_keys(plain)


def answer_keys(written: list[dict[str, str]]) -> set[str]:
    rows = [CsvRow(line, cells) for line, cells in enumerate(written, start=2)]
    return {answer.key for answer in survey_rows.identify_answers(rows, HOW, NOW)}
