"""How a room declares the words it understands: models whose fields are the owner's keys."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Union, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, GetCoreSchemaHandler, Tag
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

CORRECTION_CUTOFF = 0.7
"""From this likeness on, a misspelt word is read as the word it resembles."""
SUGGESTION_CUTOFF = 0.6
"""From this likeness on, we ask "Did you mean …?"."""


def yaml_key(field: str) -> str:
    """The key of a field, as the owner writes it: quiet_hours is "quiet hours", if_ is "if"."""
    return field.rstrip("_").replace("_", " ")


class ConfigModel(BaseModel):
    """One place in the owner's file: its fields are the keys understood there."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=yaml_key,
        validate_by_alias=True,
        validate_by_name=True,  # code writes Wait(wait=…, if_=…); a file only ever has the keys
    )


def config_keys(model: type[ConfigModel]) -> dict[str, FieldInfo]:
    """The keys a place understands, with the field behind each."""
    if not model.__pydantic_complete__:
        model.model_rebuild()  # steps within steps name each other before they exist
    return {field.alias or yaml_key(name): field for name, field in model.model_fields.items()}


def step_verb(model: type[ConfigModel]) -> str:
    """The word that makes a step this step: its first required key."""
    fields = model.model_fields.items()
    return next(field.alias or yaml_key(name) for name, field in fields if field.is_required())


class VerbDiscriminator:
    """Tells the members of a union by their verb: Step = Annotated[Send | Wait, ByVerb()]."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        models: tuple[type[ConfigModel], ...] = get_args(source) or (source,)
        # A tag that equals a key would be taken for a part of the path to a mistake.
        tagged_models = tuple(Annotated[model, Tag(step_tag(model))] for model in models)

        def tag_of(step: object) -> str | None:
            if isinstance(step, ConfigModel):
                return step_tag(type(step))
            chosen = chosen_step(step, models) if isinstance(step, Mapping) else None
            return step_tag(chosen) if chosen else None

        return handler.generate_schema(
            Annotated[Union[tagged_models], Discriminator(tag_of)]  # noqa: UP007  # built at run time
        )


def step_tag(model: type[ConfigModel]) -> str:
    return f"<{step_verb(model)}>"


def chosen_step(
    step: Collection[Any], models: Collection[type[ConfigModel]]
) -> type[ConfigModel] | None:
    """The step whose verb is written here; of two, the one that knows more of the other keys."""
    models_by_verb = {step_verb(model): model for model in models if step_verb(model) in step}
    verbs = [key for key in step if key in models_by_verb]
    best = max(
        verbs,
        key=lambda verb: len(config_keys(models_by_verb[verb]).keys() & set(step)),
        default=None,
    )
    return models_by_verb[best] if best else None


def nearest(
    word: str, candidates: Collection[str], likeness: float = SUGGESTION_CUTOFF
) -> str | None:
    """The known word that was probably meant."""
    by_folded = {_folded(candidate): candidate for candidate in candidates}
    folded = _folded(word)
    matches = difflib.get_close_matches(folded, by_folded, 1, likeness)
    # In a short word like "fi" two swapped letters leave too little alike.
    matches = matches or [
        candidate
        for candidate in by_folded
        if len(candidate) < 5 and sorted(candidate) == sorted(folded)
    ]
    return by_folded[matches[0]] if matches else None


def _folded(word: str) -> str:
    return word.casefold().replace("_", " ").replace("-", " ").strip()
