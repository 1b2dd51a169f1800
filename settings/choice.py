"""A setting whose words are a closed set that other modules add to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError, core_schema


class Choice(str):
    """One of `choices()`: a `Literal` whose words are looked up when a value is read."""

    __slots__ = ()

    @classmethod
    def choices(cls) -> Collection[str]:
        """The words that may be written, in the order in which they are offered."""
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls._validate)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(core_schema.literal_schema(list(cls.choices())))

    @classmethod
    def _validate(cls, value: object) -> str:
        if isinstance(value, str) and value in cls.choices():
            return value
        raise PydanticKnownError("literal_error", {"expected": " or ".join(cls.choices())})
