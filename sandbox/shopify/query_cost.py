"""Query costs and the leaky bucket of Shopify's rate limit.

The formula for a connection of n records, 2 + cost of one record x floor(2 ln n), was fitted to
recorded responses of Shopify and is not documented. Clients must rely on `extensions.cost` only.
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

FREE_TYPES = frozenset({"MoneyBag", "MoneyV2", "PageInfo"})
COUNT_COST = 10
MUTATION_COST = 10  # for any result, as in more than half of the recorded responses
MAX_QUERY_COST = 1_000
ParentType = GraphQLObjectType | GraphQLInterfaceType


@dataclass(slots=True)
class Bucket:
    """A leaky bucket of cost points, by default that of Shopify's Standard plan."""

    size: float = 2_000
    restore_rate: float = 100
    clock: Callable[[], float] = time.monotonic
    _available: float = -1
    _updated_at: float = 0

    def available(self) -> float:
        """Refill the bucket by the time that passed and return its points."""
        now = self.clock()
        if self._available < 0:
            self._available = self.size
        else:
            self._available = min(
                self.size, self._available + (now - self._updated_at) * self.restore_rate
            )
        self._updated_at = now
        return self._available

    def spend(self, points: float) -> None:
        self._available = max(0.0, self.available() - points)

    def status(self) -> dict[str, int]:
        return {
            "maximumAvailable": floor(self.size),
            "currentlyAvailable": floor(self.available()),
            "restoreRate": floor(self.restore_rate),
        }


def query_cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: Mapping[str, Any],
    returned: Mapping[str, int] | None = None,
) -> int:
    """Return the requested cost; with the record counts in `returned`, the actual cost."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    operation = next(n for n in document.definitions if isinstance(n, OperationDefinitionNode))
    if operation.operation is OperationType.MUTATION:
        return MUTATION_COST * len(operation.selection_set.selections)
    calculator = CostCalculator(schema, fragments, variables)
    root = schema.query_type
    assert root is not None, "the schema has a query type"  # noqa: S101 - narrows the type
    fields = calculator.fields(operation.selection_set, root)
    sizes = returned or {}
    return sum(
        calculator.field_cost(node, parent, sizes.get(response_key(node)))
        for node, parent in fields
    )


def response_key(node: FieldNode) -> str:
    return (node.alias or node.name).value


@dataclass(frozen=True, slots=True)
class CostCalculator:
    """Computes the costs of one document's fields."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def selection_cost(self, selection: SelectionSetNode | None, parent: ParentType) -> int:
        if selection is None:
            return 0
        return sum(
            self.field_cost(node, field_parent)
            for node, field_parent in self.fields(selection, parent)
        )

    def field_cost(self, node: FieldNode, parent: ParentType, size: int | None = None) -> int:
        """Return the cost of the field `node`; `size` is its actual number of records."""
        definition = parent.fields.get(node.name.value)
        field_type = get_named_type(definition.type) if definition else None
        if not isinstance(field_type, GraphQLObjectType | GraphQLInterfaceType):
            return 0
        if field_type.name == "Count":
            return COUNT_COST
        if field_type.name.endswith("Connection"):
            return self.connection_cost(node, field_type, size)
        return (field_type.name not in FREE_TYPES) + self.selection_cost(
            node.selection_set, field_type
        )

    def connection_cost(
        self, node: FieldNode, connection_type: ParentType, size: int | None
    ) -> int:
        count = self.requested_size(node) if size is None else size
        record_cost = self.selection_cost(node.selection_set, connection_type)
        return 2 + record_cost * max(1, floor(2 * log(max(1, count))))

    def requested_size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                value = value_from_ast_untyped(argument.value, dict(self.variables))
                return value if isinstance(value, int) else 1
        return 1

    def fields(
        self, selection: SelectionSetNode, parent: ParentType
    ) -> Iterator[tuple[FieldNode, ParentType]]:
        """Yield the fields of `selection`, fragments expanded; edges cost what nodes cost."""
        for node in selection.selections:
            if isinstance(node, FieldNode):
                yield from self.unwrap_edges(node, parent)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                yield from self.fields(fragment.selection_set, parent)
            elif isinstance(node, InlineFragmentNode):
                yield from self.fields(node.selection_set, parent)

    def unwrap_edges(
        self, node: FieldNode, parent: ParentType
    ) -> Iterator[tuple[FieldNode, ParentType]]:
        """Yield the fields inside `edges` instead of it; other fields unchanged."""
        if node.name.value == "edges" and node.selection_set:
            edge = get_named_type(parent.fields["edges"].type)
            if isinstance(edge, GraphQLObjectType):
                yield from self.fields(node.selection_set, edge)
        else:
            yield node, parent
