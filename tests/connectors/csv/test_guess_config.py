"""What a list holds, by what its columns are called."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from connectors.csv.guess_config import SPOKEN, proposal, proposed
from settings.errors import DataTrouble, OwnersFileTrouble


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
    found = proposal(columns)
    assert found
    words = ["e-mail", "first name", "birthday", "consent"]
    assert (found.holds, found.columns) == (
        "customers",
        dict(zip(words, columns, strict=True)),
    )


def test_a_list_with_dates_and_sums_is_one_of_orders() -> None:
    found = proposal(["Bestellnummer", "Datum", "Kundennummer", "E-Mail", "Betrag", "Farbe"])
    assert found
    assert found.holds == "orders"
    assert found.columns == {
        "customer": "E-Mail", "when": "Datum", "total": "Betrag", "order": "Bestellnummer",
    }  # fmt: skip


def test_a_list_with_dates_and_stars_is_one_of_answers() -> None:
    found = proposal(["Timestamp", "Email", "Rating", "Comments"])
    assert found
    assert found.holds == "answers"
    assert found.columns == {
        "customer": "Email", "when": "Timestamp", "csat": "Rating", "words": "Comments",
    }  # fmt: skip


def test_a_column_that_stands_there_twice_is_left_alone() -> None:
    found = proposal(["Email", "Birthday", "Birthday", "Mail"])
    assert found
    assert found.columns == {"e-mail": "Email"}


def test_without_a_customer_nothing_is_proposed(tmp_path: Path) -> None:
    assert proposal(["Birthday", "First name"]) is None
    (tmp_path / "odd.csv").write_text("Colour;Size\nred;3\n")
    with pytest.raises(DataTrouble, match="Colour, Size"):
        proposed(tmp_path / "odd.csv", "odd")
    with pytest.raises(OwnersFileTrouble, match="There is no file"):
        proposed(tmp_path / "even.csv", "even")


def test_no_word_means_two_things() -> None:
    words = Counter(word for some in SPOKEN.values() for word in some.split())
    assert not [word for word, many in words.items() if many > 1]
