"""Splits a template into text, `{{ values }}` and `{% tags %}`.

On tokens, a mail and its layouts become one source, and the HTML around the tags can be parsed by
code that does not know Jinja.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from jinja2 import Environment, TemplateSyntaxError

EXTENDS = re.compile(r"""\s*(["'])([^"']*)\1\s*""")
NAME = re.compile(r"\s*(\w+)\s*")
# Two private use characters, removed from templates when they are loaded.
OPEN, CLOSE = "\ue010", "\ue011"
SLOT = re.compile(f"{OPEN}([0-9]+){CLOSE}")
SLOT_OR_COMMENT = re.compile(f"<!--{OPEN}([0-9]+){CLOSE}-->|{OPEN}([0-9]+){CLOSE}")


Lexeme = tuple[str, str]  # kind and source, as `Environment.lex` gives them


class TokenKind(Enum):
    """What a token is in the surrounding HTML."""

    TEXT = "text"
    VALUE = "value"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a template's source; `keyword` and `argument` are what a tag contains."""

    kind: TokenKind
    source: str
    line: int
    keyword: str = ""
    argument: str = ""


def tokenize(env: Environment, source: str) -> list[Token]:
    """Returns the tokens of `source`, without comments; raises TemplateSyntaxError."""
    tokens = []
    lexemes: list[Lexeme] = []
    for line, kind, value in env.lex(source):
        if kind == "raw_begin":
            raise TemplateSyntaxError("{% raw %} is not used in e-mails.", line)
        if kind == "data":
            tokens.append(Token(TokenKind.TEXT, value, line))
        elif not kind.startswith("comment"):
            lexemes.append((kind, value))
            if kind in ("block_end", "variable_end"):
                tokens.append(make_token(lexemes, line))
                lexemes = []
    return tokens


def make_token(lexemes: Sequence[Lexeme], line: int) -> Token:
    """Returns the value or tag that consists of `lexemes`, its brackets included."""
    source = "".join(value for _, value in lexemes)
    content = "".join(value for _, value in lexemes[1:-1]).strip()
    if lexemes[0][0] == "variable_begin":
        return Token(TokenKind.VALUE, source, line, argument=content)
    keyword, argument = [*content.split(None, 1), "", ""][:2]
    return Token(TokenKind.TAG, source, line, keyword, argument)


def layout_name(tokens: Sequence[Token]) -> str | None:
    """Returns the file that a template extends, or None."""
    for token in tokens:
        if token.keyword == "extends":
            match = EXTENDS.fullmatch(token.argument)
            if match is None:
                raise TemplateSyntaxError('Write {% extends "layout.html" %}.', token.line)
            return match[2]
    return None


Blocks = dict[str, list[list[Token]]]


def flatten(chain: Sequence[Sequence[Token]]) -> tuple[list[Token], Blocks]:
    """Returns mail and layouts as one template, and the bodies of every block, the mail's first."""
    bodies: Blocks = {}
    for tokens in chain:
        for name, body in iter_blocks(tokens):
            bodies.setdefault(name, []).append(body)
    return list(_expand(chain[-1], bodies)), bodies


def block_tokens(name: str, bodies: Blocks) -> list[Token]:
    """Returns the block `name` as the mail has it, with super() expanded."""
    return list(_expand(bodies[name][0], bodies, name, 0))


def iter_blocks(tokens: Sequence[Token]) -> Iterator[tuple[str, list[Token]]]:
    """Yields every block with its body, nested ones too."""
    seen = set()
    for index, token in enumerate(tokens):
        if token.keyword == "block":
            name = block_name(token)
            if name in seen:
                raise TemplateSyntaxError(f'There are two blocks "{name}".', token.line)
            seen.add(name)
            yield name, list(tokens[index + 1 : _block_end(tokens, index)])


def block_name(token: Token) -> str:
    """Returns the name in a `block` tag."""
    match = NAME.match(token.argument)
    return match[1] if match else ""


def _expand(
    tokens: Sequence[Token], bodies: Blocks, name: str = "", level: int = 0
) -> Iterator[Token]:
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.keyword == "block":
            block = block_name(token)
            yield from _expand(bodies[block][0], bodies, block, 0)
            index = _block_end(tokens, index)
        elif token.kind is TokenKind.VALUE and token.argument.replace(" ", "") == "super()":
            parent = bodies[name][level + 1 : level + 2] if name else []
            yield from _expand(parent[0] if parent else [], bodies, name, level + 1)
        elif token.keyword != "extends":
            yield token
        index += 1


def _block_end(tokens: Sequence[Token], start: int) -> int:
    depth = 0
    for index in range(start, len(tokens)):
        depth += {"block": 1, "endblock": -1}.get(tokens[index].keyword, 0)
        if depth == 0:
            return index
    raise TemplateSyntaxError("This block has no {% endblock %}.", tokens[start].line)


def mask(tokens: Sequence[Token]) -> str:
    """Returns the HTML with a numbered slot for each value and tag.

    Between elements a tag's slot is a comment: parsers move text out of tables.
    """
    html = ""
    for number, token in enumerate(tokens):
        if token.kind is TokenKind.TEXT:
            html += token.source
        elif token.kind is TokenKind.TAG and not _is_inside_tag_or_title(html):
            html += f"<!--{OPEN}{number}{CLOSE}-->"
        else:
            html += f"{OPEN}{number}{CLOSE}"
    return html


def _is_inside_tag_or_title(html: str) -> bool:
    opened = html.rfind("<")
    # The slot in a comment has both brackets too: the last bracket decides.
    return opened > html.rfind(">") or html.rfind("<title") > html.rfind("</title")


def unmask(html: str, tokens: Sequence[Token]) -> str:
    """Returns the source again: every slot replaced by its token."""
    return SLOT_OR_COMMENT.sub(lambda slot: tokens[int(slot[1] or slot[2])].source, html)


def join_source(tokens: Sequence[Token]) -> str:
    """Returns the source of `tokens`."""
    return "".join(token.source for token in tokens)


def join_lines(tokens: Sequence[Token]) -> str:
    """Returns the source of `tokens`, each on its line: for analysis, not for mails."""
    source, line = "", 1
    for token in tokens:
        missing = "\n" * (token.line - line)
        source += missing + token.source
        line += len(missing) + token.source.count("\n")
    return source


def fold_constants(tokens: Sequence[Token], constants: Mapping[str, str]) -> list[Token]:
    """Returns `tokens` with the values in `constants` (such as `theme.ink`) written out."""
    return [
        Token(TokenKind.TEXT, constants[token.argument], token.line)
        if token.kind is TokenKind.VALUE and token.argument in constants
        else token
        for token in tokens
    ]


def fold_branches(tokens: Sequence[Token], truth: Mapping[str, bool]) -> list[Token]:
    """Returns `tokens` with the chosen branch alone of each `if` whose conditions are all in
    `truth`, alone or joined by `or`.
    """
    folded: list[Token] = []
    index = 0
    while index < len(tokens):
        if tokens[index].keyword == "if":
            starts = _branch_starts(tokens, index)
            folded += _fold_if(tokens, starts, truth)
            index = starts[-1]
        else:
            folded.append(tokens[index])
        index += 1
    return folded


def _branch_starts(tokens: Sequence[Token], start: int) -> list[int]:
    """Where the tags of one `if` are, its `endif` last."""
    starts, depth = [], 0
    for index in range(start, len(tokens)):
        keyword = tokens[index].keyword
        depth += {"if": 1, "endif": -1}.get(keyword, 0)
        if (depth == 1 and keyword in ("if", "elif", "else")) or depth == 0:
            starts.append(index)
        if depth == 0:
            return starts
    raise TemplateSyntaxError("This if has no {% endif %}.", tokens[start].line)


def _fold_if(
    tokens: Sequence[Token], starts: Sequence[int], truth: Mapping[str, bool]
) -> Iterator[Token]:
    branches = list(pairwise(starts))
    conditions = [_truth_of(tokens[start], truth) for start, _ in branches]
    if None not in conditions:
        chosen = (branch for branch, holds in zip(branches, conditions, strict=True) if holds)
        start, end = next(chosen, (0, 0))
        yield from fold_branches(tokens[start + 1 : end], truth)
        return
    for start, end in branches:
        yield tokens[start]
        yield from fold_branches(tokens[start + 1 : end], truth)
    yield tokens[starts[-1]]


def _truth_of(token: Token, truth: Mapping[str, bool]) -> bool | None:
    """None where a condition is only known for each mail."""
    if token.keyword == "else":
        return True
    names = token.argument.split(" or ")
    return any(truth[name] for name in names) if all(name in truth for name in names) else None
