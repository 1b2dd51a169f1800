"""Rendering with missing facts, and hostile templates."""

from __future__ import annotations

import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from mail.render.mail_facts import CartFacts, Money
from mail.render.renderer import Renderer, RenderError
from mail.render.sample_facts import ANSWER
from templates.language import ENGLISH, LAYOUTS
from tests.mail.people import (
    CART,
    CARTLESS,
    NAMELESS,
    WELL_KNOWN,
    WITH_CART,
    mistakes_in,
    note,
    own_renderer,
    render_note,
)


def test_the_shops_own_copy_wins(tmp_path: Path) -> None:
    renderer = own_renderer(tmp_path, cart_reminder=note("<p>Ana's own words</p>"))
    assert "Ana's own words" in renderer.render("cart-reminder", WITH_CART).text


def test_the_shops_own_layout_wins(tmp_path: Path) -> None:
    page = "<html><title>{% block subject %}{% endblock %}</title><body>{% block preheader %}"
    page += "{% endblock %}{% block content %}{% endblock %}OURS {{ reason }}"
    page += '{{ shop.postal_address }}<a href="{{ unsubscribe_url }}">no</a></body></html>'
    renderer = own_renderer(tmp_path, layout=page)
    assert "OURS" in renderer.render("we-miss-you", CARTLESS).html
    assert renderer.find_mistakes("we-miss-you", available_parts=(), with_=()) == []


def test_a_file_that_comes_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "note.html").write_text(note("<p>Olá</p>"), encoding="utf-8-sig")
    assert "\nOlá\n" in "\n" + Renderer(tmp_path, ENGLISH).render("note", CARTLESS).text


def save_templates(folder: Path, **files: str) -> Renderer:
    """Saves the files with a constant time stamp, as an editor may."""
    renderer = own_renderer(folder, **files)
    for path in folder.iterdir():
        os.utime(path, (1_000, 1_000))
    return renderer


def test_a_saved_template_and_its_layout_are_read_again(tmp_path: Path) -> None:
    layout = (LAYOUTS / "layout.html").read_text()
    yellow = layout.replace("</body>", "<p>yellow</p></body>")
    for text, page in (("One", yellow), ("Two", yellow), ("Two", layout), ("One", yellow)):
        renderer = save_templates(tmp_path, note=note(f"<p>{text}</p>"), layout=page)
        mail = renderer.render("note", CARTLESS)
        assert f"\n{text}\n" in "\n" + mail.text
        assert ("yellow" in mail.html) == (page is yellow)


def test_a_saved_template_is_checked_again(tmp_path: Path) -> None:
    broken, fixed = note("<p>{{ custumer.first_name or '' }}</p>"), note("<p>{{ shop.name }}</p>")
    for source, count in ((broken, 1), (fixed, 0), (broken, 1), (broken, 1)):
        renderer = save_templates(tmp_path, note=source)
        assert len(renderer.find_mistakes("note", available_parts=(), with_=())) == count


def test_what_one_rule_gives_another_may_not(tmp_path: Path) -> None:
    renderer = own_renderer(tmp_path, note=note("<p>{{ with.treat }}, {{ cart.total }}</p>"))
    for has, with_, count in ((("cart",), ("treat",), 0), ((), ("treat",), 1), (("cart",), (), 1)):
        assert len(renderer.find_mistakes("note", available_parts=has, with_=with_)) == count


def test_layouts_are_not_mails(tmp_path: Path) -> None:
    renderer = own_renderer(tmp_path, layout_wide="x", spring=note("x"))
    assert renderer.template_names() == sorted(
        [*Renderer(None, ENGLISH).template_names(), "spring"]
    )
    assert "layout-plain" not in renderer.template_names()


def test_an_unknown_template_names_the_nearest() -> None:
    [mistake] = Renderer(None, ENGLISH).find_mistakes(
        "cart-remider", available_parts=("cart",), with_=()
    )
    assert mistake.message == ('There is no template "cart-remider". Did you mean "cart-reminder"?')
    with pytest.raises(RenderError, match=r'Did you mean "cart-reminder"\?'):
        Renderer(None, ENGLISH).render("cart-remider", WITH_CART)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "", ".", "note.html", "a\0b"])
def test_a_name_cannot_leave_the_folders(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (tmp_path / "secret.html").write_text(note("secret"))
    with pytest.raises(RenderError, match="There is no template"):
        Renderer(folder, ENGLISH).render(name, CARTLESS)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (tmp_path / "secret.html").write_text(note("secret"))
    (folder / "note.html").symlink_to(tmp_path / "secret.html")
    with pytest.raises(RenderError, match="There is no template"):
        Renderer(folder, ENGLISH).render("note", CARTLESS)


# Missing facts.


def test_values_are_escaped_in_html_and_plain_elsewhere(tmp_path: Path) -> None:
    bruno = replace(CARTLESS, customer=replace(CARTLESS.customer, favourite="<b>Bruno & Co</b>"))
    mail = render_note(
        tmp_path, "<p>{{ customer.favourite }}</p>", bruno, subject="{{ customer.favourite }}"
    )
    assert "&lt;b&gt;Bruno &amp; Co&lt;/b&gt;" in mail.html
    assert "<b>Bruno" not in mail.html
    assert mail.subject == "<b>Bruno & Co</b>"
    assert mail.text.startswith("<b>Bruno & Co</b>\n")


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        ("{{ customer.first_name }}", "customer.first_name"),
        ("{{ customer.first_name | upper }}", "customer.first_name"),
        ("{{ 'Hello ' ~ customer.first_name }}", "customer.first_name"),
        ("{{ 'Hello ' + customer.first_name }}", "customer.first_name"),
        ("{{ customer['favourite'] }}", "customer.favourite"),
        ("{{ with.treat }}", "with.treat"),
        ("{% for line in cart.lines %}{{ line.picture }}{% endfor %}", "line.picture"),
    ],
)
def test_an_unknown_fact_stops_one_mail_and_is_named(
    tmp_path: Path, content: str, fact: str
) -> None:
    with pytest.raises(RenderError, match=f"{fact} is not known for this customer"):
        render_note(
            tmp_path, content, replace(NAMELESS, cart=CartFacts(CART.lines[1:], CART.total, None))
        )


def test_a_reminder_without_its_link_is_not_written() -> None:
    lost = replace(WITH_CART, cart=replace(CART, url=None))
    with pytest.raises(RenderError) as error:
        Renderer(None, ENGLISH).render("cart-reminder", lost)
    assert str(error.value) == (
        "cart-reminder cannot be written: cart.url is not known for this customer."
    )


def test_a_cart_mail_without_a_cart_is_not_written() -> None:
    with pytest.raises(RenderError, match="cart is not known for this customer"):
        Renderer(None, ENGLISH).render("cart-reminder", CARTLESS)


def test_one_refused_mail_leaves_the_next_alone() -> None:
    renderer = Renderer(None, ENGLISH)
    with pytest.raises(RenderError):
        renderer.render("cart-reminder", CARTLESS)
    assert renderer.render("cart-reminder", WITH_CART).subject == "Your basket is still here"


def test_what_may_be_missing_can_be_asked_for(tmp_path: Path) -> None:
    asks = (
        "{% if customer.first_name %}A{% endif %}{% if with.treat is defined %}B{% endif %}"
        "{{ customer.favourite | default('the usual') }}{% if not with.treat %}C{% endif %}"
        "{{ customer.first_name if customer.first_name else 'friend' }}"
        "{% if customer.first_name is none %}D{% endif %}"
        "{{ customer.first_name or 'you' }}"
    )
    assert render_note(tmp_path, asks, NAMELESS).text.startswith("the usualCfriendDyou\n")
    assert mistakes_in(tmp_path, note(asks)) == []


@pytest.mark.parametrize("title", ["Granola\r\nBcc: all@example.org", "a\u2028b"])
def test_a_line_break_in_a_subject_is_refused(tmp_path: Path, title: str) -> None:
    line = replace(CART.lines[0], title=title)
    facts = replace(WITH_CART, cart=replace(CART, lines=(line,)))
    with pytest.raises(RenderError, match="its subject holds a line break"):
        render_note(tmp_path, "x", facts, subject="{{ cart.lines[0].title }}")


@pytest.mark.parametrize(
    "content", ["{{ cart.lines[0].title }}", "<i>{% if cart %}{{ cart.lines[0].title }}{% endif %}"]
)
def test_hidden_characters_of_a_title_reach_no_part_of_a_mail(tmp_path: Path, content: str) -> None:
    """Private characters made paragraphs of their own in the text part, like a false link."""
    title = "QQ\u202egnp.exe\u202c\ue021Unsubscribe: http://evil.example/u\ue021\x1b[2J\u200b"
    facts = replace(WITH_CART, cart=replace(CART, lines=(replace(CART.lines[0], title=title),)))
    mail = render_note(tmp_path, content, facts, subject="For {{ cart.lines[0].title }}")
    clean = "QQgnp.exeUnsubscribe: http://evil.example/u[2J"
    assert mail.subject == f"For {clean}"
    assert clean in mail.html
    assert clean in mail.text
    for part in (mail.subject, mail.html, mail.text):
        assert not set(part) & set("\u202e\u202c\ue021\x1b\u200b")


def test_line_breaks_of_the_file_itself_are_not_the_subjects(tmp_path: Path) -> None:
    subject = "\n  {% if cart %}\n  Your\n  basket{% endif %}\n"
    assert render_note(tmp_path, "x", subject=subject).subject == "Your basket"


@pytest.mark.parametrize(
    ("subject", "reason"), [(" \n ", "is empty"), ("x" * 201, "is longer than")]
)
def test_a_subject_is_there_and_short(tmp_path: Path, subject: str, reason: str) -> None:
    with pytest.raises(RenderError, match=f"its subject {reason}"):
        render_note(tmp_path, "x", subject=subject)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://x.example/a b",
        "//x.example",
        "https://quince.example@evil.example/",
        "https://a:b@evil.example",
        "https://@evil.example",
    ],
)
def test_a_cart_link_is_a_web_address(url: str) -> None:
    with pytest.raises(RenderError, match=r"cart\.url is not a web address"):
        Renderer(None, ENGLISH).render(
            "cart-reminder", replace(WITH_CART, cart=replace(CART, url=url))
        )


def test_an_odd_picture_is_left_out() -> None:
    line = replace(CART.lines[0], picture="data:image/png;base64,AAAA")
    mail = Renderer(None, ENGLISH).render(
        "cart-reminder", replace(WITH_CART, cart=replace(CART, lines=(line,)))
    )
    assert "<img" not in mail.html


def test_a_letter_must_show_its_unsubscribe_link(tmp_path: Path) -> None:
    renderer = own_renderer(
        tmp_path,
        bare="{% block subject %}x{% endblock %}{% block content %}<p>x</p>{% endblock %}",
    )
    with pytest.raises(RenderError, match="does not show its unsubscribe link"):
        renderer.render("bare", CARTLESS)


@pytest.mark.parametrize(
    "name",
    ["", "  ", "-", "http://spam.example", "Win at spam.example/now", "a@b.example", "x" * 41,
     "Bruno\nBcc: x", "<b>", "123", "www.spam.example/"],
)  # fmt: skip
def test_what_is_no_name_is_not_greeted(name: str) -> None:
    stranger = replace(CARTLESS, customer=replace(CARTLESS.customer, first_name=name))
    mail = Renderer(None, ENGLISH).render("we-miss-you", stranger)
    assert mail.text.startswith("Hello,\n")
    assert mail.subject == "We would love to see you again"


@pytest.mark.parametrize(
    "name", ["Zoë", "Anne-Marie", "O’Neill", "J. R.", "Ana Lúcia", "Σοφία", "さくら"]
)
def test_names_of_all_sorts_are_greeted(name: str) -> None:
    person = replace(CARTLESS, customer=replace(CARTLESS.customer, first_name=name))
    assert Renderer(None, ENGLISH).render("we-miss-you", person).text.startswith(f"Hello {name},\n")


@pytest.mark.parametrize(
    "words",
    [
        None, "", "  \n", "See https://spam.example", "go to spam.example now", "www.spam.example",
        "write to me@spam.example", "SPAM.EXAMPLE",
    ],
)  # fmt: skip
def test_words_that_hold_a_link_are_not_quoted(words: str | None) -> None:
    mail = Renderer(None, ENGLISH).render(
        "sorry-from-the-owner", replace(WELL_KNOWN, answer=replace(ANSWER, words=words))
    )
    assert "Thank you for being frank with us about Tuesday." in mail.text
    assert "“" not in mail.text
    assert "spam" not in mail.html.casefold()


@pytest.mark.parametrize("words", ["Cold. Slow!", "2.50 for that?", "e.g. the queue", "a @ b"])
def test_ordinary_words_are_quoted(words: str) -> None:
    answer = replace(ANSWER, words=f"\n{words} ")
    mail = Renderer(None, ENGLISH).render(
        "sorry-from-the-owner", replace(WELL_KNOWN, answer=answer)
    )
    assert f"“{words}”" in mail.text


def test_a_mail_can_be_in_another_language(tmp_path: Path) -> None:
    source = note("<p>Olá</p>") + "{% block language %}pt{% endblock %}"
    renderer = own_renderer(tmp_path, note=source)
    assert renderer.find_mistakes("note", available_parts=(), with_=()) == []
    assert '<html lang="pt"' in renderer.render("note", CARTLESS).html


def test_a_shop_without_a_folder_of_its_own_has_the_packaged_mails(tmp_path: Path) -> None:
    assert (
        Renderer(tmp_path / "nothing", ENGLISH).template_names()
        == Renderer(None, ENGLISH).template_names()
    )


# Hostile templates.

HOSTILE = [
    '{% include "../../etc/passwd" %}',
    '{% include "/etc/passwd" %}',
    '{% import "layout.html" as l %}',
    '{% from "layout.html" import x %}',
    '{{ "a" * 1000000000 }}',
    '{{ ["a"] * 1000000000 }}',
    "{{ 10 ** 10 ** 10 }}",
    "{{ 999999999999 * 999999999999 * 999999999999 }}",
    '{{ "%1000000000d" % 1 }}',
    '{{ "x".ljust(1000000000) }}',
    '{{ "x" | center(1000000000) }}',
    '{{ "x" | indent(1000000000) }}',
    '{{ "x" | wordwrap(1) }}',
    '{{ "%1000000000d" | format(1) }}',
    '{{ "{:1000000000}".format(1) }}',
    '{{ "a" | replace("a", "b") }}',
    '{{ 1.5 | round(100000000, "ceil") }}',
    "{{ 1.5 | round(100000000) }}",
    "{{ range(1000000000) | join }}",
    "{% for a in range(1000000000) %}{% endfor %}",
    "{% for a in range(100) %}{% for b in range(100) %}{% endfor %}{% endfor %}",
    "{% for a in 'x' %}a{% endfor %}",
    "{% for a in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}x{% endmacro %}{% call m() %}{% endcall %}",
    "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a + a %}" * 40 + "{{ a }}",
    "{% set a = [1] %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}",
    "{{ ('x' | join('yyyyyyyyyy')) }}",
    "{{ customer.__class__.__mro__ }}",
    "{{ customer['__class__'] }}",
    "{{ customer.first_name.__class__ }}",
    "{{ customer.first_name.upper() }}",
    "{{ cart.total.__init__.__globals__ }}",
    "{{ self.__init__ }}",
    "{{ self.subject() }}",
    "{{ caller }}",
    "{{ cycler('a') }}",
    "{{ namespace(a=1) }}",
    "{{ dict(a=1) }}",
    "{{ lipsum(100) }}",
    "{{ joiner() }}",
    "{{ loop }}",
    "{{ range.__globals__ }}",
    "{{ shop.name | attr('__class__') }}",
    "{{ cart.lines | map(attribute='__class__') | list }}",
    "{{ cart.lines | join(', ', '__class__') }}",
    "{{ customer.first_name | safe }}",
    "{% autoescape false %}{{ customer.first_name }}{% endautoescape %}",
    "{% filter upper %}x{% endfilter %}",
    "{% set a %}x{% endset %}",
    "{% set ns.a = 1 %}",
    "{% set a, b = 1, 2 %}",
    "{% with a = 1 %}{% endwith %}",
    "{% raw %}{{ x }}{% endraw %}",
    "{% do x %}",
    "{% debug %}",
    "{{ {'a': 1} }}",
    "{{ super() | upper }}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{% if 1 %}" * 300 + "{% endif %}" * 300,
    "x" * 70_000,
    "{% for a in range(100) %}" + "x" * 2000 + "{% endfor %}",
    "{{ 'x' | truncate(1, 2, 3) }}",
    "{{ 1 / 0 }}",
    "{{ 1 + 'a' }}",
    "{{ cart.lines[99].title }}",
    "{{ cart.lines[99999999999999999999].title }}",
    "{{ customer.visits[0] }}",
    "{{ cart.total > 5 }}",
    "{{ -'x' }}",
    "{{ cart.lines | first }}",
    "{{ cart.lines | join(', ') }}",
    "{{ 'It is ' ~ cart }}",
    "{{ none }}",
    "{{ [1, 2] }}",
]  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE)
def test_a_hostile_template_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(RenderError, match="note cannot be written: "):
        render_note(tmp_path, content)


def test_a_flood_is_stopped_long_before_memory_runs_out(tmp_path: Path) -> None:
    flood = "{% for a in range(100) %}{% for b in range(9) %}" + "x" * 50_000 + "{% endfor %}" * 2
    renderer = own_renderer(tmp_path, note=note(flood))
    renderer._compiled("note")
    tracemalloc.start()
    with pytest.raises(RenderError, match="grows beyond 100 kB"):
        renderer.render("note", CARTLESS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize("content", HOSTILE)
def test_check_finds_what_sending_would_refuse(tmp_path: Path, content: str) -> None:
    assert mistakes_in(tmp_path, note(content))


@pytest.mark.parametrize(
    "content",
    [
        "{% for line in cart.lines %}{{ loop.index }}. {{ line.title }}{% endfor %}",
        "{% for line in cart.lines[:1] %}{{ line.title }}{% else %}nothing{% endfor %}",
        "{{ cart.lines | join(', ', 'title') }}",
        "{{ cart.lines | length }} {{ (cart.lines | first).title }}",
        "{{ customer.visits + 1 }} {{ cart.total.minor / 100 }}",
        "{% if customer.visits in [1, 2, 3] %}early{% endif %}",
        "{% if customer.visits is divisibleby 10 %}round{% endif %}",
        "{% set usual = customer.favourite or 'coffee' %}{{ usual | lower | truncate(10) }}",
        "{{ 'two' if cart.lines | length == 2 else 'other' }}",
        "{% for n in range(3) %}☕{% endfor %}",
    ],
)
def test_ordinary_jinja_works(tmp_path: Path, content: str) -> None:
    assert mistakes_in(tmp_path, note(content)) == []
    assert render_note(tmp_path, content).text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{{ shop.name + '!' }}", "Corner Café!"),
        ("{{ customer.visits + 1 }}", "13"),
        ("{{ customer.visits - 1 }}", "11"),
        ("{{ customer.visits * 2 }}", "24"),
        ("{{ customer.visits / 5 }}", "2.4"),
        ("{{ customer.visits // 5 }}", "2"),
        ("{{ customer.visits % 5 }}", "2"),
    ],
)
def test_texts_are_joined_and_numbers_calculated(tmp_path: Path, content: str, text: str) -> None:
    assert render_note(tmp_path, f"<p>{content}</p>").text.startswith(f"{text}\n")


@pytest.mark.parametrize(
    ("money", "printed"),
    [
        (Money(1250, "EUR"), "€12.50"),
        (Money(125_000, "GBP"), "£1,250.00"),
        (Money(5, "USD"), "$0.05"),
        (Money(-500, "EUR"), "-€5.00"),
        (Money(1200, "JPY"), "¥1,200"),
        (Money(1250, "CHF"), "12.50 CHF"),
        (Money(1250, "KWD"), "1.250 KWD"),
        (Money(0, "XOF"), "0 XOF"),
    ],
)
def test_money_prints_as_people_write_it(money: Money, printed: str) -> None:
    assert str(money) == printed
