"""What a query costs, and the bucket it is paid from.

The rule for a connection of n records, 2 + cost of one record x floor(2 ln n), was fitted
to recorded answers of Shopify; no document states it. A client must trust what
`extensions.cost` says and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import floor, log
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

FREE = frozenset({"MoneyBag", "MoneyV2", "PageInfo"})
COUNT = 10
MUTATION = 10  # whatever it gives back: so it was in more than half of the recorded answers
DEAREST_QUERY = 1_000
Owner = GraphQLObjectType | GraphQLInterfaceType


@dataclass(slots=True)
class Bucket:
    """Points that flow back with time; the defaults are those of Shopify's Standard plan."""

    size: float = 2_000
    restores: float = 100
    clock: Callable[[], float] = time.monotonic
    _left: float = -1
    _at: float = 0

    def available(self) -> float:
        now = self.clock()
        if self._left < 0:
            self._left = self.size
        else:
            self._left = min(self.size, self._left + (now - self._at) * self.restores)
        self._at = now
        return self._left

    def pay(self, points: float) -> None:
        self._left = max(0.0, self.available() - points)

    def status(self) -> dict[str, float]:
        return {
            "maximumAvailable": float(self.size),
            "currentlyAvailable": floor(self.available()),
            "restoreRate": float(self.restores),
        }


def query_cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: Mapping[str, Any],
    returned: Mapping[str, int] | None = None,
) -> int:
    """The cost asked for; or, with how many records each root field `returned`, the actual one."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    operation = next(n for n in document.definitions if isinstance(n, OperationDefinitionNode))
    if operation.operation is OperationType.MUTATION:
        return MUTATION * len(operation.selection_set.selections)
    prices = Prices(schema, fragments, variables)
    root = schema.query_type
    assert root is not None, "the schema has a query type"  # noqa: S101 - narrows the type
    fields = prices.fields(operation.selection_set, root)
    sizes = returned or {}
    return sum(prices.field(node, owner, sizes.get(key(node))) for node, owner in fields)


def key(node: FieldNode) -> str:
    return (node.alias or node.name).value


@dataclass(frozen=True, slots=True)
class Prices:
    """The cost of one document's fields."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def below(self, selection: SelectionSetNode | None, owner: Owner) -> int:
        if selection is None:
            return 0
        return sum(self.field(node, inside) for node, inside in self.fields(selection, owner))

    def field(self, node: FieldNode, owner: Owner, size: int | None = None) -> int:
        known = owner.fields.get(node.name.value)
        inner = get_named_type(known.type) if known else None
        if not isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
            return 0
        if inner.name == "Count":
            return COUNT
        if inner.name.endswith("Connection"):
            return self.connection(node, inner, size)
        return (inner.name not in FREE) + self.below(node.selection_set, inner)

    def connection(self, node: FieldNode, inner: Owner, size: int | None) -> int:
        count = self.asked_for(node) if size is None else size
        record = self.below(node.selection_set, inner)
        return 2 + record * max(1, floor(2 * log(max(1, count))))

    def asked_for(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                value = value_from_ast_untyped(argument.value, dict(self.variables))
                return value if isinstance(value, int) else 1
        return 1

    def fields(
        self, selection: SelectionSetNode, owner: Owner
    ) -> Iterator[tuple[FieldNode, Owner]]:
        """The fields of a selection, fragments opened; an edge costs what its node does."""
        for node in selection.selections:
            if isinstance(node, FieldNode):
                yield from self.through_edges(node, owner)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                yield from self.fields(fragment.selection_set, owner)
            elif isinstance(node, InlineFragmentNode):
                yield from self.fields(node.selection_set, owner)

    def through_edges(self, node: FieldNode, owner: Owner) -> Iterator[tuple[FieldNode, Owner]]:
        if node.name.value == "edges" and node.selection_set:
            edge = get_named_type(owner.fields["edges"].type)
            if isinstance(edge, GraphQLObjectType):
                yield from self.fields(node.selection_set, edge)
        else:
            yield node, owner
