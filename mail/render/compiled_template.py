"""Compiles a template once for all mails: components expanded, checked, flattened, inlined."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes

from mail.render.components import Component, expand_components, parse_components
from mail.render.css_inline import NotStaticError, inline_source
from mail.render.forbidden_constructs import find_forbidden
from mail.render.layout_facts import constants, known_conditions
from mail.render.plain_text import footer_source, plain_text_source
from mail.render.sandbox_environment import SandboxEnvironment
from mail.render.template_limits import TemplateLimitError, check_tree
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
    fold_branches,
    fold_constants,
    iter_blocks,
    join_lines,
    join_source,
    layout_name,
    tokenize,
)
from settings.brand.appearance import Appearance
from templates.language import Language

MAX_LAYOUTS = 4
# What is one space in a subject. Others, as the narrow one before a French question mark, stay.
SPACES = re.compile(r"[ \t\n\r]+")
# Entries in each cache; the key is the text, so an edited file is another entry.
CACHE_SIZE = 100
# Values are escaped in HTML, but not in subjects and plain text.
TEXT_ENVIRONMENT = SandboxEnvironment(autoescape=False)
HTML_ENVIRONMENT = SandboxEnvironment(autoescape=True)


@dataclass(frozen=True, slots=True)
class TemplateSources:
    """The files of one mail: its own and those of its layouts, in this order; and of components,
    the shop's own first.
    """

    files: tuple[TemplateFile, ...]
    components: tuple[TemplateFile, ...]


@dataclass(frozen=True, slots=True)
class ParsedTemplate:
    """One file: the mail itself, or a layout that it extends; its components are expanded."""

    source_file: TemplateFile
    tokens: list[Token]
    tree: nodes.Template


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """Everything of an e-mail that is the same for all recipients."""

    subject: Template
    html: Template
    is_inlined: bool  # else the CSS of each mail is inlined
    text: Template
    content: Template | None  # set where the text part is made from each mail's HTML
    # Sources of what only digests need, with the CSS not inlined (`compile_html`).
    page: str
    body: str  # the block `content`


def compile_template(
    loader: TemplateLoader, name: str, language: Language, appearance: Appearance
) -> CompiledTemplate:
    """The template called `name` in `language`, ready to be filled in; raises TemplateLoadError."""
    return compile_sources(template_sources(loader, name, language), language, appearance)


@lru_cache(CACHE_SIZE)
def compile_sources(
    sources: TemplateSources, language: Language, appearance: Appearance
) -> CompiledTemplate:
    """One e-mail out of its `sources`; raises TemplateLoadError."""
    chain = parse_sources(sources)
    for parsed in chain:
        for line, sentence in find_forbidden(parsed.tree):
            raise TemplateLoadError(TemplateMistake(parsed.source_file.path, line, sentence))
    try:
        return _compile(chain, language, appearance)
    except (TemplateError, TemplateLimitError, RecursionError, SyntaxError, KeyError) as error:
        sentence = f"This template cannot be used: {error}."
        raise TemplateLoadError(TemplateMistake(chain[0].source_file.path, 0, sentence)) from error


@lru_cache(CACHE_SIZE)
def compile_html(source: str) -> Template:
    """Returns the template with this `source`, which values are escaped in."""
    return HTML_ENVIRONMENT.from_string(source)


@lru_cache(CACHE_SIZE)
def compile_footer(language: Language) -> Template:
    """Returns what follows the content in every text part."""
    return TEXT_ENVIRONMENT.from_string(footer_source(language))


def template_sources(loader: TemplateLoader, name: str, language: Language) -> TemplateSources:
    """Returns the files of the mail called `name` in `language`; raises TemplateLoadError."""
    files = tuple(parsed.source_file for parsed in template_chain(loader, name, language))
    return TemplateSources(files, loader.component_files())


def parse_sources(sources: TemplateSources) -> list[ParsedTemplate]:
    """Returns the files of a mail parsed; raises TemplateLoadError."""
    return [parse_template(file, sources.components) for file in sources.files]


def template_chain(loader: TemplateLoader, name: str, language: Language) -> list[ParsedTemplate]:
    """Returns the mail called `name` and its layouts, parsed; raises TemplateLoadError."""
    components = loader.component_files()
    parsed = [parse_template(loader.load(name, language), components)]
    while layout := layout_name(parsed[-1].tokens):
        layout_file = loader.load(layout.removesuffix(".html"), language)
        if len(parsed) == MAX_LAYOUTS or any(
            layout_file.path == template.source_file.path for template in parsed
        ):
            line = next(token.line for token in parsed[-1].tokens if token.keyword == "extends")
            sentence = f'"{layout}" extends itself in a circle.'
            raise TemplateLoadError(TemplateMistake(parsed[-1].source_file.path, line, sentence))
        parsed.append(parse_template(layout_file, components))
    return parsed


@lru_cache(CACHE_SIZE)
def parse_template(
    source_file: TemplateFile, component_files: tuple[TemplateFile, ...]
) -> ParsedTemplate:
    """Returns the tokens and Jinja's tree of a file; raises TemplateLoadError."""
    components = _components(component_files)
    try:
        tokens = tokenize(HTML_ENVIRONMENT, source_file.source)
        tokens = expand_components(HTML_ENVIRONMENT, tokens, components)
        tree = HTML_ENVIRONMENT.parse(join_lines(tokens))
        check_tree(tree)
        return ParsedTemplate(source_file, tokens, tree)
    except TemplateLimitError as error:
        mistake = TemplateMistake(source_file.path, error.line, f"{error}.")
        raise TemplateLoadError(mistake) from error
    except TemplateSyntaxError as error:
        mistake = TemplateMistake(
            source_file.path, error.lineno, error.message or "This is not Jinja."
        )
        raise TemplateLoadError(mistake) from error
    except RecursionError as error:
        raise TemplateLoadError(
            TemplateMistake(source_file.path, 0, "This nests too deeply.")
        ) from error


@lru_cache(CACHE_SIZE)
def _components(files: tuple[TemplateFile, ...]) -> Mapping[str, Component]:
    """The components of all `files`; the first file that has one wins."""
    components: dict[str, Component] = {}
    for file in reversed(files):
        try:
            components |= parse_components(HTML_ENVIRONMENT, file.source)
        except TemplateSyntaxError as error:
            mistake = TemplateMistake(file.path, error.lineno, error.message or "No Jinja.")
            raise TemplateLoadError(mistake) from error
    return components


def _compile(
    chain: Sequence[ParsedTemplate], language: Language, appearance: Appearance
) -> CompiledTemplate:
    code = _language_code(chain) or language.code
    values = constants(code, appearance)
    flat, bodies = flatten([fold_constants(parsed.tokens, values) for parsed in chain])
    known = known_conditions(appearance)
    tokens, content_tokens = fold_branches(flat, known), block_tokens("content", bodies)
    content_tokens = fold_branches(content_tokens, known)
    html, is_inlined = _html_source(tokens)
    text, content = _text_source(content_tokens)
    return CompiledTemplate(
        subject=TEXT_ENVIRONMENT.from_string(
            join_source(_join_lines(block_tokens("subject", bodies)))
        ),
        html=HTML_ENVIRONMENT.from_string(html),
        is_inlined=is_inlined,
        text=TEXT_ENVIRONMENT.from_string(text + footer_source(language)),
        content=None if content is None else HTML_ENVIRONMENT.from_string(content),
        page=join_source(tokens),
        body=join_source(content_tokens),
    )


def _language_code(chain: Sequence[ParsedTemplate]) -> str:
    """What the first block `language` says; empty where it is that of the layout, a value."""
    bodies = (
        body
        for parsed in chain
        for name, body in iter_blocks(parsed.tokens)
        if name == "language" and all(token.kind is TokenKind.TEXT for token in body)
    )
    return join_source(next(bodies, [])).strip()


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
    """Line breaks of the file do not belong to the subject; those in a value are refused."""
    return [
        Token(token.kind, SPACES.sub(" ", token.source), token.line)
        if token.kind is TokenKind.TEXT
        else token
        for token in tokens
    ]
