"""The platforms' folders, and what `regulars init` asks about each."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import connectors
from connectors.setup import Setup

NAMES = tuple(module.name for module in iter_modules(connectors.__path__) if module.ispkg)
"""Every folder in `connectors/` is a platform; the registry finds it."""


@cache
def setups() -> tuple[Setup, ...]:
    """Returns the `SETUP` of each platform, in the order in which owners are offered them.

    Loads each platform's `init.py` and not its connector.
    """
    declared = (import_module(f"connectors.{name}.init").SETUP for name in NAMES)
    return tuple(sorted(declared, key=lambda setup: (setup.is_offered_last, setup.name)))
