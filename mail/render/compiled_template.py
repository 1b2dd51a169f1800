"""A template made ready once: read, refused or accepted, flattened, inlined and compiled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes

from mail.render.css_inline import NotOnce, inlined_source
from mail.render.forbidden_constructs import refusals
from mail.render.plain_text import ENDING, text_source
from mail.render.sandbox_environment import Dialect
from mail.render.template_loader import Shelf, TemplateFile, TemplateMistake, Unreadable
from mail.render.tokenizer import Kind, Piece, block, cut, flat, layout_name, source_of

DEEPEST_CHAIN = 4
# As many files and letters are remembered, each by its text: an edited one is another.
REMEMBERED = 100
# Two compilers: values are escaped in HTML, and stand as they are in subjects and texts.
PLAIN = Dialect(autoescape=False)
HTML = Dialect(autoescape=True)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file of a letter: the mail itself, or a layout it extends."""

    file: TemplateFile
    pieces: list[Piece]
    tree: nodes.Template


@dataclass(frozen=True, slots=True)
class Prepared:
    """All of a letter that is the same for everyone."""

    subject: Template
    html: Template
    inlined: bool  # else each mail is inlined on its own
    text: Template
    content: Template | None  # only where each mail's text is made from its HTML


def prepare(shelf: Shelf, name: str) -> Prepared:
    """The named template, ready to be filled in, or Unreadable."""
    return prepared(files_of(shelf, name))


@lru_cache(REMEMBERED)
def prepared(files: tuple[TemplateFile, ...]) -> Prepared:
    """A letter of these files, or Unreadable."""
    sheets = [sheet_of(file) for file in files]
    for sheet in sheets:
        for line, sentence in refusals(sheet.tree):
            raise Unreadable(TemplateMistake(sheet.file.path, line, sentence))
    try:
        return _compiled(sheets)
    except (TemplateError, RecursionError, SyntaxError, KeyError) as wrong:
        sentence = f"This template cannot be used: {wrong}."
        raise Unreadable(TemplateMistake(sheets[0].file.path, 0, sentence)) from wrong


def files_of(shelf: Shelf, name: str) -> tuple[TemplateFile, ...]:
    """The mail's file and the layouts under it."""
    return tuple(sheet.file for sheet in chain(shelf, name))


def chain(shelf: Shelf, name: str) -> list[Sheet]:
    """The mail and the layouts under it."""
    sheets = [sheet_of(shelf.take(name))]
    while layout := layout_name(sheets[-1].pieces):
        taken = shelf.take(layout.removesuffix(".html"))
        if len(sheets) == DEEPEST_CHAIN or any(taken.path == s.file.path for s in sheets):
            line = next(piece.line for piece in sheets[-1].pieces if piece.word == "extends")
            sentence = f'"{layout}" extends itself in a circle.'
            raise Unreadable(TemplateMistake(sheets[-1].file.path, line, sentence))
        sheets.append(sheet_of(taken))
    return sheets


@lru_cache(REMEMBERED)
def sheet_of(file: TemplateFile) -> Sheet:
    """The file taken apart, or Unreadable."""
    try:
        return Sheet(file, cut(HTML, file.source), HTML.parse(file.source))
    except TemplateSyntaxError as wrong:
        mistake = TemplateMistake(file.path, wrong.lineno, wrong.message or "This is not Jinja.")
        raise Unreadable(mistake) from wrong
    except RecursionError as wrong:
        raise Unreadable(TemplateMistake(file.path, 0, "This nests too deeply.")) from wrong


def _compiled(sheets: Sequence[Sheet]) -> Prepared:
    whole, bodies = flat([sheet.pieces for sheet in sheets])
    html, once = _html_source(whole)
    text, content = _text_source(block("content", bodies))
    return Prepared(
        subject=PLAIN.from_string(source_of(_on_one_line(block("subject", bodies)))),
        html=HTML.from_string(html),
        inlined=once,
        text=PLAIN.from_string(text + ENDING),
        content=None if content is None else HTML.from_string(content),
    )


def _html_source(whole: Sequence[Piece]) -> tuple[str, bool]:
    try:
        return inlined_source(whole), True
    except NotOnce:
        return source_of(whole), False


def _text_source(content: Sequence[Piece]) -> tuple[str, str | None]:
    try:
        return text_source(content), None
    except NotOnce:
        return "", source_of(content)


def _on_one_line(pieces: Sequence[Piece]) -> list[Piece]:
    """The file's own line breaks are not the subject's; those in a value are, and are refused."""
    return [
        Piece(piece.kind, " ".join(f"|{piece.source}|".split())[1:-1], piece.line)
        if piece.kind is Kind.TEXT
        else piece
        for piece in pieces
    ]
