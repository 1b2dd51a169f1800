"""How a room declares the words it understands: models whose fields are the owner's keys."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Union, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, GetCoreSchemaHandler, Tag
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

SURE = 0.7
"""From this likeness on, a misspelt word is read as the word it resembles."""
LIKELY = 0.6
"""From this likeness on, we ask "Did you mean …?"."""


def spoken(field: str) -> str:
    """The key of a field, as the owner writes it: quiet_hours is "quiet hours", if_ is "if"."""
    return field.rstrip("_").replace("_", " ")


class Words(BaseModel):
    """One place in the owner's file: its fields are the keys understood there."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=spoken,
        validate_by_alias=True,
        validate_by_name=True,  # code writes Wait(wait=…, if_=…); a file only ever has the keys
    )


def keys(model: type[Words]) -> dict[str, FieldInfo]:
    """The keys a place understands, with the field behind each."""
    if not model.__pydantic_complete__:
        model.model_rebuild()  # steps within steps name each other before they exist
    return {field.alias or spoken(name): field for name, field in model.model_fields.items()}


def verb(model: type[Words]) -> str:
    """The word that makes a step this step: its first required key."""
    fields = model.model_fields.items()
    return next(field.alias or spoken(name) for name, field in fields if field.is_required())


class ByVerb:
    """Tells the members of a union by their verb: Step = Annotated[Send | Wait, ByVerb()]."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        models: tuple[type[Words], ...] = get_args(source) or (source,)
        # A tag that equals a key would be taken for a part of the path to a mistake.
        tagged = tuple(Annotated[model, Tag(tag(model))] for model in models)

        def tag_of(step: object) -> str | None:
            if isinstance(step, Words):
                return tag(type(step))
            chosen = chosen_step(step, models) if isinstance(step, Mapping) else None
            return tag(chosen) if chosen else None

        return handler.generate_schema(
            Annotated[Union[tagged], Discriminator(tag_of)]  # noqa: UP007  # built at run time
        )


def tag(model: type[Words]) -> str:
    return f"<{verb(model)}>"


def chosen_step(step: Collection[Any], models: Collection[type[Words]]) -> type[Words] | None:
    """The step whose verb is written here; of two, the one that knows more of the other keys."""
    present = {verb(model): model for model in models if verb(model) in step}
    written = [key for key in step if key in present]
    best = max(written, key=lambda word: len(keys(present[word]).keys() & set(step)), default=None)
    return present[best] if best else None


def nearest(word: str, known: Collection[str], likeness: float = LIKELY) -> str | None:
    """The known word that was probably meant."""
    plain = {_folded(candidate): candidate for candidate in known}
    meant = _folded(word)
    near = difflib.get_close_matches(meant, plain, 1, likeness)
    # In a short word like "fi" two swapped letters leave too little alike.
    near = near or [each for each in plain if len(each) < 5 and sorted(each) == sorted(meant)]
    return plain[near[0]] if near else None


def _folded(word: str) -> str:
    return word.casefold().replace("_", " ").replace("-", " ").strip()
