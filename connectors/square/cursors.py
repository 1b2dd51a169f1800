"""A stream that is asked for in slices: one cursor for the slice and for the place within."""

from __future__ import annotations


def parse_cursor(cursor: str | None) -> tuple[int, str | None]:
    """The slice, and Square's own cursor in it."""
    slice_number, _, page_cursor = (cursor or "0").partition(" ")
    return int(slice_number), page_cursor or None


def next_cursor(slice_number: int, page_cursor: str | None, slice_count: int) -> str | None:
    """Where to go on: in this slice, in the next, or nowhere."""
    if page_cursor:
        return f"{slice_number} {page_cursor}"
    return f"{slice_number + 1}" if slice_number + 1 < slice_count else None
