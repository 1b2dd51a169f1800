"""A rule as it stands in config.yaml: its lines with their numbers, comments kept.

What looks like a secret is masked, and the lines of mistakes are marked.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from yaml import BaseLoader

from engine.config.owner_config import OwnerConfig, load_owner_config
from settings import environment
from settings.errors import RegularsError
from settings.yaml.error_report import ConfigError, Mistake, mask_secrets
from settings.yaml.events import parse_tree
from settings.yaml.lines import Lines
from settings.yaml.load import MAX_BYTES
from settings.yaml.nodes import MappingEntry, MappingNode, Node

RULES = "rules"


@dataclass(frozen=True)
class WrittenLine:
    """A line of the file; `mistakes` says what is wrong in it."""

    number: int
    text: str
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileState:
    """What is wrong with config.yaml now, beside what the running program has read.

    `problem` is None for a file without mistakes. `is_newer` where it differs from what was read.
    """

    problem: str | None = None
    mistakes: tuple[Mistake, ...] = ()
    is_newer: bool = False


def read_file_state(path: Path, current: OwnerConfig) -> FileState:
    """Returns what is wrong with the file at `path`, and whether it differs from `current`."""
    try:
        config = load_owner_config(path, environment.load_environment(path.parent, os.environ))
    except ConfigError as error:
        mistakes = tuple(error.mistakes)
        first = mistakes[0]
        return FileState(f"{path.name}, line {first.line}: {first.message}", mistakes)
    except RegularsError as error:
        return FileState(str(error).splitlines()[0])
    return FileState(is_newer=config.rules != current.rules)


def read_rule_lines(
    path: Path, rule: str, mistakes: Sequence[Mistake] = ()
) -> tuple[WrittenLine, ...]:
    """Returns the lines of `rule` in the file at `path`, with the comment above it; none where the
    file does not have it, or is no YAML.
    """
    text = _read_text(path)
    lines = Lines(text)
    root, _ = parse_tree(lines, BaseLoader)
    span = _line_span(root, rule, lines) if root else None
    if span is None:
        return ()
    shown = Lines(mask_secrets(text))
    return tuple(
        WrittenLine(
            number,
            shown.text[shown.begin(number) : shown.end(number)],
            tuple(mistake.message for mistake in mistakes if mistake.line == number),
        )
        for number in range(*span)
    )


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).decode("utf-8-sig", "replace")
    except OSError:
        return ""


def _line_span(root: Node, rule: str, lines: Lines) -> tuple[int, int] | None:
    """The first line of `rule`, and the first after it."""
    rules = root.entries.get(RULES) if isinstance(root, MappingNode) else None
    if not isinstance(root, MappingNode) or rules is None:
        return None
    if not isinstance(rules.node, MappingNode) or rule not in rules.node.entries:
        return None
    entry = rules.node.entries[rule]
    following = _next_entry(rules.node, entry) or _next_entry(root, rules)
    end = _line_of(following, lines) if following else lines.position(len(lines.text))[0] + 1
    first = _line_of(entry, lines)
    begin = _without_own_comment(lines, first)
    return begin, _without_gap(lines, first, _without_own_comment(lines, end) if following else end)


def _next_entry(mapping: MappingNode, entry: MappingEntry) -> MappingEntry | None:
    later = [other for other in mapping.entries.values() if other.span.start > entry.span.start]
    return min(later, key=lambda other: other.span.start, default=None)


def _line_of(entry: MappingEntry, lines: Lines) -> int:
    return lines.position(entry.span.start)[0]


def _without_own_comment(lines: Lines, line: int) -> int:
    """The first of the comment lines directly above `line`, or `line` itself."""
    while line > 1 and _text(lines, line - 1).startswith("#"):
        line -= 1
    return line


def _without_gap(lines: Lines, begin: int, end: int) -> int:
    while end - 1 > begin and not _text(lines, end - 1):
        end -= 1
    return end


def _text(lines: Lines, line: int) -> str:
    return lines.text[lines.begin(line) : lines.end(line)].strip()
