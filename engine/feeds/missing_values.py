"""Finds the rules whose `if` asks for a tag or an own column that no customer has a value of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, literal, select, union_all
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from settings.model import nearest
from settings.text.text_condition import TextCondition, TextOp
from shop.db.engine import read_transaction
from shop.identity.tags import SEPARATOR, has_any_tag, tag_key
from shop.tables import CustomField, Identity

# They hold for a customer without a value.
DENIALS = (TextOp.IS_NOT, TextOp.CONTAINS_NOT, TextOp.UNKNOWN)
TAGS, OWN_COLUMN = "tag", "own column"
MAX_TAG_LISTS = 500  # among them the tag is looked for that was meant


@dataclass(frozen=True)
class StoredValues:
    """Of the tags and own columns that rules ask for, those with a value; and tags that exist.

    Tags are folded, as `tag_key` does.
    """

    tags: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()
    other_tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RuleWithoutValues:
    """A rule that matches nobody, since no customer has one of `names`, tags or an own column.

    `sources` are those that may still bring the own column, `similar` is a tag that exists.
    """

    rule: str
    kind: str
    names: tuple[str, ...]
    sources: tuple[str, ...] = ()
    similar: str | None = None

    def __str__(self) -> str:
        names = " or ".join(self.names)
        if self.kind == TAGS:
            hint = f' Did you mean "{self.similar}"?' if self.similar else ""
            return f"Rule {self.rule} matches nobody yet: no customer has the tag {names}.{hint}"
        return (
            f"Rule {self.rule} matches nobody yet: {names} is empty for every customer. It comes "
            f"from {' or '.join(self.sources)}."
        )


def find_missing_values(config: OwnerConfig, stored: StoredValues) -> list[RuleWithoutValues]:
    """Returns the rules that match nobody for want of a tag or of a value in an own column.

    `stored` is what `load_values` returned of a shop that has read customers: what a source may
    still bring is not missing before. A column that no source has is a mistake of the file.
    """
    return [*_without_tag(config, stored), *_without_value(config, stored)]


def load_values(engine: Engine, config: OwnerConfig) -> StoredValues:
    """Returns which of the tags and own columns of the rules any customer has."""
    tags = {key for tags in _tags_by_rule(config).values() for tag in tags if (key := tag_key(tag))}
    columns = {name for _, name in _columns_of_rules(config)}
    with read_transaction(engine) as connection:
        existing = _existing_tags(connection, tags)
        others = _other_tags(connection) if tags - existing else frozenset()
        return StoredValues(existing, _filled_columns(connection, columns), others)


def _existing_tags(connection: Connection, tags: Collection[str]) -> frozenset[str]:
    """One statement for all tags: each is looked for until the first customer who has it."""
    if not tags:
        return frozenset()
    of_customers = col(Identity.customer_id).is_not(None)
    queries = [
        select(literal(tag)).where(
            select(col(Identity.id)).where(of_customers, has_any_tag([tag])).exists()
        )
        for tag in sorted(tags)
    ]
    return frozenset(connection.scalars(union_all(*queries)))


def _other_tags(connection: Connection) -> frozenset[str]:
    query = select(col(Identity.tag_keys)).where(col(Identity.tag_keys) != "").distinct()
    lists = connection.scalars(query.limit(MAX_TAG_LISTS))
    return frozenset(tag for tags in lists for tag in tags.split(SEPARATOR) if tag)


def _filled_columns(connection: Connection, columns: Collection[str]) -> frozenset[str]:
    if not columns:
        return frozenset()
    query = select(col(CustomField.name)).where(col(CustomField.name).in_(columns)).distinct()
    return frozenset(connection.scalars(query))


def _without_tag(config: OwnerConfig, stored: StoredValues) -> Iterator[RuleWithoutValues]:
    """Where no customer has any tag, the rule waits for tags as such: `find_starved_rules`."""
    for rule, tags in _tags_by_rule(config).items():
        if stored.tags.isdisjoint(map(tag_key, tags)) and stored.other_tags:
            similar = nearest(tag_key(tags[0]), stored.other_tags)
            yield RuleWithoutValues(rule, TAGS, tuple(tags), similar=similar)


def _without_value(config: OwnerConfig, stored: StoredValues) -> Iterator[RuleWithoutValues]:
    for rule, name in _columns_of_rules(config):
        if name not in stored.columns:
            sources = [
                key for key, source in config.sources.items() if name in source.custom_fields
            ]
            yield RuleWithoutValues(rule, OWN_COLUMN, (name,), tuple(sources))


def _tags_by_rule(config: OwnerConfig) -> Mapping[str, list[str]]:
    return {
        name: rule.if_.tags for name, rule in config.rules.items() if rule.if_ and rule.if_.tags
    }


def _columns_of_rules(config: OwnerConfig) -> list[tuple[str, str]]:
    """Returns rule and own column for each condition that needs a value."""
    return [
        (rule, name)
        for rule, settings in config.rules.items()
        for name, condition in ((settings.if_ and settings.if_.my) or {}).items()
        if not _holds_without_value(condition)
    ]


def _holds_without_value(condition: TextCondition) -> bool:
    return condition.comparison is None and condition.op in DENIALS
