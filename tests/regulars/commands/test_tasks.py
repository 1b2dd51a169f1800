"""`tasks` and `done`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from regulars import cli
from settings.errors import WrongUsageError
from tests.cafe import HOUR, MARCH, Cafe

RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{task: Ring them up}, {send: cart-reminder}]
    include backlog: yes
"""


@pytest.fixture
def cafe_folder(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
    monkeypatch.chdir(tmp_path)
    cafe = Cafe(sqlite, tmp_path, RULES)
    for name in ("ana", "bruno"):
        cafe.customer(name)
        cafe.cart(name, MARCH - 3 * HOUR)
    cafe.run()
    return cafe


def regulars(*arguments: str) -> None:
    cli.app([*arguments], standalone_mode=False)


def test_a_task_is_listed_until_it_is_done(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("tasks", "--json")
    tasks = json.loads(capsys.readouterr().out)["tasks"]
    assert sorted(task["customer"] for task in tasks) == ["Ana", "Bruno"]
    assert {task["words"] for task in tasks} == {"Ring them up"}
    regulars("done", str(tasks[0]["id"]))
    regulars("tasks")
    output = capsys.readouterr().out
    assert "1 task done." in output
    assert tasks[1]["customer"] in output
    assert tasks[0]["customer"] not in output
    regulars("done", str(tasks[1]["id"]))
    regulars("tasks")
    assert "There is nothing to do." in capsys.readouterr().out


def test_an_unknown_task_is_reported_and_the_others_are_done(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(WrongUsageError, match="No open task has the number 99"):
        regulars("done", "1", "99", "1")
    assert "1 task done." in capsys.readouterr().out
    with pytest.raises(WrongUsageError, match="number 1"):
        regulars("done", "1")
