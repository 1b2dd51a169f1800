"""A value the owner says in words: read from its text, or refused with the right text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


class TextValue(ABC):
    """A value with one spelling: `str()` gives back what `parse()` takes."""

    json_schema: ClassVar[dict[str, Any]]
    """Its JSON Schema, for editors."""

    @classmethod
    @abstractmethod
    def parse(cls, text: str) -> Self:
        """The value, or a ValueError whose sentence says what to write instead."""

    @classmethod
    def validate(cls, value: object) -> Self:
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
    """What the owner typed, shortened so that it fits a sentence."""
    text = " ".join(text.split())
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}…"'


def with_unit(count: int, unit: str) -> str:
    """1 day, 3 days: the unit comes in its plural."""
    return f"{count} {unit.removesuffix('s') if count == 1 else unit}"
