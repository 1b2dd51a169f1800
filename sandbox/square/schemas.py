"""Validates requests against the part of Square's specification that is served.

Square's schemas allow unknown fields. Here they are refused, because a misspelt filter that is
silently ignored returns the whole shop.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

Schema = Mapping[str, Any]
JSON_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}


class Violation(NamedTuple):
    """An invalid value: Square's error code, the field, and a sentence."""

    code: str
    field: str
    detail: str


@cache
def specification() -> dict[str, Any]:
    path = Path(__file__).with_name("schemas.json")
    schemas: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schemas


def find_violations(value: Any, schema: Schema, field: str = "") -> Iterator[Violation]:
    """Yield the violations of `schema` in `value`, each with its path below `field`."""
    reference = schema.get("$ref")
    if reference:
        referenced = specification()["schemas"][reference.removeprefix("#/")]
        schema = {**referenced, **{key: schema[key] for key in ("nullable",) if key in schema}}
    if value is None:
        if not schema.get("nullable"):
            yield Violation("INCORRECT_TYPE", field, "must not be null.")
        return
    type_name = schema["type"]
    if not isinstance(value, JSON_TYPES[type_name]) or (
        type_name == "integer" and isinstance(value, bool)
    ):
        yield Violation("INCORRECT_TYPE", field, f"Expected {type_name}.")
        return
    yield from find_bound_violations(value, schema, field)
    yield from find_nested_violations(value, schema, field)


def find_nested_violations(value: Any, schema: Schema, field: str) -> Iterator[Violation]:
    """Yield the violations inside lists and objects."""
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from find_violations(element, schema["items"], f"{field}[{index}]")
    if isinstance(value, dict):
        properties = schema["properties"]
        for name, property_value in value.items():
            path = f"{field}.{name}".lstrip(".")
            if name in properties:
                yield from find_violations(property_value, properties[name], path)
            else:
                yield Violation("UNKNOWN_BODY_PARAMETER", path, "is no such field.")
        for name in schema.get("required", []):
            if name not in value:
                yield Violation(
                    "MISSING_REQUIRED_PARAMETER", f"{field}.{name}".lstrip("."), "Missing."
                )


def find_bound_violations(value: Any, schema: Schema, field: str) -> Iterator[Violation]:
    """Yield violations of enums, ranges and lengths."""
    if "enum" in schema and value not in schema["enum"]:
        yield Violation("INVALID_ENUM_VALUE", field, f"`{value}` is not a valid enum value.")
    if isinstance(value, int):
        if value > schema.get("maximum", value):
            yield Violation("VALUE_TOO_HIGH", field, f"must be at most {schema['maximum']}.")
        if value < schema.get("minimum", value):
            yield Violation("VALUE_TOO_LOW", field, f"must be at least {schema['minimum']}.")
    if isinstance(value, str):
        if len(value) > schema.get("maxLength", len(value)):
            yield Violation("VALUE_TOO_LONG", field, f"at most {schema['maxLength']} characters.")
        if len(value) < schema.get("minLength", 0):
            yield Violation("VALUE_TOO_SHORT", field, f"at least {schema['minLength']} characters.")


def parse_query(query: Mapping[str, str], parameters: Mapping[str, Schema]) -> dict[str, Any]:
    """Return the `query` with integers parsed where `parameters` say so."""
    parsed = {
        name: int(value)
        if parameters.get(name, {}).get("type") == "integer" and value.lstrip("-").isdecimal()
        else value
        for name, value in query.items()
    }
    return dict(parsed)


def find_parameter_violations(
    query: Mapping[str, Any], parameters: Mapping[str, Schema]
) -> Iterator[Violation]:
    for name, value in query.items():
        if name in parameters:
            yield from find_violations(value, parameters[name], name)
        else:
            yield Violation("UNKNOWN_QUERY_PARAMETER", name, "is no such parameter.")
