"""Loads config.yaml into a model, or raises ConfigError with every mistake at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from yaml import BaseLoader

from settings.model import ConfigModel
from settings.yaml.error_messages import SHAPE_ERRORS, error_message
from settings.yaml.error_report import ConfigError, Mistake, build_config_error, unreadable_file
from settings.yaml.events import FAST_LOADER, parse_tree
from settings.yaml.line_repairs import Repair
from settings.yaml.lines import Lines
from settings.yaml.missing_file import missing_file
from settings.yaml.model_paths import SchemaNode, key_places, schema_node
from settings.yaml.nodes import Node, NodePath, Plain, Problem, Span, span_of, to_plain
from settings.yaml.planned_word import PlannedWords
from settings.yaml.slips import RepairedLines, find_slips, repaired_text, slip_problem
from settings.yaml.suggestions import KeyCorrector

__all__ = ["Check", "ConfigError", "Mistake", "Plain", "Violation", "load_config"]

MAX_BYTES = 1_000_000
NOTHING_PLANNED = PlannedWords()

UNKNOWN_SCHEMA = SchemaNode(())

M = TypeVar("M", bound=ConfigModel)


@dataclass(frozen=True)
class Violation:
    """A problem found by a package's own check, at a path of the file."""

    path: NodePath
    message: str
    at: Literal["key", "value"] = "value"


Check = Callable[[Plain], Iterable[Violation]]
"""Checks the untyped tree of the whole file, which may still hold other mistakes."""


def load_config(
    path: Path,
    model: type[M],
    *,
    environ: Mapping[str, str],
    checks: Sequence[Check] = (),
    planned: PlannedWords = NOTHING_PLANNED,
) -> M:
    """Loads a file into `model`.

    1. Parse the YAML subset into nodes with positions.
    2. Correct misspelt keys in the tree, so that what is below them is validated too.
    3. Validate with pydantic; $NAME references are resolved from `environ`.
    4. Run `checks` on the untyped tree.
    5. Where there are problems, look for slips of the layout, and report what is left without them.

    Args:
        path: The file.
        model: The model of the whole file.
        environ: Environment variables, .env included.
        checks: Functions that yield a Violation for rules across several keys.
        planned: Words that cannot be used yet, with what to write today.

    Raises:
        ConfigError: With every problem that the steps found.
    """
    text = _read_text(path)
    reader = _Reader(model, environ, planned)
    reading = reader.read(text)
    if not reading.problems:
        problems = _violations(checks, reading, [])
        if problems or reading.config is None:
            raise build_config_error(path.name, Lines(text), problems, reading.secret_spans)
        return reading.config
    slips = find_slips(text, key_places(model), lambda text: reader.read(text, FAST_LOADER))
    raise _config_error(path.name, text, slips, reader, checks)


def _config_error(
    name: str, text: str, slips: Sequence[Repair], reader: _Reader[Any], checks: Sequence[Check]
) -> ConfigError:
    """Returns the error of a `text`: its slips, and the problems that are left without them."""
    repaired = reduce(repaired_text, slips, text)
    reading = reader.read(repaired)
    problems = [*reading.problems, *_violations(checks, reading, reading.problems)]
    lines, places = Lines(text), RepairedLines(text, repaired)
    return build_config_error(
        name,
        lines,
        [
            *(slip_problem(lines, slip) for slip in slips),
            *(replace(problem, span=places.original(problem.span)) for problem in problems),
        ],
        [places.original(span) for span in reading.secret_spans],
    )


@dataclass(frozen=True)
class _Reading(Generic[M]):
    """A text read by all rules of the model, with the problems found."""

    root: Node | None
    config: M | None
    problems: list[Problem]
    silenced: Collection[NodePath] = ()
    secret_spans: Sequence[Span] = ()

    @property
    def is_yaml(self) -> bool:
        return self.root is not None


@dataclass(frozen=True)
class _Reader(Generic[M]):
    """Reads texts into a model."""

    model: type[M]
    environ: Mapping[str, str]
    planned: PlannedWords

    def read(self, text: str, loader: Any = BaseLoader) -> _Reading[M]:
        """Returns the node tree of `text`, validated; `loader` is a class of PyYAML."""
        root, problems = parse_tree(Lines(text), loader)
        if root is None:
            return _Reading(None, None, problems or [Problem(Span(0, 0), "The file is empty.")])
        corrector = KeyCorrector(problems, self.planned)
        corrector.correct(root, self.model)
        config, errors = _validate(self.model, root, self.environ)
        problems += _pydantic_problems(errors, self.model, root, corrector.silenced)
        return _Reading(root, config, problems, corrector.silenced, corrector.secret_spans)


def _read_text(path: Path) -> str:
    content = _read_bytes(path)
    if len(content) > MAX_BYTES:
        raise unreadable_file(
            path.name, "The file is larger than 1 MB. Rules do not need that much."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = f"Line {line} is not UTF-8 text. Save the file as UTF-8."
        raise unreadable_file(path.name, message) from None


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise missing_file(path) from None
    except IsADirectoryError:
        raise unreadable_file(path.name, "This is a folder, not a file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise unreadable_file(path.name, f"The file cannot be opened: {reason}.") from None


def _validate(
    model: type[M], root: Node, environ: Mapping[str, str]
) -> tuple[M | None, list[ErrorDetails]]:
    try:
        return model.model_validate(to_plain(root), context={"environ": environ}), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _pydantic_problems(
    errors: list[ErrorDetails],
    model: type[ConfigModel],
    root: Node,
    silenced: Collection[NodePath],
) -> Iterator[Problem]:
    """Yields one problem for each value that pydantic refused."""
    located = [(*_locate(model, error["loc"]), error) for error in errors]
    located.sort(key=lambda location: [str(part) for part in location[0]])
    for path, group in groupby(located, key=lambda location: location[0]):
        members = list(group)
        schema = members[0][1]
        group_errors = [error for _, _, error in members]
        if _is_silenced(path, silenced):
            continue
        if _only_shape_errors(group_errors) and any(
            _is_below(other_path, path) for other_path, _, _ in located
        ):
            continue
        at_key = group_errors[0]["type"] == "missing" or "[key]" in group_errors[0]["loc"]
        message = error_message(group_errors, schema, path)
        yield Problem(span_of(root, path, at_key=at_key), message, path)


def _is_silenced(path: NodePath, silenced: Collection[NodePath]) -> bool:
    return any(path[:depth] in silenced for depth in range(len(path) + 1))


def _is_below(path: NodePath, ancestor: NodePath) -> bool:
    return len(path) > len(ancestor) and path[: len(ancestor)] == ancestor


def _only_shape_errors(errors: list[ErrorDetails]) -> bool:
    """Whether the errors only say that the value has another type than one branch of a union."""
    return all(error["type"] in SHAPE_ERRORS for error in errors)


def _locate(model: type[ConfigModel], loc: tuple[str | int, ...]) -> tuple[NodePath, SchemaNode]:
    """Converts pydantic's error location to a path of the file and the schema there.

    Pydantic's own labels for union members are left out of the path.
    """
    parent = schema = current = schema_node(model)
    path: list[str | int] = []
    for part in loc:
        if part == "[key]":
            return tuple(path), parent.mapping_key or UNKNOWN_SCHEMA
        if variant := current.tagged_variant(part):
            current = variant
            continue
        path.append(part)
        parent, schema = current, current.child(part) or UNKNOWN_SCHEMA
        current = schema
    return tuple(path), schema


def _violations(
    checks: Sequence[Check], reading: _Reading[Any], problems: Sequence[Problem]
) -> list[Problem]:
    """Runs the checks; violations at paths that already have a problem are dropped."""
    if reading.root is None:
        return []
    root, silenced = reading.root, reading.silenced
    reported_paths = {problem.path for problem in problems}
    tree = to_plain(root)
    violations = [violation for check in checks for violation in check(tree)]
    return [
        Problem(
            span_of(root, violation.path, at_key=violation.at == "key"),
            violation.message,
            violation.path,
        )
        for violation in violations
        if violation.path not in reported_paths and not _is_silenced(violation.path, silenced)
    ]
