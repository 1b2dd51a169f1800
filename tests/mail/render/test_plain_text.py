"""The text part is readable, and made from the HTML."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from jinja2 import Template

from mail.render.compiled_template import HTML_ENVIRONMENT, TEXT_ENVIRONMENT, template_chain
from mail.render.mail_facts import MailFacts
from mail.render.plain_text import footer_source, html_to_text, tidy_text
from mail.render.renderer import Renderer, template_variables
from mail.render.sample_facts import PICTURE
from mail.render.template_limits import fill
from mail.render.template_loader import TemplateLoader
from mail.render.tokenizer import block_tokens, flatten, join_source, tokenize
from templates.language import ENGLISH
from tests.mail.people import (
    ANY_FACTS,
    CARTLESS,
    NAMELESS,
    WITH_CART,
    note,
    own_renderer,
    render_note,
)

RENDERER = Renderer(None, ENGLISH)
FOOTER_TEXT = """
Ana
Corner Café

You get this because you said yes at our till on 3 May.
Corner Café, Rua das Flores 12, 1200-192 Lisboa
Unsubscribe: https://mail.cornercafe.example/u/1.abc.def
"""


def test_the_cart_reminder_as_text() -> None:
    assert RENDERER.render("cart-reminder", WITH_CART).text == (
        """Your basket is still here, Clara

You left something in your basket, so I kept it for you. Nothing was charged.

2 × Granola   €11.00
1 × Oat milk   €2.50
Total   €13.50

Back to my basket: https://cornercafe.example/cart/42

Is there anything you would like to ask first? Just reply, it comes straight to me.
"""
        + FOOTER_TEXT
    )


def test_we_miss_you_as_text() -> None:
    treat = {"treat": "a coffee", "valid_until": "14 June"}
    assert RENDERER.render("we-miss-you", replace(CARTLESS, with_=treat)).text == (
        """Hello Clara,

It has been a while, we think. If we only missed each other, forgive me. \
Your usual, Flat White, is still here, and so are we.

The next time you come by, have a coffee on us: just show this mail. Yours until 14 June.

Write to Ana: ana@cornercafe.example
"""
        + FOOTER_TEXT
    )


def test_we_miss_you_without_a_name_or_a_treat_as_text() -> None:
    assert RENDERER.render("we-miss-you", replace(NAMELESS, cart=None)).text == (
        """Hello,

It has been a while, we think. If we only missed each other, forgive me. \
We are still here, and would be glad to see you.

Write to Ana: ana@cornercafe.example
"""
        + FOOTER_TEXT
    )


WRITTEN = {
    "paragraphs": ("<p>One</p><p>Two</p>", "One\n\nTwo"),
    "lines": ("<div>One</div><div>Two<br>Three</div>", "One\nTwo\nThree"),
    "two breaks": ("One<br><br>Two", "One\n\nTwo"),
    "many breaks": ("<p>One</p><br><h2>Two</h2><hr><p></p><p>Three</p>", "One\n\nTwo\n\nThree"),
    "spaces of the file": ("<p>\n  One\n  two three\n</p>", "One two three"),
    "no-break spaces": ("<p>One&nbsp;: 5&#8239;000&nbsp;€</p>", "One\xa0: 5\u202f000\xa0€"),
    "a paragraph as a gap": ("<p>One</p><p>&nbsp;</p><p>Two</p>", "One\n\nTwo"),
    "a list": ("<p>Both:</p><ul><li>Tea</li><li>Cake</li></ul>", "Both:\n\n- Tea\n- Cake"),
    "a link": (
        '<p>See <a href="https://x.example/a?b=1&amp;c=2">the menu</a>.</p>',
        "See the menu: https://x.example/a?b=1&c=2.",
    ),
    "a link that is its own label": (
        '<a href="https://x.example">https://x.example</a>',
        "https://x.example",
    ),
    "a mailbox": ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
    "a link of one picture": ('<a href="https://x.example"><img alt=""></a>', "https://x.example"),
    "a button in a sentence": (
        '<p>Now <a class="button" href="https://x.example">Go</a> there</p>',
        "Now\n\nGo: https://x.example\n\nthere",
    ),
    "a table": (
        (
            "<table><tr><th>What</th><th>Price</th></tr>"
            "<tr><td> Tea </td><td></td><td>€2</td></tr></table>"
        ),
        "What   Price\nTea   €2",
    ),
    "a picture with words": (
        '<p><img alt="Our oven" src="https://x.example/o.jpg"></p>',
        "Our oven",
    ),
    "entities": ("<p>Fish &amp; chips &lt;3 &euro;5</p>", "Fish & chips <3 €5"),
    "entities that look like Jinja": ("<p>&#123;&#123; reason &#125;&#125;</p>", "{{ reason }}"),
    "braces": ("<p>{ one } and }}</p>", "{ one } and }}"),
    "styles and comments": ("<style>p {}</style><!-- not me --><p>One</p>", "One"),
    "a branch": (
        "{% if cart %}<p>One</p>{% else %}<p>Two</p>{% endif %}<p>Three</p>",
        "One\n\nThree",
    ),
    "a branch not taken": ("<p>a {% if not cart %}b{% endif %} c</p>", "a c"),
    "values as they are": ("<p>{{ '<b> & co' }}</p>", "<b> & co"),
}


@pytest.mark.parametrize(("html", "text"), WRITTEN.values(), ids=WRITTEN.keys())
def test_html_as_text(tmp_path: Path, html: str, text: str) -> None:
    renderer = own_renderer(tmp_path, note=note(html))
    assert renderer._compiled("note").content is None
    assert renderer.render("note", WITH_CART).text == text + "\n" + FOOTER_TEXT


ODD = {
    "an end in another branch": (
        "<p>One{% if cart %}</p><p>{% endif %}Two</p>",
        "One\n\nTwo",
    ),
    "a link that opens in a branch": (
        '{% if cart %}<a href="{{ cart.url }}">{% else %}<a href="#">{% endif %}Basket</a>',
        "Basket: https://cornercafe.example/cart/42",
    ),
    "crossed elements": ("<p><b>One</p></b><p>Two &amp; three</p>", "One\n\nTwo & three"),
}


@pytest.mark.parametrize(("html", "text"), ODD.values(), ids=ODD.keys())
def test_odd_html_is_read_from_each_mail(tmp_path: Path, html: str, text: str) -> None:
    renderer = own_renderer(tmp_path, note=note(html))
    assert renderer._compiled("note").content is not None
    assert renderer.render("note", WITH_CART).text == text + "\n" + FOOTER_TEXT


FOOTER_TEMPLATE = TEXT_ENVIRONMENT.from_string(footer_source(ENGLISH))


@cache
def content_of(name: str) -> Template:
    """The content block; cached, because compiling takes most of an example's time."""
    _, bodies = flatten(
        [sheet.tokens for sheet in template_chain(TemplateLoader(None, ENGLISH), name, ENGLISH)]
    )
    return HTML_ENVIRONMENT.from_string(join_source(block_tokens("content", bodies)))


@pytest.mark.parametrize("name", RENDERER.template_names())
@given(facts=ANY_FACTS)
def test_once_reads_as_each_mail_would(name: str, facts: MailFacts) -> None:
    html = fill(content_of(name), template_variables(facts, ENGLISH))
    ending = fill(FOOTER_TEMPLATE, template_variables(facts, ENGLISH))
    text = tidy_text(fill(RENDERER._compiled(name).text, template_variables(facts, ENGLISH)))
    assert text == tidy_text(html_to_text(html) + ending)


def test_a_sender_named_like_the_shop_signs_once() -> None:
    shop = replace(CARTLESS.shop, sender_name="Corner Café")
    text = RENDERER.render("we-miss-you", replace(CARTLESS, shop=shop)).text
    assert "\n\nCorner Café\n\nYou get this" in text


def test_a_pictures_address_is_not_text() -> None:
    assert PICTURE not in RENDERER.render("cart-reminder", WITH_CART).text


def test_a_line_break_in_a_value_makes_no_line(tmp_path: Path) -> None:
    facts = replace(CARTLESS, with_={"treat": "a\n\ncoffee"})
    assert render_note(tmp_path, "<p>{{ with.treat }}</p>", facts).text.startswith("a coffee\n")


def test_cutting_keeps_every_letter_of_a_template() -> None:
    source = "<p>{{ shop.name }} {% if cart %}x{% endif %}</p>\n"
    assert join_source(tokenize(HTML_ENVIRONMENT, source)) == source.rstrip("\n")
