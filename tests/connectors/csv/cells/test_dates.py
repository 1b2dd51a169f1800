"""Dates as people and programs write them, and the order that a column shows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.csv.cells import dates
from connectors.csv.cells.date_order import (
    AmbiguousOrder,
    DateOrder,
    DateOrderTally,
    order_of_country,
)
from connectors.csv.cells.date_words import LANGUAGES, months
from tests.examples import examples

LISBON, CHICAGO = ZoneInfo("Europe/Lisbon"), ZoneInfo("America/Chicago")
THIRD_OF_FEBRUARY = datetime(2026, 2, 3, tzinfo=UTC)


def moment(cell: str, order: DateOrder | None = None, zone: ZoneInfo = LISBON) -> datetime | None:
    return dates.parse_moment(cell, order, zone, 2026)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-02-03", "2026-2-3", "2026/2/3", "2026.02.03", "20260203", "2026-Feb-03",
        "3/2/2026", "03-02-26", "3.2.2026", "3. 2. 2026", "03 / 02 / 2026", "3 2 2026",
        "3 February 2026", "Feb 3, 2026", "February 3rd, 2026", "3-Feb-26", "03FEB2026",
        "3 Feb '26", "2026 February 3",
        "3 de fevereiro de 2026", "3 de febrero de 2026", "3 février 2026", "3. Februar 2026",
        "3 febbraio 2026", "3 februari 2026", "3 de febrer de 2026", "3 lutego 2026",
        "3 FEV 2026", "3 fev. 2026", "3 févr. 2026",
        "Tuesday, 3 February 2026", "Tue 03/02/2026", "terça-feira, 3 de fevereiro de 2026",
        "mar. 3 févr. 2026", "Di., 3.2.2026", "martes 3 de febrero de 2026",
        "２０２６/２/３",
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(cell: str) -> None:
    assert moment(cell) == THIRD_OF_FEBRUARY
    assert dates.parse_birthday(cell, None, 2026) == "2026-02-03"


@pytest.mark.parametrize(
    ("written", "hour", "minute"),
    [
        ("10:00", 10, 0), ("T10:00", 10, 0), ("1:05 p.m.", 13, 5), ("1:05 PM", 13, 5),
        ("1:05pm", 13, 5), ("12:05 a.m.", 0, 5), ("3 pm", 15, 0), ("14h30", 14, 30),
        ("às 14h30", 14, 30), ("14h", 14, 0), ("10.30 Uhr", 10, 30), ("um 10.30 Uhr", 10, 30),
        ("at 10:00", 10, 0), ("à 14h05", 14, 5), ("alle 10:30", 10, 30), ("om 10.30 uur", 10, 30),
        ("a las 10:30", 10, 30), ("10:00:59", 10, 0), ("10:00:59.123", 10, 0), (", 10:00", 10, 0),
    ],
)  # fmt: skip
def test_a_time_of_day_is_read_however_it_is_written(written: str, hour: int, minute: int) -> None:
    for day in ("2026-02-03", "3 February 2026", "03/02/2026"):
        parsed = moment(f"{day} {written}")
        assert parsed is not None
        assert parsed.replace(second=0, microsecond=0) == datetime(
            2026, 2, 3, hour, minute, tzinfo=UTC
        )


@pytest.mark.parametrize(
    "cell",
    [
        "2026-02-03T10:00:00Z", "2026-02-03 10:00 UTC", "2026-02-03 11:00 CET",
        "2026-02-03 11:00:00 +0100", "2026-02-03 11:00 (CET)", "2026-02-03 5:00 EST",
        "Tue, 03 Feb 2026 10:00:00 GMT", "2026-02-03 10:00 Europe/Lisbon",
        "Tue Feb 03 2026 11:00:00 GMT+0100 (Central European Standard Time)",
        "Tue Feb  3 10:00:00 2026", "Tue Feb 3 11:00:00 CET 2026", "10:00 3 Feb 2026",
        "10:00, 03/02/2026", "2026-02-03 11:00 UTC+1", "2026-02-03 10.00", "'2026-02-03 10:00",
        "\u200e03/02/2026 10:00", "2026\u201102\u201103 10:00",
        "2026-02-03T11:00:00+01:00[Europe/Paris]", "2026-02-03T10:00Z[UTC]",
    ],
)  # fmt: skip
def test_the_zone_behind_a_time_counts(cell: str) -> None:
    assert moment(cell) == datetime(2026, 2, 3, 10, tzinfo=UTC)


def test_an_abbreviation_of_several_zones_is_read_only_where_the_shop_has_it() -> None:
    cell = "2026-02-03 10:00 CST"
    assert moment(cell) is None
    assert dates.moment_error(cell, None, LISBON, 2026) == (
        "The time zone CST may mean several. Write the offset in its place, like +01:00."
    )
    assert moment(cell, zone=CHICAGO) == datetime(2026, 2, 3, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell",
    [
        "", "soon", "31 February 2026", "2026-02-30", "March 1990", "12:30", "3 pm", "32/01/2026",
        "2026-02-03 25:00", "2026-02-03 13:00 pm", "2026-02-03 10:00 somewhere", "3 Foo 2026",
        "99999-01-01", "1 January 1066", "3 February", "2026", "02/2026", "10", "1234567890123",
    ],
)  # fmt: skip
def test_what_is_no_moment_is_none(cell: str) -> None:
    assert moment(cell) is None
    assert dates.moment_error(cell, None, LISBON, 2026) == dates.NO_DATE


@pytest.mark.parametrize(
    ("cell", "birthday"),
    [
        ("6 March 1990", "1990-03-06"), ("Mar 6, 1990", "1990-03-06"), ("6-Mar-90", "1990-03-06"),
        ("1990-3-6", "1990-03-06"), ("90-03-06", "1990-03-06"), ("6/3/35", "1935-03-06"),
        ("6 March", "--03-06"), ("March 6", "--03-06"), ("6. März", "--03-06"), ("6.3.", "--03-06"),
        ("06/03", "--03-06"), ("06-03", "--03-06"), ("--03-06", "--03-06"),
        ("0000-03-06", "--03-06"), ("29 Feb", "--02-29"), ("29 Feb 1990", None), ("March", None),
    ],
)  # fmt: skip
def test_a_birthday_may_be_without_a_year(cell: str, birthday: str | None) -> None:
    assert dates.parse_birthday(cell, None, 2026) == birthday


def order_of(*cells: str) -> DateOrder | AmbiguousOrder | None:
    tally = DateOrderTally()
    for cell in cells:
        tally.add(cell)
    return tally.order()


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/2026", "13/04/2026"], DateOrder.DAY_FIRST),
        (["03/04/2026 10:00", "04/13/2026 1:05 PM"], DateOrder.MONTH_FIRST),
        (["Tue 03/04/26", "10:05 04/13/26"], DateOrder.MONTH_FIRST),
        (["03/04/2026", "04-05-2026"], AmbiguousOrder.UNDETERMINED),
        (["03/03/2026", "", "2026-04-03", "3 April 2026", "3.4.2026"], None),
        (["13/04/2026", "04/13/2026"], AmbiguousOrder.CONTRADICTORY),
        (["13/04/2026"] * 40 + ["04/13/2026"], DateOrder.DAY_FIRST),
        (["90-03-06", "35/01/2026", "13/13/2026"], None),
        (["46056", "", "46057.5"], DateOrder.DAY_NUMBERS),
        (["1770112800", "1770112801"], DateOrder.SECONDS),
        (["1770112800000"], DateOrder.SECONDS),
        (["46056", "2026-02-03"], None),
    ],
)
def test_the_column_shows_the_order(
    cells: list[str], order: DateOrder | AmbiguousOrder | None
) -> None:
    assert order_of(*cells) == order


def test_numbers_are_dates_only_where_the_whole_column_is_of_them() -> None:
    assert moment("46056", DateOrder.DAY_NUMBERS) == THIRD_OF_FEBRUARY
    assert moment("46056.5", DateOrder.DAY_NUMBERS) == THIRD_OF_FEBRUARY.replace(hour=12)
    assert moment("1770112800", DateOrder.SECONDS) == THIRD_OF_FEBRUARY.replace(hour=10)
    assert moment("1770112800000", DateOrder.SECONDS) == THIRD_OF_FEBRUARY.replace(hour=10)
    assert dates.parse_birthday("32938", DateOrder.DAY_NUMBERS, 2026) == "1990-03-06"
    assert moment("46056") is None


def test_with_the_month_first_points_and_years_first_mean_the_same() -> None:
    assert moment("2/3/2026", DateOrder.MONTH_FIRST) == THIRD_OF_FEBRUARY
    assert moment("3.2.2026", DateOrder.MONTH_FIRST) == THIRD_OF_FEBRUARY
    assert moment("13/2/2026", DateOrder.MONTH_FIRST) is None


@pytest.mark.parametrize(
    ("country", "order"),
    [
        ("PT", DateOrder.DAY_FIRST), ("GB", DateOrder.DAY_FIRST), ("BR", DateOrder.DAY_FIRST),
        ("US", DateOrder.MONTH_FIRST), ("PH", DateOrder.MONTH_FIRST), ("CA", None), ("SE", None),
        ("XX", None),
    ],
)  # fmt: skip
def test_countries_write_the_day_or_the_month_first(country: str, order: DateOrder | None) -> None:
    assert order_of_country(country) == order


def test_every_language_has_its_twelve_months() -> None:
    assert set(months().values()) == set(range(1, 13))
    assert len(LANGUAGES) > 7
    assert {months()[name] for name in ("marco", "mars", "marz", "maart", "mar", "march")} == {3}


@settings(max_examples=examples(100), deadline=None)
@given(st.text(max_size=40) | st.from_regex(r"[0-9./: \-a-zA-Z]{0,25}", fullmatch=True))
def test_no_cell_makes_the_parser_raise(cell: str) -> None:
    tally = DateOrderTally()
    tally.add(cell)
    tally.order()
    for order in (None, *DateOrder):
        parsed = moment(cell, order)
        assert parsed is None or 1899 <= parsed.year <= 2200
        dates.parse_birthday(cell, order, 2026)
        dates.moment_error(cell, order, LISBON, 2026)


@settings(max_examples=examples(100), deadline=None)
@given(st.dates(date(1957, 1, 1), date(2026, 12, 31)))
def test_every_form_of_a_day_is_the_same_day(day: date) -> None:
    forms = ("%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%a, %d %b %Y", "%d.%m.%Y")
    parsed = {dates.parse_birthday(day.strftime(form), None, 2026) for form in forms}
    assert parsed == {day.isoformat()}
