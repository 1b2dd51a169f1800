"""GraphQL errors in Shopify's shape: message, locations, path, extensions.code."""

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
# Shopify's own sentence.
WRONG_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105


class ShopifyError(Exception):
    """An error during execution, with Shopify's error code."""

    def __init__(self, sentence: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(sentence)
        self.code = code


# Patterns in graphql-core's messages, and Shopify's codes for them.
ERROR_CODES = (
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
    return {"errors": [validation_error(document, error) for error in errors]}


def validation_error(document: DocumentNode, error: GraphQLError) -> Error:
    target = error.nodes[0] if error.nodes else None
    return {
        "message": error.message,
        "locations": locations(error),
        "path": path_to(document, target) if target else [],
        "extensions": {"code": error_code(error.message)},
    }


def error_code(message: str) -> str:
    return next(
        (code for pattern, code in ERROR_CODES if re.search(pattern, message)), "graphqlInvalid"
    )


def path_to(document: DocumentNode, target: Node) -> list[str]:
    """Return the path to `target`: `query Customers`, `customers`, `nodes`, `emial`."""
    finder = PathFinder(target)
    visit(document, finder)
    return finder.path


class PathFinder(Visitor):
    def __init__(self, target: Node) -> None:
        super().__init__()
        self.target = target
        self.path: list[str] = []

    def enter(self, node: Node, _key: Any, parent: Any, _path: Any, ancestors: list[Any]) -> None:
        if node is self.target:
            nodes = (
                ancestor for ancestor in (*ancestors, parent, node) if isinstance(ancestor, Node)
            )
            self.path = [name for name in map(path_step, nodes) if name]


def path_step(node: Node) -> str | None:
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


def execution_error(error: GraphQLError) -> Error:
    """Return an execution error; errors in variables have no path."""
    body: Error = {"message": error.message, "locations": locations(error)}
    if error.path:
        body["path"] = list(error.path)
    code = getattr(error.original_error, "code", None) or "INVALID_VARIABLE"
    return {**body, "extensions": {"code": code}}


def locations(error: GraphQLError) -> list[dict[str, int]]:
    return [
        {"line": location.line, "column": location.column} for location in error.locations or []
    ]


def throttled_error() -> Error:
    return {
        "message": "Throttled",
        "extensions": {
            "code": "THROTTLED",
            "documentation": "https://shopify.dev/api/usage/rate-limits",
        },
    }


def cost_exceeded_error(cost: int, max_cost: int) -> Error:
    return {
        "message": f"Query cost is {cost}, which exceeds the single query max cost limit"
        f" ({max_cost}).",
        "extensions": {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": max_cost},
    }
