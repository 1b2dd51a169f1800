"""The lists of people behind the counts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.people.list_kinds import (
    KINDS,
    ListContext,
    list_path,
    parse_choice,
    read_choice,
)
from engine.people.reach_people import ReachState
from engine.reach import load_reach
from settings.errors import WrongUsageError
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import read_transaction, write_transaction
from tests.cafe import DAY, HOUR, MARCH, Cafe

RULES = """
rules:
  cart-reminder:
    when: cart abandoned
    for: 3 hours
    then:
      - send: cart-reminder
  miss-you:
    when: no visit
    for: 30 days
    then:
      - task: Call them
"""
RETURNING = {"who": "returning", "from": "2026-03-02", "until": "2026-03-02"}


@pytest.fixture
def cafe(engine: Engine, tmp_path: Path) -> Cafe:
    """Ana said yes, Bruno no, Clara nothing, Dora has no address, Eva's is suppressed."""
    cafe = Cafe(engine, tmp_path, RULES)
    cafe.customer("ana")
    cafe.customer("bruno", says="no")
    cafe.customer("clara", says=None)
    cafe.customer("dora", says=None, email=False)
    cafe.customer("eva")
    with write_transaction(engine) as connection:
        by_hand = SuppressionReason.BY_HAND
        suppress_address(connection, "eva@example.com", by_hand, None, now=MARCH)
    cafe.visits("ana", MARCH - 30 * DAY - 2 * HOUR)
    cafe.run(MARCH - 5 * HOUR)
    cafe.cart("ana", MARCH - 4 * HOUR)
    cafe.cart("bruno", MARCH - 4 * HOUR)
    cafe.run(MARCH)
    return cafe


def names(cafe: Cafe, text: str, now: datetime = MARCH) -> list[str]:
    """Those on the list that `text` names, by the order of their arrival."""
    with read_transaction(cafe.engine) as connection:
        query = parse_choice(text).select(ListContext(cafe.shop.config, now, connection))
        assert query is not None
        ids = set(connection.scalars(query))
    return [["ana", "bruno", "clara", "dora", "eva"][customer - 1] for customer in sorted(ids)]


def test_each_number_of_reach_is_a_list_of_as_many_people(cafe: Cafe) -> None:
    with read_transaction(cafe.engine) as connection:
        reach = load_reach(connection, cafe.shop.config, now=MARCH)
    counts = {
        ReachState.YES: reach.yes, ReachState.EXISTING: reach.existing_customer,
        ReachState.NO: reach.no, ReachState.UNREAD: reach.unread, ReachState.GONE: reach.gone,
        ReachState.SUPPRESSED: reach.suppressed, ReachState.NEVER: reach.never,
        ReachState.WITH_EMAIL: reach.with_email, ReachState.REACHABLE: reach.reachable,
        ReachState.NO_ADDRESS: reach.known - reach.with_email,
    }  # fmt: skip
    listed = {state: len(names(cafe, f"reach state={state}")) for state in counts}
    assert listed == counts
    assert names(cafe, "reach state=none") == ["clara"]


def test_people_of_a_rule_are_listed_by_verdict_and_by_mail(cafe: Cafe) -> None:
    assert names(cafe, "rule rule=cart-reminder verdict=go") == ["ana"]
    assert names(cafe, "rule rule=cart-reminder verdict=no basis") == ["bruno"]
    assert names(cafe, "rule rule=cart-reminder progress=ended") == ["ana"]
    assert names(cafe, "mails rule=cart-reminder state=accepted") == []
    assert names(cafe, "mails state=rehearsed from=2026-03-03 until=2026-03-03") == ["ana"]
    assert names(cafe, "mails state=rehearsed until=2026-03-02") == []


def test_open_tasks_are_a_list_until_they_are_done(cafe: Cafe) -> None:
    assert names(cafe, "tasks rule=miss-you") == ["ana"]
    assert names(cafe, "tasks rule=cart-reminder") == []


def test_new_people_came_for_the_first_time_and_returning_people_did_not(cafe: Cafe) -> None:
    second_of_march = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)  # the same day in Lisbon
    cafe.visits("ana", second_of_march)
    cafe.visits("clara", second_of_march, second_of_march - HOUR)
    cafe.run(MARCH + HOUR)
    period = "from=2026-03-02 until=2026-03-02"
    assert names(cafe, f"visits {period}") == ["ana", "clara"]
    assert names(cafe, f"visits who=new {period}") == ["clara"]
    assert names(cafe, f"visits who=returning {period}") == ["ana"]
    assert names(cafe, "visits from=2026-03-03") == []


def test_regulars_are_overdue_from_the_day_their_rhythm_expects_them(cafe: Cafe) -> None:
    cafe.visits("clara", *(MARCH - days * DAY for days in (50, 40, 30, 20)))
    cafe.run(MARCH + HOUR)
    assert names(cafe, "overdue", MARCH - HOUR) == []
    assert names(cafe, "overdue", MARCH) == ["clara"]


def test_a_link_and_the_words_of_the_command_name_the_same_list() -> None:
    path = "/customers?list=visits&who=returning&from=2026-03-02&until=2026-03-02"
    assert list_path("visits", **RETURNING) == path
    choice = read_choice({"list": "visits", "sort": "name"} | RETURNING)
    assert choice.path == path
    assert choice == parse_choice("visits who=returning from=2026-03-02 until=2026-03-02")
    assert choice.title == "Returning people on 2026-03-02"
    assert read_choice({}).path == list_path("all") == "/customers"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("reach state=maybe", "state: there is no maybe"),
        ("peple", "list: there is no peple"),
        ("visits from=1.3.2026", "write a day"),
        ("visits from=0001-01-01", "write a day"),
        ("visits since=2026-03-01", "visits: there is no since"),
        (f"rule rule={'x' * 500}", "too long"),
    ],
)
def test_an_unknown_list_or_value_is_refused_with_the_right_ones(text: str, sentence: str) -> None:
    with pytest.raises(WrongUsageError, match=sentence):
        parse_choice(text)


def test_every_kind_has_a_title_in_words() -> None:
    assert all(parse_choice(kind).title for kind in KINDS)
