"""The figures of rules: each counts the people of its list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import func, select, update
from sqlmodel import col

from engine.owner.pause import pause_mail
from engine.people.list_kinds import ListContext, read_choice
from engine.rules.diagram import NodeKind
from engine.rules.figures import RuleStatus, load_rules
from engine.rules.period import Period
from engine.rules.rule_page import RuleDetails, details_document, load_rule
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, Cafe

SERIES = """
rules:
  win-back:
    when: no visit
    for: 10 days
    if: {visits: at least 2}
    then:
      - send: we-miss-you
        with: {treat: a cappuccino, valid for: 14 days}
      - wait: 2 days
      - if: {visits: at least 3}
        then: [{task: Call them}]
        else: [{send: welcome}]
    stop when: visit
    include backlog: yes
  welcome:
    when: subscribed
    then: [{send: welcome}]
"""


def details(cafe: Cafe, name: str = "win-back", at: Any = MARCH) -> RuleDetails:
    with read_transaction(cafe.engine) as connection:
        loaded = load_rule(connection, cafe.shop, name, now=at)
    assert loaded is not None
    return loaded


def fill(cafe: Cafe) -> None:
    cafe.reread(SERIES)
    for name, visits in {"ana": 3, "bruno": 2, "clara": 1, "duarte": 2}.items():
        cafe.customer(name, says=None if name == "duarte" else "yes")
        cafe.visits(name, *(MARCH - (15 + 7 * number) * DAY for number in range(visits)))


def figures_of(document: Any) -> Iterator[tuple[int, str]]:
    """Yields each number of a document that has a list of people, with the path of the list."""
    if isinstance(document, dict):
        if isinstance(document.get("people"), str):
            yield document["number"], document["people"]
        for part in document.values():
            yield from figures_of(part)
    elif isinstance(document, list):
        for part in document:
            yield from figures_of(part)


def rows_in_list(cafe: Cafe, path: str) -> int:
    """Returns how many rows the list at `path` selects; somebody may be in it twice."""
    choice = read_choice(dict(parse_qsl(urlsplit(path).query)))
    with read_transaction(cafe.engine) as connection:
        query = choice.select(ListContext(cafe.shop.config, MARCH, connection))
        assert query is not None
        return connection.scalar(select(func.count()).select_from(query.subquery())) or 0


def assert_lists_match(cafe: Cafe, at: Any) -> int:
    document = details_document(details(cafe, at=at))
    figures = list(figures_of(document))
    for number, path in figures:
        assert rows_in_list(cafe, path) == number, path
    return sum(number > 0 for number, _ in figures)


def test_each_number_is_that_of_its_list_at_every_moment_of_a_series(cafe: Cafe) -> None:
    fill(cafe)
    cafe.run()
    assert assert_lists_match(cafe, MARCH) >= 5
    cafe.visits("bruno", MARCH + DAY)
    cafe.run(MARCH + 2 * DAY)
    assert assert_lists_match(cafe, MARCH + 2 * DAY) >= 6
    with write_transaction(cafe.engine) as connection:
        connection.execute(update(Message).values(state="failed", reason="refused: 550 no"))
    assert assert_lists_match(cafe, MARCH + 2 * DAY) >= 6


def test_people_wait_at_the_wait_and_mails_are_at_their_step(cafe: Cafe) -> None:
    fill(cafe)
    cafe.run()
    nodes = {node.id: node for node in details(cafe).diagram.nodes}
    words = {key: [(f.number, f.word) for f in node.figures] for key, node in nodes.items()}
    assert words["event"] == [(4, "found"), (1, "no yes to mail")]
    assert words["condition"] == [(1, "its “if” is not met")]
    assert words["1"] == [(0, "sent"), (2, "rehearsed")]
    assert words["2"] == [(2, "waiting")]
    assert nodes["3.then.1"].branch == "yes"
    assert nodes["3.else.1"].level == 1


def test_a_step_that_left_the_file_is_shown_while_people_stand_on_it(cafe: Cafe) -> None:
    fill(cafe)
    cafe.run()
    edited = SERIES.replace("      - if: {visits: at least 3}\n", "")
    edited = edited.replace("        then: [{task: Call them}]\n", "")
    cafe.reread(edited.replace("        else: [{send: welcome}]\n", ""))
    nodes = details(cafe).diagram.nodes
    removed = [node for node in nodes if node.kind is NodeKind.REMOVED]
    assert [(node.title, node.detail) for node in removed] == [
        ("If visits: at least 3", "no longer in the file")
    ]
    assert [(figure.number, figure.word) for figure in removed[0].figures] == [(2, "waiting")]


def test_a_rule_that_left_the_file_is_listed_while_people_are_in_it(cafe: Cafe) -> None:
    fill(cafe)
    cafe.run()
    cafe.reread("rules:\n  welcome: {when: subscribed, then: [{send: welcome}]}\n")
    with read_transaction(cafe.engine) as connection:
        overview = load_rules(connection, cafe.shop, now=MARCH)
    assert [(rule.name, rule.status) for rule in overview.rules] == [
        ("welcome", RuleStatus.ON), ("win-back", RuleStatus.REMOVED),
    ]  # fmt: skip
    assert overview.rules[1].in_it.number == 2
    titles = [node.title for node in details(cafe).diagram.nodes]
    assert titles[0] == "No longer in config.yaml"
    assert "Wait 2 days" in titles


def test_a_paused_rule_says_since_when_and_why(cafe: Cafe) -> None:
    fill(cafe)
    pause_mail(cafe.shop, "win-back", "Wrong treat.", now=MARCH)
    figures = details(cafe).figures
    assert (figures.status, figures.note) == (RuleStatus.PAUSED, "Wrong treat.")
    assert figures.paused_at == MARCH


def test_mails_are_counted_in_their_period_and_the_one_before(cafe: Cafe) -> None:
    fill(cafe)
    cafe.run()
    midnight = MARCH.replace(hour=0)  # in Lisbon, too
    first = Period.until(MARCH, cafe.shop.config.shop.zone).first
    for minutes, expected in ((0, (2, 0)), (-1, (0, 2))):
        begin = midnight - timedelta(days=27) + timedelta(minutes=minutes)
        assert (begin.date() >= first) == (minutes == 0)
        with write_transaction(cafe.engine) as connection:
            connection.execute(update(Message).values(state="delivered", settled_at=begin))
        figures = details(cafe).figures
        assert (figures.sent.number, figures.mails_before) == expected
    with write_transaction(cafe.engine) as connection:
        connection.execute(
            update(Message).where(col(Message.customer_id) == 1).values(settled_at=MARCH + HOUR)
        )
    assert details(cafe).figures.sent.number == 1
