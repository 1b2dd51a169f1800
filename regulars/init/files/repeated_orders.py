"""Finds files that hold the orders of another file again: payments and items of one till."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from connectors.csv.presets.registry import get_preset
from connectors.csv.table import inspect_table
from regulars.init.answers import CsvFile
from regulars.init.render_config import named_sources

SAMPLE_SIZE = 1_000
MOST = 0.5


def mark_repeated_orders(files: Sequence[CsvFile], folder: Path) -> tuple[CsvFile, ...]:
    """Return `files`; of those with the same orders, all but the first name that one.

    Orders are the same if they have the same number and date: two tills may both have a receipt 1.
    A file of what was paid goes before one of the lines of the same payments, which gives that one
    its articles.
    """
    marked: dict[int, CsvFile] = {}
    for index in sorted(range(len(files)), key=lambda index: (_has_details(files[index]), index)):
        csv_file = files[index]
        earlier = [other for other in marked.values() if _can_repeat(other)]
        first = (
            next((other for other in earlier if _repeats(csv_file, other, folder)), None)
            if _can_repeat(csv_file)
            else None
        )
        marked[index] = replace(csv_file, repeats=first.file) if first else csv_file
    return _with_lines([marked[index] for index in range(len(files))])


def _with_lines(files: Sequence[CsvFile]) -> tuple[CsvFile, ...]:
    """Return `files`; one with the articles of another's orders is read as that, by its source."""
    sources = {csv_file.file: name for name, csv_file in named_sources(files)}
    presets = {csv_file.file: csv_file.preset for csv_file in files}

    def with_lines(csv_file: CsvFile) -> CsvFile:
        preset, first = get_preset(csv_file.preset), csv_file.repeats
        if not (preset and first and preset.details_of == presets[first]):
            return csv_file
        return replace(csv_file, repeats=None, lines_of=sources[first])

    return tuple(map(with_lines, files))


def _has_details(csv_file: CsvFile) -> bool:
    preset = get_preset(csv_file.preset)
    return bool(preset and preset.details_of)


def _can_repeat(csv_file: CsvFile) -> bool:
    return "order" in csv_file.columns and not csv_file.missing and not csv_file.repeats


def _repeats(csv_file: CsvFile, other: CsvFile, folder: Path) -> bool:
    sample = set(islice(_dated_numbers(csv_file, folder), SAMPLE_SIZE))
    shared = sample.intersection(_dated_numbers(other, folder))
    return bool(sample) and len(shared) >= MOST * len(sample)


def _dated_numbers(csv_file: CsvFile, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the number and the date of each row, as they are written."""
    table = inspect_table(folder / csv_file.file, csv_file.file)
    number, when = (
        table.index_of(csv_file.columns[role], csv_file.file) for role in ("order", "when")
    )
    for row in table.rows():
        if not row.fault and max(number, when) < len(row.cells) and row.cells[number]:
            yield row.cells[number], row.cells[when]
