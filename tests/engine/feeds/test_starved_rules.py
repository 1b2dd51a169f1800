"""Rules that match nobody for want of data: by the sources of config.yaml, and by what was read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.registry import platforms
from engine.config.owner_config import OwnerConfig, load_owner_config
from engine.feeds.config_feeds import possible_origins
from engine.feeds.database_feeds import stored_feeds
from engine.feeds.starved_rules import StarvedRule, find_starved_rules
from shop.tables import Task
from shop.types.feed import Feed
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.rows import identity, statement
from triggers.registry import events

LOYALTY = "loyalty: {earn: 1 point per 1, expire after: 30 days}\n"
SHOPIFY = """
sources:
  online-shop: {from: shopify, store: corner-cafe.myshopify.com, client id: $ID, client secret: $ID}
"""
SQUARE = """
sources:
  till: {from: square, access token: $ID}
"""
CSV_ORDERS = """
sources:
  old-till:
    {from: csv, holds: orders, file: a.csv, columns: {customer: A, when: B, total: C}}
"""
CSV_ANSWERS = """
sources:
  survey: {from: csv, holds: answers, file: a.csv, columns: {customer: A, when: B, csat: C}}
"""
BARE_LIST = """
sources:
  people: {from: csv, holds: customers, file: a.csv, columns: {e-mail: A}}
"""
FULL_LIST = """
sources:
  people:
    from: csv
    holds: customers
    file: a.csv
    columns: {e-mail: A, birthday: B, consent: C}
"""
# By event: the rule, what feeds it, and what does not.
CASES = {
    "cart abandoned": ("for: 3 hours", SHOPIFY, SQUARE),
    "no visit": ("for: 30 days", CSV_ORDERS, FULL_LIST),
    "birthday": ("in: 3 days", FULL_LIST, BARE_LIST),
    "survey answered": ("at most late: 1 day", CSV_ANSWERS, SHOPIFY),
    "points earned": ("at most late: 1 day", LOYALTY + CSV_ORDERS, LOYALTY + FULL_LIST),
    "points expire": (
        "in: 7 days",
        LOYALTY + CSV_ORDERS,
        "loyalty: {earn: 1 point per 1}\n" + CSV_ORDERS,
    ),
    "subscribed": ("at most late: 1 day", FULL_LIST, CSV_ORDERS),
}
each_event = pytest.mark.parametrize("event", CASES)


def read_config(folder: Path, sections: str, event: str, condition: str = "") -> OwnerConfig:
    keys = [f"when: {event}", CASES[event][0], condition, "then: [{task: Call them}]"]
    rule = "".join(f"    {key}\n" for key in keys if key)
    (folder / "config.yaml").write_text(f"{FILE}{sections}\nrules:\n  a-rule:\n{rule}")
    return load_owner_config(folder / "config.yaml", {"ID": "a"})


def test_every_event_names_what_feeds_it_and_is_tried_here() -> None:
    assert set(events()) == set(CASES)
    assert all(event.fed_by for event in events().values())


@each_event
def test_what_can_still_arrive_is_missing_only_after_a_sync(tmp_path: Path, event: str) -> None:
    _, feeding, _ = CASES[event]
    config = read_config(tmp_path, feeding, event)
    feed = events()[event].fed_by
    assert feed
    assert find_starved_rules(config, None) == []
    assert find_starved_rules(config, {feed}) == []
    [starved] = find_starved_rules(config, set())
    assert (starved.rule, starved.feed) == ("a-rule", feed)
    assert starved.origins
    assert "matches nobody yet" in str(starved)


@each_event
def test_what_nothing_brings_is_missing_unless_it_is_there(tmp_path: Path, event: str) -> None:
    _, _, other = CASES[event]
    config = read_config(tmp_path, other, event)
    feed = events()[event].fed_by
    assert feed
    expected = [StarvedRule("a-rule", feed, None, ())]
    assert find_starved_rules(config, None) == expected
    assert find_starved_rules(config, set(Feed) - {feed}) == expected
    assert find_starved_rules(config, {feed}) == []
    assert "can match nobody" in str(expected[0])


@each_event
def test_no_rule_is_named_that_has_begun_with_somebody(
    engine: Engine, tmp_path: Path, event: str
) -> None:
    """Whatever the sources are: the rows with which a rule begins are found."""
    rule = "".join(f"    {key}\n" for key in (f"when: {event}", CASES[event][0]))
    then = "    then: [{task: Call them}]\n"
    loyalty = LOYALTY if event.startswith("points") else ""
    cafe = Cafe(engine, tmp_path, f"{loyalty}rules:\n  a-rule:\n{rule}{then}")
    assert stored_feeds(cafe.engine) is None
    cafe.run(MARCH - 30 * DAY)
    add_ana(cafe)
    for at in (MARCH - 29 * DAY + 4 * HOUR, MARCH - 10 * DAY, MARCH - 6 * DAY, MARCH - DAY, MARCH):
        cafe.run(at)
    assert len(cafe.select_all(Task.id)) >= 1
    stored = stored_feeds(cafe.engine)
    assert stored is not None
    assert find_starved_rules(cafe.shop.config, stored) == []


def add_ana(cafe: Cafe) -> None:
    """Ana has everything, each thing at a time at which every rule above begins."""
    day = MARCH - 29 * DAY
    row = identity("ana", email="ana@example.com", birthday=f"--{MARCH - 3 * DAY:%m-%d}")
    cafe.arrive(identities=[row], statements=[statement("ana", "yes", day)])
    cafe.visits("ana", MARCH - 59 * DAY + HOUR, title="Bun")
    if cafe.shop.config.loyalty:
        cafe.visits("ana", day)
    cafe.cart("ana", day)
    cafe.arrive(answers=[answer("ana", day)])


def answer(name: str, at: datetime) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": f"answer-{name}", "customer_key": name,
        "customer_source": "online-shop", "answered_at": at, "csat": 2, "nps": None,
        "words": None, "survey": None, "version": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "feed", "named"),
    [
        ("if: {tags: [vip]}", Feed.TAGS, "tags"),
        ("if: {visits: at least 3}", Feed.ORDERS, "visits"),
        ("if: {total spent: more than 0}", Feed.ORDERS, "total spent"),
        ("if: {visits: at most 3}", None, None),  # nobody has visited, which is few enough
        ("unless: {tags: [vip]}", None, None),
    ],
)
def test_a_condition_needs_data_too(
    tmp_path: Path, condition: str, feed: Feed | None, named: str | None
) -> None:
    config = read_config(tmp_path, FULL_LIST, "birthday", condition)
    stored = {Feed.BIRTHDAYS}
    expected = [StarvedRule("a-rule", feed, named, ())] if feed else []
    assert find_starved_rules(config, stored) == expected
    assert find_starved_rules(config, stored | {Feed.TAGS, Feed.ORDERS}) == []


def test_the_sign_up_page_brings_yeses_and_the_birthdays_it_asks_for(tmp_path: Path) -> None:
    assert find_starved_rules(read_config(tmp_path, "sign up: {}\n", "subscribed"), None) == []
    asking = "sign up: {ask for: [birthday]}\n"
    assert find_starved_rules(read_config(tmp_path, asking, "birthday"), None) == []
    [starved] = find_starved_rules(read_config(tmp_path, "sign up: {}\n", "birthday"), None)
    assert starved.feed is Feed.BIRTHDAYS


def test_each_kind_of_data_has_an_origin() -> None:
    assert all(possible_origins(feed) for feed in Feed)
    assert all(platform.feeds for platform in platforms())
