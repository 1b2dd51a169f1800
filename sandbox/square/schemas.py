"""The part of Square's specification that this look-alike keeps, and whether a value is of it.

Square's own says nothing about unknown fields; here one is refused, since a misspelt filter
that is quietly ignored returns the whole shop.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

Schema = Mapping[str, Any]
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}


class Problem(NamedTuple):
    """What is wrong with a value, by Square's code, and where."""

    code: str
    field: str
    detail: str


@cache
def specification() -> dict[str, Any]:
    file = Path(__file__).with_name("schemas.json")
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return read


def problems(value: Any, schema: Schema, field: str = "") -> Iterator[Problem]:
    """Everything that is wrong with a value; nothing where it is as the schema says."""
    named = schema.get("$ref")
    if named:
        known = specification()["schemas"][named.removeprefix("#/")]
        schema = {**known, **{key: schema[key] for key in ("nullable",) if key in schema}}
    if value is None:
        if not schema.get("nullable"):
            yield Problem("INCORRECT_TYPE", field, "must not be null.")
        return
    kind = schema["type"]
    if not isinstance(value, KINDS[kind]) or (kind == "integer" and isinstance(value, bool)):
        yield Problem("INCORRECT_TYPE", field, f"Expected {kind}.")
        return
    yield from out_of_bounds(value, schema, field)
    yield from inner_problems(value, schema, field)


def inner_problems(value: Any, schema: Schema, field: str) -> Iterator[Problem]:
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from problems(one, schema["items"], f"{field}[{place}]")
    if isinstance(value, dict):
        known = schema["properties"]
        for name, inner in value.items():
            where = f"{field}.{name}".lstrip(".")
            if name in known:
                yield from problems(inner, known[name], where)
            else:
                yield Problem("UNKNOWN_BODY_PARAMETER", where, "is no such field.")
        for name in schema.get("required", []):
            if name not in value:
                yield Problem(
                    "MISSING_REQUIRED_PARAMETER", f"{field}.{name}".lstrip("."), "Missing."
                )


def out_of_bounds(value: Any, schema: Schema, field: str) -> Iterator[Problem]:
    if "enum" in schema and value not in schema["enum"]:
        yield Problem("INVALID_ENUM_VALUE", field, f"`{value}` is not a valid enum value.")
    if isinstance(value, int):
        if value > schema.get("maximum", value):
            yield Problem("VALUE_TOO_HIGH", field, f"must be at most {schema['maximum']}.")
        if value < schema.get("minimum", value):
            yield Problem("VALUE_TOO_LOW", field, f"must be at least {schema['minimum']}.")
    if isinstance(value, str):
        if len(value) > schema.get("maxLength", len(value)):
            yield Problem("VALUE_TOO_LONG", field, f"at most {schema['maxLength']} characters.")
        if len(value) < schema.get("minLength", 0):
            yield Problem("VALUE_TOO_SHORT", field, f"at least {schema['minLength']} characters.")


def asked(query: Mapping[str, str], parameters: Mapping[str, Schema]) -> dict[str, Any]:
    """The parameters of an address, each as its own kind where it can be."""
    whole = {
        name: int(value)
        if parameters.get(name, {}).get("type") == "integer" and value.lstrip("-").isdecimal()
        else value
        for name, value in query.items()
    }
    return dict(whole)


def parameter_problems(
    given: Mapping[str, Any], parameters: Mapping[str, Schema]
) -> Iterator[Problem]:
    for name, value in given.items():
        if name in parameters:
            yield from problems(value, parameters[name], name)
        else:
            yield Problem("UNKNOWN_QUERY_PARAMETER", name, "is no such parameter.")
