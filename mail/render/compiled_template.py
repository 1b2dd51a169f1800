"""A template made ready once: read, refused or accepted, flattened, inlined and compiled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes

from mail.render.css_inline import NotStaticError, inline_source
from mail.render.forbidden_constructs import find_forbidden
from mail.render.plain_text import footer_source, plain_text_source
from mail.render.sandbox_environment import SandboxEnvironment
from mail.render.template_loader import (
    TemplateFile,
    TemplateLoader,
    TemplateLoadError,
    TemplateMistake,
)
from mail.render.tokenizer import (
    Token,
    TokenKind,
    block_tokens,
    flatten,
    join_source,
    layout_name,
    tokenize,
)
from templates.language import Language

MAX_LAYOUTS = 4
# As many files and letters are remembered, each by its text: an edited one is another.
CACHE_SIZE = 100
# Two compilers: values are escaped in HTML, and stand as they are in subjects and texts.
TEXT_ENVIRONMENT = SandboxEnvironment(autoescape=False)
HTML_ENVIRONMENT = SandboxEnvironment(autoescape=True)


@dataclass(frozen=True, slots=True)
class ParsedTemplate:
    """One file of a letter: the mail itself, or a layout it extends."""

    source_file: TemplateFile
    tokens: list[Token]
    tree: nodes.Template


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """All of a letter that is the same for everyone."""

    subject: Template
    html: Template
    is_inlined: bool  # else each mail is inlined on its own
    text: Template
    content: Template | None  # only where each mail's text is made from its HTML


def compile_template(loader: TemplateLoader, name: str, language: Language) -> CompiledTemplate:
    """The template called `name`, ready to be filled in; raises TemplateLoadError."""
    return compile_files(template_files(loader, name), language)


@lru_cache(CACHE_SIZE)
def compile_files(files: tuple[TemplateFile, ...], language: Language) -> CompiledTemplate:
    """One e-mail out of `files` (the mail, then its layouts); raises TemplateLoadError."""
    chain = [parse_template(source_file) for source_file in files]
    for parsed in chain:
        for line, sentence in find_forbidden(parsed.tree):
            raise TemplateLoadError(TemplateMistake(parsed.source_file.path, line, sentence))
    try:
        return _compile(chain, language)
    except (TemplateError, RecursionError, SyntaxError, KeyError) as error:
        sentence = f"This template cannot be used: {error}."
        raise TemplateLoadError(TemplateMistake(chain[0].source_file.path, 0, sentence)) from error


def template_files(loader: TemplateLoader, name: str) -> tuple[TemplateFile, ...]:
    """The mail's file and the layouts under it."""
    return tuple(parsed.source_file for parsed in template_chain(loader, name))


def template_chain(loader: TemplateLoader, name: str) -> list[ParsedTemplate]:
    """The mail and the layouts under it."""
    parsed = [parse_template(loader.load(name))]
    while layout := layout_name(parsed[-1].tokens):
        layout_file = loader.load(layout.removesuffix(".html"))
        if len(parsed) == MAX_LAYOUTS or any(
            layout_file.path == template.source_file.path for template in parsed
        ):
            line = next(token.line for token in parsed[-1].tokens if token.keyword == "extends")
            sentence = f'"{layout}" extends itself in a circle.'
            raise TemplateLoadError(TemplateMistake(parsed[-1].source_file.path, line, sentence))
        parsed.append(parse_template(layout_file))
    return parsed


@lru_cache(CACHE_SIZE)
def parse_template(source_file: TemplateFile) -> ParsedTemplate:
    """The file taken apart, or Unreadable."""
    try:
        return ParsedTemplate(
            source_file,
            tokenize(HTML_ENVIRONMENT, source_file.source),
            HTML_ENVIRONMENT.parse(source_file.source),
        )
    except TemplateSyntaxError as error:
        mistake = TemplateMistake(
            source_file.path, error.lineno, error.message or "This is not Jinja."
        )
        raise TemplateLoadError(mistake) from error
    except RecursionError as error:
        raise TemplateLoadError(
            TemplateMistake(source_file.path, 0, "This nests too deeply.")
        ) from error


def _compile(chain: Sequence[ParsedTemplate], language: Language) -> CompiledTemplate:
    tokens, bodies = flatten([parsed.tokens for parsed in chain])
    html, is_inlined = _html_source(tokens)
    text, content = _text_source(block_tokens("content", bodies))
    return CompiledTemplate(
        subject=TEXT_ENVIRONMENT.from_string(
            join_source(_join_lines(block_tokens("subject", bodies)))
        ),
        html=HTML_ENVIRONMENT.from_string(html),
        is_inlined=is_inlined,
        text=TEXT_ENVIRONMENT.from_string(text + footer_source(language)),
        content=None if content is None else HTML_ENVIRONMENT.from_string(content),
    )


def _html_source(tokens: Sequence[Token]) -> tuple[str, bool]:
    try:
        return inline_source(tokens), True
    except NotStaticError:
        return join_source(tokens), False


def _text_source(content: Sequence[Token]) -> tuple[str, str | None]:
    try:
        return plain_text_source(content), None
    except NotStaticError:
        return "", join_source(content)


def _join_lines(tokens: Sequence[Token]) -> list[Token]:
    """The file's own line breaks are not the subject's; those in a value are, and are refused."""
    return [
        Token(token.kind, " ".join(f"|{token.source}|".split())[1:-1], token.line)
        if token.kind is TokenKind.TEXT
        else token
        for token in tokens
    ]
