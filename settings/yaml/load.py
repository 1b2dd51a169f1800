"""Reads the owner's file: all of it is understood, or all of its mistakes are told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from settings.model import Words
from settings.yaml import yaml_nodes
from settings.yaml.error_messages import SHAPES, sentence
from settings.yaml.error_report import FileNotUnderstood, Mistake, not_understood, unreadable
from settings.yaml.model_paths import Place, place_of
from settings.yaml.suggestions import Mender
from settings.yaml.yaml_events import parsed
from settings.yaml.yaml_lines import Lines
from settings.yaml.yaml_nodes import Found, Node, Plain, plain, spot_of

__all__ = ["Check", "Fault", "FileNotUnderstood", "Mistake", "Plain", "read"]

LARGEST = 1_000_000

NOWHERE = Place(())

M = TypeVar("M", bound=Words)


@dataclass(frozen=True)
class Fault:
    """What a room's own check finds, at a path of the file."""

    path: yaml_nodes.Path
    message: str
    at: Literal["key", "value"] = "value"


Check = Callable[[Plain], Iterable[Fault]]
"""Looks at the text of the whole file, in which other mistakes may still stand."""


def read(
    path: Path, model: type[M], *, environ: Mapping[str, str], checks: Sequence[Check] = ()
) -> M:
    """The file as the model, or FileNotUnderstood with every mistake in it."""
    lines = Lines(_text(path))
    root, found = parsed(lines)
    if root is None:
        found = found or [Found(yaml_nodes.Spot(0, 0), "The file is empty.")]
        raise not_understood(path.name, lines, found)
    mender = Mender(found)
    mender.mend(root, model)
    understood, errors = _validated(model, root, environ)
    found += _refusals(errors, model, root, mender.silent)
    found += _faults(checks, root, found, mender.silent)
    if understood is None or found:
        raise not_understood(path.name, lines, found, mender.hidden)
    return understood


def _text(path: Path) -> str:
    raw = _bytes(path)
    if len(raw) > LARGEST:
        raise unreadable(path.name, "The file is larger than 1 MB. Rules do not need that much.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        told = f"Line {line} is not UTF-8 text. Save the file as UTF-8."
        raise unreadable(path.name, told) from None


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        raise unreadable(path.name, f"There is no such file in {path.absolute().parent}.") from None
    except IsADirectoryError:
        raise unreadable(path.name, "This is a folder, not a file.") from None
    except (OSError, ValueError) as refusal:
        reason = getattr(refusal, "strerror", None) or str(refusal)
        raise unreadable(path.name, f"The file cannot be opened: {reason}.") from None


def _validated(
    model: type[M], root: Node, environ: Mapping[str, str]
) -> tuple[M | None, list[ErrorDetails]]:
    try:
        return model.model_validate(plain(root), context={"environ": environ}), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _refusals(
    errors: list[ErrorDetails], model: type[Words], root: Node, silent: set[yaml_nodes.Path]
) -> Iterator[Found]:
    """What pydantic refused, one finding for each value."""
    located = [(*_located(model, error["loc"]), error) for error in errors]
    located.sort(key=lambda one: [str(part) for part in one[0]])
    for path, group in groupby(located, key=lambda one: one[0]):
        members = list(group)
        here = [error for _, _, error in members]
        if _is_silent(path, silent):
            continue
        if _only_another_shape(here) and any(_is_below(other, path) for other, _, _ in located):
            continue
        at_key = here[0]["type"] == "missing" or "[key]" in here[0]["loc"]
        yield Found(spot_of(root, path, at_key=at_key), sentence(here, members[0][1], path), path)


def _is_silent(path: yaml_nodes.Path, silent: set[yaml_nodes.Path]) -> bool:
    return any(path[:depth] in silent for depth in range(len(path) + 1))


def _is_below(path: yaml_nodes.Path, above: yaml_nodes.Path) -> bool:
    return len(path) > len(above) and path[: len(above)] == above


def _only_another_shape(errors: list[ErrorDetails]) -> bool:
    """Whether these only say that the value is not some other kind that may stand there."""
    return all(error["type"] in SHAPES for error in errors)


def _located(model: type[Words], loc: tuple[str | int, ...]) -> tuple[yaml_nodes.Path, Place]:
    """The path in the file for where pydantic stumbled, without its names for kinds."""
    before = here = place = place_of(model)
    path: list[str | int] = []
    for part in loc:
        if part == "[key]":
            return tuple(path), before.any_key or NOWHERE
        if kind := place.tagged(part):
            place = kind
            continue
        path.append(part)
        before, here = place, place.below(part) or NOWHERE
        place = here
    return tuple(path), here


def _faults(
    checks: Sequence[Check], root: Node, found: list[Found], silent: set[yaml_nodes.Path]
) -> list[Found]:
    """What the rooms' own checks find where nothing was found before."""
    known = {one.path for one in found}
    tree = plain(root)
    faults = [fault for check in checks for fault in check(tree)]
    return [
        Found(spot_of(root, fault.path, at_key=fault.at == "key"), fault.message, fault.path)
        for fault in faults
        if fault.path not in known and not _is_silent(fault.path, silent)
    ]
