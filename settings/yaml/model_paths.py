"""What a room's words understand at each place of the file, read off the models themselves."""

from __future__ import annotations

import collections.abc
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BeforeValidator, PlainValidator, WrapValidator
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from settings.env_values import Secret
from settings.model import ByVerb, Words, keys, tag

LISTS = (list, tuple, set, frozenset, collections.abc.Sequence)
TABLES = (dict, collections.abc.Mapping)


@dataclass(frozen=True)
class Place:
    """One place of the file: the kinds of value it may have, and how they are told apart."""

    kinds: tuple[Any, ...]
    told_by: ByVerb | str | None = None
    converts: bool = False
    """Its room has its own way to read the value, whatever shape it has."""

    @property
    def models(self) -> list[type[Words]]:
        """The kinds that have keys of their own."""
        return [kind for kind in self.kinds if isinstance(kind, type) and issubclass(kind, Words)]

    @property
    def secret(self) -> bool:
        return Secret in self.kinds

    @property
    def takes_text(self) -> bool:
        """Whether a single value may stand here."""
        return self.converts or any(
            kind not in self.models
            and get_origin(kind) not in (*LISTS, *TABLES)
            and not place_of(kind).told_by
            for kind in self.kinds
        )

    @property
    def item(self) -> Place | None:
        """What an entry may be, if a list may stand here."""
        args = next((get_args(kind) for kind in self.kinds if get_origin(kind) in LISTS), None)
        return place_of(args[0]) if args else None

    @property
    def under_any_key(self) -> Place | None:
        """What stands under each key, if the owner gives the keys."""
        args = next((get_args(kind) for kind in self.kinds if get_origin(kind) in TABLES), None)
        return place_of(args[1]) if args else None

    @property
    def any_key(self) -> Place | None:
        """What the keys themselves may be, if the owner gives them."""
        args = next((get_args(kind) for kind in self.kinds if get_origin(kind) in TABLES), None)
        return place_of(args[0]) if args else None

    def below(self, part: str | int) -> Place | None:
        """What may stand under this key, or as this entry."""
        if isinstance(part, int):
            return self.item
        for model in self.models:
            if field := keys(model).get(part):
                return _place_of_field(field)
        return self.under_any_key

    def told_apart(self) -> Place | None:
        """The kinds that must be told apart, if there are any here."""
        if self.told_by:
            return self
        return next((place for kind in self.kinds if (place := place_of(kind)).told_by), None)

    def member(self, word: str) -> Place | None:
        """Of the kinds told apart by a key, the kind that has this word there."""
        places = (place_of(kind) for kind in self.kinds)
        return next((place for place in places if word in place.words_of(self.told_by)), None)

    def words_of(self, field: object) -> list[str]:
        """The words that a field may hold, over every kind that may stand here."""
        fields = (model.model_fields.get(str(field)) for model in self._every_model())
        return [word for each in fields if each for word in literals(_place_of_field(each))]

    def key(self) -> str:
        """What the owner calls the key that tells the kinds apart."""
        name = str(self.told_by)
        return next(self._every_model()).model_fields[name].alias or name

    def _every_model(self) -> Iterator[type[Words]]:
        yield from self.models
        for kind in self.kinds:
            if (inner := place_of(kind)).told_by:
                yield from inner._every_model()

    def tagged(self, part: str | int) -> Place | None:
        """The kind that pydantic means by this part of a path, if it is such a part."""
        if isinstance(self.told_by, ByVerb):
            meant = tuple(model for model in self.models if tag(model) == part)
            return Place(meant) if meant else None
        if self.told_by:
            return self.member(str(part))
        return self._labelled(str(part)) if len(self.kinds) > 1 else None

    def _labelled(self, label: str) -> Place:
        if label.startswith("tagged-union") and (apart := self.told_apart()):
            return apart
        return Place(tuple(kind for kind in self.kinds if _label(kind) in label))


def place_of(annotation: Any) -> Place:
    """The place that a type describes."""
    notes: list[Any] = []
    while isinstance(annotation, TypeAliasType) or get_origin(annotation) is Annotated:
        if isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        else:
            annotation, *more = get_args(annotation)
            notes += more
    if get_origin(annotation) not in (Union, types.UnionType):
        return Place((annotation,), _told_by(notes), _converts(notes))
    kinds = [kind for kind in get_args(annotation) if kind is not types.NoneType]
    if len(kinds) == 1 and not notes:
        return place_of(kinds[0])
    return Place(tuple(map(_bare, kinds)), _told_by(notes), _converts(notes))


def _place_of_field(field: FieldInfo) -> Place:
    place = place_of(field.annotation)
    return Place(
        place.kinds,
        _told_by([field, *field.metadata]) or place.told_by,
        place.converts or _converts(field.metadata),
    )


def _bare(kind: Any) -> Any:
    """A kind without notes, unless they tell its own kinds apart."""
    place = place_of(kind)
    return place.kinds[0] if len(place.kinds) == 1 and not place.told_by else kind


def _told_by(notes: list[Any]) -> ByVerb | str | None:
    for note in notes:
        if isinstance(note, ByVerb):
            return note
        if isinstance(note, FieldInfo) and isinstance(note.discriminator, str):
            return note.discriminator
    return None


def _converts(notes: list[Any]) -> bool:
    return any(isinstance(note, BeforeValidator | PlainValidator | WrapValidator) for note in notes)


def _label(kind: Any) -> str:
    """What pydantic calls a kind of a plain union, or enough of it."""
    origin = get_origin(kind)
    if origin in LISTS:
        return "list["
    if origin in TABLES:
        return "dict["
    return getattr(kind, "__name__", "?") if origin is None else "?"


def literals(place: Place) -> list[str]:
    """The words of a closed set."""
    sets = (kind for kind in place.kinds if get_origin(kind) is Literal)
    return [str(word) for kind in sets for word in get_args(kind)]
