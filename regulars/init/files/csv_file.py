"""A file as an answer of the interview, and as a source of config.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from connectors.csv.guess.guess_config import NEEDED_ROLES, GuessedConfig
from connectors.csv.guess.headings import heading_words
from connectors.csv.presets.registry import get_preset
from connectors.registry import Source
from regulars.init.answers import OPT_OUTS, CsvFile
from settings.questions import validated
from settings.text.column_name import ColumnName

MAX_OWN_COLUMNS = 8


def csv_file_of(guess: GuessedConfig, file: str, imported_consent: str | None = None) -> CsvFile:
    """Return the answer for `file`, which holds what `guess` says."""
    if guess.is_opt_out_list:
        return CsvFile(file, OPT_OUTS, {}, headings=guess.headings)
    return CsvFile(
        file,
        guess.holds,
        guess.columns,
        imported_consent,
        missing=guess.missing,
        headings=guess.headings,
        said_no=guess.said_no,
        total_is_of=guess.total_is_of,
        preset=guess.preset,
        own_columns=_proposed_names(guess.own_columns),
    )


def _proposed_names(headings: Sequence[str]) -> dict[str, str]:
    """Return `headings` by the names that rules and templates could use: "favourite table"."""
    names: dict[str, str] = {}
    for heading in headings:
        if len(names) == MAX_OWN_COLUMNS:
            break
        try:
            name = str(validated(ColumnName, " ".join(heading_words(heading))))
        except ValueError:
            continue
        names.setdefault(name, heading)
    return names


def with_columns(csv_file: CsvFile, columns: Mapping[str, str]) -> CsvFile:
    """Return `csv_file` with these `columns`, and with what it lacks then."""
    has_key = csv_file.holds == "customers" and "customer" in columns
    missing = () if has_key else NEEDED_ROLES[csv_file.holds]
    return replace(
        csv_file,
        columns=columns,
        missing=tuple(role for role in missing if role not in columns),
        total_is_of=csv_file.total_is_of if "order" in columns else None,
        imported_consent=None if "consent" in columns else csv_file.imported_consent,
    )


def title_of(csv_file: CsvFile) -> str:
    """Return what a file is in words: the title of its preset, or "customers"."""
    preset = get_preset(csv_file.preset)
    if preset and preset.holds == csv_file.holds:
        return preset.title
    return "people who must not be mailed" if csv_file.holds == OPT_OUTS else csv_file.holds


def source_config(csv_file: CsvFile) -> Any:
    """Return the source block of `csv_file`, as config.yaml would be read."""
    said_no = {"said no": list(csv_file.said_no)} if csv_file.said_no else {}
    settings: Mapping[str, Any] = {
        "from": "csv",
        "holds": csv_file.holds,
        "file": csv_file.file,
        "columns": {**csv_file.columns, **said_no},
    }
    optional = {
        "imported consent": csv_file.imported_consent,
        "total is of": csv_file.total_is_of,
        "customers of": csv_file.customers_of,
        "lines of": csv_file.lines_of,
    }
    given = {word: text for word, text in optional.items() if text}
    return TypeAdapter(Source).validate_python({**settings, **given})
