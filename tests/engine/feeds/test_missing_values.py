"""Rules that ask for a tag nobody has, or for an own column that is empty for everybody."""

from __future__ import annotations

import pytest

from engine.feeds.missing_values import RuleWithoutValues, find_missing_values, load_values
from tests.cafe import FILE, Cafe
from tests.rows import custom_field, identity

SOURCES = """
sources:
  people:
    from: csv
    holds: customers
    file: people.csv
    columns: {e-mail: Mail, my columns: {allergy: Allergies, table: Table}}
"""
RULE = "  {name}: {{when: birthday, in: 3 days, if: {condition}, then: [{{task: Call}}]}}\n"


def missing(cafe: Cafe, **conditions: str) -> list[RuleWithoutValues]:
    rules = "".join(
        RULE.format(name=name.replace("_", "-"), condition=condition)
        for name, condition in conditions.items()
    )
    cafe.reread(f"{FILE}{SOURCES}\nrules:\n{rules}")
    cafe.arrive(
        identities=[
            identity("ana", email="ana@example.com", tags='["VIP", "Regular"]'),
            identity("bruno", email="bruno@example.com", tags='["wholesale"]'),
        ],
        custom_fields=[custom_field("ana", "allergy", "nuts")],
    )
    return find_missing_values(cafe.shop.config, load_values(cafe.engine, cafe.shop.config))


@pytest.fixture
def cafe(cafe: Cafe) -> Cafe:
    """
    rules:
      birthday: {when: birthday, in: 3 days, then: [{task: Call them}]}
    """
    return cafe


def test_a_tag_that_nobody_has_is_named_with_the_one_that_may_be_meant(cafe: Cafe) -> None:
    [rule] = missing(
        cafe,
        mistyped="{tags: [wholesales]}",
        capitals="{tags: [vip]}",
        one_of_two="{tags: [none, regular]}",
    )
    assert (rule.rule, rule.names, rule.similar) == ("mistyped", ("wholesales",), "wholesale")
    assert str(rule) == (
        "Rule mistyped matches nobody yet: no customer has the tag wholesales. "
        'Did you mean "wholesale"?'
    )


def test_an_own_column_that_is_empty_for_everybody_is_named(cafe: Cafe) -> None:
    [rule] = missing(
        cafe,
        filled="{my: {allergy: contains nuts}}",
        empty="{my: {table: at least 2}}",
        denied="{my: {table: is not 2}}",
        unknown="{my: {table: not known}}",
    )
    assert (rule.rule, rule.names, rule.sources) == ("empty", ("table",), ("people",))
    assert "table is empty for every customer. It comes from people." in str(rule)
