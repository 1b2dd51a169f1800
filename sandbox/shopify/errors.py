"""Errors in Shopify's shape: message, locations, path, extensions.code."""

from __future__ import annotations

import re
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    Visitor,
    visit,
)

Error = dict[str, Any]


class RefusedError(Exception):
    """An argument that is refused while answering, with Shopify's code for it."""

    def __init__(self, sentence: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(sentence)
        self.code = code


# Shopify's codes, found by what graphql-core says; the sentences stay graphql-core's own.
CODES = (
    (r"Cannot query field", "undefinedField"),
    (r"Unknown argument", "argumentNotAccepted"),
    (r"Unknown type", "undefinedType"),
    (r"Unknown fragment", "useAndDefineFragment"),
    (r"is required, but it was not provided", "missingRequiredArguments"),
    (r"must (not )?have a (sub)?selection", "selectionMismatch"),
    (r"is not defined", "variableNotDefined"),
    (r"is never used", "variableNotUsed"),
    (r"used in position expecting type", "variableMismatch"),
    (r"does not exist in|cannot represent|Expected value of type", "argumentLiteralsIncompatible"),
)


def invalid_query(document: DocumentNode, errors: list[GraphQLError]) -> dict[str, Any]:
    return {"errors": [invalid(document, error) for error in errors]}


def invalid(document: DocumentNode, error: GraphQLError) -> Error:
    target = error.nodes[0] if error.nodes else None
    return {
        "message": error.message,
        "locations": locations(error),
        "path": way_to(document, target) if target else [],
        "extensions": {"code": code_of(error.message)},
    }


def code_of(message: str) -> str:
    return next((code for said, code in CODES if re.search(said, message)), "graphqlInvalid")


def way_to(document: DocumentNode, target: Node) -> list[str]:
    """The names on the way down to a node: `query Customers`, `customers`, `nodes`, `emial`."""
    search = WayTo(target)
    visit(document, search)
    return search.found


class WayTo(Visitor):
    def __init__(self, target: Node) -> None:
        super().__init__()
        self.target = target
        self.found: list[str] = []

    def enter(self, node: Node, _key: Any, parent: Any, _path: Any, ancestors: list[Any]) -> None:
        if node is self.target:
            way = (above for above in (*ancestors, parent, node) if isinstance(above, Node))
            self.found = [name for name in map(step, way) if name]


def step(node: Node) -> str | None:
    match node:
        case OperationDefinitionNode():
            kind = node.operation.value
            return f"{kind} {node.name.value}" if node.name else kind
        case FragmentDefinitionNode():
            return f"fragment {node.name.value}"
        case FieldNode():
            return (node.alias or node.name).value
        case ArgumentNode():
            return node.name.value
        case _:
            return None


def failed(error: GraphQLError) -> Error:
    """An error while answering; one about the variables has no path yet."""
    shown: Error = {"message": error.message, "locations": locations(error)}
    if error.path:
        shown["path"] = list(error.path)
    code = getattr(error.original_error, "code", None) or "INVALID_VARIABLE"
    return {**shown, "extensions": {"code": code}}


def locations(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": place.line, "column": place.column} for place in error.locations or []]


def throttled() -> Error:
    return {
        "message": "Throttled",
        "extensions": {
            "code": "THROTTLED",
            "documentation": "https://shopify.dev/api/usage/rate-limits",
        },
    }


def too_dear(cost: int, dearest: int) -> Error:
    return {
        "message": f"Query cost is {cost}, which exceeds the single query max cost limit"
        f" ({dearest}).",
        "extensions": {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": dearest},
    }
