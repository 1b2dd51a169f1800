"""Letters: a template and a person's facts become a subject, an HTML part and a text part."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Template, TemplateError
from markupsafe import escape

from mail.render.check import mistakes
from mail.render.compiled_template import (
    REMEMBERED,
    Prepared,
    files_of,
    prepare,
    prepared,
    sheet_of,
)
from mail.render.css_inline import inlined
from mail.render.facts import PARTS, AnswerFacts, CartFacts, CartLine, CustomerFacts, Facts
from mail.render.plain_text import text_of, tidy
from mail.render.sample_facts import sample_facts
from mail.render.sandbox_environment import Missing, Turns
from mail.render.template_loader import Shelf, TemplateFile, TemplateMistake, Unreadable
from settings.errors import Trouble

__all__ = ["CannotWrite", "Letter", "Letters", "TemplateMistake"]

# Gmail hides what comes after 102 kB of HTML, and the unsubscribe link with it.
LARGEST_PART = 100_000
LONGEST_SUBJECT = 200
TOO_LARGE = f"it grows beyond {LARGEST_PART // 1000} kB"
# Letters first; then what names are written with. Strangers sign up as "http://…" to be mailed on.
NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .'’\u0300-\u036f\u200c\u200d-]){0,39}")
WEB_ADDRESS = re.compile(r"https?://[^\s\"<>\\]+")
# Mail programs make a link of all that looks like one: "spam.example" is enough.
LINK = re.compile(r"://|\w@\w|\w\.[^\W\d_]{2}")

# All that a template can do wrong for one person; the next person's letter is not touched by it.
FAILURES = (Unreadable, TemplateError, ArithmeticError, LookupError, TypeError, ValueError)


class CannotWrite(Trouble):
    """This letter cannot be written for this person; carries the sentence that says why."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as its reader gets it."""

    subject: str
    html: str
    text: str


class Letters:
    """The shop's templates. Each file is read once: make another to see an edited one."""

    def __init__(self, own: Path | None) -> None:
        self._shelf = Shelf(own)
        self._prepared: dict[str, Prepared] = {}

    def names(self) -> list[str]:
        """The templates a rule can send."""
        return self._shelf.names()

    def mistakes(
        self, name: str, *, has: Collection[str], with_: Collection[str]
    ) -> list[TemplateMistake]:
        """What must be mended before a rule that gives these facts can send this template.

        `has` names the parts the rule is about ("cart", "points", "answer", "birthday"), `with_`
        the words it gives by itself.
        """
        try:
            files = files_of(self._shelf, name)
        except Unreadable as wrong:
            return [wrong.mistake]
        return list(_mistakes(name, files, frozenset(has), frozenset(with_)))

    def write(self, name: str, facts: Facts) -> Letter:
        """The letter for this person, or CannotWrite."""
        try:
            ready = self._ready(name)
        except FAILURES as wrong:
            raise _cannot(name, wrong) from wrong
        return _letter(name, ready, facts)

    def _ready(self, name: str) -> Prepared:
        if name not in self._prepared:
            self._prepared[name] = prepare(self._shelf, name)
        return self._prepared[name]


@lru_cache(REMEMBERED)
def _mistakes(
    name: str, files: tuple[TemplateFile, ...], has: frozenset[str], with_: frozenset[str]
) -> tuple[TemplateMistake, ...]:
    found = mistakes([sheet_of(file) for file in files], has=has, with_=with_)
    if found:
        return tuple(found)
    wrong = _failing(name, prepared(files), sample_facts(has=has, with_=with_))
    return (TemplateMistake(files[0].path, 0, str(wrong)),) if wrong else ()


def _failing(name: str, ready: Prepared, people: Iterable[Facts]) -> CannotWrite | None:
    """What is wrong for the first person for whom it fails, though each of its words is known."""
    for facts in people:
        try:
            _letter(name, ready, facts)
        except CannotWrite as wrong:
            return wrong
    return None


def _letter(name: str, ready: Prepared, facts: Facts) -> Letter:
    try:
        letter = _written(ready, variables(facts))
    except FAILURES as wrong:
        raise _cannot(name, wrong) from wrong
    if escape(facts.unsubscribe_url) not in letter.html:
        raise CannotWrite(f"{name} cannot be written: it does not show its unsubscribe link.")
    return letter


def _cannot(name: str, wrong: Exception) -> CannotWrite:
    return CannotWrite(f"{name} cannot be written: {_sentence(wrong)}")


def variables(facts: Facts) -> dict[str, Any]:
    """The closed set of words that a template may use."""
    return {
        "shop": facts.shop,
        "customer": _greetable(facts.customer),
        **{name: _part(facts, name) for name in PARTS},
        "with": dict(facts.with_),
        "reason": facts.reason,
        "unsubscribe_url": facts.unsubscribe_url,
    }


def _part(facts: Facts, name: str) -> Any:
    """What the rule is about, as far as a letter may show it."""
    match getattr(facts, name):
        case None:
            return Missing(name=name)
        case CartFacts() as cart:
            return _web_links_only(cart)
        case AnswerFacts() as answer:
            return _quotable(answer)
        case part:
            return part


def _written(ready: Prepared, known: Mapping[str, Any]) -> Letter:
    html = _filled(ready.html, known)
    text = _filled(ready.text, known)
    if ready.content is not None:
        text = text_of(_filled(ready.content, known)) + text
    if not ready.inlined:
        html = inlined(html)
    if len(html.encode()) > LARGEST_PART:
        raise ValueError(TOO_LARGE)
    return Letter(_subject(_filled(ready.subject, known)), html, tidy(text))


def _filled(template: Template, known: Mapping[str, Any]) -> str:
    """The template filled in, stopped as soon as it grows too large."""
    context = template.new_context({**known, Turns.KEY: Turns()})
    parts = []
    size = 0
    for part in template.root_render_func(context):
        size += len(part)
        if size > LARGEST_PART:
            raise ValueError(TOO_LARGE)
        parts.append(part)
    return "".join(parts)


def _subject(written: str) -> str:
    subject = written.strip()
    if not subject:
        raise ValueError("its subject is empty")
    if len(subject) > LONGEST_SUBJECT:
        raise ValueError(f"its subject is longer than {LONGEST_SUBJECT} letters")
    if any(ord(letter) < 32 or letter in "\x7f\x85\u2028\u2029" for letter in subject):
        raise ValueError("its subject holds a line break")
    return subject


def _greetable(customer: CustomerFacts) -> CustomerFacts:
    """A name that no person has (a link, a dash, a line of advertising) is not known."""
    name = customer.first_name
    if name is None or NAME.fullmatch(name):
        return customer
    return replace(customer, first_name=None)


def _quotable(answer: AnswerFacts) -> AnswerFacts:
    """Words that hold a link are not sent on: who wrote them may not be who receives them."""
    words = (answer.words or "").strip()
    return replace(answer, words=None if LINK.search(words) else words or None)


def _web_links_only(cart: CartFacts) -> CartFacts:
    """A link that is no web address is refused; such a picture is left out."""
    if cart.url is not None and not WEB_ADDRESS.fullmatch(cart.url):
        raise ValueError(f"cart.url is not a web address: {cart.url!r}")
    odd = any(line.picture and not WEB_ADDRESS.fullmatch(line.picture) for line in cart.lines)
    if not odd:
        return cart
    return replace(cart, lines=tuple(_with_web_picture(line) for line in cart.lines))


def _with_web_picture(line: CartLine) -> CartLine:
    if line.picture and WEB_ADDRESS.fullmatch(line.picture):
        return line
    return replace(line, picture=None)


def _sentence(wrong: Exception) -> str:
    words = str(wrong).lstrip("_") or type(wrong).__name__
    return words if words.endswith((".", "?", "!")) else f"{words}."
