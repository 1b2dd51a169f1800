"""Finds the rules that cannot match anybody with the data of this shop."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from engine.config.owner_config import OwnerConfig
from engine.feeds.config_feeds import configured_feeds, possible_origins
from shop.types.feed import Feed
from triggers.config import Rule
from triggers.facts.config import Facts
from triggers.registry import event_of

# Conditions that count something, and what they count. Zero may be enough for them.
COUNTED = {
    "visits": Feed.ORDERS,
    "orders": Feed.ORDERS,
    "total_spent": Feed.ORDERS,
    "points": Feed.POINTS,
}


@dataclass(frozen=True)
class StarvedRule:
    """A rule, and a kind of data without which it matches nobody.

    `condition` is the fact of its `if` that asks for it, None for its `when`. `origins` are the
    parts of config.yaml that may still bring it; if there are none, the rule will never match.
    """

    rule: str
    feed: Feed
    condition: str | None
    origins: tuple[str, ...]

    def __str__(self) -> str:
        about = f"its condition on {self.condition} needs" if self.condition else "it needs"
        if self.origins:
            return (
                f"Rule {self.rule} matches nobody yet: {about} {self.feed}, and there are none in "
                f"your data so far. They may still come from {_listed(self.origins)}."
            )
        origins = _listed(possible_origins(self.feed))
        advice = f" What would bring them: {origins}." if origins else ""
        return (
            f"Rule {self.rule} can match nobody: {about} {self.feed}, and nothing in this file "
            f"brings them.{advice}"
        )


def find_starved_rules(config: OwnerConfig, stored: Collection[Feed] | None) -> list[StarvedRule]:
    """Returns the rules of `config` that match nobody for want of data, and what each lacks.

    `stored` are the kinds of data that the database holds, None while no customer has been read:
    what a source may still bring is not missing before. No rule that could match is among them.
    """
    configured = configured_feeds(config)
    return [
        StarvedRule(name, feed, condition, tuple(configured.get(feed, ())))
        for name, rule in config.rules.items()
        for feed, condition in _needs(rule)
        if feed not in (stored or ()) and (stored is not None or feed not in configured)
    ]


def _needs(rule: Rule) -> Iterator[tuple[Feed, str | None]]:
    """What the rule matches nobody without: once for its event, and for its conditions else."""
    fed_by = event_of(rule).fed_by
    if fed_by:
        yield fed_by, None
    for feed, condition in _condition_needs(rule.if_).items():
        if feed is not fed_by:
            yield feed, condition


def _condition_needs(facts: Facts | None) -> Mapping[Feed, str]:
    if facts is None:
        return {}
    needs = {Feed.TAGS: "tags"} if facts.tags else {}
    for name, feed in COUNTED.items():
        comparison = getattr(facts, name)
        if comparison and not comparison.holds(0):
            needs.setdefault(feed, name.replace("_", " "))
    return needs


def _listed(names: Collection[str]) -> str:
    return " or ".join(names)
