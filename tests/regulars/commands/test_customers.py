"""`regulars customers list`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.people.people_list import PeopleRequest, parse_sort
from regulars.commands.customers import run_list
from settings.errors import WrongUsageError
from tests.cafe import DAY, MARCH, Cafe


@pytest.fixture
def shop_file(sqlite: Engine, tmp_path: Path) -> Path:
    cafe = Cafe(sqlite, tmp_path, "rules: {}")
    cafe.customer("ana")
    cafe.customer("bruno", says=None)
    cafe.visits("bruno", MARCH - DAY)
    cafe.run()
    cafe.path.write_text(cafe.path.read_text() + f"\ndatabase: {sqlite.url}\n")
    return cafe.path


def test_people_are_printed_as_a_table(shop_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_list(shop_file, PeopleRequest(search="bru"), now=MARCH, as_json=False)
    printed = capsys.readouterr().out
    assert "Everybody: 1 person, by last visit" in printed
    assert "bruno@example.com" in printed


def test_the_page_is_one_json_document(shop_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_list(shop_file, PeopleRequest(size=1), now=MARCH, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["total"] == 2
    assert document["next_after"]
    (person,) = document["people"]
    assert (person["name"], person["spent"], person["consent"]) == ("Bruno", "12.50", "none")


def test_an_unknown_order_is_refused_with_the_right_ones() -> None:
    with pytest.raises(WrongUsageError, match="There are: last visit, spent, overdue, name"):
        parse_sort("first visit")
