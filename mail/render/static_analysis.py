"""Static analysis of a template: which names it uses, and whether unknown ones are guarded.

A fact that may be missing (a first name, a rule's treat, the cart of a rule without one) may be
tested anywhere, and printed only where a condition guards it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Union, get_args, get_origin

from jinja2 import nodes

from mail.render.forbidden_constructs import Refusal
from mail.render.layout_facts import LAYOUT_FACTS
from mail.render.mail_facts import PARTS, CustomerFacts, Money, OwnColumns, ShopFacts, fact_types
from mail.render.sandbox_environment import LOOP_ATTRIBUTES, TEMPLATE_NAMES
from mail.render.template_loader import did_you_mean
from settings.brand.appearance import Links

# Without these a mail is better not sent (no link to the cart, no date), so they may be printed
# without a guard.
PRINTABLE_UNGUARDED = frozenset({"cart.url", "points.expires_on"})
TOP_LEVEL_NAMES = frozenset(
    {
        "shop",
        "customer",
        *LAYOUT_FACTS,
        *PARTS,
        "with",
        "reason",
        "unsubscribe_url",
        "formal",
        "range",
        "super",
    }
)
PRINTABLE_TYPES = (str, int, Money)


@dataclass(frozen=True, slots=True)
class ValueShape:
    """The type of an expression, and the sentence that says why it may be missing."""

    kind: object
    path: str = ""
    missing: str = ""


class _WithBlock: ...


class _Loop: ...


UNKNOWN_SHAPE = ValueShape(object)


class TemplateAnalysis:
    """Analyses one block, tracking types of names and the guards around each use."""

    def __init__(
        self,
        *,
        available_parts: Collection[str],
        with_: Collection[str],
        own_columns: Collection[str] = (),
    ) -> None:
        self._names = {
            "shop": ValueShape(ShopFacts, "shop"),
            "customer": ValueShape(CustomerFacts, "customer"),
            **{name: ValueShape(kind, name) for name, kind in LAYOUT_FACTS.items()},
            **{
                name: ValueShape(
                    kind, name, "" if name in available_parts else _missing_part_sentence(name)
                )
                for name, kind in PARTS.items()
            },
            "with": ValueShape(_WithBlock, "with"),
            "reason": ValueShape(str, "reason"),
            "unsubscribe_url": ValueShape(str, "unsubscribe_url"),
            "formal": ValueShape(bool, "formal"),
        }
        self._with_names = with_
        self._own_columns = own_columns
        self._guarded: frozenset[str] = frozenset()
        self.refusals: list[Refusal] = []
        self.printed_paths: set[str] = set()

    def analyse(self, body: Collection[nodes.Node]) -> None:
        """Analyses the statements of `body` in order."""
        for node in body:
            match node:
                case nodes.Output():
                    for part in node.nodes:
                        self._analyse_output(part)
                case nodes.If():
                    self._analyse_if(node.test, node.body, _else_branch(node))
                case nodes.For():
                    self._analyse_loop(node)
                case nodes.Assign(target=nodes.Name(name=name)):
                    self._names[name] = replace(self._infer(node.node), path=name)
                case nodes.Block():
                    self.analyse(node.body)

    def _analyse_output(self, node: nodes.Node) -> None:
        shape = self._require(node)
        self.printed_paths.add(shape.path)
        if shape.kind is not object and shape.kind not in PRINTABLE_TYPES:
            label = shape.path or "This"
            self._refuse(
                node, f"{label} is not one word to print.{_available_facts_sentence(shape)}"
            )

    def _analyse_if(
        self, test: nodes.Node, body: Collection[nodes.Node], else_body: Collection[nodes.Node]
    ) -> None:
        self._infer(test)
        if_true, if_false = _guards_of(test)
        with self._guard(if_true):
            self.analyse(body)
        with self._guard(if_false):
            self.analyse(else_body)

    def _analyse_loop(self, node: nodes.For) -> None:
        sequence = self._require(node.iter)
        outer_names = dict(self._names)
        if isinstance(node.target, nodes.Name):
            self._names[node.target.name] = _element_shape(sequence, node.target.name)
        self._names["loop"] = ValueShape(_Loop, "loop")
        if node.test:
            self._infer(node.test)
        self.analyse(node.body)
        self._names = outer_names
        self.analyse(node.else_)

    def _require(self, node: nodes.Node) -> ValueShape:
        """The shape of a value that must exist."""
        shape = self._infer(node)
        if shape.missing and shape.path not in self._guarded | PRINTABLE_UNGUARDED:
            self._refuse(node, shape.missing)
            return replace(shape, missing="")
        return shape

    def _infer(self, node: nodes.Node) -> ValueShape:
        """The shape of a value that is only tested, and may be missing."""
        match node:
            case nodes.Name():
                return self._infer_name(node)
            case nodes.Getattr() | nodes.Getitem():
                return self._infer_access(node)
            case nodes.CondExpr():
                return self._infer_conditional(node)
            case nodes.And() | nodes.Or():
                return self._infer_boolean(node)
            case nodes.Filter() | nodes.Test():
                return self._infer_filter(node)
        return self._infer_children(node)

    def _infer_children(self, node: nodes.Node) -> ValueShape:
        may_be_missing = isinstance(node, (nodes.Not, nodes.Compare))
        for child in node.iter_child_nodes():
            if may_be_missing:
                self._infer(child.expr if isinstance(child, nodes.Operand) else child)
            else:
                self._require(child)
        return UNKNOWN_SHAPE

    def _infer_access(self, node: nodes.Getattr | nodes.Getitem) -> ValueShape:
        match node:
            case nodes.Getattr():
                return self._infer_fact(node, node.attr)
            case nodes.Getitem(arg=nodes.Const(value=str(name))):
                return self._infer_fact(node, name)
        sequence = self._require(node.node)
        return sequence if isinstance(node.arg, nodes.Slice) else _element_shape(sequence, "")

    def _infer_name(self, node: nodes.Name) -> ValueShape:
        if node.name not in self._names and node.name not in TOP_LEVEL_NAMES:
            suggestions = sorted({*self._names, *TOP_LEVEL_NAMES} - {"range", "super"})
            self._refuse(node, f'"{node.name}" is not known.{did_you_mean(node.name, suggestions)}')
        return self._names.get(node.name, UNKNOWN_SHAPE)

    def _infer_fact(self, node: nodes.Getattr | nodes.Getitem, name: str) -> ValueShape:
        owner = self._require(node.node)
        path = f"{owner.path}.{name}"
        if owner.kind is _WithBlock:
            missing = "" if name in self._with_names else _missing_with_sentence(name)
            return ValueShape(str, path, missing)
        if owner.kind is OwnColumns:
            return self._infer_own_column(node, name, path)
        if owner.kind is _Loop and name in LOOP_ATTRIBUTES:
            return ValueShape(int)
        if owner.kind in TEMPLATE_NAMES and name in fact_types(owner.kind):
            return _fact_shape(owner.kind, name, path)
        if owner.kind is not object:
            self._refuse(node, _unknown_fact_sentence(owner, name))
        return UNKNOWN_SHAPE

    def _infer_own_column(self, node: nodes.Node, name: str, path: str) -> ValueShape:
        if name in self._own_columns:
            return ValueShape(str, path, _may_be_missing_sentence(path, path))
        self._refuse(node, _unknown_column_sentence(name, self._own_columns))
        return UNKNOWN_SHAPE

    def _infer_conditional(self, node: nodes.CondExpr) -> ValueShape:
        self._infer(node.test)
        if_true, if_false = _guards_of(node.test)
        with self._guard(if_true):
            shape = self._require(node.expr1)
        with self._guard(if_false):
            if node.expr2 is not None:
                self._require(node.expr2)
        return ValueShape(shape.kind)

    def _infer_boolean(self, node: nodes.And | nodes.Or) -> ValueShape:
        self._infer(node.left)
        if_true, if_false = _guards_of(node.left)
        with self._guard(if_true if isinstance(node, nodes.And) else if_false):
            return ValueShape(self._infer(node.right).kind)

    def _infer_filter(self, node: nodes.Filter | nodes.Test) -> ValueShape:
        may_be_missing = isinstance(node, nodes.Test) or node.name in ("default", "d")
        if node.node is not None:
            self._infer(node.node) if may_be_missing else self._require(node.node)
        for argument in (*node.args, *(keyword.value for keyword in node.kwargs)):
            self._require(argument)
        return UNKNOWN_SHAPE

    @contextmanager
    def _guard(self, paths: frozenset[str]) -> Iterator[None]:
        outer = self._guarded
        self._guarded = outer | paths
        yield
        self._guarded = outer

    def _refuse(self, node: nodes.Node, sentence: str) -> None:
        self.refusals.append(Refusal(node.lineno, sentence))


Guards = tuple[frozenset[str], frozenset[str]]
NO_PATHS: frozenset[str] = frozenset()


def _guards_of(test: nodes.Node) -> Guards:
    """The paths that exist where `test` is true, and where it is false."""
    match test:
        case nodes.Not():
            return _guards_of(test.node)[::-1]
        case nodes.And() | nodes.Or():
            return _boolean_guards(test)
        case nodes.Test(name="none" | "undefined"):
            return NO_PATHS, _guarded_paths(test.node)
        case nodes.Test():
            return _guarded_paths(test.node), NO_PATHS
        case nodes.Compare(ops=[nodes.Operand(op="eq", expr=nodes.Const())]):
            return _guarded_paths(test.expr), NO_PATHS
    return _guarded_paths(test), NO_PATHS


def _boolean_guards(test: nodes.And | nodes.Or) -> Guards:
    left, right = _guards_of(test.left), _guards_of(test.right)
    if isinstance(test, nodes.And):
        return left[0] | right[0], left[1] & right[1]
    return left[0] & right[0], left[1] | right[1]


def _guarded_paths(node: nodes.Node) -> frozenset[str]:
    """Where a fact of the cart exists, so does the cart."""
    path = _path(node)
    return frozenset(path.rsplit(".", number)[0] for number in range(path.count(".") + 1)) - {""}


def _path(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return f"{_path(node.node)}.{node.attr}"
        case nodes.Getitem(arg=nodes.Const(value=str(name))):
            return f"{_path(node.node)}.{name}"
    return ""


def _else_branch(node: nodes.If) -> Collection[nodes.Node]:
    """The next elif with its rest, or the else."""
    if not node.elif_:
        return node.else_
    next_branch, *remaining = node.elif_
    nested = nodes.If(
        next_branch.test, next_branch.body, remaining, node.else_, lineno=next_branch.lineno
    )
    return [nested]


def _element_shape(sequence: ValueShape, name: str) -> ValueShape:
    kind = get_args(sequence.kind)[0] if get_origin(sequence.kind) is tuple else object
    return ValueShape(kind, name)


def _fact_shape(owner: object, name: str, path: str) -> ValueShape:
    kind = fact_types(owner)[name]
    if get_origin(kind) not in (Union, UnionType):
        return ValueShape(kind, path)
    present = next(option for option in get_args(kind) if option is not NoneType)
    if owner is Links:
        return ValueShape(present, path, _missing_link_sentence(name))
    is_of_mail = path.partition(".")[0] in {"customer", *LAYOUT_FACTS, *PARTS}
    label = path if is_of_mail else f"line.{name}"
    return ValueShape(present, path, _may_be_missing_sentence(label, path))


def _may_be_missing_sentence(label: str, path: str) -> str:
    return f"{label} is not known for everyone: ask first, {{% if {path} %}}."


def _unknown_column_sentence(name: str, columns: Collection[str]) -> str:
    if not columns:
        return (
            f'There is no column "{name}" of your own. Name it under my columns of a source, '
            "with the heading that it has in your file."
        )
    return f'There is no column "{name}" of your own.{did_you_mean(name, columns)}'


def _missing_part_sentence(name: str) -> str:
    return f"The rule that sends this has no {name}: its `when` is about none."


def _missing_with_sentence(name: str) -> str:
    return (
        f"The rule that sends this gives no {name}: write it under `with`, "
        f"or ask first, {{% if with.{name} %}}."
    )


def _missing_link_sentence(name: str) -> str:
    return (
        f"A shop may have no {name}: ask first, {{% if links.{name} %}}. It is written under"
        " brand: links: in config.yaml."
    )


def _unknown_fact_sentence(owner: ValueShape, name: str) -> str:
    if owner.kind is _Loop:
        return f'A loop has no "{name}".{did_you_mean(name, sorted(LOOP_ATTRIBUTES))}'
    if owner.kind in TEMPLATE_NAMES:
        return f'{owner.path} has no "{name}".{did_you_mean(name, fact_types(owner.kind))}'
    if get_origin(owner.kind) is tuple:
        return f"{owner.path} is a list: write a for loop, or {owner.path}[0].{name}."
    return f'{owner.path or "This"} is a word; there is no "{name}" in it.'


def _available_facts_sentence(shape: ValueShape) -> str:
    if shape.kind in TEMPLATE_NAMES:
        return f" It has: {', '.join(fact_types(shape.kind))}."
    if get_origin(shape.kind) is tuple:
        return " It is a list: write a for loop."
    return ""
