"""Components: the pieces of HTML that templates use by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from mail.render.mail_facts import PARTS
from mail.render.renderer import Renderer
from templates.language import ENGLISH, language
from tests.mail.people import CARTLESS, WITH_CART, note, own_renderer

OWN = "{% macro hint(words, tone='quiet') %}<p>{{ tone }}: {{ words }}</p>{% endmacro %}"

OWN_LAYOUT = """<!doctype html>
<html lang="{% block language %}en{% endblock %}">
<head>
<title>{% block subject %}{% endblock %}</title>
<style>
  .letter a { color: #7a3b1d; }
  a.button { display: inline-block; padding: 13px 24px; background: #7a3b1d; color: #ffffff; }
  .items td { padding: 10px 0; }
</style>
</head>
<body>
<div class="preheader">{% block preheader %}{% endblock %}</div>
<table role="presentation"><tr><td class="letter">
{% block content %}{% endblock %}
</td></tr></table>
<p>{{ reason }}</p>
{% if shop.postal_address %}<p>{{ shop.name }}, {{ shop.postal_address }}</p>{% endif %}
{% if unsubscribe_url %}<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>{% endif %}
</body>
</html>
"""


def note_text(folder: Path, content: str, components: str = OWN) -> str:
    renderer = own_renderer(folder, note=note(content), components=components)
    assert renderer.find_mistakes("note", available_parts=("cart",), with_=()) == []
    return renderer.render("note", WITH_CART).text.partition("\n\nAna\n")[0]


def mistakes(folder: Path, content: str, components: str = OWN) -> list[str]:
    renderer = own_renderer(folder, note=note(content), components=components)
    found = renderer.find_mistakes("note", available_parts=("cart",), with_=())
    return [f"{mistake.line}: {mistake.message}" for mistake in found]


def test_arguments_take_the_place_of_parameters(tmp_path: Path) -> None:
    assert note_text(tmp_path, "{{ hint('Hello ' ~ shop.name) }}") == "quiet: Hello Corner Café"
    assert note_text(tmp_path, "{{ hint(tone='loud', words=cart.total) }}") == "loud: €13.50"


def test_an_argument_is_escaped(tmp_path: Path) -> None:
    renderer = own_renderer(tmp_path, note=note("{{ hint('<b>') }}"), components=OWN)
    assert "quiet: &lt;b&gt;" in renderer.render("note", CARTLESS).html


def test_a_component_may_use_another(tmp_path: Path) -> None:
    two = OWN + "{% macro both(a, b) %}{{ hint(a) }}{{ hint(words=b, tone='so') }}{% endmacro %}"
    assert note_text(tmp_path, "{{ both('One', 'Two') }}", two) == "quiet: One\n\nso: Two"


def test_what_may_be_missing_needs_a_guard_within_the_component(tmp_path: Path) -> None:
    content = "<p>x</p>\n{{ hint(customer.first_name) }}"
    [mistake] = mistakes(tmp_path, content)
    assert mistake.startswith("2: customer.first_name is not known for everyone")
    guarded = "{% macro hint(words) %}{% if words %}<p>{{ words }}</p>{% endif %}{% endmacro %}"
    assert mistakes(tmp_path, content, guarded) == []


@pytest.mark.parametrize(
    "call", ["hint()", "hint('a', 'b', 'c')", "hint('a', words='b')", "hint(who='a')", "hint(,)"]
)
def test_wrong_arguments_are_named_with_their_line(tmp_path: Path, call: str) -> None:
    sentence = '2: Write hint(words, tone="quiet").'
    assert mistakes(tmp_path, f"\n{{{{ {call} }}}}") == [sentence]


def test_a_component_that_uses_itself_is_refused(tmp_path: Path) -> None:
    [mistake] = mistakes(tmp_path, "{{ a() }}", "{% macro a() %}{{ a() }}{% endmacro %}")
    assert mistake == "1: a is used too often, or uses itself."


def test_components_cannot_grow_without_limit(tmp_path: Path) -> None:
    many = "{% macro a() %}{{ shop.name }}{% endmacro %}"
    for name, inner in ("b", "a"), ("c", "b"), ("d", "c"):
        calls = f"{{{{ {inner}() }}}}" * 50
        many += f"{{% macro {name}() %}}{calls}{{% endmacro %}}"
    [mistake] = mistakes(tmp_path, "{{ d() }}", many)
    assert "is used too often" in mistake


def test_an_argument_that_is_used_many_times_at_each_level_cannot_grow_without_limit(
    tmp_path: Path,
) -> None:
    many = "{% macro a4(x) %}{{ x }}{% endmacro %}"
    for level in range(4):
        repeated = " ~ ".join(["x"] * 100)
        many += f"{{% macro a{level}(x) %}}{{{{ a{level + 1}({repeated}) }}}}{{% endmacro %}}"
    [mistake] = mistakes(tmp_path, "{{ a0('hello') }}", many)
    assert mistake == "1: a2 grows beyond 300,000 letters."


def test_the_shops_own_component_wins_and_the_others_stay(tmp_path: Path) -> None:
    own = "{% macro button(label, target) %}<p>{{ label }}!</p>{% endmacro %}"
    assert note_text(tmp_path, "{{ button('Go', cart.url) }}", own) == "Go!"
    assert note_text(tmp_path, "{{ stars(3) }}", own) == "★★★☆☆"


def test_the_packaged_components_as_text(tmp_path: Path) -> None:
    content = (
        "{{ button('Look', cart.url) }}{{ reply_link('Ask') }}{{ code_box('ABC-1', 'Your code') }}"
        "{{ points_bar(3, 10) }}{{ stars(4) }}"
    )
    assert note_text(tmp_path, content) == (
        "Look: https://cornercafe.example/cart/42\n\nAsk: ana@cornercafe.example\n\n"
        "Your code\nABC-1\n\n★★★★☆"
    )


def test_stars_may_be_given_a_variable_called_number(tmp_path: Path) -> None:
    assert note_text(tmp_path, "{% set number = 2 %}{{ stars(number) }}") == "★★☆☆☆"


def test_a_points_bar_shows_the_share(tmp_path: Path) -> None:
    html = own_renderer(tmp_path, note=note("{{ points_bar(3, 10) }}")).render("note", CARTLESS)
    assert 'width="30%"' in html.html


def test_a_button_is_inlined_once_for_all_mails(tmp_path: Path) -> None:
    renderer = own_renderer(tmp_path, note=note("{{ button('Go', cart.url) }}"))
    assert renderer._compiled("note").is_inlined


def test_a_mail_in_arabic_is_written_from_right_to_left(tmp_path: Path) -> None:
    source = note("<table class='items'>{{ row('x', 'y') }}</table>")
    source += "{% block language %}ar{% endblock %}"
    html = own_renderer(tmp_path, note=source).render("note", CARTLESS).html
    assert '<html lang="ar" dir="rtl"' in html
    assert 'class="price" align="left"' in html
    assert "padding-right: 14px" in html


def test_other_languages_are_written_from_left_to_right() -> None:
    assert '<html lang="en" dir="ltr"' in Renderer(None, ENGLISH).render("welcome", CARTLESS).html


def test_buttons_are_labelled_in_the_language_of_the_mail(tmp_path: Path) -> None:
    (tmp_path / "note.html").write_text(
        '{% extends "layout.html" %}{% block subject %}x{% endblock %}'
        "{% block content %}{{ visit_button() }}{% endblock %}"
    )
    folder = Path(__file__).parents[2] / "templates" / "languages"
    mail = Renderer(tmp_path, language("xx", folder)).render("note", CARTLESS)
    assert "Writix Ana: ana@cornercafe.example" in mail.text


@pytest.mark.parametrize("name", Renderer(None, ENGLISH).template_names())
def test_a_layout_of_the_shops_own_from_before_frames_every_mail(tmp_path: Path, name: str) -> None:
    renderer = own_renderer(tmp_path, layout=OWN_LAYOUT)
    known = {"treat", "valid_until"}
    assert renderer.find_mistakes(name, available_parts=set(PARTS), with_=known) == []
    assert renderer._compiled(name).is_inlined
