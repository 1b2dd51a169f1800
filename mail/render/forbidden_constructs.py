"""Jinja constructs that templates must not contain; refused before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jinja2 import nodes

from mail.render.sandbox_environment import ALLOWED_FILTERS, ALLOWED_TESTS
from mail.render.template_loader import did_you_mean

ALLOWED_NODES = (
    nodes.Template, nodes.Extends, nodes.Block, nodes.Output, nodes.TemplateData,
    nodes.If, nodes.For, nodes.Assign, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.Slice, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr,
    nodes.Filter, nodes.Test, nodes.Concat, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div,
    nodes.FloorDiv, nodes.Mod, nodes.Neg, nodes.Pos, nodes.List, nodes.Tuple, nodes.Call,
)  # fmt: skip
REPLACEMENTS: dict[type[nodes.Node], str] = {
    nodes.Include: "A letter is one file: write the text here instead of {% include %}.",
    nodes.Import: "A letter is one file: {% import %} is not used.",
    nodes.FromImport: "A letter is one file: {% from … import %} is not used.",
    nodes.Macro: "Macros stand in the file components.html, where every letter finds them.",
    nodes.CallBlock: "{% call %} is not used in letters.",
    nodes.FilterBlock: "Write the filter on the value itself: {{ customer.first_name | upper }}.",
    nodes.AssignBlock: "Write {% set word = … %} on one line.",
    nodes.With: "{% with %} is not used in letters: the rule's words are there as with.treat.",
    nodes.Dict: "A list in braces is not used in letters.",
    nodes.Pow: "** is not used in letters.",
    nodes.Scope: "{% autoescape %} is not used in letters: values are always escaped.",
    nodes.NSRef: "Write {% set word = … %}, one word at a time.",
}
FORBIDDEN_FILTERS = {
    "safe": "values are always escaped, so that no customer's name can break a letter",
    "e": "values are escaped already",
    "escape": "values are escaped already",
    "map": "write a for loop, or cart.lines | join(', ', 'title')",
}


class Refusal(NamedTuple):
    """A line of a template, and the sentence that says what is wrong there."""

    line: int
    sentence: str


def find_forbidden(tree: nodes.Template) -> Iterator[Refusal]:
    """Yields a refusal for each construct in `tree` that is not allowed."""
    for node in _walk(tree):
        sentence = _refusal_sentence(node)
        if sentence:
            yield Refusal(node.lineno or 0, sentence)


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in node.iter_child_nodes():
        yield child
        # The inside of a refused construct gets no message of its own.
        if isinstance(child, (*ALLOWED_NODES, nodes.Keyword)):
            yield from _walk(child)


def _refusal_sentence(node: nodes.Node) -> str | None:  # noqa: PLR0911 - one answer for each kind of node
    match node:
        case nodes.Filter():
            return _unknown_filter(node.name)
        case nodes.Test() if node.name not in ALLOWED_TESTS:
            return f'There is no test "is {node.name}".{did_you_mean(node.name, ALLOWED_TESTS)}'
        case nodes.For(recursive=True):
            return "A loop cannot call itself in a letter."
        case nodes.Call():
            return (
                None
                if _is_allowed_call(node)
                else "Only range(…) and the components can be called in a letter."
            )
        case nodes.List() | nodes.Tuple() if not _is_plain_list(node):
            return "A list in a letter holds plain words and numbers only."
        case nodes.Assign() if not isinstance(node.target, nodes.Name):
            return "Write {% set word = … %}, one word at a time."
        case nodes.Keyword():
            return None
    if isinstance(node, ALLOWED_NODES):
        return None
    return REPLACEMENTS.get(type(node), f"{type(node).__name__} is not used in letters.")


def _unknown_filter(name: str) -> str | None:
    if name in ALLOWED_FILTERS:
        return None
    if name in FORBIDDEN_FILTERS:
        return f'"| {name}" is not used in letters: {FORBIDDEN_FILTERS[name]}.'
    return f'There is no filter "{name}".{did_you_mean(name, ALLOWED_FILTERS)}'


def _is_allowed_call(node: nodes.Call) -> bool:
    return isinstance(node.node, nodes.Name) and (
        node.node.name == "range" or (node.node.name == "super" and not node.args)
    )


def _is_plain_list(node: nodes.List | nodes.Tuple) -> bool:
    # Nested lists are small in the source and huge when printed.
    return all(isinstance(item, nodes.Const) for item in node.items)
