"""Groups the columns of a file that are not read, so that ninety of them are a few lines."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from connectors.csv.guess.column_values import ColumnValues
from connectors.csv.presets.preset import Preset, heading_key

EMPTY = "empty in every row"
OTHER = "other"


def group_unread(
    columns: Sequence[str],
    read: Collection[str],
    values: Mapping[str, ColumnValues],
    preset: Preset | None,
) -> dict[str, tuple[str, ...]]:
    """Return the headings of `columns` that are not `read`, by what they hold.

    The groups are those of `preset`; then follow columns without any value, and the others.
    """
    unread = [heading for heading in columns if heading and heading not in read]
    groups: dict[str, list[str]] = {name: [] for name in (preset.left_out if preset else ())}
    groups |= {EMPTY: [], OTHER: []}
    for heading in unread:
        groups[_group_of(heading, values, preset)].append(heading)
    return {name: tuple(headings) for name, headings in groups.items() if headings}


def _group_of(heading: str, values: Mapping[str, ColumnValues], preset: Preset | None) -> str:
    if not values.get(heading, ColumnValues()).filled:
        return EMPTY
    key = heading_key(heading)
    for name, headings in preset.left_out.items() if preset else ():
        if key in map(heading_key, headings):
            return name
    return OTHER
