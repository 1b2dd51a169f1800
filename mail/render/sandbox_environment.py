"""What of Jinja a letter may use: a closed, bounded part, safe even in a stranger's template.

A template sees the facts it is given and nothing behind them: no methods, no private attributes, no
other files. Whatever could grow (loops, sums of texts, ranges) has a limit that is met long before
memory runs out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from jinja2 import nodes, pass_context, pass_environment
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext, StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import (
    test_defined,
    test_divisibleby,
    test_even,
    test_odd,
    test_undefined,
)
from jinja2.visitor import NodeTransformer

from mail.render.facts import PARTS, CartLine, CustomerFacts, Money, ShopFacts

MOST_TURNS = 1_000
LONGEST_TEXT = 10_000
LONGEST_RANGE = 100
LONGEST_JOINT = 40
LARGEST_NUMBER = 10**12
MOST_DIGITS = 6

# What each thing is called in a template, for the sentence that says it is not known.
CALLED: Mapping[type, str] = {
    ShopFacts: "shop",
    CustomerFacts: "customer",
    **{kind: name for name, kind in PARTS.items()},
    CartLine: "line",
    Money: "total",
}
LOOP_WORDS = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length"},
)


class Missing(Undefined):
    """Known to be unknown for this person: false when asked, a refusal when printed."""

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise UndefinedError(f"{self._undefined_name} is not known for this customer")

    __str__ = __iter__ = __len__ = _refuse
    __hash__ = Undefined.__hash__


class Turns:
    """How many turns a letter's loops may still take, all of them together."""

    KEY = "turns left"  # not a name a template can write

    def __init__(self) -> None:
        self.left = MOST_TURNS

    def take(self, number: int) -> None:
        self.left -= number
        if self.left < 0:
            raise SecurityError(f"its loops take more than {MOST_TURNS:,} turns")


class Dialect(ImmutableSandboxedEnvironment):
    """The environment every letter is compiled in."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, *, autoescape: bool) -> None:
        # No loader: a template is given to it as text, so no tag can reach for a file.
        super().__init__(
            autoescape=autoescape, undefined=StrictUndefined, finalize=printable, cache_size=0
        )
        self.globals = {"range": _short_range}
        self.filters = {**LETTER_FILTERS, COUNTED: _counted, BOUNDED: bounded, PRINTED: printable}
        self.tests = dict(LETTER_TESTS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A fact by its name; anything that is not a fact does not exist."""
        kind = type(obj)
        if kind in CALLED and attribute in kind.__dataclass_fields__:
            value = getattr(obj, attribute)
            return Missing(name=f"{CALLED[kind]}.{attribute}") if value is None else value
        if kind is dict:  # what the rule gives under `with`: the only one a template can meet
            return obj[attribute] if attribute in obj else Missing(name=f"with.{attribute}")
        if kind is LoopContext and attribute in LOOP_WORDS:
            return getattr(obj, attribute)
        if isinstance(obj, Undefined):
            str(obj)  # refuses, and says which one
        raise UndefinedError(f"{CALLED.get(kind, 'a text or a number')} has no {attribute}")

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A place in a list, or a fact by its name in brackets."""
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(obj, Undefined):
            str(obj)  # refuses, and says which one
        if not isinstance(obj, (tuple, list)) or not isinstance(argument, int):
            raise UndefinedError("only a list has numbered places")
        if not -len(obj) <= argument < len(obj):
            raise UndefinedError(f"a list has no place {argument} here")
        return obj[argument]

    def call(self, context: Context, called: Any, /, *given: Any, **_: Any) -> Any:
        """Nothing can be called but range."""
        if called is not _short_range:
            raise SecurityError("only range(…) can be called")
        return _short_range(*given)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Sums of ordinary numbers, and short texts one after the other."""
        for side in (left, right):
            if isinstance(side, Undefined):
                str(side)  # refuses, and says which one
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return bounded(left + right)
        for side in (left, right):
            if type(side) not in (int, float) or abs(side) > LARGEST_NUMBER:
                raise SecurityError(f"{operator} works on numbers of an ordinary size")
        if operator == "**":
            raise SecurityError("** is not used in letters")
        return self.binop_table[operator](left, right)

    def _generate(self, source: nodes.Template, *args: Any, **named: Any) -> str:
        return super()._generate(Bounding().visit(source), *args, **named)


class Bounding(NodeTransformer):
    """Writes the limits into the template itself: on every loop and every joined text."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja looks for this name
        self.generic_visit(node)
        node.iter = _filtered(node.iter, COUNTED)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - as above
        self.generic_visit(node)
        node.nodes = [_filtered(part, PRINTED) for part in node.nodes]
        return _filtered(node, BOUNDED)


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    filtered = nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
    filtered.environment = node.environment
    return filtered


def printable(value: Any) -> Any:
    """The same value, or a refusal where a customer would read a program's notation."""
    if isinstance(value, (str, int, float, Money, Undefined)):
        return value
    raise SecurityError("only words, numbers and amounts can be printed")


def bounded(text: Any) -> Any:
    """The same text, or a refusal where it has grown beyond a letter's needs."""
    if isinstance(text, str) and len(text) > LONGEST_TEXT:
        raise SecurityError(f"one of its texts grows beyond {LONGEST_TEXT:,} letters")
    return text


@pass_context
def _counted(context: Context, items: Any) -> Any:
    if isinstance(items, Missing):
        str(items)  # refuses, and says which one
    if not isinstance(items, (tuple, list, range)):
        raise SecurityError("a for loop goes over a list, such as cart.lines")
    context.parent[Turns.KEY].take(len(items))
    return items


def _short_range(*numbers: int) -> range:
    counted = range(*numbers)
    if len(counted) > LONGEST_RANGE:
        raise SecurityError(f"range counts to {LONGEST_RANGE} at most")
    return counted


@pass_environment
def _joined(env: Dialect, items: Sequence[Any], between: str = "", fact: str = "") -> str:
    """A list as one text: `cart.lines | join(", ", "title")`."""
    if isinstance(items, str) or len(between) > LONGEST_JOINT:
        raise SecurityError("join takes a list, and a short text to put between")
    parts = (env.getattr(item, fact) if fact else item for item in items)
    return str(bounded(between.join(str(printable(part)) for part in parts)))


def _rounded(number: float, digits: int = 0) -> float:
    if not 0 <= digits <= MOST_DIGITS:
        raise SecurityError(f"round keeps 0 to {MOST_DIGITS} digits")
    return round(number, digits)


def _truncated(text: object, length: int = 60) -> str:
    """The text cut between words, with … where something is left out."""
    whole = str(text)
    if len(whole) <= length:
        return whole
    return whole[: max(length - 1, 0)].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def _capitalized(text: object) -> str:
    """The first letter large and all others as they are: "a Flat White" keeps its name."""
    whole = str(text)
    return whole[:1].upper() + whole[1:]


def _is_none(value: object) -> bool:
    return value is None or isinstance(value, Missing)


# Not names a template can write.
COUNTED, BOUNDED, PRINTED = "counted turns", "bounded text", "printed value"
LETTER_FILTERS: Mapping[str, Callable[..., Any]] = {
    "abs": FILTERS["abs"],
    "capitalize": _capitalized,
    "count": FILTERS["count"],
    "d": FILTERS["d"],
    "default": FILTERS["default"],
    "first": FILTERS["first"],
    "int": FILTERS["int"],
    "join": _joined,
    "last": FILTERS["last"],
    "length": FILTERS["length"],
    "lower": FILTERS["lower"],
    "round": _rounded,
    "title": FILTERS["title"],
    "trim": FILTERS["trim"],
    "truncate": _truncated,
    "upper": FILTERS["upper"],
    "urlencode": FILTERS["urlencode"],
}
LETTER_TESTS: Mapping[str, Callable[..., Any]] = {
    "defined": test_defined,
    "divisibleby": test_divisibleby,
    "even": test_even,
    "none": _is_none,
    "odd": test_odd,
    "undefined": test_undefined,
}
