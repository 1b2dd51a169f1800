"""How often Python looks through all that it holds for what nobody needs any more."""

from __future__ import annotations

import gc

RARE_THRESHOLD = 100_000  # things made since the last look
DEFAULT_THRESHOLDS = 700, 10, 10  # Python's own


def collect_rarely() -> None:
    """A command is short, and makes a million things that it keeps: to look them through over and
    over is a fifth of what it costs.
    """
    gc.set_threshold(RARE_THRESHOLD)


def collect_normally() -> None:
    """What goes on for months must not heap up; what is there already stays to the end."""
    gc.freeze()
    gc.set_threshold(*DEFAULT_THRESHOLDS)
