"""Names of the platforms, and what `regulars init` asks about each."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from connectors.setup import Setup

NAMES = ("shopify", "square", "woocommerce", "csv")


@cache
def setups() -> tuple[Setup, ...]:
    """Return what is declared in each platform's `init.py`, without loading its connector."""
    return tuple(import_module(f"connectors.{name}.init").SETUP for name in NAMES)
