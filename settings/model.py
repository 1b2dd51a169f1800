"""Base model for config.yaml: each field is one of the owner's keys."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Union, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, GetCoreSchemaHandler, Tag
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

CORRECTION_CUTOFF = 0.7
"""Similarity (0 to 1) from which a misspelt key is read as the key it resembles."""
NEGATION = re.compile(r"^(?:(?:no|not|never|without) |un)")
SUGGESTION_CUTOFF = 0.6
"""Similarity (0 to 1) from which the error message asks "Did you mean …?"."""


def yaml_key(field: str) -> str:
    """Returns the owner's key for a `field` name: quiet_hours is `quiet hours`, if_ is `if`."""
    return field.rstrip("_").replace("_", " ")


class ConfigModel(BaseModel):
    """Base of every model in config.yaml: frozen, strict about unknown keys, spaces in keys."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=yaml_key,
        validate_by_alias=True,
        validate_by_name=True,  # code writes Wait(wait=…, if_=…); files only have the keys
    )


def config_keys(model: type[ConfigModel]) -> dict[str, FieldInfo]:
    """Returns the keys that `model` accepts, with the field behind each."""
    if not model.__pydantic_complete__:
        model.model_rebuild()  # nested steps refer to models that are defined later
    return {field.alias or yaml_key(name): field for name, field in model.model_fields.items()}


def step_verb(model: type[ConfigModel]) -> str:
    """Returns the key that identifies a step, such as `send`: `model`'s first required key."""
    fields = model.model_fields.items()
    return next(field.alias or yaml_key(name) for name, field in fields if field.is_required())


class VerbDiscriminator:
    """Discriminates a union of steps by verb: Annotated[Send | Wait, VerbDiscriminator()]."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        models: tuple[type[ConfigModel], ...] = get_args(source) or (source,)
        # Brackets in tags keep them apart from keys in pydantic's error locations.
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
    """Returns the model whose verb is in `step`; of several, the one with most keys in common."""
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
    """Returns the candidate most similar to `word`; None below `likeness` (0 to 1).

    A candidate of the opposite meaning, such as `no visit` for `visits`, is none.
    """
    folded = _folded(word)
    by_folded = {
        _folded(candidate): candidate
        for candidate in candidates
        if not _are_opposites(folded, _folded(candidate))
    }
    matches = difflib.get_close_matches(folded, by_folded, 1, likeness)
    # Two swapped letters in a short word such as "fi" score below the cutoff.
    matches = matches or [
        candidate
        for candidate in by_folded
        if len(candidate) < 5 and sorted(candidate) == sorted(folded)
    ]
    return by_folded[matches[0]] if matches else None


def _are_opposites(word: str, candidate: str) -> bool:
    """Whether one is more like the other without its negation."""
    plain_word, plain_candidate = NEGATION.sub("", word), NEGATION.sub("", candidate)
    if (plain_word == word) == (plain_candidate == candidate):
        return False
    return _likeness(plain_word, plain_candidate) > _likeness(word, candidate)


def _likeness(word: str, other: str) -> float:
    return difflib.SequenceMatcher(None, word, other).ratio()


def _folded(word: str) -> str:
    return word.casefold().replace("_", " ").replace("-", " ").strip()
