"""Is one GraphQL schema a true part of another? Compared as introspection, nothing else.

graphql-core's own objects hide default values, so a wrong one would never be seen there.
Leaving out a type, a field, an optional argument, an enum value or an interface is fine;
whatever is said must be said the same way, and nothing that is required may be missing.
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

Described = dict[str, Any]
CONTRACTS = Path(__file__).parents[2].parent / "shared" / "contracts" / "shopify"
VERSIONS = ("2026-10", "2026-07")


@cache
def published(version: str) -> Described:
    file = CONTRACTS / f"admin_{version}.json.gz"
    if not file.exists():
        pytest.skip(f"needs Shopify's published schema: the folder {CONTRACTS} is not there")
    read: Described = json.loads(gzip.decompress(file.read_bytes()))
    return dict(read.get("data", read))


@cache
def described(sdl: str) -> Described:
    return dict(introspection_from_schema(build_schema(sdl), input_value_deprecation=True))


def differences(ours: Described, theirs: Described) -> list[str]:
    """What `ours` says that `theirs` does not; empty if it is a true part."""
    mine, whole = ours["__schema"], theirs["__schema"]
    return [
        *differing("the schema", mine, whole, ("queryType", "mutationType")),
        *named_parts("type", own_types(mine), own_types(whole), type_differences),
        *named_parts("directive", own_directives(mine), whole["directives"], own_arguments),
    ]


def own_types(schema: Described) -> list[Described]:
    return [kind for kind in schema["types"] if not kind["name"].startswith("__")]


def own_directives(schema: Described) -> list[Described]:
    """Without those of the GraphQL language: they come from the executor, not from our text."""
    given = {directive.name for directive in specified_directives}
    return [said for said in schema["directives"] if said["name"] not in given]


def type_differences(name: str, mine: Described, whole: Described) -> Iterator[str]:
    yield from differing(name, mine, whole, ("kind", "isOneOf"))
    if mine.get("specifiedByURL"):
        yield from differing(name, mine, whole, ("specifiedByURL",))
    for part in ("interfaces", "possibleTypes"):
        yield from invented(f"{name} {part}", mine.get(part), whole.get(part))
    yield from named_parts(f"{name}.", mine["fields"], whole["fields"], field_differences)
    yield from named_parts(f"{name}.", mine["enumValues"], whole["enumValues"], same_deprecation)
    yield from input_differences(name, mine["inputFields"], whole["inputFields"])


def field_differences(name: str, mine: Described, whole: Described) -> Iterator[str]:
    yield from same_type(name, mine, whole)
    yield from same_deprecation(name, mine, whole)
    yield from input_differences(name, mine["args"], whole["args"])


def own_arguments(name: str, mine: Described, whole: Described) -> Iterator[str]:
    yield from input_differences(f"@{name}", mine["args"], whole["args"])


def input_differences(
    owner: str, mine: list[Described] | None, whole: list[Described] | None
) -> Iterator[str]:
    """Arguments and input fields: alike in type and default, and none that is required gone."""
    yield from named_parts(f"{owner}:", mine, whole, same_input)
    said = {part["name"] for part in mine or []}
    for part in whole or []:
        required = part["type"]["kind"] == "NON_NULL" and part["defaultValue"] is None
        if required and part["name"] not in said:
            yield f"{owner}:{part['name']} is required and missing"


def same_input(name: str, mine: Described, whole: Described) -> Iterator[str]:
    yield from same_type(name, mine, whole)
    yield from same_deprecation(name, mine, whole)
    yield from differing(name, mine, whole, ("defaultValue",))


def same_type(name: str, mine: Described, whole: Described) -> Iterator[str]:
    if spelled(mine["type"]) != spelled(whole["type"]):
        yield f"{name} is {spelled(mine['type'])}, published as {spelled(whole['type'])}"


def same_deprecation(name: str, mine: Described, whole: Described) -> Iterator[str]:
    yield from differing(name, mine, whole, ("isDeprecated", "deprecationReason"))


def spelled(kind: Described) -> str:
    match kind["kind"]:
        case "NON_NULL":
            return f"{spelled(kind['ofType'])}!"
        case "LIST":
            return f"[{spelled(kind['ofType'])}]"
        case _:
            return f"{kind['kind'].lower()} {kind['name']}"


def differing(name: str, mine: Described, whole: Described, keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        # A missing entry and an empty one say the same.
        said, meant = named(mine.get(key)) or None, named(whole.get(key)) or None
        if said != meant:
            yield f"{name} {key} is {said!r}, published as {meant!r}"


def named(value: Any) -> Any:
    return value["name"] if isinstance(value, dict) else value


def invented(
    name: str, mine: list[Described] | None, whole: list[Described] | None
) -> Iterator[str]:
    known = {part["name"] for part in whole or []}
    for part in mine or []:
        if part["name"] not in known:
            yield f"{name}: {part['name']} is not published"


def named_parts(
    owner: str, mine: list[Described] | None, whole: list[Described] | None, compare: Any
) -> Iterator[str]:
    yield from invented(owner, mine, whole)
    known = {part["name"]: part for part in whole or []}
    for part in mine or []:
        if part["name"] in known:
            name = f"{owner}{part['name']}" if owner[-1] in ".:" else part["name"]
            yield from compare(name, part, known[part["name"]])
