"""The mistakes that `check` finds in a template."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mail.render.mail_facts import PARTS
from mail.render.renderer import Renderer, RenderError
from mail.render.sample_facts import POINTS
from templates.language import ENGLISH
from tests.mail.people import (
    CARTLESS,
    WELL_KNOWN,
    mistakes_in,
    note,
    only_mistake_in,
    own_renderer,
)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{{ costumer.first_name }}", '"costumer" is not known. Did you mean "customer"?'),
        ("{{ shop.nam }}", 'shop has no "nam". Did you mean "name"?'),
        (
            "{% for l in cart.lines %}{{ l.titel }}{% endfor %}",
            'l has no "titel". Did you mean "title"?',
        ),
        (
            "{% for l in cart.lines %}{{ loop.idx }}{% endfor %}",
            'A loop has no "idx". Did you mean "index"?',
        ),
        ("{{ shop.name | uper }}", 'There is no filter "uper". Did you mean "upper"?'),
        (
            "{% if shop.name is defind %}{% endif %}",
            'There is no test "is defind". Did you mean "defined"?',
        ),
        (
            "{{ cart.lines }}",
            "cart.lines is not one word to print. It is a list: write a for loop.",
        ),
        (
            "{{ cart.lines.title }}",
            "cart.lines is a list: write a for loop, or cart.lines[0].title.",
        ),
        (
            "{{ customer }}",
            "customer is not one word to print. It has: first_name, visits, favourite, my.",
        ),
        (
            "{{ customer.favourite }}",
            "customer.favourite is not known for everyone: ask first, {% if customer.favourite %}.",
        ),
        (
            "{% for line in cart.lines %}{{ line.picture }}{% endfor %}",
            "line.picture is not known for everyone: ask first, {% if line.picture %}.",
        ),
        (
            "{{ with.treat }}",
            (
                "The rule that sends this gives no treat: write it under `with`, "
                "or ask first, {% if with.treat %}."
            ),
        ),
        (
            '{% include "x.html" %}',
            "A letter is one file: write the text here instead of {% include %}.",
        ),
        (
            "{{ shop.name | safe }}",
            (
                '"| safe" is not used in letters: values are always escaped, '
                "so that no customer's name can break a letter."
            ),
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_explained_in_one_sentence(
    tmp_path: Path, content: str, sentence: str
) -> None:
    assert only_mistake_in(tmp_path, content) == sentence


def test_a_cart_is_not_printed_by_a_rule_without_one(tmp_path: Path) -> None:
    assert only_mistake_in(tmp_path, "{{ cart.total }}", available_parts=()) == (
        "The rule that sends this has no cart: its `when` is about none."
    )
    assert (
        mistakes_in(tmp_path, note("{% if cart %}{{ cart.total }}{% endif %}"), available_parts=())
        == []
    )
    content = "{% if cart and cart.total %}{{ cart.total }}{% endif %}"
    assert mistakes_in(tmp_path, note(content), available_parts=()) == []


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("{{ points.balance }}", "points"),
        ("{{ answer.day }}", "answer"),
        ("{{ birthday.day }}", "birthday"),
    ],
)
def test_a_part_is_not_printed_by_a_rule_about_something_else(
    tmp_path: Path, content: str, part: str
) -> None:
    sentence = only_mistake_in(tmp_path, content)
    assert sentence == f"The rule that sends this has no {part}: its `when` is about none."
    assert mistakes_in(tmp_path, note(content), available_parts={part}) == []
    assert mistakes_in(tmp_path, note(f"{{% if {part} %}}{content}{{% endif %}}")) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{{ points.balence }}", 'points has no "balence". Did you mean "balance"?'),
        ("{{ poins.balance }}", '"poins" is not known. Did you mean "points"?'),
        ("{{ answer.word }}", 'answer has no "word". Did you mean "words"?'),
        (
            "{{ points.reward }}",
            "points.reward is not known for everyone: ask first, {% if points.reward %}.",
        ),
        (
            "{{ answer.words }}",
            "answer.words is not known for everyone: ask first, {% if answer.words %}.",
        ),
        ("{{ birthday }}", "birthday is not one word to print. It has: day."),
    ],
)
def test_a_mistake_in_a_part_is_explained(tmp_path: Path, content: str, sentence: str) -> None:
    assert only_mistake_in(tmp_path, content, available_parts=PARTS) == sentence


def test_a_notice_without_its_date_is_not_written(tmp_path: Path) -> None:
    assert mistakes_in(tmp_path, note("{{ points.expires_on }}"), available_parts={"points"}) == []
    endless = replace(WELL_KNOWN, points=replace(POINTS, expires_on=None))
    with pytest.raises(RenderError, match=r"points\.expires_on is not known for this customer"):
        Renderer(None, ENGLISH).render("points-expiring", endless)


def test_what_the_rule_gives_can_be_printed(tmp_path: Path) -> None:
    assert mistakes_in(tmp_path, note("{{ with.treat }}"), with_=("treat",)) == []


@pytest.mark.parametrize(
    "guarded",
    [
        "{% if with.treat %}{{ with.treat }}{% endif %}",
        "{% if with.treat is defined %}{{ with.treat }}{% endif %}",
        "{% if not with.treat %}{% else %}{{ with.treat }}{% endif %}",
        "{% if with.treat is none %}{% else %}{{ with.treat }}{% endif %}",
        "{% if customer.visits and with.treat %}{{ with.treat }}{% endif %}",
        "{% if not with.treat or not customer.visits %}{% else %}{{ with.treat }}{% endif %}",
        "{% if 0 %}{% elif with.treat %}{{ with.treat }}{% endif %}",
        "{% if not with.treat %}{% elif 1 %}{{ with.treat }}{% endif %}",
        "{{ with.treat if with.treat }}",
        "{{ with.treat | default('a smile') }}",
        "{% if with.treat == 'cake' %}{{ with.treat }}{% endif %}",
        "{% if with['treat'] %}{{ with.treat }}{% endif %}",
    ],
)
def test_what_was_asked_first_can_be_printed(tmp_path: Path, guarded: str) -> None:
    assert mistakes_in(tmp_path, note(guarded)) == []


@pytest.mark.parametrize(
    "unguarded",
    [
        "{% if with.treat or customer.visits %}{{ with.treat }}{% endif %}",
        "{% if with.treat %}{% else %}{{ with.treat }}{% endif %}",
        "{% if with.treat %}{% endif %}{{ with.treat }}",
        "{% set t = with.treat %}{{ t }}",
        "{% if with.treat | upper %}{% endif %}",
    ],
)
def test_what_was_not_asked_first_is_found(tmp_path: Path, unguarded: str) -> None:
    assert "gives no treat" in only_mistake_in(tmp_path, unguarded)


def test_all_mistakes_come_at_once_with_their_lines(tmp_path: Path) -> None:
    source = note("<p>\n{{ shop.nam }}\n{{ reson }}\n</p>")
    assert mistakes_in(tmp_path, source) == [
        '2: shop has no "nam". Did you mean "name"?',
        '3: "reson" is not known. Did you mean "reason"?',
    ]


def test_a_syntax_mistake_has_its_line(tmp_path: Path) -> None:
    [sentence] = mistakes_in(tmp_path, note("<p>\n\n{% if customer.visits %}</p>"))
    assert sentence.startswith("3: ")


def test_a_missing_block_is_named(tmp_path: Path) -> None:
    source = '{% extends "layout.html" %}{% block contnet %}x{% endblock %}'
    assert mistakes_in(tmp_path, source) == [
        '1: The layout has no block "contnet". Did you mean "content"?',
        "0: There is no {% block subject %}.",
        "0: There is no {% block content %}.",
    ]


def test_words_outside_the_blocks_are_found(tmp_path: Path) -> None:
    assert mistakes_in(tmp_path, note("x") + "\n\nGoodbye") == [
        "1: This stands outside every block, so nobody would see it."
    ]


def test_a_layout_without_what_the_law_wants_is_found(tmp_path: Path) -> None:
    layout = "{% block subject %}{% endblock %}{% block content %}{% endblock %}{{ reason }}"
    mistakes = own_renderer(tmp_path, layout=layout, note=note("x")).find_mistakes(
        "note", available_parts=(), with_=()
    )
    assert [mistake.message for mistake in mistakes] == [
        "The letter does not show the shop's postal address: {{ shop.postal_address }}.",
        'The letter does not show a link to unsubscribe: <a href="{{ unsubscribe_url }}">.',
    ]
    assert {mistake.file for mistake in mistakes} == {tmp_path / "layout.html"}


def test_a_layout_that_extends_itself_is_found(tmp_path: Path) -> None:
    renderer = own_renderer(tmp_path, layout='{% extends "layout.html" %}', note=note("x"))
    [mistake] = renderer.find_mistakes("note", available_parts=(), with_=())
    assert mistake.message == '"layout.html" extends itself in a circle.'


def test_a_layout_between_mail_and_layout_works(tmp_path: Path) -> None:
    wide = '{% extends "layout.html" %}{% block content %}<p>Above</p>'
    wide += "{% block words %}{% endblock %}{% endblock %}"
    mail = (
        note("<p>mine</p>").replace("layout", "layout-wide").replace("block content", "block words")
    )
    mail += "{% block preheader %}{{ super() }}{% endblock %}"
    renderer = own_renderer(tmp_path, layout_wide=wide, note=mail)
    assert renderer.render("note", CARTLESS).text.startswith("Above\n\nmine\n")


def test_super_takes_over_the_layouts_words(tmp_path: Path) -> None:
    wide = '{% extends "layout.html" %}{% block content %}<p>Above</p>{% endblock %}'
    mail = note("{{ super() }}<p>mine</p>").replace("layout", "layout-wide")
    renderer = own_renderer(tmp_path, layout_wide=wide, note=mail)
    assert renderer.find_mistakes("note", available_parts=(), with_=()) == []
    assert renderer.render("note", CARTLESS).text.startswith("Above\n\nmine\n")


def test_a_block_written_twice_is_found(tmp_path: Path) -> None:
    twice = note("x") + "{% block content %}y{% endblock %}"
    assert "content" in " ".join(mistakes_in(tmp_path, twice))


def test_a_file_that_is_not_utf8_is_found(tmp_path: Path) -> None:
    (tmp_path / "note.html").write_bytes(note("Olá").encode("latin-1"))
    [mistake] = Renderer(tmp_path, ENGLISH).find_mistakes("note", available_parts=(), with_=())
    assert mistake.message == "This file is not saved as UTF-8."
