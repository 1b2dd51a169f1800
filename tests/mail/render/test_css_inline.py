"""Inlining a template once gives the same as inlining each mail, or is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from jinja2 import Template

from mail.render.compiled_template import HTML_ENVIRONMENT, template_chain
from mail.render.css_inline import NotStaticError, inline_css, inline_source
from mail.render.mail_facts import MailFacts
from mail.render.renderer import Renderer, template_variables
from mail.render.template_limits import fill
from mail.render.template_loader import TemplateLoader
from mail.render.tokenizer import flatten, join_source, tokenize
from templates.language import ENGLISH
from tests.mail.people import ANY_FACTS, CARTLESS, NAMELESS, WITH_CART, note, own_renderer

RENDERER = Renderer(None, ENGLISH)


class Parts(HTMLParser):
    """Elements and texts, independent of white space and quotation marks."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[tuple[str, ...]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "tbody":
            self.seen.append((tag, *(f"{name}={value}" for name, value in sorted(attrs))))

    def handle_endtag(self, tag: str) -> None:
        if tag != "tbody":
            self.seen.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if words and self.seen and self.seen[-1][0] == "text":
            self.seen[-1] = ("text", f"{self.seen[-1][1]} {words}")
        elif words:
            self.seen.append(("text", words))


def inlined_per_mail(name: str, facts: MailFacts, loader: TemplateLoader) -> str:
    """The mail with its CSS inlined after rendering."""
    tokens, _ = flatten([sheet.tokens for sheet in template_chain(loader, name, ENGLISH)])
    return inline_css(fill(compile_source(join_source(tokens)), template_variables(facts, ENGLISH)))


@cache
def compile_source(source: str) -> Template:
    """Cached: compiling takes half of the time of an example."""
    return HTML_ENVIRONMENT.from_string(source)


@pytest.mark.parametrize("name", RENDERER.template_names())
@given(facts=ANY_FACTS)
def test_once_is_the_same_as_each_time(name: str, facts: MailFacts) -> None:
    facts = replace(facts, reason=facts.reason or "You said yes.")
    html = fill(RENDERER._compiled(name).html, template_variables(facts, ENGLISH))
    assert (
        Parts(html).seen == Parts(inlined_per_mail(name, facts, TemplateLoader(None, ENGLISH))).seen
    )


@pytest.mark.parametrize("name", RENDERER.template_names())
def test_the_packaged_mails_are_inlined_once(name: str) -> None:
    assert RENDERER._compiled(name).is_inlined


def test_media_queries_stay_and_come_after_the_charset() -> None:
    html = RENDERER.render("we-miss-you", CARTLESS).html
    assert html.count("<style>") == 1
    assert "@media (prefers-color-scheme: dark)" in html
    assert html.index("<meta charset") < 200 < html.index("<style>")


def test_every_rule_stands_on_its_element() -> None:
    html = RENDERER.render("cart-reminder", WITH_CART).html
    outside_media = html.partition("<style>")[0] + html.partition("</style>")[2]
    assert 'class="button" href="https://cornercafe.example/cart/42" style="' in outside_media
    assert ".items" not in outside_media


REFUSED = {
    "a class that depends on a value": '<p class="{{ shop.name }}">x</p>',
    "a style that depends on a value": '<p style="color: {{ shop.name }}">x</p>',
    "an attribute that comes and goes": "<p {% if cart %}class='button'{% endif %}>x</p>",
    "a branch that opens what it leaves open": ("{% if cart %}<div>{% endif %}x"
    "{% if cart %}</div>{% endif %}"),
    "a branch that begins in an attribute": '<p title="{% if cart %}x">y{% endif %}</p>',
    "HTML that the parser would mend": "<p><table class='items'><tr><td>x</td></tr></table></p>",
    "a paragraph left open": "<p>x",
    "words between rows": ("<table>{% if cart %}<tr><td>x</td></tr>{% endif %}"
    "{{ shop.name }}</table>"),
    "crossed elements": "<p><b>x</p></b>",
    "a stray end": "</div>x",
    "rules on neighbours": ("<style>p + p { color: red }</style>"
    "<p>x</p>{% if cart %}<p>y</p>{% endif %}"),
    "rules on places": ("<style>p:first-child { color: red }</style>"
    "{% if cart %}<p>y</p>{% endif %}"),
    "rules on attributes": ('<style>a[href^="https"] { color: red }</style>'
    '<a href="{{ cart.url }}">y</a>'),
    "values in rules": "<style>p { color: {{ shop.name }} }</style><p>y</p>",
    # The parser adds one to every table, indistinguishable from those in the source.
    "a table's own body": "<table><tbody><tr><td>x</td></tr></tbody></table>",
    "a row in another table's branch": ("<table><tr>{% if cart %}<td>a</td></tr><tr>"
    "{% endif %}<td>b</td></tr></table>"),
}  # fmt: skip


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_inlined_once_is_inlined_each_time(tmp_path: Path, content: str) -> None:
    renderer = own_renderer(tmp_path, note=note(content))
    assert not renderer._compiled("note").is_inlined
    for facts in (WITH_CART, NAMELESS):
        per_mail = inlined_per_mail("note", facts, TemplateLoader(tmp_path, ENGLISH))
        assert renderer.render("note", facts).html == per_mail
        assert 'class="shop" align="left" style="' in per_mail


ACCEPTED = {
    "branches around whole elements": ("{% if cart %}<p>a</p>{% elif shop.name %}<p>b</p>"
    "{% else %}<div>c</div>{% endif %}"),
    "branches within words": "<p>Hello{% if cart %}, you{% endif %}</p>",
    "branches within an attribute": ('<a href="{% if cart %}{{ cart.url }}'
    '{% else %}#{% endif %}">x</a>'),
    "loops over rows": ("<table>{% for l in cart.lines %}<tr><td>{{ l.title }}</td></tr>"
    "{% endfor %}</table>"),
    "Jinja's own signs in quotes": "<p>{{ '%}' }}{{ '<p>' }}</p>",
    "comments of both kinds": "<!-- a --><p>{# b #}x</p>",
    "a bracket in an attribute": '<img alt="a > b" src="https://x.example/a.png">',
}  # fmt: skip


@pytest.mark.parametrize("content", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_ordinary_letters_are_inlined_once(tmp_path: Path, content: str) -> None:
    renderer = own_renderer(tmp_path, note=note(content))
    assert renderer._compiled("note").is_inlined
    per_mail = inlined_per_mail("note", WITH_CART, TemplateLoader(tmp_path, ENGLISH))
    assert Parts(renderer.render("note", WITH_CART).html).seen == Parts(per_mail).seen


def test_a_reason_is_given_for_a_refusal() -> None:
    with pytest.raises(NotStaticError, match="the look of <p> depends on a value"):
        inline_source(tokenize(HTML_ENVIRONMENT, '<p class="{{ shop.name }}">x</p>'))
