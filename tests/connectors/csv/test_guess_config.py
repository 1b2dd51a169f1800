"""Guesses from column headings."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from connectors.csv.guess_config import HEADINGS, guess_columns, guess_config
from settings.errors import OwnerFileError, SourceDataError


@pytest.mark.parametrize(
    "headings",
    [
        "Email, First Name, Birthday, Accepts Email Marketing",
        "E-mail, Primeiro nome, Data de Nascimento, Newsletter",
        "Correo electrónico, Nombre, Fecha de nacimiento, Boletín",
        "Adresse e-mail, Prénom, Anniversaire, Abonné",
        "E-Mail-Adresse, Vorname, Geburtstag, Einwilligung",
        "Indirizzo email, First, Data di nascita, Consenso",
        "E-mailadres, Voornaam, Geboortedatum, Nieuwsbrief",
    ],
)
def test_customers_are_known_in_seven_languages(headings: str) -> None:
    columns = headings.split(", ")
    guess = guess_columns(columns)
    assert guess
    roles = ["e-mail", "first name", "birthday", "consent"]
    assert (guess.holds, guess.columns) == (
        "customers",
        dict(zip(roles, columns, strict=True)),
    )


def test_a_list_with_dates_and_sums_is_one_of_orders() -> None:
    guess = guess_columns(["Bestellnummer", "Datum", "Kundennummer", "E-Mail", "Betrag", "Farbe"])
    assert guess
    assert guess.holds == "orders"
    assert guess.columns == {
        "customer": "E-Mail", "when": "Datum", "total": "Betrag", "order": "Bestellnummer",
    }  # fmt: skip


def test_a_list_with_dates_and_stars_is_one_of_answers() -> None:
    guess = guess_columns(["Timestamp", "Email", "Rating", "Comments"])
    assert guess
    assert guess.holds == "answers"
    assert guess.columns == {
        "customer": "Email", "when": "Timestamp", "csat": "Rating", "words": "Comments",
    }  # fmt: skip


def test_a_column_that_stands_there_twice_is_left_alone() -> None:
    guess = guess_columns(["Email", "Birthday", "Birthday", "Mail"])
    assert guess
    assert guess.columns == {"e-mail": "Email"}


def test_without_a_customer_nothing_is_proposed(tmp_path: Path) -> None:
    assert guess_columns(["Birthday", "First name"]) is None
    (tmp_path / "odd.csv").write_text("Colour;Size\nred;3\n")
    with pytest.raises(SourceDataError, match="Colour, Size"):
        guess_config(tmp_path / "odd.csv", "odd")
    with pytest.raises(OwnerFileError, match="There is no file"):
        guess_config(tmp_path / "even.csv", "even")


def test_no_word_means_two_things() -> None:
    role_counts = Counter(word for headings in HEADINGS.values() for word in headings.split())
    assert not [word for word, occurrences in role_counts.items() if occurrences > 1]
