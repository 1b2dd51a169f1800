"""Values kept outside the file and referenced in it as $NAME: secrets and plain settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
)
from pydantic_core import CoreSchema, core_schema

from settings.model import nearest

ENV_NAME = "[A-Za-z_][A-Za-z0-9_]*"
ENV_NAME_SCHEMA = {
    "type": "string",
    "pattern": f"^\\${ENV_NAME}$",
    "examples": ["$SMTP_PASSWORD"],
    "description": "The name of a value kept in .env beside this file.",
}


class Secret:
    """A string that repr, str, pickle and serialisation never reveal."""

    __slots__ = ("__value", "name")

    name: str
    """The environment variable's name, without the $."""

    def __init__(self, value: str, name: str = "") -> None:
        object.__setattr__(self, "_Secret__value", value)
        object.__setattr__(self, "name", name)

    def reveal(self) -> str:
        """Returns the plain value."""
        value: str = object.__getattribute__(self, "_Secret__value")
        return value

    def __setattr__(self, field: str, value: object) -> None:
        raise AttributeError("A secret does not change.")

    def __delattr__(self, field: str) -> None:
        raise AttributeError("A secret does not change.")

    def __repr__(self) -> str:
        return f"Secret(${self.name})" if self.name else "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(("secret", self.reveal()))

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("A secret is not written anywhere.")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            _validate_secret, serialization=core_schema.plain_serializer_function_ser_schema(repr)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(ENV_NAME_SCHEMA)


def _validate_header_value(key: Secret) -> Secret:
    """Rejects characters that an HTTP header cannot hold.

    The HTTP client would raise later, with the key in its message.
    """
    if not re.fullmatch(r"[!-~]+", key.reveal()):
        raise ValueError("The key holds a space or another character no key has. Copy it again.")
    return key


HeaderSecret = Annotated[Secret, AfterValidator(_validate_header_value)]
"""A secret that is sent in an HTTP header, such as an API key."""


class OrEnvName:
    """Annotation that also accepts $NAME for a value: Annotated[NamedAddress, OrEnvName()]."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_before_validator_function(_resolve_env_name, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler(schema), dict(ENV_NAME_SCHEMA)]}


EnvText = Annotated[str, OrEnvName()]


def _validate_secret(value: object, info: ValidationInfo) -> Secret:
    if isinstance(value, Secret):
        return value
    if isinstance(value, str) and is_env_reference(value):
        return Secret(_lookup(value[1:], info), value[1:])
    env_name = re.sub(r"[^A-Z0-9]+", "_", str(info.field_name or "some_name").upper()).strip("_")
    raise ValueError(f"Write ${env_name} here and put the value into .env beside this file.")


def _resolve_env_name(value: object, info: ValidationInfo) -> object:
    return _lookup(value[1:], info) if isinstance(value, str) and is_env_reference(value) else value


def is_env_reference(text: str) -> bool:
    """Whether `text` is a reference such as $NAME."""
    return re.fullmatch(rf"\${ENV_NAME}", text) is not None


def _lookup(name: str, info: ValidationInfo) -> str:
    environ: Mapping[str, str] = (info.context or {}).get("environ", {})
    value = environ.get(name)
    if value:
        return value
    if value == "":
        raise ValueError(f"${name} is empty. Put its value into .env beside this file.")
    suggestion = nearest(name, environ, 0.85)
    hint = (
        f"Did you mean ${suggestion}?"
        if suggestion
        else f"Put {name}=… into .env beside this file."
    )
    raise ValueError(f"${name} is not set. {hint}")
