"""Cursors of a stream that is requested in slices, each with pages of its own."""

from __future__ import annotations


def parse_cursor(cursor: str | None) -> tuple[int, str | None]:
    """Return the number of the slice and the platform's own cursor in it."""
    slice_number, _, page_cursor = (cursor or "0").partition(" ")
    return int(slice_number), page_cursor or None


def next_cursor(slice_number: int, page_cursor: str | None, slice_count: int) -> str | None:
    """Return the cursor of the next page: in this slice, the next one, or None after the last."""
    if page_cursor:
        return f"{slice_number} {page_cursor}"
    return f"{slice_number + 1}" if slice_number + 1 < slice_count else None
