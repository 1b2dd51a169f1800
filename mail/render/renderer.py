"""Renders e-mails: template and facts become subject, HTML part and text part."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import TemplateError
from markupsafe import escape

from mail.render.check import find_mistakes
from mail.render.compiled_template import (
    CACHE_SIZE,
    CompiledTemplate,
    TemplateSources,
    compile_footer,
    compile_html,
    compile_sources,
    compile_template,
    template_chain,
    template_sources,
)
from mail.render.css_inline import inline_css
from mail.render.digest import DIGEST_LAYOUT, DigestPart, digest_subject, digest_variables
from mail.render.layout_facts import layout_variables
from mail.render.mail_facts import (
    PARTS,
    AnswerFacts,
    CartFacts,
    CartLine,
    CustomerFacts,
    MailFacts,
    OwnColumns,
)
from mail.render.plain_text import html_to_text, tidy_text
from mail.render.sample_facts import sample_facts
from mail.render.sandbox_environment import MissingFact
from mail.render.template_limits import MAX_OUTPUT_BYTES, TOO_LARGE, fill
from mail.render.template_loader import (
    TemplateLoader,
    TemplateLoadError,
    TemplateMistake,
)
from mail.render.template_uses import TemplateUses, find_uses
from settings.brand.appearance import PLAIN, Appearance
from settings.errors import RegularsError
from settings.text.hidden_characters import without_hidden_characters
from shop.types.person_name import greeting_name
from templates.language import Language

__all__ = ["RenderError", "RenderedMail", "Renderer", "TemplateMistake"]

MAX_SUBJECT = 200
TOO_DEEP = "This nests too deeply."
# Without user@ before the host: it would make another shop's address look like this one's.
WEB_ADDRESS = re.compile(r"https?://[^\s\"<>\\/?#@]+(?:[/?#][^\s\"<>\\]*)?")
# Mail programs turn anything like a domain into a link: "spam.example" is enough.
LINK = re.compile(r"://|\w@\w|\w\.[^\W\d_]{2}")
# What is an address where a template puts it into `href` or `src`.
SCHEME = re.compile(r"\s*(?:javascript|vbscript|data|file|mailto|tel|sms|cid):", re.IGNORECASE)

# What a template can raise for one recipient, without effect on the next.
RENDER_FAILURES = (
    TemplateLoadError,
    TemplateError,
    ArithmeticError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class RenderError(RegularsError):
    """A mail that cannot be rendered for this recipient; the message says why."""


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """Subject, HTML part and text part."""

    subject: str
    html: str
    text: str


class Renderer:
    """The templates of one shop, from its own folder and the languages of its customers, in its
    `appearance`.

    A mail is written in the `language` of the shop unless its facts have another one. Each file is
    read once: make another renderer to see an edited file.
    """

    def __init__(
        self, own_folder: Path | None, language: Language, appearance: Appearance = PLAIN
    ) -> None:
        self._language = language
        self._appearance = appearance
        self._loader = TemplateLoader(own_folder, language)
        self._cache: dict[tuple[str, str], CompiledTemplate] = {}
        self._mail_languages: dict[tuple[str, Language], Language] = {}

    def template_names(self) -> list[str]:
        """Returns the names of the templates that a rule can send."""
        return self._loader.template_names()

    def mail_language(self, name: str, wanted: Language) -> Language:
        """Returns the language of the mail `name` to somebody who reads `wanted`: the shop's where
        there is no such mail in theirs.
        """
        key = name, wanted
        if key not in self._mail_languages:
            self._mail_languages[key] = self._loader.mail_language(name, wanted)
        return self._mail_languages[key]

    def find_mistakes(
        self,
        name: str,
        *,
        available_parts: Collection[str],
        with_: Collection[str],
        own_columns: Collection[str] = (),
    ) -> list[TemplateMistake]:
        """Returns the mistakes that keep a rule from sending the template `name`.

        `available_parts` are the facts of the rule's event ("cart", "points", "answer",
        "birthday"), `with_` the names of the values that the rule gives, `own_columns` those of
        the owner's own columns in templates.
        """
        known = frozenset(available_parts), frozenset(with_), frozenset(own_columns)
        mistakes: list[TemplateMistake] = []
        try:
            for language in self._languages_of(name):
                sources = template_sources(self._loader, name, language)
                mistakes += _cached_mistakes(name, sources, known, language, self._appearance)
        except TemplateLoadError as error:
            return [error.mistake]
        return list(dict.fromkeys(mistakes))

    def _languages_of(self, name: str) -> list[Language]:
        """The shop's language, and those in which it has written the mail `name` besides."""
        codes = self._loader.own_languages(name)
        return [self._language, *(Language(code, self._language.root) for code in codes)]

    def find_uses(self, name: str) -> TemplateUses:
        """Returns which facts the template `name` uses; raises `TemplateLoadError`."""
        return find_uses(template_chain(self._loader, name, self._language))

    def render(self, name: str, facts: MailFacts) -> RenderedMail:
        """Returns the mail of template `name` for one recipient; raises RenderError."""
        language = self._language_of(facts)
        try:
            compiled = self._compiled(name, language)
        except RENDER_FAILURES as error:
            raise _render_error(name, error) from error
        return _render(name, compiled, facts, language, self._appearance)

    def render_digest(self, mails: Sequence[tuple[str, MailFacts]]) -> RenderedMail:
        """Returns one mail out of `mails` to one recipient, each a template with its facts.

        The content of each stands under its subject, in their order; the unsubscribe link is that
        of the first. Raises RenderError, also where a template has no block `content`.
        """
        if len({self._language_of(facts).code for _, facts in mails}) > 1:
            raise RenderError("Mails in several languages do not go as one.")
        try:
            parts = [self._part_of_digest(name, facts) for name, facts in mails]
            return self._render_digest(parts, [facts for _, facts in mails])
        except RENDER_FAILURES as error:
            raise _render_error(DIGEST_LAYOUT, error) from error

    def _part_of_digest(self, name: str, facts: MailFacts) -> DigestPart:
        compiled, variables = self._compiled(name, self._language_of(facts)), self._variables(facts)
        return DigestPart(
            _subject(fill(compiled.subject, variables)),
            fill(compile_html(compiled.body), variables),
        )

    def _render_digest(
        self, parts: Sequence[DigestPart], facts: Sequence[MailFacts]
    ) -> RenderedMail:
        reasons = dict.fromkeys(each.reason for each in facts)
        common = replace(facts[0], reason=" ".join(reasons))
        variables = self._variables(common) | digest_variables(parts)
        language = self._language_of(common)
        compiled = self._compiled(DIGEST_LAYOUT, language)
        html = inline_css(fill(compile_html(compiled.page), variables))
        if len(html.encode()) > MAX_OUTPUT_BYTES:
            raise ValueError(TOO_LARGE)
        content = fill(compile_html(compiled.body), variables)
        text = html_to_text(content) + fill(compile_footer(language.plain), variables)
        subject = digest_subject([part.subject for part in parts], language)
        return RenderedMail(subject, html, tidy_text(text, language))

    def _variables(self, facts: MailFacts) -> dict[str, Any]:
        return template_variables(facts, self._language_of(facts), self._appearance)

    def _language_of(self, facts: MailFacts) -> Language:
        return facts.language or self._language

    def _compiled(self, name: str, language: Language | None = None) -> CompiledTemplate:
        language = language or self._language
        key = name, language.code
        if key not in self._cache:
            self._cache[key] = compile_template(
                self._loader, name, language.plain, self._appearance
            )
        return self._cache[key]


@lru_cache(CACHE_SIZE)
def _cached_mistakes(
    name: str,
    sources: TemplateSources,
    known: tuple[frozenset[str], frozenset[str], frozenset[str]],
    language: Language,
    appearance: Appearance,
) -> tuple[TemplateMistake, ...]:
    path = sources.files[0].path
    available_parts, with_, own_columns = known
    try:
        problems = find_mistakes(
            sources,
            available_parts=available_parts,
            with_=with_,
            own_columns=own_columns,
            language=language,
            appearance=appearance,
        )
    except RecursionError:
        problems = [TemplateMistake(path, 0, TOO_DEEP)]
    if problems:
        return tuple(problems)
    compiled = compile_sources(sources, language, appearance)
    samples = sample_facts(
        available_parts=available_parts, with_=with_, own_columns=own_columns, language=language
    )
    for facts in samples:
        try:
            _render(name, compiled, facts, language, appearance)
        except RenderError as error:
            return (TemplateMistake(path, 0, str(error)),)
    return ()


def _render(
    name: str,
    compiled: CompiledTemplate,
    facts: MailFacts,
    language: Language,
    appearance: Appearance,
) -> RenderedMail:
    try:
        mail = _fill_parts(compiled, template_variables(facts, language, appearance), language)
    except RENDER_FAILURES as error:
        raise _render_error(name, error) from error
    if escape(facts.unsubscribe_url) not in mail.html:
        raise RenderError(f"{name} cannot be written: it does not show its unsubscribe link.")
    return mail


def _render_error(name: str, error: Exception) -> RenderError:
    return RenderError(f"{name} cannot be written: {_as_sentence(error)}")


def template_variables(
    facts: MailFacts, language: Language, appearance: Appearance = PLAIN
) -> dict[str, Any]:
    """The closed set of variables of a template, amounts as `language` writes them."""
    return {
        **layout_variables(language, appearance, sender_name=facts.shop.sender_name),
        "shop": facts.shop,
        "customer": _as_shown(facts.customer),
        **{name: _part(facts, name, language) for name in PARTS},
        "with": dict(facts.with_),
        "reason": facts.reason,
        "unsubscribe_url": facts.unsubscribe_url,
    }


def _part(facts: MailFacts, name: str, language: Language) -> Any:
    """A part of the facts, as far as a mail may show it."""
    match getattr(facts, name):
        case None:
            return MissingFact(name=name)
        case CartFacts() as cart:
            return _in_language(_with_web_links(cart), language)
        case AnswerFacts() as answer:
            return _with_quotable_words(answer)
        case part:
            return part


def _fill_parts(
    compiled: CompiledTemplate, variables: Mapping[str, Any], language: Language
) -> RenderedMail:
    html = fill(compiled.html, variables)
    text = fill(compiled.text, variables)
    if compiled.content is not None:
        text = html_to_text(fill(compiled.content, variables)) + text
    if not compiled.is_inlined:
        html = inline_css(html)
    if len(html.encode()) > MAX_OUTPUT_BYTES:
        raise ValueError(TOO_LARGE)
    subject = _subject(fill(compiled.subject, variables))
    return RenderedMail(subject, html, tidy_text(text, language))


def _subject(rendered: str) -> str:
    subject = rendered.strip()
    if not subject:
        raise ValueError("its subject is empty")
    if len(subject) > MAX_SUBJECT:
        raise ValueError(f"its subject is longer than {MAX_SUBJECT} letters")
    if any(ord(character) < 32 or character in "\x7f\x85\u2028\u2029" for character in subject):
        raise ValueError("its subject holds a line break")
    return subject


def _as_shown(customer: CustomerFacts) -> CustomerFacts:
    """Drops what is no first name, and values with a link: spammers sign up with one as their
    name, and may have typed what stands in an owner's column.
    """
    own = OwnColumns({name: value for name, value in customer.my.items() if not _is_link(value)})
    return replace(customer, first_name=greeting_name(customer.first_name), my=own)


def _is_link(value: str) -> bool:
    visible = without_hidden_characters(value)  # as it will be printed
    return bool(LINK.search(visible) or SCHEME.match(visible))


def _with_quotable_words(answer: AnswerFacts) -> AnswerFacts:
    """Drops an answer with a link: its author may not be the recipient."""
    words = without_hidden_characters(answer.words or "").strip()  # they could hide a link
    return replace(answer, words=None if LINK.search(words) else words or None)


def _in_language(cart: CartFacts, language: Language) -> CartFacts:
    lines = (replace(line, total=line.total.in_language(language)) for line in cart.lines)
    more_total = cart.more_total.in_language(language) if cart.more_total else None
    total = cart.total.in_language(language)
    return replace(cart, lines=tuple(lines), total=total, more_total=more_total)


def _with_web_links(cart: CartFacts) -> CartFacts:
    """Refuses a cart link that is no web address; such a picture is left out."""
    if cart.url is not None and not WEB_ADDRESS.fullmatch(cart.url):
        raise ValueError(f"cart.url is not a web address: {cart.url!r}")
    has_invalid_picture = any(
        line.picture and not WEB_ADDRESS.fullmatch(line.picture) for line in cart.lines
    )
    if not has_invalid_picture:
        return cart
    return replace(cart, lines=tuple(_with_web_picture(line) for line in cart.lines))


def _with_web_picture(line: CartLine) -> CartLine:
    if line.picture and WEB_ADDRESS.fullmatch(line.picture):
        return line
    return replace(line, picture=None)


def _as_sentence(error: Exception) -> str:
    message = str(error).lstrip("_") or type(error).__name__
    return message if message.endswith((".", "?", "!")) else f"{message}."
