"""Searched and sorted lists of people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from engine.people import people_list
from engine.people.list_kinds import parse_choice
from engine.people.people_list import PeoplePage, PeopleRequest, Sort, load_people
from shop.db.engine import read_transaction
from tests.cafe import DAY, MARCH, Cafe
from tests.rows import identity


@pytest.fixture
def cafe(engine: Engine, tmp_path: Path) -> Cafe:
    cafe = Cafe(engine, tmp_path, "rules: {}")
    people: list[dict[str, Any]] = [
        {"first_name": "Łucja", "last_name": "Świątek-Nowak", "phone": "+351 912 345 678"},
        {"first_name": "Søren", "last_name": "Groß"},
        {"first_name": "Clara", "last_name": "O’Brien"},
        {"first_name": None, "last_name": None},
        {"first_name": "\u202eAnna\u202c<script>", "last_name": "Müller"},
    ]
    names = ("lucja", "soren", "clara", "dora.maar", "anna")
    cafe.arrive(
        identities=[
            identity(name, email=f"{name}@example.com", **facts)
            for name, facts in zip(names, people, strict=True)
        ]
    )
    cafe.visits("lucja", MARCH - 3 * DAY)
    cafe.visits("clara", *(MARCH - days * DAY for days in (50, 40, 30, 20)))
    cafe.visits("soren", MARCH - 30 * DAY, MARCH - 2 * DAY)
    cafe.run()
    return cafe


def page(cafe: Cafe, **request: Any) -> PeoplePage:
    with read_transaction(cafe.engine) as connection:
        return load_people(connection, cafe.shop.config, PeopleRequest(**request), now=MARCH)


def listed(cafe: Cafe, **request: Any) -> list[str]:
    return [str(person.email).partition("@")[0] for person in page(cafe, **request).people]


@pytest.mark.parametrize(
    ("search", "person"),
    [
        ("lucja", "lucja"),
        ("NOWAK swia", "lucja"),
        ("gross s", "soren"),
        ("Sören", "soren"),
        ("o'brien", "clara"),
        ("obr", "clara"),
        ("maar", "dora.maar"),
        ("dora.ma", "dora.maar"),
        ("CLARA@exam", "clara"),
        ("912345678", "lucja"),
        ("+351 (912) 345-678", "lucja"),
        ("00351912345678", "lucja"),
        ("912 34", "lucja"),
        ("lucja 912345678", "lucja"),
        ("anna", "anna"),
        ("muller script", "anna"),
        ("3", "clara"),
    ],
)
def test_a_person_is_found_by_the_beginning_of_any_word_however_it_is_spelt(
    cafe: Cafe, search: str, person: str
) -> None:
    assert listed(cafe, search=search) == [person]


@pytest.mark.parametrize(
    "search", ["ucja", "clara nowak", "%", "_", "=", "' OR 1=1 --", "@@", "+", "x" * 100_000, "\0"]
)
def test_nobody_is_found_by_what_is_no_beginning_of_their_words(cafe: Cafe, search: str) -> None:
    assert page(cafe, search=search) == PeoplePage([], 0)


def test_a_domain_finds_all_who_have_an_address_there(cafe: Cafe) -> None:
    assert page(cafe, search="example.com").total == page(cafe, search="@example").total == 5


def test_a_former_address_still_finds_a_person(cafe: Cafe) -> None:
    new = identity("clara", email="clara@new.example", version=2)
    cafe.arrive(identities=[new | {"reports_address": True}])
    assert listed(cafe, search="new.example") == ["clara"]
    assert listed(cafe, search="clara@example.com") == ["clara"]


def test_a_new_name_replaces_the_old_one_and_a_withdrawn_one_finds_nobody(cafe: Cafe) -> None:
    cafe.arrive(identities=[identity("soren", version=2, first_name="Sven", last_name="")])
    assert listed(cafe, search="sven") == ["soren"]
    assert listed(cafe, search="gross") == []


def test_merged_people_are_found_once_by_all_their_names(cafe: Cafe) -> None:
    same_phone = identity("lu", first_name="Lu", last_name="Novak", phone="+351912345678")
    cafe.arrive(identities=[same_phone])
    assert listed(cafe, search="novak") == listed(cafe, search="swiatek lu") == ["lucja"]


ORDERS = {
    Sort.LAST_VISIT: ["soren", "lucja", "clara", "dora.maar", "anna"],
    Sort.SPENT: ["clara", "soren", "lucja", "dora.maar", "anna"],
    Sort.OVERDUE: ["clara", "lucja", "soren", "dora.maar", "anna"],
    Sort.NAME: ["anna", "clara", "dora.maar", "lucja", "soren"],
}


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("size", [2, 50])
def test_pages_of_a_sorted_list_hold_everybody_once(cafe: Cafe, sort: Sort, size: int) -> None:
    people, after = [], ""
    while True:
        shown = page(cafe, sort=sort, size=size, after=after)
        people += [str(person.email).partition("@")[0] for person in shown.people]
        assert shown.total == 5
        if not (after := shown.next_after):
            break
    assert people == ORDERS[sort]


@pytest.mark.parametrize("sort", Sort)
def test_a_long_list_is_read_along_its_index_in_the_same_order(
    cafe: Cafe, sort: Sort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_list, "MAX_SORTED", 0)
    first = page(cafe, sort=sort, size=1)
    rest = page(cafe, sort=sort, after=first.next_after) if first.next_after else PeoplePage([], 0)
    names = [str(person.email).partition("@")[0] for person in (*first.people, *rest.people)]
    placed = {Sort.NAME: 5, Sort.OVERDUE: 1}.get(sort, 3)
    assert names == ORDERS[sort][:placed]
    assert first.total is None
    assert (first if sort is Sort.OVERDUE else rest).leaves_out is (sort is not Sort.NAME)
    visitors = parse_choice("visits from=2026-03-01")
    assert set(listed(cafe, choice=visitors, sort=sort, search="s")) <= {"soren"}


def test_a_list_can_be_searched(cafe: Cafe) -> None:
    visitors = parse_choice("visits from=2026-02-28")
    assert listed(cafe, choice=visitors) == ["soren", "lucja"]
    assert listed(cafe, choice=visitors, search="lucja") == ["lucja"]
    assert listed(cafe, choice=visitors, search="clara") == []


@pytest.mark.parametrize(
    "after", ["x", "WzEsMl0=", "bnVsbA", "W10", "WzFlOTksIDFd", "é", "W3t9LDFd"]
)
def test_a_position_that_is_none_shows_people_and_no_error(cafe: Cafe, after: str) -> None:
    page(cafe, after=after)
    page(cafe, after=after, sort=Sort.NAME)
