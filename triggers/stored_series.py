"""The series of rules, as their stored state and config.yaml together say them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from shop.db.upsert import IN_VALUES
from shop.tables import RuleState
from triggers.config import Rule
from triggers.series import Series


def load_series(connection: Connection, rules: Mapping[str, Rule]) -> dict[str, Series]:
    """Returns the series of `rules` by name: each step with the key that it has always had.

    Of a file that was edited after the last tick, the series is what the next tick will store.
    """
    rows = connection.execute(_series_query(), {"values": list(rules)})
    stored: dict[str, str] = dict(rows.tuples().all())
    return {name: series_of(stored.get(name), rule) for name, rule in rules.items()}


def series_of(stored: str | None, rule: Rule) -> Series:
    """Returns the series of `rule`, given the version that is `stored`, if one is."""
    return (Series.from_json(stored) if stored else Series()).edited(rule)


@cache
def _series_query() -> Select[Any]:
    return select(col(RuleState.rule), col(RuleState.series)).where(
        col(RuleState.rule).in_(IN_VALUES), col(RuleState.series).is_not(None)
    )
