"""The Jinja environment of templates: a closed subset, safe for untrusted templates.

A template sees the facts it is given and nothing behind them: no methods, no private attributes, no
other files. Loops, texts and ranges have limits far below the available memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from jinja2 import BaseLoader, nodes, pass_context, pass_environment
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

from mail.render.layout_facts import LANGUAGE_KEY, LAYOUT_FACTS
from mail.render.mail_facts import (
    PARTS,
    CartLine,
    CustomerFacts,
    Money,
    OwnColumns,
    PointsExpiry,
    ShopFacts,
    fact_types,
)
from settings.text.hidden_characters import without_hidden_characters

MAX_ITERATIONS = 1_000
MAX_TEXT_LENGTH = 10_000
MAX_RANGE = 100
MAX_SEPARATOR = 40
MAX_NUMBER = 10**12
MAX_DIGITS = 6
MAX_CACHED_FILES = 50

# The names of facts in templates, for error messages.
TEMPLATE_NAMES: Mapping[type, str] = {
    ShopFacts: "shop",
    CustomerFacts: "customer",
    **{kind: name for name, kind in {**LAYOUT_FACTS, **PARTS}.items()},
    CartLine: "line",
    PointsExpiry: "expiry",
    Money: "total",
}
OWN = "customer.my"
LOOP_ATTRIBUTES = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length"},
)


class MissingFact(Undefined):
    """A fact that is unknown for this customer: false in a condition, an error when printed."""

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise UndefinedError(f"{self._undefined_name} is not known for this customer")

    __str__ = __iter__ = __len__ = _refuse
    __hash__ = Undefined.__hash__


class LoopBudget:
    """How many iterations the loops of one mail may still take in total."""

    KEY = "turns left"  # no valid name in a template

    def __init__(self) -> None:
        self.remaining = MAX_ITERATIONS

    def spend(self, iterations: int) -> None:
        """Takes `iterations` from the budget; raises SecurityError beyond it."""
        self.remaining -= iterations
        if self.remaining < 0:
            raise SecurityError(f"its loops take more than {MAX_ITERATIONS:,} turns")


class SandboxEnvironment(ImmutableSandboxedEnvironment):
    """The environment in which all templates are compiled."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, *, autoescape: bool, loader: BaseLoader | None = None) -> None:
        """Without a `loader` no tag can read a file, and nothing is cached."""
        super().__init__(
            autoescape=autoescape,
            undefined=StrictUndefined,
            finalize=check_printable,
            loader=loader,
            cache_size=MAX_CACHED_FILES if loader else 0,
        )
        self.globals = {"range": _limited_range}
        self.filters = {
            **ALLOWED_FILTERS,
            COUNT_FILTER: _count_iterations,
            LENGTH_FILTER: check_length,
            PRINT_FILTER: check_printable,
        }
        self.tests = dict(ALLOWED_TESTS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Returns a fact by its name; other attributes do not exist."""
        kind: Any = type(obj)
        if kind in TEMPLATE_NAMES and attribute in fact_types(kind):
            value = getattr(obj, attribute)
            return (
                MissingFact(name=f"{TEMPLATE_NAMES[kind]}.{attribute}") if value is None else value
            )
        if kind is OwnColumns:
            return obj[attribute] if attribute in obj else MissingFact(name=f"{OWN}.{attribute}")
        if kind is dict:  # the values under `with`
            return obj[attribute] if attribute in obj else MissingFact(name=f"with.{attribute}")
        if kind is LoopContext and attribute in LOOP_ATTRIBUTES:
            return getattr(obj, attribute)
        if isinstance(obj, Undefined):
            str(obj)  # raises, with the name
        raise UndefinedError(f"{TEMPLATE_NAMES.get(kind, 'a text or a number')} has no {attribute}")

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Returns an element of a list, or a fact by its name in brackets."""
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(obj, Undefined):
            str(obj)  # raises, with the name
        if not isinstance(obj, (tuple, list)) or not isinstance(argument, int):
            raise UndefinedError("only a list has numbered places")
        if not -len(obj) <= argument < len(obj):
            raise UndefinedError(f"a list has no place {argument} here")
        return obj[argument]

    def call(self, context: Context, called: Any, /, *arguments: Any, **_: Any) -> Any:
        """Only range can be called."""
        if called is not _limited_range:
            raise SecurityError("only range(…) can be called")
        return _limited_range(*arguments)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculates with numbers up to MAX_NUMBER, and concatenates short texts."""
        for side in (left, right):
            if isinstance(side, Undefined):
                str(side)  # raises, with the name
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return check_length(left + right)
        for side in (left, right):
            if type(side) not in (int, float) or abs(side) > MAX_NUMBER:
                raise SecurityError(f"{operator} works on numbers of an ordinary size")
        if operator == "**":
            raise SecurityError("** is not used in letters")
        return self.binop_table[operator](left, right)

    def _generate(self, source: nodes.Template, *args: Any, **named: Any) -> str:
        return super()._generate(LimitInjector().visit(source), *args, **named)


class LimitInjector(NodeTransformer):
    """Adds the limits to a template's tree: to every loop and every joined text."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja looks for this name
        self.generic_visit(node)
        node.iter = _wrap_in_filter(node.iter, COUNT_FILTER)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - as above
        self.generic_visit(node)
        node.nodes = [_wrap_in_filter(part, PRINT_FILTER) for part in node.nodes]
        return _wrap_in_filter(node, LENGTH_FILTER)


def _wrap_in_filter(node: nodes.Node, name: str) -> nodes.Filter:
    wrapped = nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
    wrapped.environment = node.environment
    return wrapped


def check_printable(value: Any) -> Any:
    """Returns `value`, a text without hidden characters; raises SecurityError where it would print
    as a Python object.
    """
    if isinstance(value, str):
        return without_hidden_characters(value)
    if isinstance(value, (int, float, Money, Undefined)):
        return value
    raise SecurityError("only words, numbers and amounts can be printed")


def check_length(text: Any) -> Any:
    """Returns `text`; raises SecurityError where it is longer than MAX_TEXT_LENGTH."""
    if isinstance(text, str) and len(text) > MAX_TEXT_LENGTH:
        raise SecurityError(f"one of its texts grows beyond {MAX_TEXT_LENGTH:,} letters")
    return text


@pass_context
def _count_iterations(context: Context, items: Any) -> Any:
    if isinstance(items, MissingFact):
        str(items)  # raises, with the name
    if not isinstance(items, (tuple, list, range)):
        raise SecurityError("a for loop goes over a list, such as cart.lines")
    context.parent[LoopBudget.KEY].spend(len(items))
    return items


def _limited_range(*numbers: int) -> range:
    limited = range(*numbers)
    if len(limited) > MAX_RANGE:
        raise SecurityError(f"range counts to {MAX_RANGE} at most")
    return limited


@pass_environment
def _join(
    env: SandboxEnvironment, items: Sequence[Any], separator: str = "", fact: str = ""
) -> str:
    """A list as text: `cart.lines | join(", ", "title")`."""
    if isinstance(items, str) or len(separator) > MAX_SEPARATOR:
        raise SecurityError("join takes a list, and a short text to put between")
    parts = (env.getattr(item, fact) if fact else item for item in items)
    return str(check_length(separator.join(str(check_printable(part)) for part in parts)))


def _round(number: float, digits: int = 0) -> float:
    if not 0 <= digits <= MAX_DIGITS:
        raise SecurityError(f"round keeps 0 to {MAX_DIGITS} digits")
    return round(number, digits)


def _string(value: object) -> str:
    return str(check_printable(value))


def _truncate(text: object, length: int = 60) -> str:
    """Cuts between words, and ends with … where something is left out."""
    full_text = str(text)
    if len(full_text) <= length:
        return full_text
    return full_text[: max(length - 1, 0)].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def _capitalise(text: object) -> str:
    """Only the first letter changes: "a Flat White" keeps its name."""
    full_text = str(text)
    return full_text[:1].upper() + full_text[1:]


@pass_context
def _plural(context: Context, number: Any, other: str, **forms: str) -> str:
    """The word for a number: `points.balance | plural("points", one="point")`."""
    if isinstance(number, Undefined):
        str(number)  # raises, with the name
    if type(number) is not int:
        raise SecurityError("plural follows a whole number")
    return str(context.parent[LANGUAGE_KEY].plural(number, other, **forms))


def _is_none(value: object) -> bool:
    return value is None or isinstance(value, MissingFact)


# No valid names in a template.
COUNT_FILTER, LENGTH_FILTER, PRINT_FILTER = "counted turns", "bounded text", "printed value"
ALLOWED_FILTERS: Mapping[str, Callable[..., Any]] = {
    "abs": FILTERS["abs"],
    "capitalize": _capitalise,
    "count": FILTERS["count"],
    "d": FILTERS["d"],
    "default": FILTERS["default"],
    "first": FILTERS["first"],
    "int": FILTERS["int"],
    "join": _join,
    "last": FILTERS["last"],
    "length": FILTERS["length"],
    "lower": FILTERS["lower"],
    "plural": _plural,
    "round": _round,
    "string": _string,
    "title": FILTERS["title"],
    "trim": FILTERS["trim"],
    "truncate": _truncate,
    "upper": FILTERS["upper"],
    "urlencode": FILTERS["urlencode"],
}
ALLOWED_TESTS: Mapping[str, Callable[..., Any]] = {
    "defined": test_defined,
    "divisibleby": test_divisibleby,
    "even": test_even,
    "none": _is_none,
    "odd": test_odd,
    "undefined": test_undefined,
}
