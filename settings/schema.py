"""JSON Schema of config.yaml, for editors that complete and validate while typing."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from settings.model import ConfigModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCALAR_TYPES = ["string", "number", "boolean"]
YAML_BOOLEANS = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
OWNER_KEYED = ("properties", "patternProperties", "$defs")
UNUSED_KEYS = ("title", "default", "discriminator")


def json_schema(model: type[ConfigModel]) -> dict[str, Any]:
    """Returns the JSON Schema (draft 2020-12) of `model`; it accepts what the loader accepts."""
    generated = model.model_json_schema(by_alias=True, schema_generator=_EditorSchema)
    tidy: dict[str, Any] = _tidy(generated)
    return {"$schema": DIALECT, **tidy}


class _EditorSchema(GenerateJsonSchema):
    """Accepts typed YAML: editors parse 50 as a number and yes as a boolean."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])  # an unused key is left out, never null

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        return {**super().str_schema(schema), "type": SCALAR_TYPES}

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        return {**super().int_schema(schema), "type": ["integer", "string"]}

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        return {"type": ["number", "string"]}

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        words = [str(word) for word in schema["expected"]]
        return {"enum": [*words, *(variant for word in words for variant in _as_yaml_types(word))]}

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        words = [str(member.value) for member in schema["members"]]
        return {"enum": [*words, *(variant for word in words for variant in _as_yaml_types(word))]}


def _as_yaml_types(word: str) -> list[bool | int]:
    """The types that an editor's YAML parser may give this word."""
    if word in YAML_BOOLEANS:
        return [YAML_BOOLEANS[word]]
    return [int(word)] if word.isascii() and word.isdigit() else []


def _tidy(part: Any, *, names: bool = False) -> Any:
    """Drops keywords that editors do not need; `names` marks maps keyed by the owner's keys."""
    if isinstance(part, list):
        return [_tidy(child) for child in part]
    if not isinstance(part, dict):
        return part
    tidy = {
        key: _tidy(value, names=not names and key in OWNER_KEYED)
        for key, value in part.items()
        if names or key not in UNUSED_KEYS
    }
    if not names and "oneOf" in tidy:
        # Steps have no common discriminator; editors report errors of anyOf better.
        tidy["anyOf"] = tidy.pop("oneOf")
    if not names and "patternProperties" in tidy:
        tidy["additionalProperties"] = False
    return tidy
