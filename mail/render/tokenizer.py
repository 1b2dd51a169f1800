"""A template cut into pieces: plain text, `{{ values }}` and `{% tags %}`.

Cutting lets one mail and its layout become one source, and lets the HTML around the pieces be read
by code that knows nothing of Jinja.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from jinja2 import Environment, TemplateSyntaxError

EXTENDS = re.compile(r"""\s*(["'])([^"']*)\1\s*""")
NAME = re.compile(r"\s*(\w+)\s*")
# Two letters of the private use area: no keyboard makes them, so no template holds them.
OPEN, CLOSE = "\ue010", "\ue011"
SLOT = re.compile(f"{OPEN}([0-9]+){CLOSE}")
SLOT_OR_COMMENT = re.compile(f"<!--{OPEN}([0-9]+){CLOSE}-->|{OPEN}([0-9]+){CLOSE}")


class Kind(Enum):
    """What a piece is to someone who reads the HTML around it."""

    TEXT = "text"
    VALUE = "value"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of a template's source; `word` and `rest` are what stands inside a tag."""

    kind: Kind
    source: str
    line: int
    word: str = ""
    rest: str = ""


def cut(env: Environment, source: str) -> list[Piece]:
    """The pieces of a source, comments left out."""
    pieces = []
    held: list[tuple[str, str]] = []
    for line, kind, value in env.lex(source):
        if kind == "raw_begin":
            raise TemplateSyntaxError("{% raw %} is not used in e-mails.", line)
        if kind == "data":
            pieces.append(Piece(Kind.TEXT, value, line))
        elif not kind.startswith("comment"):
            held.append((kind, value))
            if kind in ("block_end", "variable_end"):
                pieces.append(_piece(held, line))
                held = []
    return pieces


def _piece(held: list[tuple[str, str]], line: int) -> Piece:
    source = "".join(value for _, value in held)
    inside = "".join(value for _, value in held[1:-1]).strip()
    if held[0][0] == "variable_begin":
        return Piece(Kind.VALUE, source, line, rest=inside)
    word, rest = [*inside.split(None, 1), "", ""][:2]
    return Piece(Kind.TAG, source, line, word, rest)


def layout_name(pieces: Sequence[Piece]) -> str | None:
    """The file this one extends, or None where it stands alone."""
    for piece in pieces:
        if piece.word == "extends":
            match = EXTENDS.fullmatch(piece.rest)
            if match is None:
                raise TemplateSyntaxError('Write {% extends "layout.html" %}.', piece.line)
            return match[2]
    return None


Blocks = dict[str, list[list[Piece]]]


def flat(chain: Sequence[Sequence[Piece]]) -> tuple[list[Piece], Blocks]:
    """One source out of a mail and its layouts, and every block's bodies, the mail's own first."""
    bodies: Blocks = {}
    for pieces in chain:
        for name, body in blocks(pieces):
            bodies.setdefault(name, []).append(body)
    return list(_filled(chain[-1], bodies)), bodies


def block(name: str, bodies: Blocks) -> list[Piece]:
    """One block as the mail has it, with what it takes over by super()."""
    return list(_filled(bodies[name][0], bodies, name, 0))


def blocks(pieces: Sequence[Piece]) -> Iterator[tuple[str, list[Piece]]]:
    """Every block with its body, blocks inside blocks as well."""
    met = set()
    for place, piece in enumerate(pieces):
        if piece.word == "block":
            name = block_name(piece)
            if name in met:
                raise TemplateSyntaxError(f'There are two blocks "{name}".', piece.line)
            met.add(name)
            yield name, list(pieces[place + 1 : _end(pieces, place)])


def block_name(piece: Piece) -> str:
    match = NAME.match(piece.rest)
    return match[1] if match else ""


def _filled(
    pieces: Sequence[Piece], bodies: Blocks, name: str = "", level: int = 0
) -> Iterator[Piece]:
    place = 0
    while place < len(pieces):
        piece = pieces[place]
        if piece.word == "block":
            inner = block_name(piece)
            yield from _filled(bodies[inner][0], bodies, inner, 0)
            place = _end(pieces, place)
        elif piece.kind is Kind.VALUE and piece.rest.replace(" ", "") == "super()":
            above = bodies[name][level + 1 : level + 2] if name else []
            yield from _filled(above[0] if above else [], bodies, name, level + 1)
        elif piece.word != "extends":
            yield piece
        place += 1


def _end(pieces: Sequence[Piece], start: int) -> int:
    depth = 0
    for place in range(start, len(pieces)):
        depth += {"block": 1, "endblock": -1}.get(pieces[place].word, 0)
        if depth == 0:
            return place
    raise TemplateSyntaxError("This block has no {% endblock %}.", pieces[start].line)


def hidden(pieces: Sequence[Piece]) -> str:
    """The HTML with a numbered slot for each value and tag.

    Between elements a tag's slot is a comment: there a word could be moved out of a table.
    """
    html = ""
    for number, piece in enumerate(pieces):
        if piece.kind is Kind.TEXT:
            html += piece.source
        elif piece.kind is Kind.TAG and not _inside_a_tag_or_title(html):
            html += f"<!--{OPEN}{number}{CLOSE}-->"
        else:
            html += f"{OPEN}{number}{CLOSE}"
    return html


def _inside_a_tag_or_title(html: str) -> bool:
    opened = html.rfind("<")
    # A comment's slot opens and closes too, so the last bracket tells.
    return opened > html.rfind(">") or html.rfind("<title") > html.rfind("</title")


def restored(html: str, pieces: Sequence[Piece]) -> str:
    """The source again: every slot replaced by the piece it stood for."""
    return SLOT_OR_COMMENT.sub(lambda slot: pieces[int(slot[1] or slot[2])].source, html)


def source_of(pieces: Sequence[Piece]) -> str:
    return "".join(piece.source for piece in pieces)
