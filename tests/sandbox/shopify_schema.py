"""Checks whether one GraphQL schema is a part of another, by their introspection.

graphql-core's own objects hide default values, so a wrong one would not be seen there. A type, a
field, an optional argument, an enum value or an interface may be missing; what is present must be
the same, and nothing required may be missing.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, introspection_from_schema, specified_directives

Introspection = dict[str, Any]
CONTRACTS = Path(__file__).parents[2].parent / "shared" / "contracts" / "shopify"
VERSIONS = ("2026-10", "2026-07")


@cache
def published(version: str) -> Introspection:
    path = CONTRACTS / f"admin_{version}.json.gz"
    if not path.exists():
        pytest.skip(f"needs Shopify's published schema: the folder {CONTRACTS} is not there")
    document: Introspection = json.loads(gzip.decompress(path.read_bytes()))
    return dict(document.get("data", document))


@cache
def introspect(sdl: str) -> Introspection:
    return dict(introspection_from_schema(build_schema(sdl), input_value_deprecation=True))


def differences(checked: Introspection, official: Introspection) -> list[str]:
    """Return what `checked` has and `official` does not; empty if it is a part of it."""
    checked_part, official_part = checked["__schema"], official["__schema"]
    return [
        *key_differences("the schema", checked_part, official_part, ("queryType", "mutationType")),
        *member_differences(
            "type", own_types(checked_part), own_types(official_part), type_differences
        ),
        *member_differences(
            "directive",
            own_directives(checked_part),
            official_part["directives"],
            compare_arguments,
        ),
    ]


def own_types(schema: Introspection) -> list[Introspection]:
    return [kind for kind in schema["types"] if not kind["name"].startswith("__")]


def own_directives(schema: Introspection) -> list[Introspection]:
    """Return the directives of `schema` without those of the GraphQL language."""
    specified = {specified_directive.name for specified_directive in specified_directives}
    return [directive for directive in schema["directives"] if directive["name"] not in specified]


def type_differences(
    name: str, checked_part: Introspection, official_part: Introspection
) -> Iterator[str]:
    yield from key_differences(name, checked_part, official_part, ("kind", "isOneOf"))
    if checked_part.get("specifiedByURL"):
        yield from key_differences(name, checked_part, official_part, ("specifiedByURL",))
    for part in ("interfaces", "possibleTypes"):
        yield from unpublished_names(
            f"{name} {part}", checked_part.get(part), official_part.get(part)
        )
    yield from member_differences(
        f"{name}.", checked_part["fields"], official_part["fields"], field_differences
    )
    yield from member_differences(
        f"{name}.", checked_part["enumValues"], official_part["enumValues"], compare_deprecation
    )
    yield from input_differences(name, checked_part["inputFields"], official_part["inputFields"])


def field_differences(
    name: str, checked_part: Introspection, official_part: Introspection
) -> Iterator[str]:
    yield from compare_types(name, checked_part, official_part)
    yield from compare_deprecation(name, checked_part, official_part)
    yield from input_differences(name, checked_part["args"], official_part["args"])


def compare_arguments(
    name: str, checked_part: Introspection, official_part: Introspection
) -> Iterator[str]:
    yield from input_differences(f"@{name}", checked_part["args"], official_part["args"])


def input_differences(
    owner: str, checked_part: list[Introspection] | None, official_part: list[Introspection] | None
) -> Iterator[str]:
    """Yield differences of arguments and input fields, including missing required ones."""
    yield from member_differences(f"{owner}:", checked_part, official_part, compare_inputs)
    names = {field["name"] for field in checked_part or []}
    for field in official_part or []:
        required = field["type"]["kind"] == "NON_NULL" and field["defaultValue"] is None
        if required and field["name"] not in names:
            yield f"{owner}:{field['name']} is required and missing"


def compare_inputs(
    name: str, checked_part: Introspection, official_part: Introspection
) -> Iterator[str]:
    yield from compare_types(name, checked_part, official_part)
    yield from compare_deprecation(name, checked_part, official_part)
    yield from key_differences(name, checked_part, official_part, ("defaultValue",))


def compare_types(
    name: str, checked_part: Introspection, official_part: Introspection
) -> Iterator[str]:
    checked_type = type_text(checked_part["type"])
    official_type = type_text(official_part["type"])
    if checked_type != official_type:
        yield f"{name} is {checked_type}, published as {official_type}"


def compare_deprecation(
    name: str, checked_part: Introspection, official_part: Introspection
) -> Iterator[str]:
    yield from key_differences(
        name, checked_part, official_part, ("isDeprecated", "deprecationReason")
    )


def type_text(kind: Introspection) -> str:
    match kind["kind"]:
        case "NON_NULL":
            return f"{type_text(kind['ofType'])}!"
        case "LIST":
            return f"[{type_text(kind['ofType'])}]"
        case _:
            return f"{kind['kind'].lower()} {kind['name']}"


def key_differences(
    name: str, checked_part: Introspection, official_part: Introspection, keys: tuple[str, ...]
) -> Iterator[str]:
    for key in keys:
        # A missing entry and an empty one are the same.
        actual, expected = (
            name_of(checked_part.get(key)) or None,
            name_of(official_part.get(key)) or None,
        )
        if actual != expected:
            yield f"{name} {key} is {actual!r}, published as {expected!r}"


def name_of(value: Any) -> Any:
    return value["name"] if isinstance(value, dict) else value


def unpublished_names(
    name: str, checked_part: list[Introspection] | None, official_part: list[Introspection] | None
) -> Iterator[str]:
    published_names = {member["name"] for member in official_part or []}
    for member in checked_part or []:
        if member["name"] not in published_names:
            yield f"{name}: {member['name']} is not published"


def member_differences(
    owner: str,
    checked_part: list[Introspection] | None,
    official_part: list[Introspection] | None,
    compare: Any,
) -> Iterator[str]:
    yield from unpublished_names(owner, checked_part, official_part)
    published_by_name = {member["name"]: member for member in official_part or []}
    for member in checked_part or []:
        if member["name"] in published_by_name:
            name = f"{owner}{member['name']}" if owner[-1] in ".:" else member["name"]
            yield from compare(name, member, published_by_name[member["name"]])
