"""A template shows the owner's own columns, where they are known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from mail.render.mail_facts import OwnColumns
from mail.render.renderer import RenderError
from tests.mail.people import WELL_KNOWN, note, own_renderer, render_note

GUARDED = "{% if customer.my.favourite_roast %}{{ customer.my.favourite_roast }}{% endif %}"


def mistakes(folder: Path, content: str, own_columns: Collection[str]) -> list[str]:
    found = own_renderer(folder, note=note(content)).find_mistakes(
        "note", available_parts=(), with_=(), own_columns=own_columns
    )
    return [mistake.message for mistake in found]


@pytest.mark.parametrize(
    ("content", "own_columns", "message"),
    [
        ("{{ customer.my.alergy }}", ["allergy", "plan"],
         'There is no column "alergy" of your own. Did you mean "allergy"?'),
        ("{% if customer.my.allergy %}x{% endif %}", [],
         ('There is no column "allergy" of your own. Name it under my columns of a source, with '
         "the heading that it has in your file.")),
        ("{{ customer.my.allergy }}", ["allergy"],
         ("customer.my.allergy is not known for everyone: ask first, "
         "{% if customer.my.allergy %}.")),
        ("{{ customer.my }}", ["allergy"], "customer.my is not one word to print."),
    ],
)  # fmt: skip
def test_a_column_must_exist_and_be_asked_for(
    content: str, own_columns: list[str], message: str, tmp_path: Path
) -> None:
    assert mistakes(tmp_path, content, own_columns) == [message]


def test_a_guarded_column_and_one_with_a_default_are_accepted(tmp_path: Path) -> None:
    content = GUARDED + '{{ customer.my["plan"] | default("none") }}'
    assert mistakes(tmp_path, content, ["favourite_roast", "plan"]) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("dark <b>", "dark &lt;b&gt;"),
        ("see evil.example", "else"),  # a link, which a customer may have typed
        ("javascript:alert(1)", "else"),
        (" J\u200bavaScript:alert(1)", "else"),
        ("note: dark", "note: dark"),
        ("dark\u202e roast", "dark roast"),
    ],
)
def test_a_value_is_shown_escaped_and_without_a_link(value: str, text: str, tmp_path: Path) -> None:
    facts = replace(
        WELL_KNOWN, customer=replace(WELL_KNOWN.customer, my=OwnColumns(favourite_roast=value))
    )
    content = GUARDED.replace("{% endif %}", "{% else %}else{% endif %}")
    assert f"it: {text}." in render_note(tmp_path, f"it: {content}.", facts).html


def test_a_word_of_python_is_no_column(tmp_path: Path) -> None:
    facts = replace(WELL_KNOWN, customer=replace(WELL_KNOWN.customer, my=OwnColumns(items="dark")))
    assert "dark" in render_note(tmp_path, "{{ customer.my.items }}", facts).html
    with pytest.raises(RenderError, match=r"customer\.my\.keys is not known"):
        render_note(tmp_path, "{{ customer.my.keys }}", facts)
