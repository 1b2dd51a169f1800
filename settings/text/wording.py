"""Values of config.yaml about language: which one, and the owner's words in one or several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from settings.model import nearest
from settings.text.language_names import CODES, is_language, language_code, parse_language
from settings.text_value import quoted

Wording = str | dict[str, str]  # of one language, or by the code of each


def wording_in(wording: Wording, code: str, fallback: str) -> str:
    """Returns the owner's words in the language `code`, else those in `fallback`, else the first.

    Raises ValueError where there are none at all.
    """
    if isinstance(wording, str):
        return wording
    texts = [wording[each] for each in (code, fallback, *wording) if each in wording]
    if not texts:
        raise ValueError("These words are in no language.")
    return texts[0]


def _read_language(value: object) -> str:
    text = "no" if value is False else value  # YAML 1.1 parses no, Norwegian, as false
    tag = parse_language(text) if isinstance(text, str) else None
    if tag and is_language(language_code(tag)):
        return tag
    suggestion = nearest(str(text), CODES)
    hint = f"Did you mean {suggestion.title()}?" if suggestion else "Write one like de or German."
    raise ValueError(f"{quoted(str(text))} is no language we know. {hint}")


def _read_wording(value: object) -> Wording:
    """Keys may be names as well: {German: ein Kaffee}."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping) or not value:
        raise ValueError("Write words here, or words by language: {en: a coffee, de: ein Kaffee}.")
    texts = {language_code(_read_language(key)): text for key, text in value.items()}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("Write words for each language: {en: a coffee, de: ein Kaffee}.")
    return texts


LANGUAGE_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "string", "minLength": 2}, {"enum": [False]}],
    "examples": ["de", "Deutsch", "German", "de-AT"],
    "description": "The language of your mail and pages: a code or a name.",
}
LanguageTag = Annotated[str, BeforeValidator(_read_language), WithJsonSchema(LANGUAGE_SCHEMA)]
OwnWording = Annotated[
    Wording,
    PlainValidator(_read_wording),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
            ],
            "examples": ["a coffee", {"en": "a coffee", "de": "ein Kaffee"}],
            "description": "Your words; by language where your customers read several.",
        }
    ),
]
