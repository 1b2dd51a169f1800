"""Garbage-collection thresholds: why short commands raise them and servers do not."""

from __future__ import annotations

import gc

RARE_THRESHOLD = 100_000  # allocations before a collection
DEFAULT_THRESHOLDS = 700, 10, 10  # Python's own


def collect_rarely() -> None:
    """Raise the threshold for a short command.

    A command allocates about a million objects that live until it ends; collecting at Python's
    default threshold costs a fifth of its run time.
    """
    gc.set_threshold(RARE_THRESHOLD)


def collect_normally() -> None:
    """Restore Python's thresholds for a server, and exempt the objects that exist already."""
    gc.freeze()
    gc.set_threshold(*DEFAULT_THRESHOLDS)
