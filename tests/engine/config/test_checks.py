"""Mistakes of config.yaml that only two settings show together."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.checks import check_durations, check_own_columns, source_files_check
from settings.yaml.load import Plain, Violation


def rule(when: str, lead: str) -> Plain:
    return {"rules": {"a": {"when": when, "in": lead, "then": []}}}


def test_only_a_calendar_day_has_a_mail_on_the_day_itself() -> None:
    assert list(check_durations(rule("birthday", "0 days"))) == []
    assert list(check_durations(rule("points expire", "0 days"))) == [
        Violation(
            ("rules", "a", "in"), "With in: 0 days the mail would be too late. Write 1 day or more."
        )
    ]


def document(my_columns: Plain, condition: Plain) -> Plain:
    columns = {"e-mail": "Email", "my columns": my_columns}
    return {
        "sources": {"old-list": {"from": "csv", "columns": columns}},
        "rules": {"a": {"when": "no visit", "then": [], "if": {"my": condition}}},
    }


@pytest.mark.parametrize(
    ("my_columns", "condition", "message"),
    [
        ({"allergy": "Allergies"}, {"allergy": "is nuts"}, None),
        ({"allergy": "Allergies"}, {"alergy": "is nuts"},
         'No source has a column "alergy" under my columns. Did you mean "allergy"?'),
        ({"allergy": "Allergies"}, {"roast": "is dark"},
         'No source has a column "roast" under my columns. There are: allergy.'),
        ({}, {"roast": "is dark"},
         ('There is no column "roast": no source has my columns. Add it to columns: of a file of '
         "customers, like my columns: {roast: its heading}.")),
        ({"visits": "Visits"}, {"visits": "is 3"},
         '"visits" is a word of rules or e-mails already. Choose another name.'),
        ({"first name": "Name"}, {},
         '"first name" is a word of rules or e-mails already. Choose another name.'),
    ],
)  # fmt: skip
def test_own_columns_exist_and_are_called_by_no_word_of_the_language(
    my_columns: Plain, condition: Plain, message: str | None
) -> None:
    violations = check_own_columns(document(my_columns, condition))
    assert [violation.message for violation in violations] == ([message] if message else [])


def test_a_file_in_a_zip_exists_where_the_zip_does(tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(b"PK")
    check = source_files_check(tmp_path)
    for file, violations in (("export.zip/list*.csv", 0), ("exports.zip/list.csv", 1)):
        assert len(list(check({"sources": {"a": {"file": file}}}))) == violations
