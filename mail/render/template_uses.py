"""Which parts of the facts, and which values of the owner, a template uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jinja2 import nodes

from mail.render.compiled_template import ParsedTemplate
from mail.render.mail_facts import PARTS


@dataclass(frozen=True)
class TemplateUses:
    """The `parts` that a template shows or asks for, and the names it reads from `with`."""

    parts: frozenset[str]
    with_names: tuple[str, ...]


def find_uses(files: Iterable[ParsedTemplate]) -> TemplateUses:
    """Returns what the mail and its layouts use, the names in the order in which they appear."""
    names: set[str] = set()
    with_names: dict[str, None] = {}
    for file in files:
        names.update(name.name for name in file.tree.find_all(nodes.Name))
        for node in file.tree.find_all(nodes.Getattr):
            if isinstance(node.node, nodes.Name) and node.node.name == "with":
                with_names[node.attr] = None
    return TemplateUses(frozenset(names & PARTS.keys()), tuple(with_names))
