"""Templates that would use up stack, time or memory are refused with a sentence."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mail.render.css_inline import inline_css
from mail.render.plain_text import html_to_text
from mail.render.renderer import Renderer
from mail.render.template_limits import TemplateLimitError, check_html
from templates.language import ENGLISH
from tests.cafe import FILE

VALUE = "{{ shop.name }}"  # without one, everything is worked out once for the template
HOSTILE = {
    "unclosed elements": "<b>" * 20_000,
    "nested elements": "<div>" * 1_500 + "</div>" * 1_500,
    "elements closed in the wrong order": "<b><i></b></i>" * 400,
    "comments without an end": VALUE + "<!--" * 10_000,
    "tags without an end": VALUE + "<a " * 10_000,
    "a sum": "{{ " + "+".join("1" * 3_000) + " }}",
    "filters": '{{ "a"' + "|upper" * 3_000 + " }}",
    "dots": "{{ a" + ".b" * 3_000 + " }}",
    "brackets": "{{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}",
    "branches": "{% if shop.name %}" * 1_000 + "x" + "{% endif %}" * 1_000,
    "a long choice": "{% if 1 %}" + "{% elif 1 %}" * 1_000 + "{% endif %}",
    "comparisons": "{{ " + "<".join("1" * 10_000) + " }}",
    "elements of a loop": "{% for i in range(100) %}" + "<b>" * 30 + "{% endfor %}",
}


def write_template(folder: Path, content: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "welcome.html").write_text(
        '{% extends "layout.html" %}{% block subject %}Hello{% endblock %}'
        f"{{% block content %}}{content}{{% endblock %}}"
    )


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_template_beyond_a_limit_is_a_sentence_within_two_seconds(
    tmp_path: Path, content: str
) -> None:
    write_template(tmp_path, content)
    started = time.process_time()
    mistakes = Renderer(tmp_path, ENGLISH).find_mistakes("welcome", available_parts=(), with_=())
    assert time.process_time() - started < 2
    [mistake] = mistakes
    assert mistake.message.endswith(".")


def test_check_survives_60_kb_of_unclosed_elements(tmp_path: Path) -> None:
    """In a process of its own: it ended with a segmentation fault."""
    rules = "rules:\n  welcome: {when: subscribed, then: [{send: welcome}]}\n"
    (tmp_path / "config.yaml").write_text(FILE + rules)
    write_template(tmp_path / "templates", "<b>" * 20_000)
    completed = subprocess.run(
        [sys.executable, "-m", "regulars", "check"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert completed.returncode == 1
    assert "more than 2,000 elements" in completed.stderr


@pytest.mark.parametrize("html", ["<b>" * 33_000, "<a " * 33_000, "<!--" * 25_000])
def test_neither_parser_gets_html_beyond_a_limit(html: str) -> None:
    for parse in (inline_css, html_to_text, check_html):
        with pytest.raises(TemplateLimitError):
            parse(html)


def test_ordinary_html_is_far_below_the_limits() -> None:
    row = "<tr><td>Granola<td>€ 18.50"
    check_html(f"<table>{row * 20}</table>" + "<p>one<br>two" * 300 + "<!-- note --> 1 < 2")
    check_html("<div>" * 99 + "</div>" * 99)
