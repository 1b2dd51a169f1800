"""Finds slips of the layout: edits of single lines after which a broken file can be read.

YAML notices a missing colon or a wrong indentation in a later line than that of the slip. So the
edits that may have been meant are tried, and the one that leaves the fewest problems counts.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import Protocol

import yaml

from settings.yaml.events import FAST_LOADER
from settings.yaml.line_repairs import BLANKS, INDENT_UNIT, Kind, Repair, TextLine, line_repairs
from settings.yaml.lines import LINE_END, Lines
from settings.yaml.nodes import Problem, Span

MAX_SLIPS = 4
MAX_LINES = 3000  # of a file whose slips are looked for
LINES_ABOVE = 40  # that are looked at, above the line at which reading stopped
NEARBY = 12  # lines, whose indentations a line may share
MAX_PARSES, MAX_READS = 300, 15  # per slip: a parse takes 1 ms, a read 10 ms
LAYOUT_PROBLEM = re.compile(
    r'is empty|needs a list|needs lines|is no list|written twice|put "- "'
    r"|not understood here(?!.*Did you mean)"
)


class Reading(Protocol):
    """A text as it was read."""

    @property
    def problems(self) -> Sequence[Problem]: ...

    @property
    def is_yaml(self) -> bool: ...


LIST_BEFORE = re.compile(r"^ *- |:\s*(#.*)?$")

ReadText = Callable[[str], "Reading"]


def find_slips(text: str, known_keys: Collection[str], read: ReadText) -> list[Repair]:
    """Returns the slips of `text`, each as the repair of a line; none where nothing points to one.

    Args:
        text: The file.
        known_keys: The keys that may stand in it.
        read: Reads a text with all rules of the file.
    """
    repairs: list[Repair] = []
    if not _has_key(text, known_keys):
        return repairs
    while len(repairs) < MAX_SLIPS and text.count("\n") < MAX_LINES:
        repair = _best_repair(text, known_keys, read)
        if repair is None:
            break
        repairs.append(repair)
        text = repaired_text(text, repair)
    return repairs


def _has_key(text: str, known_keys: Collection[str]) -> bool:
    """Whether a line of `text` begins with a key: other texts are no file of an owner."""
    return any(
        line.strip(f"-{BLANKS}").partition(":")[0] in known_keys for line in text.split("\n")
    )


def repaired_text(text: str, repair: Repair) -> str:
    """Returns `text` with the line of `repair` replaced."""
    lines = Lines(text)
    begin, end = lines.begin(repair.line), lines.end(repair.line)
    return f"{text[:begin]}{repair.text}{text[end:]}"


def _best_repair(text: str, known_keys: Collection[str], read: ReadText) -> Repair | None:
    """Returns the repair that leaves the fewest problems, and fewer than there are.

    Of a file with several slips no repair makes YAML: then the one with which it is read furthest.
    """
    before = read(text)
    stopped_at = None if before.is_yaml else _stopped_at(text)
    suspects = _suspect_lines(text, before, stopped_at)
    readable, furthest = list[Repair](), (stopped_at or 0) + 1
    further: Repair | None = None
    for repair in _candidates(text, suspects, known_keys, broken=not before.is_yaml):
        line = _stopped_at(repaired_text(text, repair))
        if line is None:
            readable.append(repair)
        elif line > furthest:
            further, furthest = repair, line
    return _fewest_problems(text, before, readable[:MAX_READS], read) or (
        None if before.is_yaml or readable else further
    )


def _fewest_problems(
    text: str, before: Reading, repairs: Sequence[Repair], read: ReadText
) -> Repair | None:
    best, fewest = None, _problem_count(before) if before.is_yaml else (sys.maxsize, 0)
    for repair in repairs:
        after = read(repaired_text(text, repair))
        if not after.is_yaml or (before.is_yaml and not _only_mends(after, before)):
            continue
        if _problem_count(after) < fewest:
            best, fewest = repair, _problem_count(after)
        if not any(fewest):
            break
    return best


def _problem_count(reading: Reading) -> tuple[int, int]:
    """Returns how many problems concern the layout, and how many there are."""
    layout = [problem for problem in reading.problems if LAYOUT_PROBLEM.search(problem.message)]
    return len(layout), len(reading.problems)


def _suspect_lines(text: str, reading: Reading, stopped_at: int | None) -> list[int]:
    """Returns the numbers of the lines that may hold a slip, the likeliest first."""
    lines = Lines(text)
    if stopped_at is not None:
        return [*range(min(stopped_at, _count(lines)), max(0, stopped_at - LINES_ABOVE), -1)]
    numbers = [
        lines.position(problem.span.start)[0]
        for problem in reading.problems
        if LAYOUT_PROBLEM.search(problem.message)
    ]
    return list(dict.fromkeys(line for number in numbers for line in (number, number + 1)))


def _stopped_at(text: str) -> int | None:
    """Returns the line at which YAML cannot be read any further; None where all of it can."""
    try:
        for _ in yaml.parse(text, Loader=FAST_LOADER):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return mark.line + 1 if mark else 1
    except (ValueError, yaml.YAMLError):
        return 1
    return None


def _candidates(
    text: str, suspects: Sequence[int], known_keys: Collection[str], *, broken: bool
) -> Iterator[Repair]:
    """Yields the repairs of the suspect lines: plain slips first, lines of an odd indent first."""
    lines = [line for line in _text_lines(text, suspects) if _has_content(line)]
    repairs = [repair for line in lines for repair in line_repairs(line, known_keys)]
    odd_lines = {line.number for line in lines if line.is_odd}
    repairs.sort(key=lambda repair: (repair.kind, repair.line not in odd_lines))
    kinds = set(Kind) if broken else set(Kind) - {Kind.STRAY}
    allowed = (repair for repair in repairs if repair.kind in kinds)
    yield from islice(allowed, MAX_PARSES)


def _text_lines(text: str, numbers: Sequence[int]) -> Iterator[TextLine]:
    rows = LINE_END.split(text)
    for number in numbers:
        if number <= len(rows):
            above = [row for row in rows[max(0, number - 1 - NEARBY) : number - 1] if _is_body(row)]
            below = [row for row in rows[number : number + NEARBY] if _is_body(row)]
            indents = [_indent(row) for row in (*reversed(above), *below)]
            yield TextLine(
                number,
                rows[number - 1],
                tuple(dict.fromkeys([*indents, 0])),
                _child_indent(above[-1]) if above else 0,
                bool(above) and bool(LIST_BEFORE.search(above[-1])),
                _indent(below[0]) if below else None,
            )


def _child_indent(row: str) -> int:
    """Returns how far in the lines below `row` may be: in a list, `- ` counts too."""
    dashes = re.match(r"(?:- )*", row.strip(BLANKS))
    return _indent(row) + INDENT_UNIT + (len(dashes[0]) if dashes else 0)


def _has_content(line: TextLine) -> bool:
    return _is_body(line.text)


def _is_body(row: str) -> bool:
    content = row.strip(BLANKS)
    return bool(content) and not content.startswith("#")


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(BLANKS))


def _only_mends(after: Reading, before: Reading) -> bool:
    """Whether a repair took all problems of the layout away, and made no other."""
    remaining = {problem.message for problem in after.problems}
    has_layout_problem = any(LAYOUT_PROBLEM.search(message) for message in remaining)
    return not has_layout_problem and remaining <= {problem.message for problem in before.problems}


def _count(lines: Lines) -> int:
    return lines.position(len(lines.text))[0]


def slip_problem(lines: Lines, repair: Repair) -> Problem:
    """Returns a slip as a problem of the text as it was written."""
    start = lines.begin(repair.line) + repair.column
    return Problem(Span(start, start + repair.width), repair.message)


class RepairedLines:
    """Maps places of a repaired text to those of the original, line by line."""

    def __init__(self, original: str, repaired: str) -> None:
        self._original, self._repaired = Lines(original), Lines(repaired)

    def original(self, span: Span) -> Span:
        """Returns the place of `span`; in a repaired line, counted from the end of the line."""
        return Span(self._offset(span.start), self._offset(span.end)) if span.end else span

    def _offset(self, offset: int) -> int:
        line, _ = self._repaired.position(offset)
        begin, end = self._original.begin(line), self._original.end(line)
        from_end = self._repaired.end(line) - offset
        unchanged = self._repaired.end(line) - self._repaired.begin(line) == end - begin
        return end - from_end if unchanged else max(begin, min(end, end - from_end))
