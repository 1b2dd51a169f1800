"""What config.yaml accepts at each path, derived from the annotations of the models."""

from __future__ import annotations

import collections.abc
import types
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BeforeValidator, PlainValidator, WrapValidator
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from settings.choice import Choice
from settings.env_values import Secret
from settings.model import ConfigModel, VerbDiscriminator, config_keys, step_tag

LIST_TYPES = (list, tuple, set, frozenset, collections.abc.Sequence)
TOP_LEVEL = "at the beginning of a line"
ENTRY_PLACES = {
    "rules": "in a rule",
    "sources": "in a source",
    "then": "in a step",
    "else": "in a step",
    "if": "below if: or unless:",
    "unless": "below if: or unless:",
}
"""Where keys of models stand that are not directly below their section."""
MAPPING_TYPES = (dict, collections.abc.Mapping)


@dataclass(frozen=True)
class SchemaNode:
    """The types accepted at one path, and how a union of them is discriminated."""

    types: tuple[Any, ...]
    discriminator: VerbDiscriminator | str | None = None
    has_converter: bool = False
    """A validator of the model reads the value, whatever shape it has."""

    @property
    def models(self) -> list[type[ConfigModel]]:
        """The accepted types that are models."""
        return [
            kind for kind in self.types if isinstance(kind, type) and issubclass(kind, ConfigModel)
        ]

    @property
    def is_secret(self) -> bool:
        return Secret in self.types

    @property
    def accepts_scalar(self) -> bool:
        """Whether a single value is accepted."""
        return self.has_converter or any(
            kind not in self.models
            and get_origin(kind) not in (*LIST_TYPES, *MAPPING_TYPES)
            and not schema_node(kind).discriminator
            for kind in self.types
        )

    @property
    def element(self) -> SchemaNode | None:
        """The schema of a list's elements, or None if no list is accepted."""
        args = next((get_args(kind) for kind in self.types if get_origin(kind) in LIST_TYPES), None)
        return schema_node(args[0]) if args else None

    @property
    def mapping_value(self) -> SchemaNode | None:
        """The schema of the values, if the owner chooses the keys."""
        args = next(
            (get_args(kind) for kind in self.types if get_origin(kind) in MAPPING_TYPES), None
        )
        return schema_node(args[1]) if args else None

    @property
    def mapping_key(self) -> SchemaNode | None:
        """The schema of the keys, if the owner chooses them."""
        args = next(
            (get_args(kind) for kind in self.types if get_origin(kind) in MAPPING_TYPES), None
        )
        return schema_node(args[0]) if args else None

    def child(self, part: str | int) -> SchemaNode | None:
        """Returns the schema below a key or list index `part`, or None."""
        if isinstance(part, int):
            return self.element
        for model in self.models:
            if field := config_keys(model).get(part):
                return _field_schema(field)
        return self.mapping_value

    def union(self) -> SchemaNode | None:
        """Returns the discriminated union accepted here, or None."""
        if self.discriminator:
            return self
        return next(
            (schema for kind in self.types if (schema := schema_node(kind)).discriminator), None
        )

    def variant(self, word: str) -> SchemaNode | None:
        """Returns the member of the union whose discriminator accepts `word`, or None."""
        schemas = (schema_node(kind) for kind in self.types)
        return next(
            (schema for schema in schemas if word in schema.literals_of(self.discriminator)), None
        )

    def literals_of(self, field: object) -> list[str]:
        """Returns the words that `field` accepts in any model of this node."""
        fields = (model.model_fields.get(str(field)) for model in self._all_models())
        return [
            word
            for model_field in fields
            if model_field
            for word in literals(_field_schema(model_field))
        ]

    def discriminator_key(self) -> str:
        """Returns the owner's key that discriminates the union."""
        name = str(self.discriminator)
        return next(self._all_models()).model_fields[name].alias or name

    def _all_models(self) -> Iterator[type[ConfigModel]]:
        yield from self.models
        for kind in self.types:
            if (inner := schema_node(kind)).discriminator:
                yield from inner._all_models()

    def tagged_variant(self, part: str | int) -> SchemaNode | None:
        """Returns the member of the union that pydantic's location `part` names, or None."""
        if isinstance(self.discriminator, VerbDiscriminator):
            matching = tuple(model for model in self.models if step_tag(model) == part)
            return SchemaNode(matching) if matching else None
        if self.discriminator:
            return self.variant(str(part))
        return self._labelled_variant(str(part)) if len(self.types) > 1 else None

    def _labelled_variant(self, label: str) -> SchemaNode:
        if label.startswith("tagged-union") and (union := self.union()):
            return union
        return SchemaNode(tuple(kind for kind in self.types if _pydantic_label(kind) in label))


def schema_node(annotation: Any) -> SchemaNode:
    """Returns the schema node of a type annotation."""
    metadata: list[Any] = []
    while isinstance(annotation, TypeAliasType) or get_origin(annotation) is Annotated:
        if isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        else:
            annotation, *annotations = get_args(annotation)
            metadata += annotations
    if get_origin(annotation) not in (Union, types.UnionType):
        return SchemaNode((annotation,), _discriminator(metadata), _has_converter(metadata))
    kinds = [kind for kind in get_args(annotation) if kind is not types.NoneType]
    if len(kinds) == 1 and not metadata:
        return schema_node(kinds[0])
    return SchemaNode(
        tuple(map(_unwrap, kinds)), _discriminator(metadata), _has_converter(metadata)
    )


@cache
def key_places(model: type[ConfigModel]) -> Mapping[str, Sequence[str]]:
    """Returns where each key of `model` and of the models below it stands: `below sending:`."""
    places = defaultdict[str, dict[str, None]](dict)
    seen, waiting = set[type[ConfigModel]](), [(model, TOP_LEVEL)]
    while waiting:
        current, place = waiting.pop(0)
        if current in seen:
            continue
        seen.add(current)
        for key, field in config_keys(current).items():
            places[key][place] = None
            below = ENTRY_PLACES.get(key, f"below {key}:")
            waiting += [(child, below) for child in _models_in(field.annotation)]
    return {key: list(labels) for key, labels in places.items()}


def _models_in(annotation: Any) -> Iterator[type[ConfigModel]]:
    for kind in schema_node(annotation).types:
        if isinstance(kind, type) and issubclass(kind, ConfigModel):
            yield kind
        else:
            for argument in get_args(kind):
                yield from _models_in(argument)


def _field_schema(field: FieldInfo) -> SchemaNode:
    schema = schema_node(field.annotation)
    return SchemaNode(
        schema.types,
        _discriminator([field, *field.metadata]) or schema.discriminator,
        schema.has_converter or _has_converter(field.metadata),
    )


def _unwrap(kind: Any) -> Any:
    """Removes Annotated from a union member, unless it discriminates a union of its own."""
    schema = schema_node(kind)
    return schema.types[0] if len(schema.types) == 1 and not schema.discriminator else kind


def _discriminator(metadata: list[Any]) -> VerbDiscriminator | str | None:
    for annotation in metadata:
        if isinstance(annotation, VerbDiscriminator):
            return annotation
        if isinstance(annotation, FieldInfo) and isinstance(annotation.discriminator, str):
            return annotation.discriminator
    return None


def _has_converter(metadata: list[Any]) -> bool:
    return any(
        isinstance(annotation, BeforeValidator | PlainValidator | WrapValidator)
        for annotation in metadata
    )


def _pydantic_label(kind: Any) -> str:
    """The label of a union member in pydantic's locations, or its beginning."""
    origin = get_origin(kind)
    if origin in LIST_TYPES:
        return "list["
    if origin in MAPPING_TYPES:
        return "dict["
    return getattr(kind, "__name__", "?") if origin is None else "?"


def literals(schema: SchemaNode) -> list[str]:
    """Returns the accepted words of all closed sets of `schema`."""
    return [word for kind in schema.types for word in _literal_words(kind)]


def _literal_words(kind: Any) -> Iterable[str]:
    if isinstance(kind, type) and issubclass(kind, Choice):
        return kind.choices()
    return map(str, get_args(kind)) if get_origin(kind) is Literal else ()
