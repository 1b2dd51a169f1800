"""Base class for values that are written as text and parsed strictly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


class TextValue(ABC):
    """A value with one spelling: `str()` returns the text that `parse()` accepts."""

    json_schema: ClassVar[dict[str, Any]]
    """JSON Schema of the text, for editors."""

    @classmethod
    @abstractmethod
    def parse(cls, text: str) -> Self:
        """Parses `text`; raises ValueError with a sentence that names the right spelling."""

    @classmethod
    def validate(cls, value: object) -> Self:
        """Pydantic validator: accepts an instance or its text, raises ValueError otherwise."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            text = " ".join(value.split())
            parsed = cls.parse(text)
            if text != value:
                raise ValueError(f"Write {text}, with one space between words.")
            return parsed
        raise ValueError(f"Write one value here, like {cls.json_schema['examples'][0]}.")

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(cls.json_schema)


def quoted(text: str) -> str:
    """Returns the owner's text in quotes on one line, shortened to 60 characters."""
    text = " ".join(text.split())
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}…"'


def with_unit(count: int, unit: str) -> str:
    """Returns `1 day` or `3 days`; `unit` is the plural."""
    return f"{count} {unit.removesuffix('s') if count == 1 else unit}"
