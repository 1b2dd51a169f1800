"""The owner's file as a tree that remembers where everything stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str"
"""What the owner typed, as text; no value has a type yet."""
NodePath: TypeAlias = "tuple[str | int, ...]"
"""The keys and list places that lead to a value."""


@dataclass(frozen=True)
class Span:
    """A stretch of the file, counted in characters from its beginning."""

    start: int
    end: int


@dataclass
class ScalarNode:
    """One value."""

    text: str
    span: Span


@dataclass
class MappingEntry:
    """A key and what stands under it; a mended key keeps the spot of the one that was typed."""

    span: Span
    node: Node
    typed_key: str


@dataclass
class MappingNode:
    """Keys and what stands under them."""

    entries: dict[str, MappingEntry]
    span: Span


@dataclass
class ListNode:
    """A list."""

    items: list[Node]
    span: Span


Node: TypeAlias = ScalarNode | MappingNode | ListNode


def to_plain(node: Node) -> Plain:
    """The same tree without positions."""
    if isinstance(node, MappingNode):
        return {key: to_plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, ListNode):
        return [to_plain(item) for item in node.items]
    return node.text


@dataclass(frozen=True)
class Problem:
    """A mistake and where it stands; the path names it to the owner."""

    span: Span
    message: str
    path: NodePath = ()
    final: bool = False
    """Nothing more can be said about what stands at this path or below."""


def span_of(root: Node, path: NodePath, *, at_key: bool) -> Span:
    """Where the key or the value of a path stands; for a missing one, the key it belongs under."""
    node, span = root, Span(0, 0)
    for depth, part in enumerate(path):
        if isinstance(node, MappingNode) and isinstance(part, str) and part in node.entries:
            entry = node.entries[part]
            node, span = entry.node, entry.span
        elif isinstance(node, ListNode) and isinstance(part, int) and 0 <= part < len(node.items):
            node = node.items[part]
            span = first_span(node)
        else:
            return span
        if depth == len(path) - 1 and not at_key and isinstance(node, ScalarNode) and node.text:
            return node.span
    return span


def first_span(node: Node) -> Span:
    """What to point at for a whole table or list: its first word."""
    if isinstance(node, MappingNode) and node.entries:
        return next(iter(node.entries.values())).span
    if isinstance(node, ListNode) and node.items:
        return first_span(node.items[0])
    return node.span
