"""Everything that a template may use is documented."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from mail.render.check import REQUIRED_BLOCKS
from mail.render.compiled_template import HTML_ENVIRONMENT
from mail.render.components import parse_components
from mail.render.mail_facts import PARTS, CartLine, CustomerFacts, MailFacts, ShopFacts
from mail.render.sandbox_environment import ALLOWED_FILTERS, ALLOWED_TESTS, LOOP_ATTRIBUTES
from mail.render.template_loader import TemplateLoader
from templates.language import ENGLISH, LAYOUTS
from tests.docs.pages import code_words, read_page

PAGE = read_page("docs/templates.md")
BLOCK = re.compile(r"{% block (\w+) %}")


def variables() -> list[str]:
    below = {"shop": ShopFacts, "customer": CustomerFacts, **PARTS}
    parts = [f"{word}.{fact.name}" for word, kind in below.items() for fact in fields(kind)]
    top_level = [
        fact_field.name
        for fact_field in fields(MailFacts)
        if fact_field.name not in {*below, "with_"}
    ]
    return [
        *parts,
        *top_level,
        *(fact.name for fact in fields(CartLine)),
        "with.…",
        "with.valid_until",
    ]


@pytest.mark.parametrize("word", variables())
def test_every_variable_is_documented(word: str) -> None:
    assert word in code_words(PAGE)


@pytest.mark.parametrize("name", sorted(ALLOWED_FILTERS))
def test_every_filter_is_documented(name: str) -> None:
    assert name in code_words(PAGE)


@pytest.mark.parametrize("name", sorted(ALLOWED_TESTS))
def test_every_test_is_documented(name: str) -> None:
    assert f"is {name}" in code_words(PAGE)


@pytest.mark.parametrize("word", sorted(LOOP_ATTRIBUTES))
def test_every_word_of_a_loop_is_documented(word: str) -> None:
    assert f"loop.{word}" in code_words(PAGE)


def test_every_block_is_documented() -> None:
    blocks = {*BLOCK.findall((LAYOUTS / "layout.html").read_text()), *REQUIRED_BLOCKS}
    assert blocks <= code_words(PAGE)


@pytest.mark.parametrize("name", TemplateLoader(None, ENGLISH).template_names())
def test_every_packaged_mail_is_documented(name: str) -> None:
    assert name in code_words(PAGE)
    assert name in code_words(read_page("docs/rules.md"))


def test_every_component_is_documented() -> None:
    names = parse_components(HTML_ENVIRONMENT, (LAYOUTS / "components.html").read_text())
    documented = {word.partition("(")[0] for word in code_words(PAGE)}
    assert names.keys() <= documented
