"""Adding a language is adding a folder; dates and amounts follow its formats."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mail.render.renderer import Renderer
from templates.language import ENGLISH, LANGUAGES, language
from tests.mail.people import WITH_CART

FOLDER = Path(__file__).parent / "languages"
DAY = date(2026, 3, 3)
MOMENT = datetime(2026, 3, 3, 9, 5, tzinfo=UTC)


def test_an_email_in_a_language_from_a_folder_of_its_own() -> None:
    renderer = Renderer(None, language("xx", FOLDER))
    assert renderer.template_names() == ["cart-reminder"]
    assert renderer.find_mistakes("cart-reminder", available_parts=("cart",), with_=()) == []
    mail = renderer.render("cart-reminder", WITH_CART)
    assert mail.subject == "Cestix 13,50 €"
    assert "Granola: 11,00 €" in mail.html
    assert "Nomailix: https://mail.cornercafe.example/u/1.abc.def" in mail.text


def test_the_shops_own_copy_wins_in_every_language(tmp_path: Path) -> None:
    source = '{% extends "layout.html" %}{% block subject %}Own{% endblock %}'
    source += "{% block content %}<p>Own words</p>{% endblock %}"
    (tmp_path / "cart-reminder.html").write_text(source)
    mail = Renderer(tmp_path, language("xx", FOLDER)).render("cart-reminder", WITH_CART)
    assert "Own words" in mail.text
    assert '<html lang="xx">' in mail.html


def test_one_template_in_two_languages_has_its_amounts_in_each(tmp_path: Path) -> None:
    source = '{% extends "layout.html" %}{% block subject %}{{ cart.total }}{% endblock %}'
    source += "{% block content %}<p>{{ cart.total }}</p>{% endblock %}"
    (tmp_path / "note.html").write_text(source)
    subjects = [
        Renderer(tmp_path, spoken).render("note", WITH_CART).subject
        for spoken in (ENGLISH, language("xx", FOLDER), ENGLISH)
    ]
    assert subjects == ["€13.50", "13,50 €", "€13.50"]


def test_english_dates() -> None:
    assert ENGLISH.date(DAY) == "3 March 2026"
    assert ENGLISH.date(MOMENT) == "3 March 2026"
    assert ENGLISH.short_date(DAY) == "03 Mar 2026"
    assert ENGLISH.day(DAY) == "3 March"
    assert ENGLISH.weekday(DAY) == "Tuesday"
    assert ENGLISH.weekday_and_day(DAY) == "Tuesday, 3 March"
    assert ENGLISH.time(MOMENT) == "09:05"
    assert ENGLISH.date_and_time(MOMENT) == "3 March 2026, 09:05"
    assert ENGLISH.day_and_time(MOMENT) == "3 March 09:05"
    assert ENGLISH.short_date_and_time(MOMENT) == "03 Mar 09:05"


def test_dates_follow_the_language() -> None:
    made_up = language("xx", FOLDER)
    assert made_up.date(DAY) == "3 de março de 2026"
    assert made_up.weekday_and_day(MOMENT) == "terça-feira, 3 de março"
    assert made_up.time(MOMENT) == "09h05"
    assert made_up.list_of(["a", "b", "c"]) == "a, b e c"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=1), "1 day"),
        (timedelta(days=30), "30 days"),
        (timedelta(days=14), "2 weeks"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(0), "0 weeks"),
    ],
)
def test_durations(length: timedelta, text: str) -> None:
    assert ENGLISH.duration(length) == text


def test_lists_and_numbers() -> None:
    assert ENGLISH.list_of(["a"]) == "a"
    assert ENGLISH.list_of(["a", "b"]) == "a and b"
    assert ENGLISH.list_of(["a", "b", "c"]) == "a, b and c"
    assert ENGLISH.list_of(["a", "b", "c"], style="or") == "a, b or c"
    assert ENGLISH.integer(1_234_567) == "1,234,567"


def test_a_language_without_a_folder_is_refused() -> None:
    with pytest.raises(LookupError, match="no language 'yy'"):
        language("yy")


WITHOUT_CLDR = {"CURRENCY_SIGNS", "MONEY_WITH_SIGN", "MONEY_WITH_CODE"}
"""How a language writes amounts that does not follow CLDR."""


def names_in(path: Path) -> set[str]:
    """The constants and functions that other code may use."""
    names = set()
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        match statement:
            case ast.FunctionDef(name=name):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return {name for name in names if not name.startswith("_")}


def complete(folder: Path) -> list[str]:
    """What `folder` lacks of what English has."""
    missing = []
    for english in sorted(ENGLISH.folder.rglob("*")):
        path = folder / english.relative_to(ENGLISH.folder)
        if english.suffix in (".html", ".txt") and not path.exists():
            missing.append(str(path))
        if english.suffix == ".py" and english.name != "__init__.py":
            known = names_in(path) if path.exists() else set()
            needed = names_in(english) - WITHOUT_CLDR
            missing += [f"{path}: {name}" for name in sorted(needed - known)]
    return missing


def test_every_shipped_language_is_complete() -> None:
    shipped = [folder for folder in LANGUAGES.iterdir() if (folder / "formats.py").exists()]
    assert {folder.name for folder in shipped} == {"de", "en", "es", "fr", "it", "nl", "pt"}
    assert {folder.name: complete(folder) for folder in shipped} == {
        folder.name: [] for folder in shipped
    }


def test_an_incomplete_language_is_found() -> None:
    missing = complete(FOLDER / "xx")
    assert any(name.endswith("we-miss-you.html") for name in missing)
    assert not any("mails.py" in name for name in missing)
