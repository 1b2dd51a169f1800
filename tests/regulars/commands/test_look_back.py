"""`regulars look-back`, and the look back of `check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from regulars import cli
from regulars.terminal import look_back_report
from tests.cafe import DAY, MARCH, Cafe

RULES = """
rules:
  we-miss-you:
    when: no visit
    for: 10 days
    then: [{send: we-miss-you}]
"""
AT = ("--at", MARCH.isoformat())


@pytest.fixture
def cafe_folder(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
    """The café in the current folder; Clara was away from 15 February, and came back in March."""
    monkeypatch.chdir(tmp_path)
    cafe = Cafe(sqlite, tmp_path, RULES)
    cafe.customer("clara")
    cafe.visits("clara", MARCH - 16 * DAY, MARCH - DAY)
    return cafe


def regulars(*arguments: str) -> None:
    cli.app([*arguments], standalone_mode=False)


def test_it_names_the_mails_the_people_and_the_first_mail(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("look-back", "--days", "10", *AT)
    output = capsys.readouterr().out
    assert "Had these rules run since 21 February: 1 e-mail to 1 person." in output
    assert "The first, on 25 February to Clara: “" in output
    page = cafe_folder.shop.folder / "preview" / "look-back-we-miss-you.html"
    assert f"→ {page}" in output
    assert "Clara" in page.read_text()
    assert "Clara" in page.with_suffix(".txt").read_text()


def test_json_has_the_same(cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    regulars("look-back", "--days", "10", "--json", *AT)
    document = json.loads(capsys.readouterr().out)
    assert (document["mails"], document["people"]) == (1, 1)
    assert document["rules"]["we-miss-you"]["first"]["to"] == "clara@example.com"
    assert Path(document["rules"]["we-miss-you"]["first"]["page"]).exists()


def test_check_looks_back_until_the_rules_have_run(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_back_report, "DAYS", 10)
    regulars("check", *AT)
    assert "1 e-mail to 1 person" in capsys.readouterr().out
    monkeypatch.setattr(look_back_report, "MAX_CUSTOMERS", 0)
    regulars("check", *AT)
    assert "regulars look-back" in capsys.readouterr().out.splitlines()[-1]
    cafe_folder.run()
    regulars("check", *AT)
    assert "look-back" not in capsys.readouterr().out
