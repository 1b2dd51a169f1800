"""Square's published specification with strict schemas, and a comparison with a smaller one."""

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
COMPARED_KEYS = ("type", "enum", "nullable", "minimum", "maximum", "minLength", "maxLength")


@cache
def published() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(gzip.decompress(CONTRACT.read_bytes()))
    return document


@cache
def strict_schemas() -> dict[str, Any]:
    """Return all schemas, in which unknown fields are refused."""
    return {
        name: strict_schema(schema) for name, schema in published()["components"]["schemas"].items()
    }


def strict_schema(schema: Schema) -> dict[str, Any]:
    strict = {key: schema[key] for key in schema if key in VALIDATED_KEYS}
    if "properties" in schema:
        strict["properties"] = {
            name: strict_schema(property_schema)
            for name, property_schema in schema["properties"].items()
        }
        strict["additionalProperties"] = False
    if "items" in schema:
        strict["items"] = strict_schema(schema["items"])
    return {"anyOf": [strict, {"type": "null"}]} if schema.get("nullable") else strict


@cache
def validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": strict_schemas()}}
    return Draft202012Validator(schema)


def violations(name: str, value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(value)]


@dataclass(frozen=True)
class Exchange:
    """One request and its response."""

    method: str
    path: str
    query: list[tuple[str, str]]
    request_body: Any
    status: int
    response_body: Any

    def violations(self) -> list[str]:
        operation = described_path(self.path)[self.method.lower()]
        messages = list(self.query_violations(operation))
        if "requestBody" in operation:
            messages += violations(body_schema_name(operation["requestBody"]), self.request_body)
        if self.response_body is not None:
            messages += violations(
                body_schema_name(operation["responses"]["200"]), self.response_body
            )
        return messages

    def query_violations(self, operation: Schema) -> Iterator[str]:
        parameters = {
            parameter["name"]: parameter["schema"] for parameter in operation.get("parameters", [])
        }
        for name, value in self.query:
            if name not in parameters:
                yield f"{name} is no parameter"
            elif parameters[name].get("type") == "integer" and not value.isdecimal():
                yield f"{name} is no number"
            elif "$ref" in parameters[name]:
                yield from violations(parameters[name]["$ref"].rsplit("/", 1)[-1], value)


def described_path(path: str) -> dict[str, Any]:
    for pattern, described in published()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path):
            operations: dict[str, Any] = described
            if pattern == path or "{" in pattern:
                return operations
    raise AssertionError(f"Square has no {path}")


def body_schema_name(described: Schema) -> str:
    return str(described["content"]["application/json"]["schema"]["$ref"]).rsplit("/", 1)[-1]


@dataclass
class RecordingTransport(httpx.AsyncBaseTransport):
    """Records every request and its JSON response."""

    inner: httpx.AsyncBaseTransport
    exchanges: list[Exchange] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        body = await response.aread()
        response_body = response.json() if response.headers["content-type"] == JSON else None
        request_body = json.loads(request.content) if request.content else None
        query = parse_qsl(request.url.query.decode())
        self.exchanges.append(
            Exchange(
                request.method,
                request.url.path,
                query,
                request_body,
                response.status_code,
                response_body,
            )
        )
        return httpx.Response(response.status_code, headers=response.headers, content=body)


def differences(part: Schema, published_specification: Schema) -> Iterator[str]:
    """Yield what `part` has and the published specification does not."""
    schemas = published_specification["components"]["schemas"]
    for name, described in part["schemas"].items():
        if name not in schemas:
            yield f"{name} is not published"
        else:
            yield from schema_differences(name, described, schemas[name])
    for path, methods in part["paths"].items():
        for method, described in methods.items():
            yield from path_differences(
                path, described, published_specification["paths"].get(path, {}).get(method)
            )


def schema_differences(name: str, part: Schema, published_schema: Schema) -> Iterator[str]:
    for key in COMPARED_KEYS:
        actual, expected = part.get(key), published_schema.get(key)
        if key == "enum" and actual is not None:
            if not set(actual) <= set(expected or []):
                yield f"{name} enum has {sorted(set(actual) - set(expected or []))}"
        elif actual != expected:
            yield f"{name} {key} is {actual!r}, published as {expected!r}"
    if reference_name(part) != reference_name(published_schema):
        yield f"{name} is a {reference_name(part)}, published as {reference_name(published_schema)}"
    if "items" in published_schema:
        yield from schema_differences(f"{name}[]", part.get("items", {}), published_schema["items"])
    yield from property_differences(name, part, published_schema)


def property_differences(name: str, part: Schema, published_schema: Schema) -> Iterator[str]:
    required = set(published_schema.get("required", []))
    if set(part.get("required", [])) != required:
        yield f"{name} requires {part.get('required')}, published as {sorted(required)}"
    properties = published_schema.get("properties", {})
    for key, property_schema in part.get("properties", {}).items():
        if key not in properties:
            yield f"{name}.{key} is not published"
        else:
            yield from schema_differences(f"{name}.{key}", property_schema, properties[key])
    for key in required - set(part.get("properties", {})):
        yield f"{name}.{key} is required and missing"


def path_differences(path: str, part: Schema, published_operation: Schema | None) -> Iterator[str]:
    if published_operation is None:
        yield f"{path} is not published"
        return
    if "request" in part and part["request"] != body_schema_name(
        published_operation["requestBody"]
    ):
        yield f"{path} takes {part['request']}"
    if part["response"] != body_schema_name(published_operation["responses"]["200"]):
        yield f"{path} answers {part['response']}"
    parameters = {
        parameter["name"]: parameter["schema"] for parameter in published_operation["parameters"]
    }
    for name, parameter in part.get("parameters", {}).items():
        if name not in parameters:
            yield f"{path} ?{name} is not published"
        else:
            yield from schema_differences(f"{path} ?{name}", parameter, parameters[name])


def reference_name(schema: Schema) -> str | None:
    return str(schema["$ref"]).rsplit("/", 1)[-1] if "$ref" in schema else None


VALIDATED_KEYS = (*COMPARED_KEYS, "required", "$ref")
JSON = "application/json"
