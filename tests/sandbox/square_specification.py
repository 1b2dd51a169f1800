"""Square's published specification, made strict; and whether a smaller one is a part of it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

Schema = Mapping[str, Any]
CONTRACT = (
    Path(__file__).parents[2].parent / "shared/contracts/square/square_api_2025-08-20.json.gz"
)
SAID_ALIKE = ("type", "enum", "nullable", "minimum", "maximum", "minLength", "maxLength")


@cache
def published() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(gzip.decompress(CONTRACT.read_bytes()))
    return read


@cache
def strict() -> dict[str, Any]:
    """All its schemas, in which a field that is not named is refused."""
    return {name: strictly(one) for name, one in published()["components"]["schemas"].items()}


def strictly(schema: Schema) -> dict[str, Any]:
    whole = {key: schema[key] for key in schema if key in CHECKED}
    if "properties" in schema:
        whole["properties"] = {name: strictly(one) for name, one in schema["properties"].items()}
        whole["additionalProperties"] = False
    if "items" in schema:
        whole["items"] = strictly(schema["items"])
    return {"anyOf": [whole, {"type": "null"}]} if schema.get("nullable") else whole


@cache
def validator(name: str) -> Draft202012Validator:
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": strict()}}
    return Draft202012Validator(whole)


def violations(name: str, value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(value)]


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    method: str
    path: str
    query: list[tuple[str, str]]
    asked: Any
    status: int
    answered: Any

    def violations(self) -> list[str]:
        described = described_path(self.path)[self.method.lower()]
        found = list(self.query_violations(described))
        if "requestBody" in described:
            found += violations(named_body(described["requestBody"]), self.asked)
        if self.answered is not None:
            found += violations(named_body(described["responses"]["200"]), self.answered)
        return found

    def query_violations(self, described: Schema) -> Iterator[str]:
        known = {one["name"]: one["schema"] for one in described.get("parameters", [])}
        for name, value in self.query:
            if name not in known:
                yield f"{name} is no parameter"
            elif known[name].get("type") == "integer" and not value.isdecimal():
                yield f"{name} is no number"
            elif "$ref" in known[name]:
                yield from violations(known[name]["$ref"].rsplit("/", 1)[-1], value)


def described_path(path: str) -> dict[str, Any]:
    for pattern, described in published()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path):
            found: dict[str, Any] = described
            if pattern == path or "{" in pattern:
                return found
    raise AssertionError(f"Square has no {path}")


def named_body(described: Schema) -> str:
    return str(described["content"]["application/json"]["schema"]["$ref"]).rsplit("/", 1)[-1]


@dataclass
class Listening(httpx.AsyncBaseTransport):
    """Hears every request and every answer, once it is whole and JSON."""

    inner: httpx.AsyncBaseTransport
    heard: list[Exchange] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        body = await response.aread()
        answered = response.json() if response.headers["content-type"] == JSON else None
        asked = json.loads(request.content) if request.content else None
        query = parse_qsl(request.url.query.decode())
        self.heard.append(
            Exchange(request.method, request.url.path, query, asked, response.status_code, answered)
        )
        return httpx.Response(response.status_code, headers=response.headers, content=body)


def differences(ours: Schema, theirs: Schema) -> Iterator[str]:
    """What our specification says that theirs does not; nothing if it is a true part."""
    schemas = theirs["components"]["schemas"]
    for name, one in ours["schemas"].items():
        if name not in schemas:
            yield f"{name} is not published"
        else:
            yield from schema_differences(name, one, schemas[name])
    for path, methods in ours["paths"].items():
        for method, one in methods.items():
            yield from path_differences(path, one, theirs["paths"].get(path, {}).get(method))


def schema_differences(name: str, mine: Schema, whole: Schema) -> Iterator[str]:
    for key in SAID_ALIKE:
        said, meant = mine.get(key), whole.get(key)
        if key == "enum" and said is not None:
            if not set(said) <= set(meant or []):
                yield f"{name} enum has {sorted(set(said) - set(meant or []))}"
        elif said != meant:
            yield f"{name} {key} is {said!r}, published as {meant!r}"
    if last(mine) != last(whole):
        yield f"{name} is a {last(mine)}, published as {last(whole)}"
    if "items" in whole:
        yield from schema_differences(f"{name}[]", mine.get("items", {}), whole["items"])
    yield from property_differences(name, mine, whole)


def property_differences(name: str, mine: Schema, whole: Schema) -> Iterator[str]:
    required = set(whole.get("required", []))
    if set(mine.get("required", [])) != required:
        yield f"{name} requires {mine.get('required')}, published as {sorted(required)}"
    known = whole.get("properties", {})
    for key, one in mine.get("properties", {}).items():
        if key not in known:
            yield f"{name}.{key} is not published"
        else:
            yield from schema_differences(f"{name}.{key}", one, known[key])
    for key in required - set(mine.get("properties", {})):
        yield f"{name}.{key} is required and missing"


def path_differences(path: str, mine: Schema, whole: Schema | None) -> Iterator[str]:
    if whole is None:
        yield f"{path} is not published"
        return
    if "request" in mine and mine["request"] != named_body(whole["requestBody"]):
        yield f"{path} takes {mine['request']}"
    if mine["response"] != named_body(whole["responses"]["200"]):
        yield f"{path} answers {mine['response']}"
    known = {one["name"]: one["schema"] for one in whole["parameters"]}
    for name, one in mine.get("parameters", {}).items():
        if name not in known:
            yield f"{path} ?{name} is not published"
        else:
            yield from schema_differences(f"{path} ?{name}", one, known[name])


def last(schema: Schema) -> str | None:
    return str(schema["$ref"]).rsplit("/", 1)[-1] if "$ref" in schema else None


CHECKED = (*SAID_ALIKE, "required", "$ref")
JSON = "application/json"
