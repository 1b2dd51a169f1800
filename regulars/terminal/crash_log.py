"""Writes the traceback of an internal error for the owner's eyes only."""

from __future__ import annotations

from pathlib import Path


def write_crash_log(folder: Path, details: str) -> Path:
    """Write `details` to `.regulars/crash.log` in `folder` with mode 600; returns its path.

    Raises OSError if it cannot be written.
    """
    path = folder / ".regulars" / "crash.log"
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(details)
    return path
