"""Refuses results that a Prefect server says are stored somewhere.

A state may name any file as its result and how to read it, and Prefect's client believes it: both
of its serializers can be made to run code, pickle by its nature and JSON by its `object_decoder`.
Receiving such a state already imports the module that it names as the serializer's library. Our
flows store no results, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from prefect import serializers
from prefect.results import ResultRecord  # type: ignore[attr-defined]  # Prefect imports it there
from prefect.serializers import CompressedSerializer, JSONSerializer, PickleSerializer

SERIALIZERS = (PickleSerializer, JSONSerializer, CompressedSerializer)
LIBRARIES = {"validate_picklelib": "cloudpickle", "validate_compressionlib": "lzma"}
READERS = ("deserialize", "deserialize_from_result_and_metadata")


class StoredResultError(Exception):
    """A flow run's state refers to a stored result, which no flow of ours has."""


def refuse_stored_results() -> None:
    """Make Prefect's client raise StoredResultError instead of reading a stored result."""
    for reader in READERS:
        setattr(ResultRecord, reader, classmethod(_refuse))
    for serializer in SERIALIZERS:
        serializer.loads = _refuse  # type: ignore[method-assign]  # as intended
    for validator, library in LIBRARIES.items():
        setattr(serializers, validator, _only(library))


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise StoredResultError("Prefect names a stored result, which no flow of Regulars has.")


def _only(default_library: str) -> Callable[[str], str]:
    """Returns a validator that imports nothing and accepts Prefect's default alone."""

    def validate(library: str) -> str:
        if library != default_library:
            raise ValueError("Prefect names another library than its own default.")
        return library

    return validate
