"""Recognises what a file holds: by a preset where one fits, otherwise by a guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from connectors.csv.guess.consent_columns import any_filled, is_date_column
from connectors.csv.guess.file_headings import Headings
from connectors.csv.guess.guess_config import (
    CUSTOMERS,
    NEEDED_ROLES,
    GuessedConfig,
    guess_columns,
    guess_columns_as,
    mark_opt_out_list,
    read_headings,
)
from connectors.csv.presets.preset import Preset, heading_key
from connectors.csv.presets.registry import find_preset, get_preset

KEY_ROLES = ("e-mail", "customer", "when", "total")


def recognize_file(path: Path, source: str) -> GuessedConfig:
    """Return what the file at `path` holds and its columns; raises where it cannot be read.

    A preset decides the roles that it names. The guess has the others, from columns that the
    preset does not know: those that the owner added.
    """
    headings = read_headings(path, source)
    if headings is None:
        return GuessedConfig(CUSTOMERS, {}, is_opt_out_list=True)
    recognized = recognize(headings, path.name)
    preset = get_preset(recognized.preset)
    if recognized.holds == CUSTOMERS:
        recognized = replace(recognized, own_columns=_unread_columns(recognized, preset, headings))
    if preset and preset.file_name:
        return recognized  # it says what the name of its files means
    return mark_opt_out_list(recognized, headings, path.name)


def recognize(headings: Headings, file_name: str) -> GuessedConfig:
    """Return what a file with `headings` holds; `file_name` may tell what headings cannot."""
    guess = guess_columns(headings.names, headings.row_count, headings.values)
    preset = find_preset(headings.names, file_name)
    if preset is None or not _values_fit(preset, headings):
        return guess
    if guess.holds != preset.holds:
        guess = guess_columns_as(preset.holds, headings)
    of_preset, own = _preset_columns(preset, headings), _own_columns(preset, headings)
    columns = of_preset | {role: name for role, name in own.items() if role not in of_preset}
    columns |= _consent_in_words(of_preset, own, headings)
    return replace(
        guess,
        holds=preset.holds,
        columns=columns,
        missing=_missing_roles(preset.holds, columns),
        said_no=_opt_outs(preset, guess, headings) if preset.holds == CUSTOMERS else (),
        total_is_of=preset.total_is_of if "order" in columns else None,
        preset=preset.name,
    )


def _values_fit(preset: Preset, headings: Headings) -> bool:
    """Return whether the columns that identify people and orders hold what `preset` says."""
    return all(
        headings.fits(role, heading)
        for role in KEY_ROLES
        for heading in _named(preset.columns.get(role, ())[:1], headings)
    )


def _preset_columns(preset: Preset, headings: Headings) -> dict[str, str]:
    chosen = {
        role: headings.fullest(
            [name for name in _named(names, headings) if headings.fits(role, name)]
        )
        for role, names in preset.columns.items()
    }
    return {role: heading for role, heading in chosen.items() if heading}


def _own_columns(preset: Preset, headings: Headings) -> dict[str, str]:
    """Return the guessed roles of columns that the preset does not know.

    The owner added or renamed them, or the export has them in another language.
    """
    unknown = [name for name in headings.names if heading_key(name) not in preset.keys]
    guess = guess_columns_as(preset.holds, replace(headings, names=unknown))
    return {
        role: heading for role, heading in guess.columns.items() if preset.columns.get(role) != ()
    }


def _consent_in_words(
    columns: Mapping[str, str], own: Mapping[str, str], headings: Headings
) -> dict[str, str]:
    """Return the owner's column of consent where the preset has but the date of a yes.

    The date stays when somebody opts out, and then only the owner's column says so.
    """
    date, words = columns.get("consent"), own.get("consent")
    if not (date and words and is_date_column(headings.column(date))):
        return {}
    return {} if is_date_column(headings.column(words)) else {"consent": words, "since": date}


def _unread_columns(
    guess: GuessedConfig, preset: Preset | None, headings: Headings
) -> tuple[str, ...]:
    """Return the filled columns that nothing reads and no program writes: the owner's own."""
    read = {*guess.columns.values(), *guess.said_no, *guess.about_mail}
    keys = preset.keys - {*map(heading_key, preset.own)} if preset else frozenset()
    return tuple(
        name
        for name, column in headings.by_name().items()
        if column.filled and name not in read and heading_key(name) not in keys
    )


def _opt_outs(preset: Preset, guess: GuessedConfig, headings: Headings) -> tuple[str, ...]:
    known = [
        heading
        for heading in _named(preset.said_no, headings)
        if headings.column(heading).filled or not any_filled(headings.values)
    ]
    return tuple(dict.fromkeys([*known, *guess.said_no]))


def _named(names: Sequence[str], headings: Headings) -> list[str]:
    """Return the headings of the file that `names` mean, in the order of `names`."""
    by_key = {heading_key(name): name for name in headings.names if headings.is_nameable(name)}
    return [by_key[key] for key in map(heading_key, names) if key in by_key]


def _missing_roles(holds: str, columns: dict[str, str]) -> tuple[str, ...]:
    if holds == CUSTOMERS and "customer" in columns:
        return ()
    return tuple(role for role in NEEDED_ROLES[holds] if role not in columns)
