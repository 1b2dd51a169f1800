"""Components: pieces of HTML that templates use by name, `{{ button("Look in", links.shop) }}`.

They are the macros of `components.html`. A call is replaced by the macro's body, with the arguments
in place of the parameters, before anything else reads the template: its CSS is inlined, its text
part is made and its facts are analysed as if the author had written the body there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, TemplateSyntaxError, nodes

from mail.render.tokenizer import Lexeme, Token, TokenKind, make_token, tokenize

MAX_EXPANDED_TOKENS = 5_000
MAX_EXPANDED_LENGTH = 300_000  # characters: far above a mail's 100 kB
MAX_NESTING = 5
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")
NEWLINES = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Component:
    """A macro: its parameters in order, the sources of their defaults, and its body."""

    name: str
    parameters: tuple[str, ...]
    defaults: Mapping[str, str]
    body: tuple[Token, ...]


Components = Mapping[str, Component]


def parse_components(environment: Environment, source: str) -> dict[str, Component]:
    """Returns the macros of `source` by name; raises TemplateSyntaxError."""
    tokens = tokenize(environment, source)
    components = {}
    for start, token in enumerate(tokens):
        if token.keyword == "macro":
            end = _macro_end(tokens, start)
            component = _component(environment, token, tokens[start + 1 : end])
            components[component.name] = component
    return components


def expand_components(
    environment: Environment, tokens: Sequence[Token], components: Components
) -> list[Token]:
    """Returns `tokens` with each call of one of the `components` replaced by its body.

    All tokens of a body are on the line of the call. Raises TemplateSyntaxError for wrong
    arguments, and beyond MAX_EXPANDED_TOKENS or MAX_EXPANDED_LENGTH.
    """
    return _Expansion(environment, components).expand(tokens)


class _Expansion:
    """Expands the calls of one file, within a budget of tokens and of characters."""

    def __init__(self, environment: Environment, components: Components) -> None:
        self._environment = environment
        self._components = components
        self._remaining = MAX_EXPANDED_TOKENS
        self._remaining_length = MAX_EXPANDED_LENGTH

    def expand(self, tokens: Sequence[Token], depth: int = 0) -> list[Token]:
        return [expanded for token in tokens for expanded in self._expand(token, depth)]

    def _expand(self, token: Token, depth: int) -> list[Token]:
        lexemes = self._call_lexemes(token)
        if not lexemes:
            return [token]
        component = self._components[lexemes[0][1]]
        self._remaining -= len(component.body)
        if depth == MAX_NESTING or self._remaining < 0:
            raise TemplateSyntaxError(
                f"{component.name} is used too often, or uses itself.", token.line
            )
        arguments = _bind(component, _arguments(lexemes[2:-1]), token.line)
        self._spend_length(component, arguments, token.line)
        body = [self._with_arguments(part, arguments, token.line) for part in component.body]
        return self.expand(body, depth + 1)

    def _spend_length(self, component: Component, arguments: Mapping[str, str], line: int) -> None:
        """Before the text is made: a parameter used many times multiplies it at each level."""
        for part in component.body:
            self._remaining_length -= len(part.source)
            if part.kind is not TokenKind.TEXT:
                names = (value for kind, value in self._lexemes(part) if kind == "name")
                self._remaining_length -= sum(len(arguments.get(name, "")) for name in names)
            if self._remaining_length < 0:
                raise TemplateSyntaxError(
                    f"{component.name} grows beyond {MAX_EXPANDED_LENGTH:,} letters.", line
                )

    def _call_lexemes(self, token: Token) -> list[Lexeme]:
        """The lexemes of a call of a component, without spaces; empty for another token."""
        if token.kind is not TokenKind.VALUE or token.argument[-1:] != ")":
            return []
        name = token.argument.partition("(")[0].strip()
        return _significant(self._lexemes(token)) if name in self._components else []

    def _with_arguments(self, token: Token, arguments: Mapping[str, str], line: int) -> Token:
        if token.kind is TokenKind.TEXT:
            return Token(token.kind, NEWLINES.sub(" ", token.source), line)
        lexemes = self._lexemes(token)
        replaced = [
            (kind, f"({arguments[value]})" if _is_parameter(lexemes, index, arguments) else value)
            for index, (kind, value) in enumerate(lexemes)
        ]
        return make_token(replaced, line)

    def _lexemes(self, token: Token) -> list[Lexeme]:
        return [(kind, value) for _, kind, value in self._environment.lex(token.source)]


def _is_parameter(lexemes: Sequence[Lexeme], index: int, arguments: Mapping[str, str]) -> bool:
    kind, value = lexemes[index]
    if kind != "name" or value not in arguments:
        return False
    before = _neighbour(lexemes, index, -1)
    # The name of an attribute or filter, or of an argument of another component.
    return before not in (".", "|") and _neighbour(lexemes, index, 1) != "="


def _neighbour(lexemes: Sequence[Lexeme], index: int, step: int) -> str:
    index += step
    while 0 <= index < len(lexemes) and lexemes[index][0] == "whitespace":
        index += step
    return lexemes[index][1] if 0 <= index < len(lexemes) else ""


def _macro_end(tokens: Sequence[Token], start: int) -> int:
    for index in range(start, len(tokens)):
        if tokens[index].keyword == "endmacro":
            return index
    raise TemplateSyntaxError("This macro has no {% endmacro %}.", tokens[start].line)


def _component(environment: Environment, token: Token, body: Sequence[Token]) -> Component:
    """Parses the signature in the tag `macro`; a default is a text, a number or none."""
    tree = environment.parse(f"{{% macro {token.argument} %}}{{% endmacro %}}")
    macro = next(tree.find_all(nodes.Macro))
    names = [parameter.name for parameter in macro.args]
    with_default = names[len(names) - len(macro.defaults) :]
    defaults = dict(zip(with_default, map(_default_source, macro.defaults), strict=True))
    return Component(macro.name, tuple(names), defaults, tuple(body))


def _default_source(node: nodes.Node) -> str:
    if isinstance(node, nodes.Const) and isinstance(node.value, (str, int, float, type(None))):
        return "none" if node.value is None else json.dumps(node.value, ensure_ascii=False)
    raise TemplateSyntaxError("A default is a text, a number or none.", node.lineno)


def _significant(lexemes: Sequence[Lexeme]) -> list[Lexeme]:
    return [lexeme for lexeme in lexemes[1:-1] if lexeme[0] != "whitespace"]


def _arguments(lexemes: Sequence[Lexeme]) -> Iterator[tuple[str, str]]:
    """Yields name (empty where there is none) and source of each argument of a call."""
    for argument in _split_at_commas(lexemes):
        is_named = len(argument) > 2 and argument[0][0] == "name" and argument[1][1] == "="
        name, expression = (argument[0][1], argument[2:]) if is_named else ("", argument)
        yield name, NEWLINES.sub(" ", " ".join(value for _, value in expression))


def _split_at_commas(lexemes: Sequence[Lexeme]) -> Iterator[Sequence[Lexeme]]:
    depth, start = 0, 0
    for index, (_, value) in enumerate(lexemes):
        depth += (value in OPENING) - (value in CLOSING)
        if value == "," and depth == 0:
            yield lexemes[start:index]
            start = index + 1
    if start < len(lexemes):
        yield lexemes[start:]


def _bind(
    component: Component, arguments: Iterator[tuple[str, str]], line: int
) -> Mapping[str, str]:
    """The source of each parameter: the argument, else the default."""
    bound: dict[str, str] = {}
    for position, (name, source) in enumerate(arguments):
        parameter = name or next(iter(component.parameters[position : position + 1]), "")
        if parameter not in component.parameters or parameter in bound or not source:
            raise TemplateSyntaxError(_signature_sentence(component), line)
        bound[parameter] = source
    missing = set(component.parameters) - bound.keys() - component.defaults.keys()
    if missing:
        raise TemplateSyntaxError(_signature_sentence(component), line)
    return {**component.defaults, **bound}


def _signature_sentence(component: Component) -> str:
    parameters = ", ".join(
        f"{name}={component.defaults[name]}" if name in component.defaults else name
        for name in component.parameters
    )
    return f"Write {component.name}({parameters})."
