"""`check`: what is found in the file and in the files it names, before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.config.owner_config import read_owners_file
from settings.yaml.load import FileNotUnderstood
from tests.flows.processes import regulars
from tests.regulars.test_cli import SHOP, write

FILES = """\
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


def people(folder: Path) -> None:
    (folder / "people.csv").write_text(
        "Mail;Born;News;Shoe [size]\x1b[2J\n"
        "clara@example.com;21/09/1990;yes;39\nbruno@example.com;;no;44\nnobody;;;\n"
    )


def mistakes(folder: Path, text: str) -> list[tuple[int, str]]:
    write(folder, SHOP + text)
    with pytest.raises(FileNotUnderstood) as wrong:
        read_owners_file(folder / "config.yaml", {})
    return [(one.line, one.message) for one in wrong.value.mistakes]


def test_each_file_of_rows_is_described_and_nothing_is_written(tmp_path: Path) -> None:
    write(tmp_path, SHOP + FILES)
    people(tmp_path)
    (tmp_path / "bought.csv").write_text("Mail,Date,Total\nclara@example.com,2026-01-02,3.50\n")
    done = regulars(tmp_path, "check")
    assert (done.returncode, done.stderr) == (0, "")
    for told in (
        "old-list\npeople.csv: 3 customers, semicolons between columns, written in UTF-8",
        "read: e-mail from Mail, birthday from Born, consent from News",
        "not read: Shoe [size]",
        "consent: 1 yes, 1 no, 0 neither",
        "cannot be used, whole or in part: 1",
        "line 4: The e-mail address is none.",
        "purchases\nbought.csv: 1 orders, commas between columns",
        "config.yaml is fine: 0 rules, 2 sources",
    ):
        assert told in done.stdout
    assert "\x1b" not in done.stdout
    assert "clara" not in done.stdout
    document = json.loads(regulars(tmp_path, "check", "--json").stdout)
    assert document["mistakes"] == []
    assert document["sources"].keys() == {"old-list", "purchases"}
    assert document["sources"]["purchases"]["described"][0].startswith("bought.csv: 1 orders")
    assert {one.name for one in tmp_path.iterdir()} == {"config.yaml", "people.csv", "bought.csv"}


def test_a_file_that_is_not_there_is_a_mistake_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, SHOP + FILES.replace("people.csv", "pepole.csv"))
    people(tmp_path)
    done = regulars(tmp_path, "check")
    assert done.returncode == 1
    assert f"config.yaml:14:11: There is no file pepole.csv in {tmp_path}" in done.stderr
    assert 'Did you mean "people.csv"?' in done.stderr
    assert f"There is no file bought.csv in {tmp_path}. Put it there" in done.stderr
    assert "2 to fix" in done.stderr


def test_a_file_that_cannot_be_read_so_does_not_hide_the_others(tmp_path: Path) -> None:
    write(tmp_path, SHOP + FILES)
    people(tmp_path)
    (tmp_path / "bought.csv").write_text("Mail,Datum,Total\nclara@example.com,2026-01-02,3.50\n")
    done = regulars(tmp_path, "check")
    assert done.returncode == 1
    assert "people.csv: 3 customers" in done.stdout
    assert "is fine" not in done.stdout
    assert "bought.csv" in done.stderr
    assert "Date" in done.stderr
    document = json.loads(regulars(tmp_path, "check", "--json").stdout)
    assert "Date" in document["sources"]["purchases"]["trouble"]


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("{when: points earned, then: [{send: points-earned}]}", 11),
        ("{when: points expire, in: 3 days, if: {points: at least 3}, then: [{task: x}]}", 11),
        ("{when: no visit, for: 3 days, unless: {points: at least 3}, then: [{task: x}]}", 11),
        ("{when: no visit, for: 3 days, stop when: points spent, then: [{task: x}]}", 11),
        (
            "{when: birthday, in: 3 days,\n then: [{if: {points: exactly 0}, then: [{task: x}]}]}",
            12,
        ),
    ],
)
def test_points_need_a_programme(tmp_path: Path, rule: str, line: int) -> None:
    [(found, said)] = mistakes(tmp_path, f"rules:\n  r: {rule}\n")
    assert found == line
    assert "Add loyalty: to the file" in said
    write(tmp_path, SHOP + f"loyalty: {{earn: 1 point per 1}}\nrules:\n  r: {rule}\n")
    read_owners_file(tmp_path / "config.yaml", {})


@pytest.mark.parametrize("name", ["regulars", "ours"])
def test_a_source_cannot_have_the_name_of_our_own_points(tmp_path: Path, name: str) -> None:
    source = "{from: csv, holds: customers, file: x.csv, columns: {e-mail: Mail}}"
    [(line, said)] = mistakes(tmp_path, f"sources:\n  {name}: {source}\n")
    assert line == 11
    assert said == f'"{name}" stands for points that Regulars counts. Name this otherwise.'
