"""The owner's file as a tree that remembers where everything stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str"
"""What the owner typed, as text; no value has a type yet."""
Path: TypeAlias = "tuple[str | int, ...]"
"""The keys and list places that lead to a value."""


@dataclass(frozen=True)
class Spot:
    """A stretch of the file, counted in characters from its beginning."""

    start: int
    end: int


@dataclass
class Text:
    """One value."""

    text: str
    spot: Spot


@dataclass
class Entry:
    """A key and what stands under it; a mended key keeps the spot of the one that was typed."""

    spot: Spot
    node: Node
    typed: str


@dataclass
class Table:
    """Keys and what stands under them."""

    entries: dict[str, Entry]
    spot: Spot


@dataclass
class Row:
    """A list."""

    items: list[Node]
    spot: Spot


Node: TypeAlias = Text | Table | Row


def plain(node: Node) -> Plain:
    """The same tree without positions."""
    if isinstance(node, Table):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Row):
        return [plain(item) for item in node.items]
    return node.text


@dataclass(frozen=True)
class Found:
    """A mistake and where it stands; the path names it to the owner."""

    spot: Spot
    message: str
    path: Path = ()
    final: bool = False
    """Nothing more can be said about what stands at this path or below."""


def spot_of(root: Node, path: Path, *, at_key: bool) -> Spot:
    """Where the key or the value of a path stands; for a missing one, the key it belongs under."""
    node, spot = root, Spot(0, 0)
    for depth, part in enumerate(path):
        if isinstance(node, Table) and isinstance(part, str) and part in node.entries:
            entry = node.entries[part]
            node, spot = entry.node, entry.spot
        elif isinstance(node, Row) and isinstance(part, int) and 0 <= part < len(node.items):
            node = node.items[part]
            spot = first_spot(node)
        else:
            return spot
        if depth == len(path) - 1 and not at_key and isinstance(node, Text) and node.text:
            return node.spot
    return spot


def first_spot(node: Node) -> Spot:
    """What to point at for a whole table or list: its first word."""
    if isinstance(node, Table) and node.entries:
        return next(iter(node.entries.values())).spot
    if isinstance(node, Row) and node.items:
        return first_spot(node.items[0])
    return node.spot
