"""Formats the error report of config.yaml: each mistake with its line, a caret and its path."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from settings.errors import OwnerFileError
from settings.yaml.lines import Lines
from settings.yaml.nodes import NodePath, Problem, Span

MAX_SHOWN = 100
MAX_LINE_LENGTH = 100
BEFORE_CARET = 60
SECRET_PATTERN = re.compile(
    r"""(?i)(?:secret|token|password|passcode|key)["']? *: *(?!\$)([^\s,{}][^\n,{}]*)"""
)
"""Values that look like secrets: reports end up in logs, so these are masked."""


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake of the file; line and column count from 1, in characters."""

    line: int
    column: int
    width: int
    message: str
    where: str


class ConfigError(OwnerFileError):
    """config.yaml is invalid; `mistakes` holds every mistake, the message is the whole report."""

    def __init__(self, mistakes: Sequence[Mistake], report: str) -> None:
        super().__init__(report)
        self.mistakes = list(mistakes)


def unreadable_file(name: str, message: str) -> ConfigError:
    """Returns the error for a file that cannot be opened or decoded."""
    mistake = Mistake(1, 1, 0, message, "")
    return ConfigError([mistake], f"{name}: {message}\n{_summary(1)}")


def build_config_error(
    name: str, lines: Lines, problems: Iterable[Problem], secret_spans: Sequence[Span] = ()
) -> ConfigError:
    """Returns a ConfigError with all problems in file order, each with its source line.

    Args:
        name: The file name, printed before each position.
        lines: The text of the file.
        problems: What was found, in any order; duplicates are merged.
        secret_spans: Stretches of the file that the report must mask.
    """
    mistakes = sorted({_to_mistake(lines, problem) for problem in problems})
    masked_lines = Lines(mask_secrets(lines.text, secret_spans))
    parts = [_render_mistake(name, masked_lines, mistake) for mistake in mistakes[:MAX_SHOWN]]
    if len(mistakes) > MAX_SHOWN:
        parts.append(f"… and {len(mistakes) - MAX_SHOWN} more.")
    return ConfigError(mistakes, "\n\n".join([*parts, _summary(len(mistakes))]))


def _to_mistake(lines: Lines, problem: Problem) -> Mistake:
    line, column = lines.position(problem.span.start)
    end = min(problem.span.end, lines.end(line))
    width = max(1, end - problem.span.start) if problem.span.end else 0
    return Mistake(line, column, width, problem.message, describe_path(problem.path))


def describe_path(path: NodePath) -> str:
    """Returns a path in words: `rule abandoned-cart → step 1 → send`."""
    names: list[str] = []
    for previous, part in zip((None, *path), path, strict=False):
        if isinstance(part, int):
            is_step = previous in ("then", "else")
            if previous == "then":
                names.pop()
            names.append(f"{'step' if is_step else 'entry'} {part + 1}")
        else:
            names.append(" ".join(part.split())[:60])
    if len(path) > 1 and path[0] == "rules":
        names[:2] = [f"rule {path[1]}"]
    return " → ".join(names)


def mask_secrets(text: str, secret_spans: Sequence[Span] = ()) -> str:
    """Returns the `text` of a file with dots for `secret_spans` and for what looks like a secret;
    every other character keeps its position.
    """
    suspected_secrets = [Span(*match.span(1)) for match in SECRET_PATTERN.finditer(text)]
    return _mask(text, [*secret_spans, *suspected_secrets])


def _mask(text: str, spans: Sequence[Span]) -> str:
    """Replaces secrets by dots; every other character keeps its position."""
    for span in spans:
        mask = "".join(char if char in "\r\n" else "•" for char in text[span.start : span.end])
        text = text[: span.start] + mask + text[span.end :]
    return text


def _render_mistake(name: str, lines: Lines, mistake: Mistake) -> str:
    headline = f"{name}:{mistake.line}:{mistake.column}: {mistake.message}"
    if not mistake.width:
        return headline
    begin, end = lines.begin(mistake.line), lines.end(mistake.line)
    source, column, width = _clip(lines.text[begin:end], mistake.column - 1, mistake.width)
    number = str(mistake.line)
    gutter = " " * len(number)
    caret = " " * _display_width(source[:column]) + "^" * max(
        1, _display_width(source[column : column + width])
    )
    location = f" In {mistake.where}." if mistake.where else ""
    return f"{headline}\n{gutter} |\n{number} | {source}\n{gutter} | {caret}{location}"


def _clip(line: str, column: int, width: int) -> tuple[str, int, int]:
    """Returns the part of a long line around the caret, with the adjusted column and width."""
    line = line.replace("\t", " ")
    if len(line) <= MAX_LINE_LENGTH:
        return line, column, width
    start = max(0, column - BEFORE_CARET)
    head = "…" if start else ""
    tail = "…" if start + MAX_LINE_LENGTH < len(line) else ""
    column -= start - len(head)
    clipped = f"{head}{line[start : start + MAX_LINE_LENGTH]}{tail}"
    return clipped, column, min(width, len(clipped) - column)


def _display_width(text: str) -> int:
    """The number of terminal columns that the text takes."""
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _summary(count: int) -> str:
    return f"{count} to fix. Nothing was sent."
