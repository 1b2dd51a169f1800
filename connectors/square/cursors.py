"""A stream that is asked for in slices: one cursor for the slice and for the place within."""

from __future__ import annotations


def place_of(cursor: str | None) -> tuple[int, str | None]:
    """The slice, and Square's own cursor in it."""
    number, _, within = (cursor or "0").partition(" ")
    return int(number), within or None


def next_place(place: int, within: str | None, slices: int) -> str | None:
    """Where to go on: in this slice, in the next, or nowhere."""
    if within:
        return f"{place} {within}"
    return f"{place + 1}" if place + 1 < slices else None
