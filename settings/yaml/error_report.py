"""What the owner reads when the file is not understood: every mistake, where it stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from settings.errors import OwnersFileTrouble
from settings.yaml.yaml_lines import Lines
from settings.yaml.yaml_nodes import Found, Path, Spot

MOST_SHOWN = 100
LONGEST_LINE = 100
BEFORE_CARET = 60
SECRET = re.compile(
    r"""(?i)(?:secret|token|password|passcode|key)["']? *: *(?!\$)([^\s,{}][^\n,{}]*)"""
)
"""Reports end up in logs: what looks like a secret is not repeated in them."""


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to mend; line and column count from 1, in characters."""

    line: int
    column: int
    width: int
    message: str
    where: str


class FileNotUnderstood(OwnersFileTrouble):
    """The owner's file holds mistakes; its text is the whole report."""

    def __init__(self, mistakes: Sequence[Mistake], report: str) -> None:
        super().__init__(report)
        self.mistakes = list(mistakes)


def unreadable(name: str, sentence: str) -> FileNotUnderstood:
    """For a file that cannot be looked into at all."""
    mistake = Mistake(1, 1, 0, sentence, "")
    return FileNotUnderstood([mistake], f"{name}: {sentence}\n{_closing(1)}")


def not_understood(
    name: str, lines: Lines, found: Iterable[Found], hidden: Sequence[Spot] = ()
) -> FileNotUnderstood:
    """All mistakes in the order of the file, each with its line."""
    mistakes = sorted({_mistake(lines, one) for one in found})
    looks_secret = [Spot(*value.span(1)) for value in SECRET.finditer(lines.text)]
    shown = Lines(_masked(lines.text, [*hidden, *looks_secret]))
    parts = [_shown(name, shown, mistake) for mistake in mistakes[:MOST_SHOWN]]
    if len(mistakes) > MOST_SHOWN:
        parts.append(f"… and {len(mistakes) - MOST_SHOWN} more.")
    return FileNotUnderstood(mistakes, "\n\n".join([*parts, _closing(len(mistakes))]))


def _mistake(lines: Lines, found: Found) -> Mistake:
    line, column = lines.at(found.spot.start)
    end = min(found.spot.end, lines.end(line))
    width = max(1, end - found.spot.start) if found.spot.end else 0
    return Mistake(line, column, width, found.message, trail(found.path))


def trail(path: Path) -> str:
    """The way to a value, in words: rule abandoned-cart → step 1 → send."""
    names: list[str] = []
    for before, part in zip((None, *path), path, strict=False):
        if isinstance(part, int):
            steps = before in ("then", "else")
            if before == "then":
                names.pop()
            names.append(f"{'step' if steps else 'entry'} {part + 1}")
        else:
            names.append(" ".join(part.split())[:60])
    if len(path) > 1 and path[0] == "rules":
        names[:2] = [f"rule {path[1]}"]
    return " → ".join(names)


def _masked(text: str, hidden: Sequence[Spot]) -> str:
    """The text with secrets made unreadable; every other character keeps its place."""
    for spot in hidden:
        veil = "".join(sign if sign in "\r\n" else "•" for sign in text[spot.start : spot.end])
        text = text[: spot.start] + veil + text[spot.end :]
    return text


def _shown(name: str, lines: Lines, mistake: Mistake) -> str:
    headline = f"{name}:{mistake.line}:{mistake.column}: {mistake.message}"
    if not mistake.width:
        return headline
    begin, end = lines.begin(mistake.line), lines.end(mistake.line)
    source, column, width = _clipped(lines.text[begin:end], mistake.column - 1, mistake.width)
    number = str(mistake.line)
    gutter = " " * len(number)
    caret = " " * _cells(source[:column]) + "^" * max(1, _cells(source[column : column + width]))
    where = f" In {mistake.where}." if mistake.where else ""
    return f"{headline}\n{gutter} |\n{number} | {source}\n{gutter} | {caret}{where}"


def _clipped(line: str, column: int, width: int) -> tuple[str, int, int]:
    """The part of a long line that the caret points into."""
    line = line.replace("\t", " ")
    if len(line) <= LONGEST_LINE:
        return line, column, width
    start = max(0, column - BEFORE_CARET)
    head = "…" if start else ""
    tail = "…" if start + LONGEST_LINE < len(line) else ""
    column -= start - len(head)
    shown = f"{head}{line[start : start + LONGEST_LINE]}{tail}"
    return shown, column, min(width, len(shown) - column)


def _cells(text: str) -> int:
    """How many columns a terminal gives the text."""
    return sum(_cell(sign) for sign in text)


def _cell(sign: str) -> int:
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in ("W", "F") else 1


def _closing(count: int) -> str:
    return f"{count} to fix. Nothing was sent."
