"""Finds the presets: every module of this folder that defines `PRESETS`.

To add one, add a module; nothing else of the product names it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache

from connectors.csv import presets as package
from connectors.csv.presets.preset import Preset, heading_key


@cache
def all_presets() -> tuple[Preset, ...]:
    """Return the presets of all modules, by module and in their order there."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return tuple(preset for module in modules for preset in getattr(module, "PRESETS", ()))


def find_preset(columns: Sequence[str], file_name: str = "") -> Preset | None:
    """Return the preset that fits the headings `columns` best; None where none fits."""
    keys = frozenset(heading_key(column) for column in columns if columns.count(column) == 1)
    scores = {preset.name: preset.score(keys, file_name) for preset in all_presets()}
    best = max(all_presets(), key=lambda preset: scores[preset.name])
    return best if scores[best.name] else None


def get_preset(name: str | None) -> Preset | None:
    """Return the preset called `name`; None where there is none."""
    return next((preset for preset in all_presets() if preset.name == name), None)
