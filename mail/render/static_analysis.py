"""What a template may say, read without running it: the words it knows and when it knows them.

A word that may be missing (a first name, a rule's treat, the cart of a rule without one) may be
asked for anywhere, and printed only where the template has made sure of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

from jinja2 import nodes

from mail.render.facts import PARTS, CustomerFacts, Money, ShopFacts
from mail.render.forbidden_constructs import Refusal
from mail.render.sandbox_environment import CALLED, LOOP_WORDS
from mail.render.template_loader import did_you_mean

# A reminder without its link back is better not sent, nor is a notice without its date: these
# facts may be printed unasked.
STOPS_THE_MAIL = frozenset({"cart.url", "points.expires_on"})
WORDS = frozenset(
    {"shop", "customer", *PARTS, "with", "reason", "unsubscribe_url", "range", "super"}
)
PRINTED = (str, int, Money)


@dataclass(frozen=True, slots=True)
class Shape:
    """What stands behind a word: its kind, and the sentence that says why it may be missing."""

    kind: object
    path: str = ""
    missing: str = ""


class _With: ...


class _Loop: ...


ANYTHING = Shape(object)


class Knowledge:
    """Walks one block of a template, keeping what is known and what has been made sure of."""

    def __init__(self, *, has: Collection[str], with_: Collection[str]) -> None:
        self._names = {
            "shop": Shape(ShopFacts, "shop"),
            "customer": Shape(CustomerFacts, "customer"),
            **{
                name: Shape(kind, name, "" if name in has else _no_part(name))
                for name, kind in PARTS.items()
            },
            "with": Shape(_With, "with"),
            "reason": Shape(str, "reason"),
            "unsubscribe_url": Shape(str, "unsubscribe_url"),
        }
        self._with = with_
        self._sure: frozenset[str] = frozenset()
        self.found: list[Refusal] = []
        self.printed: set[str] = set()

    def read(self, body: Collection[nodes.Node]) -> None:
        """Reads statements in order."""
        for node in body:
            match node:
                case nodes.Output():
                    for part in node.nodes:
                        self._print(part)
                case nodes.If():
                    self._branch(node.test, node.body, _otherwise(node))
                case nodes.For():
                    self._loop(node)
                case nodes.Assign(target=nodes.Name(name=name)):
                    self._names[name] = replace(self._ask(node.node), path=name)
                case nodes.Block():
                    self.read(node.body)

    def _print(self, node: nodes.Node) -> None:
        shape = self._use(node)
        self.printed.add(shape.path)
        if shape.kind is not object and shape.kind not in PRINTED:
            named = shape.path or "This"
            self._mistake(node, f"{named} is not one word to print.{_facts_of(shape)}")

    def _branch(
        self, test: nodes.Node, then: Collection[nodes.Node], otherwise: Collection[nodes.Node]
    ) -> None:
        self._ask(test)
        if_true, if_false = _made_sure(test)
        with self._sure_of(if_true):
            self.read(then)
        with self._sure_of(if_false):
            self.read(otherwise)

    def _loop(self, node: nodes.For) -> None:
        many = self._use(node.iter)
        kept = dict(self._names)
        if isinstance(node.target, nodes.Name):
            self._names[node.target.name] = _one_of(many, node.target.name)
        self._names["loop"] = Shape(_Loop, "loop")
        if node.test:
            self._ask(node.test)
        self.read(node.body)
        self._names = kept
        self.read(node.else_)

    def _use(self, node: nodes.Node) -> Shape:
        """The shape of something that must be there."""
        shape = self._ask(node)
        if shape.missing and shape.path not in self._sure | STOPS_THE_MAIL:
            self._mistake(node, shape.missing)
            return replace(shape, missing="")
        return shape

    def _ask(self, node: nodes.Node) -> Shape:
        """The shape of something that is only asked about, and may be missing."""
        match node:
            case nodes.Name():
                return self._word(node)
            case nodes.Getattr() | nodes.Getitem():
                return self._part(node)
            case nodes.CondExpr():
                return self._choice(node)
            case nodes.And() | nodes.Or():
                return self._two(node)
            case nodes.Filter() | nodes.Test():
                return self._filtered(node)
        return self._others(node)

    def _others(self, node: nodes.Node) -> Shape:
        asks = isinstance(node, (nodes.Not, nodes.Compare))
        for child in node.iter_child_nodes():
            if asks:
                self._ask(child.expr if isinstance(child, nodes.Operand) else child)
            else:
                self._use(child)
        return ANYTHING

    def _part(self, node: nodes.Getattr | nodes.Getitem) -> Shape:
        match node:
            case nodes.Getattr():
                return self._fact(node, node.attr)
            case nodes.Getitem(arg=nodes.Const(value=str(name))):
                return self._fact(node, name)
        many = self._use(node.node)
        return many if isinstance(node.arg, nodes.Slice) else _one_of(many, "")

    def _word(self, node: nodes.Name) -> Shape:
        if node.name not in self._names and node.name not in WORDS:
            known = sorted({*self._names, *WORDS} - {"range", "super"})
            self._mistake(node, f'"{node.name}" is not known.{did_you_mean(node.name, known)}')
        return self._names.get(node.name, ANYTHING)

    def _fact(self, node: nodes.Getattr | nodes.Getitem, name: str) -> Shape:
        whole = self._use(node.node)
        path = f"{whole.path}.{name}"
        if whole.kind is object:
            return ANYTHING
        if whole.kind is _With:
            given = "" if name in self._with else _not_given(name)
            return Shape(str, path, given)
        if whole.kind is _Loop and name in LOOP_WORDS:
            return Shape(int)
        if whole.kind in CALLED and name in _fields(whole.kind):
            return _fact_shape(whole.kind, name, path)
        self._mistake(node, _no_such(whole, name))
        return ANYTHING

    def _choice(self, node: nodes.CondExpr) -> Shape:
        self._ask(node.test)
        if_true, if_false = _made_sure(node.test)
        with self._sure_of(if_true):
            shape = self._use(node.expr1)
        with self._sure_of(if_false):
            if node.expr2 is not None:
                self._use(node.expr2)
        return Shape(shape.kind)

    def _two(self, node: nodes.And | nodes.Or) -> Shape:
        self._ask(node.left)
        if_true, if_false = _made_sure(node.left)
        with self._sure_of(if_true if isinstance(node, nodes.And) else if_false):
            return Shape(self._ask(node.right).kind)

    def _filtered(self, node: nodes.Filter | nodes.Test) -> Shape:
        may_be_missing = isinstance(node, nodes.Test) or node.name in ("default", "d")
        if node.node is not None:
            self._ask(node.node) if may_be_missing else self._use(node.node)
        for argument in node.args:
            self._use(argument)
        return ANYTHING

    @contextmanager
    def _sure_of(self, paths: frozenset[str]) -> Iterator[None]:
        kept = self._sure
        self._sure = kept | paths
        yield
        self._sure = kept

    def _mistake(self, node: nodes.Node, sentence: str) -> None:
        self.found.append(Refusal(node.lineno, sentence))


Sure = tuple[frozenset[str], frozenset[str]]
NOTHING: frozenset[str] = frozenset()


def _made_sure(test: nodes.Node) -> Sure:
    """What is known to be there where a test says yes, and where it says no."""
    match test:
        case nodes.Not():
            return _made_sure(test.node)[::-1]
        case nodes.And() | nodes.Or():
            return _both_made_sure(test)
        case nodes.Test(name="none" | "undefined"):
            return NOTHING, _there(test.node)
        case nodes.Test():
            return _there(test.node), NOTHING
        case nodes.Compare(ops=[nodes.Operand(op="eq", expr=nodes.Const())]):
            return _there(test.expr), NOTHING
    return _there(test), NOTHING


def _both_made_sure(test: nodes.And | nodes.Or) -> Sure:
    left, right = _made_sure(test.left), _made_sure(test.right)
    if isinstance(test, nodes.And):
        return left[0] | right[0], left[1] & right[1]
    return left[0] & right[0], left[1] | right[1]


def _there(node: nodes.Node) -> frozenset[str]:
    """Where a fact of the cart is there, so is the cart."""
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


def _otherwise(node: nodes.If) -> Collection[nodes.Node]:
    """What follows where the test says no: the next elif with its rest, or the else."""
    if not node.elif_:
        return node.else_
    first, *rest = node.elif_
    following = nodes.If(first.test, first.body, rest, node.else_, lineno=first.lineno)
    return [following]


def _one_of(many: Shape, name: str) -> Shape:
    kind = get_args(many.kind)[0] if get_origin(many.kind) is tuple else object
    return Shape(kind, name)


@cache
def _fields(kind: object) -> dict[str, object]:
    return get_type_hints(kind)


def _fact_shape(owner: object, name: str, path: str) -> Shape:
    kind = _fields(owner)[name]
    if get_origin(kind) not in (Union, UnionType):
        return Shape(kind, path)
    known = next(one for one in get_args(kind) if one is not NoneType)
    asked = path if path.partition(".")[0] in {"customer", *PARTS} else f"line.{name}"
    return Shape(known, path, f"{asked} is not known for everyone: ask first, {{% if {path} %}}.")


def _no_part(name: str) -> str:
    return f"The rule that sends this has no {name}: its `when` is about none."


def _not_given(name: str) -> str:
    return (
        f"The rule that sends this gives no {name}: write it under `with`, "
        f"or ask first, {{% if with.{name} %}}."
    )


def _no_such(whole: Shape, name: str) -> str:
    if whole.kind is _Loop:
        return f'A loop has no "{name}".{did_you_mean(name, sorted(LOOP_WORDS))}'
    if whole.kind in CALLED:
        return f'{whole.path} has no "{name}".{did_you_mean(name, _fields(whole.kind))}'
    if get_origin(whole.kind) is tuple:
        return f"{whole.path} is a list: write a for loop, or {whole.path}[0].{name}."
    return f'{whole.path or "This"} is a word; there is no "{name}" in it.'


def _facts_of(shape: Shape) -> str:
    if shape.kind in CALLED:
        return f" It has: {', '.join(_fields(shape.kind))}."
    if get_origin(shape.kind) is tuple:
        return " It is a list: write a for loop."
    return ""
