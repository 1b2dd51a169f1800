"""The node tree of config.yaml: text values, lists and mappings with their positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str"
"""The untyped tree: all values are text."""
NodePath: TypeAlias = "tuple[str | int, ...]"
"""The keys and list indexes that lead to a value."""


@dataclass(frozen=True)
class Span:
    """A stretch of the file, in character offsets."""

    start: int
    end: int


@dataclass
class ScalarNode:
    """A single value.

    `comment` is a comment one blank behind it, which may have been meant as a part of the value.
    """

    text: str
    span: Span
    comment: Span | None = None


@dataclass
class MappingEntry:
    """A key's value and position; after a correction, `typed_key` is what the owner wrote."""

    span: Span
    node: Node
    typed_key: str


@dataclass
class MappingNode:
    """A mapping."""

    entries: dict[str, MappingEntry]
    span: Span


@dataclass
class ListNode:
    """A list."""

    items: list[Node]
    span: Span


Node: TypeAlias = ScalarNode | MappingNode | ListNode


def to_plain(node: Node) -> Plain:
    """Returns the tree below `node` without positions."""
    if isinstance(node, MappingNode):
        return {key: to_plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, ListNode):
        return [to_plain(item) for item in node.items]
    return node.text


@dataclass(frozen=True)
class Problem:
    """A problem and its position; `path` describes it to the owner."""

    span: Span
    message: str
    path: NodePath = ()
    final: bool = False
    """Suppresses further problems at this path and below it."""


def span_of(root: Node, path: NodePath, *, at_key: bool) -> Span:
    """Returns the span of the key or value at `path`; for a missing path, of its nearest parent."""
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
    """Returns the span to point at for a whole mapping or list: its first word."""
    if isinstance(node, MappingNode) and node.entries:
        return next(iter(node.entries.values())).span
    if isinstance(node, ListNode) and node.items:
        return first_span(node.items[0])
    return node.span
