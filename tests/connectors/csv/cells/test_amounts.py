"""Amounts with their currencies, and the decimal mark that a column shows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.csv.cells.amounts import DecimalMarkTally, parse_amount
from connectors.csv.cells.currency_marks import other_currency_error
from tests.examples import examples

NO_AMOUNT = "The total is no amount of money."


@pytest.mark.parametrize(
    ("currency", "cells"),
    [
        ("EUR", ["12", "12.00", "12,00", "€12", "€ 12,00", "12 €", "EUR 12", "12 EUR", "eur12",
                 "12.-", "12,--", "€12,-", "+12.00", "12 euros", "12.00 EUR.", "１２"]),
        ("USD", ["$12.00", "US$ 12", "12 USD", "$12 USD", "USD 12.00"]),
        ("CAD", ["$12.00", "C$12", "CA$ 12", "12 CAD"]),
        ("AUD", ["$12", "A$12.00", "AU$12"]),
        ("GBP", ["£12", "12.00 GBP"]),
        ("CHF", ["CHF 12.00", "Fr. 12.-", "12.00 sFr.", "12.–"]),
        ("SEK", ["12 kr", "12,00 kr.", "kr 12"]),
        ("DKK", ["12 kr.", "12,00 DKK"]),
        ("BRL", ["R$ 12", "R$12,00", "12 reais"]),
        ("PLN", ["12,00 zł", "12 PLN"]),
        ("CZK", ["12 Kč", "12,00 Kč"]),
        ("PEN", ["S/. 12.00", "S/12"]),
        ("ZAR", ["R 12.00", "R12"]),
    ],
)  # fmt: skip
def test_twelve_is_read_as_the_currency_is_written(currency: str, cells: list[str]) -> None:
    assert {cell: parse_amount(cell, currency, None) for cell in cells} == dict.fromkeys(
        cells, 1200
    )


@pytest.mark.parametrize(
    "cell", ["€ 1.234,50", "1 234,50 €", "1\u202f234,50", "1'234.50", "1’234.50", "1,234.50 EUR"]
)
def test_thousands_may_be_grouped(cell: str) -> None:
    assert parse_amount(cell, "EUR", None) == 123_450


@pytest.mark.parametrize(
    ("cell", "sign"),
    [
        ("$12.00", "$"), ("£9.99", "£"), ("USD 12.00", "USD"), ("12 kr", "kr"), ("R$ 10", "R$"),
        ("¥1200", "¥"), ("12.00 CHF", "CHF"), ("€12 USD", "USD"), ("12 zł", "zł"), ("-$12", "$"),
        ("₤12", "₤"), ("12 dollars", "dollars"),
    ],
)  # fmt: skip
def test_another_currency_is_named(cell: str, sign: str) -> None:
    assert parse_amount(cell, "EUR", None) == other_currency_error(sign, "EUR")


def test_a_more_exact_sign_of_another_dollar_is_another_currency() -> None:
    assert parse_amount("C$12", "USD", None) == other_currency_error("C$", "USD")
    assert parse_amount("$12", "BRL", None) == other_currency_error("$", "BRL")


@pytest.mark.parametrize(
    "cell", ["-12", "€ -12", "-€12", "(12.00)", "(€12.00)", "12.00-", "−12,00"]
)
def test_an_amount_below_zero_is_known_in_every_form(cell: str) -> None:
    assert parse_amount(cell, "EUR", None) == -1200


@pytest.mark.parametrize(
    "cell",
    [
        "free",
        "€",
        "12 13",
        "12abc",
        "10 %",
        "#12",
        "12.00 + 3.00",
        "1,2,3.4.5",
        "12 CR",
        "...",
        "12..00",
    ],
)
def test_what_is_no_amount_is_none(cell: str) -> None:
    assert parse_amount(cell, "EUR", None) == NO_AMOUNT


def test_a_few_cells_with_the_other_mark_do_not_decide_for_the_column() -> None:
    for count, mark in ((40, ","), (10, None)):
        tally = DecimalMarkTally()
        for cell in ["11,77"] * count + ["3.50"]:
            tally.add(cell)
        assert tally.decimal_mark() == mark


@settings(max_examples=examples(100), deadline=None)
@given(st.text(max_size=20), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_no_cell_makes_the_parser_raise(cell: str, currency: str) -> None:
    DecimalMarkTally().add(cell)
    assert isinstance(parse_amount(cell, currency, None), int | str)


@settings(max_examples=examples(100), deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(["{} EUR", "€{}", "EUR {}", "€ {}", "{}"]))
def test_cents_survive_every_form(cents: int, form: str) -> None:
    euros = f"{cents // 100:,}.{cents % 100:02d}"
    swapped = euros.translate(str.maketrans(",.", ".,"))
    for written in (euros, swapped, euros.replace(",", " "), euros.replace(",", "")):
        assert parse_amount(form.format(written), "EUR", None) == cents
