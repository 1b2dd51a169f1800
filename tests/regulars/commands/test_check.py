"""`check`: mistakes in the config and in its CSV files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.config.owner_config import load_owner_config
from settings.yaml.load import ConfigError
from tests.flows.processes import run_in_process
from tests.regulars.test_cli import SHOP, write_config

CSV_SOURCES = """\
sources:
  old-list:
    from: csv
    holds: customers
    file: people.csv
    columns: {e-mail: Mail, birthday: Born, consent: News}
  purchases:
    from: csv
    holds: orders
    file: bought.csv
    columns: {customer: Mail, when: Date, total: Total}
"""


def write_people(folder: Path) -> None:
    (folder / "people.csv").write_text(
        "Mail;Born;News;Shoe [size]\x1b[2J\n"
        "clara@example.com;21/09/1990;yes;39\nbruno@example.com;;no;44\nnobody;;;\n"
    )


def mistakes(folder: Path, text: str) -> list[tuple[int, str]]:
    write_config(folder, SHOP + text)
    with pytest.raises(ConfigError) as error_info:
        load_owner_config(folder / "config.yaml", {})
    return [(mistake.line, mistake.message) for mistake in error_info.value.mistakes]


def test_each_file_of_rows_is_described_and_nothing_is_written(tmp_path: Path) -> None:
    write_config(tmp_path, SHOP + CSV_SOURCES)
    write_people(tmp_path)
    (tmp_path / "bought.csv").write_text("Mail,Date,Total\nclara@example.com,2026-01-02,3.50\n")
    completed = run_in_process(tmp_path, "check")
    assert (completed.returncode, completed.stderr) == (0, "")
    for expected in (
        "old-list\npeople.csv: 2 customers in 3 rows, semicolons between columns, written in UTF-8",
        "read: e-mail from Mail, birthday from Born, consent from News",
        "not read: Shoe [size]",
        "consent: 1 yes, 1 no, 0 neither",
        "cannot be used, whole or in part: 1",
        "line 4: The e-mail address is none.",
        "purchases\nbought.csv: 1 order, commas between columns",
        "config.yaml is fine: 0 rules, 2 sources",
    ):
        assert expected in completed.stdout
    assert "\x1b" not in completed.stdout
    assert "clara" not in completed.stdout
    document = json.loads(run_in_process(tmp_path, "check", "--json").stdout)
    assert document["mistakes"] == []
    assert document["sources"].keys() == {"old-list", "purchases"}
    assert document["sources"]["purchases"]["described"][0].startswith("bought.csv: 1 order")
    assert {path.name for path in tmp_path.iterdir()} == {"config.yaml", "people.csv", "bought.csv"}


def test_a_file_that_is_not_there_is_a_mistake_with_its_line(tmp_path: Path) -> None:
    write_config(tmp_path, SHOP + CSV_SOURCES.replace("people.csv", "pepole.csv"))
    write_people(tmp_path)
    completed = run_in_process(tmp_path, "check")
    assert completed.returncode == 1
    assert f"config.yaml:15:11: There is no file pepole.csv in {tmp_path}" in completed.stderr
    assert 'Did you mean "people.csv"?' in completed.stderr
    assert f"There is no file bought.csv in {tmp_path}. Put it there" in completed.stderr
    assert "2 to fix" in completed.stderr


def test_a_file_that_cannot_be_read_so_does_not_hide_the_others(tmp_path: Path) -> None:
    write_config(tmp_path, SHOP + CSV_SOURCES)
    write_people(tmp_path)
    (tmp_path / "bought.csv").write_text("Mail,Datum,Total\nclara@example.com,2026-01-02,3.50\n")
    completed = run_in_process(tmp_path, "check")
    assert completed.returncode == 1
    assert "people.csv: 2 customers in 3 rows" in completed.stdout
    assert "is fine" not in completed.stdout
    assert "bought.csv" in completed.stderr
    assert "Date" in completed.stderr
    document = json.loads(run_in_process(tmp_path, "check", "--json").stdout)
    assert "Date" in document["sources"]["purchases"]["trouble"]


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("{when: points earned, then: [{send: points-earned}]}", 12),
        ("{when: points expire, in: 3 days, if: {points: at least 3}, then: [{task: x}]}", 12),
        ("{when: no visit, for: 3 days, unless: {points: at least 3}, then: [{task: x}]}", 12),
        ("{when: no visit, for: 3 days, stop when: points spent, then: [{task: x}]}", 12),
        (
            "{when: birthday, in: 3 days,\n then: [{if: {points: exactly 0}, then: [{task: x}]}]}",
            13,
        ),
    ],
)
def test_points_need_a_programme(tmp_path: Path, rule: str, line: int) -> None:
    [(mistake_line, message)] = mistakes(tmp_path, f"rules:\n  r: {rule}\n")
    assert mistake_line == line
    assert "Add loyalty: to the file" in message
    write_config(tmp_path, SHOP + f"loyalty: {{earn: 1 point per 1}}\nrules:\n  r: {rule}\n")
    load_owner_config(tmp_path / "config.yaml", {})


@pytest.mark.parametrize("name", ["regulars", "ours"])
def test_a_source_cannot_have_the_name_of_our_own_points(tmp_path: Path, name: str) -> None:
    source = "{from: csv, holds: customers, file: x.csv, columns: {e-mail: Mail}}"
    [(line, message)] = mistakes(tmp_path, f"sources:\n  {name}: {source}\n")
    assert line == 12
    assert message == f'"{name}" stands for points that Regulars counts. Name this otherwise.'


def test_a_rule_that_matches_nobody_is_a_remark(tmp_path: Path) -> None:
    rule = "rules:\n  carts: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}\n"
    write_config(tmp_path, SHOP + rule)
    completed = run_in_process(tmp_path, "check")
    sentence = "Rule carts can match nobody: it needs carts, and nothing in this file brings them."
    assert completed.returncode == 0
    assert f"{sentence} What would bring them: Shopify." in completed.stdout
    [remark] = json.loads(run_in_process(tmp_path, "check", "--json").stdout)["no match"]
    assert remark.startswith(sentence)
