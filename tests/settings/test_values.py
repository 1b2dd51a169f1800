"""Each value type accepts one spelling and suggests it for all others."""

from __future__ import annotations

import re
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from settings.values import (
    AskAbove,
    Comparison,
    CountryCode,
    CurrencyCode,
    DailyLimit,
    EmailAddress,
    EmailLimit,
    HoursOfDay,
    LeadTime,
    Length,
    NamedAddress,
    Op,
    Slug,
    TimeOfDay,
    WebAddress,
    YesNo,
    ZoneName,
)

COMPARISONS = (
    "Write at least, at most, more than, less than or exactly, then a number, like at least 15."
)
NOT_A_LENGTH = (
    "is not a length of time. Write a number and minutes, hours, days or weeks, like 3 hours."
)


def validated(kind: Any, text: str) -> Any:
    return TypeAdapter(kind).validate_python(text)


def error_of(kind: Any, text: str) -> str:
    with pytest.raises(ValidationError) as caught:
        validated(kind, text)
    return str(caught.value.errors()[0]["ctx"]["error"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("3", "3 what? Write 3 hours or 3 days."),
        ("1", "1 what? Write 1 hour or 1 day."),
        ("3h", "Write 3 hours in full."),
        ("3 hrs", "Write 3 hours in full."),
        ("45min", "Write 45 minutes in full."),
        ("2 Days", "Write 2 days."),
        ("1.5 hours", "Write 90 minutes."),
        ("0,5 days", "Write 12 hours."),
        ("a day", "Write 1 day."),
        ("half an hour", "Write 30 minutes."),
        ("two weeks", "Write 2 weeks."),
        ("3  hours", "Write 3 hours, with one space between words."),
        ("2 months", "Months differ in length. Write days, like 60 days."),
        ("7 months", "Months differ in length. Write days, like 210 days."),
        ("1 year", "Write 365 days."),
        ("11 years", "This is more than ten years. Write less, like 45 days."),
        ("99999", "This is more than ten years. Write less, like 45 days."),
        ("0", "0 what? Write 1 hour or 1 day."),
        ("30 seconds", "Write 1 minute."),
        ("0 days", "0 days is no time at all. Write 1 day or more, or leave the line out."),
        ("522 weeks", "522 weeks is more than ten years. Write less."),
        ("9999999 weeks", "9999999 weeks is more than ten years. Write less."),
        ("-3 days", f'"-3 days" {NOT_A_LENGTH}'),
        ("1 day 2 hours", f'"1 day 2 hours" {NOT_A_LENGTH}'),
        ("9" * 5000 + " days", f'"{"9" * 57}…" {NOT_A_LENGTH}'),
        ("٣ days", f'"٣ days" {NOT_A_LENGTH}'),
    ],
)
def test_a_length_says_its_unit_in_full(text: str, sentence: str) -> None:
    assert error_of(Length, text) == sentence


@pytest.mark.parametrize("text", ["0 days", "0 hours", "1 hour", "7 days", "0 weeks"])
def test_a_lead_time_may_be_none_at_all(text: str) -> None:
    lead = validated(LeadTime, text)
    assert (str(lead), re.fullmatch(LeadTime.json_schema["pattern"], text) is not None) == (
        text, True
    )  # fmt: skip


def test_the_day_itself_has_a_spelling() -> None:
    assert error_of(LeadTime, "0") == "0 what? Write 0 days."
    assert error_of(LeadTime, "the day").endswith("For the day itself, write 0 days.")


def test_a_bare_number_is_no_length() -> None:
    assert error_of(Length, "45") == "45 what? Write 45 hours or 45 days."


def test_a_length_knows_how_much_time_passes() -> None:
    assert validated(Length, "3 hours").elapsed == timedelta(hours=3)
    assert validated(Length, "2 weeks").elapsed == timedelta(days=14)
    assert Length(1, "day") == Length(1, "days") == validated(Length, "1 day")


@given(st.integers(1, 520), st.sampled_from(["minutes", "hours", "days", "weeks"]))
def test_a_length_reads_what_it_says(count: int, unit: str) -> None:
    length = Length(count, unit)
    assert validated(Length, str(length)) == length


@given(
    st.from_regex("([0-9]{1,5}([.,][0-9])?|an?|two) ?", fullmatch=True),
    st.sampled_from(["", "m", "h", "d", "wk", "Days", "hour", "months", "year", "secs"]),
)
@example(number="0 ", unit="hour")
def test_a_suggested_length_is_valid(number: str, unit: str) -> None:
    adapter = TypeAdapter(Length)
    try:
        adapter.validate_python(f"{number}{unit}")
    except ValidationError as error:
        sentence = str(error)
        suggested = re.search(r"(?:Write|like) ([0-9]+ (?:minute|hour|day|week)s?)\b", sentence)
        if suggested:
            adapter.validate_python(suggested[1])
        else:
            assert re.search("Write less", sentence), sentence  # no length is suggested


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("15", "15 and how? Write at least 15, at most 15 or exactly 15."),
        (">= 15", "Write at least 15."),
        (">=15", "Write at least 15."),
        ("≤ 2.5", "Write at most 2.5."),
        ("> 3", "Write more than 3."),
        ("< 3", "Write less than 3."),
        ("= 3", "Write exactly 3."),
        ("over 15", "Write more than 15."),
        ("15 or more", "Write at least 15."),
        ("At Least 15", "Write at least 15."),
        ("at least 1,5", "Write at least 1.5."),
        ("at least €15", "Write at least 15, without a currency: amounts are in the shop's own."),
        (
            "at least 15 EUR",
            "Write at least 15, without a currency: amounts are in the shop's own.",
        ),
        ("at least 1.000", "Is 1.000 a thousand or a fraction? Write 1000 or 1."),
        (
            "plenty",
            f'"plenty" does not compare. {COMPARISONS}',
        ),
    ],
)
def test_a_comparison_is_in_words(text: str, sentence: str) -> None:
    assert error_of(Comparison, text) == sentence


def test_a_comparison_includes_or_excludes_its_bound() -> None:
    assert validated(Comparison, "at least 15").holds(15)
    assert not validated(Comparison, "more than 15").holds(15)
    assert validated(Comparison, "at most 15").holds(Decimal("15.0"))
    assert not validated(Comparison, "less than 15").holds(15)
    assert validated(Comparison, "exactly 1,500").holds(1500)
    assert validated(Comparison, "at least -10") == Comparison(Op.AT_LEAST, Decimal(-10))


@given(st.sampled_from(list(Op)), st.decimals(-99999, 99999, places=2))
def test_a_comparison_reads_what_it_says(op: Op, number: Decimal) -> None:
    assert validated(Comparison, str(Comparison(op, number))) == Comparison(op, number)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("9pm to 8am", "Write 21:00 to 08:00."),
        ("21:00-08:00", "Write 21:00 to 08:00."),
        ("from 9 p.m. until 8:30 am", "Write 21:00 to 08:30."),
        ("12am to 12pm", "Write 00:00 to 12:00."),
        ("24:00 to 8", "Write 00:00 to 08:00."),
        ("21h30 to 8h", "Write 21:30 to 08:00."),
        ("21:00", "Write two times of day, like 21:00 to 08:00."),
        ("25:00 to 26:00", "Write two times of day, like 21:00 to 08:00."),
        ("21:00 to 21:00", "21:00 to 21:00 is no time at all: the two times are the same."),
    ],
)
def test_hours_of_day_are_two_clock_times(text: str, sentence: str) -> None:
    assert error_of(HoursOfDay, text) == sentence


def test_quiet_hours_pass_midnight() -> None:
    night = validated(HoursOfDay, "21:00 to 08:00")
    assert night == HoursOfDay(time(21), time(8))
    assert night.covers(time(21))
    assert night.covers(time(0))
    assert night.covers(time(7, 59, 59))
    assert not night.covers(time(8))
    assert not night.covers(time(20, 59))
    noon = validated(HoursOfDay, "12:00 to 13:00")
    assert noon.covers(time(12))
    assert not noon.covers(time(13))
    assert not noon.covers(time(0))


@given(st.times(), st.times(), st.times())
def test_every_moment_is_in_the_hours_or_in_the_hours_between(
    start: time, end: time, moment: time
) -> None:
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    if start != end:
        hours, complement = HoursOfDay(start, end), HoursOfDay(end, start)
        assert hours.covers(moment) != complement.covers(moment)
        assert validated(HoursOfDay, str(hours)) == hours


def test_a_time_of_day_is_a_clock_time() -> None:
    assert validated(TimeOfDay, "10:00") == time(10)
    assert error_of(TimeOfDay, "10am") == "Write 10:00."
    assert error_of(TimeOfDay, "8:30") == "Write 08:30."
    assert error_of(TimeOfDay, "soon") == '"soon" is not a time of day. Write one like 10:00.'


@pytest.mark.parametrize("text", ["2 emails per 7 days", "1 email per day", "3 emails per week"])
def test_a_limit_reads_what_it_says(text: str) -> None:
    assert str(validated(EmailLimit, text)) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2 per 7 days", "Write 2 emails per 7 days."),
        ("2 mails a week", "Write 2 emails per week."),
        ("2/day", "Write 2 emails per day."),
        ("0 emails per day", "0 emails would send nothing. Write 1 or more, or stop the rules."),
        ("2 emails per 7", "7 what? Write 7 hours or 7 days."),
        ("two", '"two" is no such limit. Write one like 2 emails per 7 days.'),
    ],
)
def test_a_limit_counts_emails_in_a_length_of_time(text: str, sentence: str) -> None:
    assert error_of(EmailLimit, text) == sentence


def test_a_daily_limit_is_a_number_or_yes_or_no() -> None:
    assert validated(DailyLimit, "up to 50 per day").per_day == 50
    assert validated(DailyLimit, "yes").per_day is None
    assert validated(DailyLimit, "no").per_day == 0
    assert error_of(DailyLimit, "50 a day") == "Write up to 50 per day, yes or no."
    assert error_of(DailyLimit, "some") == "Write yes, no, or a number like up to 50 per day."
    for text in ("up to 50 per day", "yes", "no"):
        assert str(validated(DailyLimit, text)) == text


@pytest.mark.parametrize(
    ("text", "customers", "limit"),
    [
        ("50", 10_000, 50),
        ("50 or 5 %", 100, 50),
        ("50 or 5 percent", 10_000, 500),
        ("5 %", 39, 1),
        ("0", 39, 0),
        ("2.5%", 1000, 25),
    ],
)
def test_asking_begins_above_the_larger_of_number_and_share(
    text: str, customers: int, limit: int
) -> None:
    ask_above = validated(AskAbove, text)
    assert ask_above.limit(customers) == limit
    assert validated(AskAbove, str(ask_above)) == ask_above


def test_a_share_is_at_most_100_percent() -> None:
    assert error_of(AskAbove, "101 %") == "101 % is more than everybody. Write 100 % or less."
    assert "50 or 5 %" in error_of(AskAbove, "many")


def test_yes_is_yes_and_nothing_else() -> None:
    assert validated(YesNo, "yes") is True
    assert validated(YesNo, "no") is False
    for text in ("true", "on", "Yes", "y", "1", ""):
        assert error_of(YesNo, text) == "Write yes or no."


def test_a_slug_is_suggested() -> None:
    assert validated(Slug, "we-miss-you") == "we-miss-you"
    assert error_of(Slug, "We miss you!").endswith("Write we-miss-you.")
    assert error_of(Slug, "a--b").endswith("Write a-b.")
    assert error_of(Slug, "☕").endswith("only.")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("€", "Write EUR."),
        ("euro", "Write EUR."),
        ("eur", "Write EUR."),
        ("gold", "Write the three letters, like EUR or USD."),
    ],
)
def test_a_currency_is_three_letters(text: str, sentence: str) -> None:
    assert validated(CurrencyCode, "EUR") == "EUR"
    assert error_of(CurrencyCode, text) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Portugal", "Write PT."),
        ("pt", "Write PT."),
        ("UK", "Write GB."),
        ("Deutschland", "Write DE."),
        ("Japan", "Write JP."),
        ("XX", "Write the two letters, like PT or DE."),
    ],
)
def test_a_country_is_two_letters_of_a_real_one(text: str, sentence: str) -> None:
    assert validated(CountryCode, "NO") == "NO"
    assert error_of(CountryCode, text) == sentence


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Lisbon", 'Did you mean "Europe/Lisbon"?'),
        ("europe/lisbon", 'Did you mean "Europe/Lisbon"?'),
        ("Europe/Lisbonne", 'Did you mean "Europe/Lisbon"?'),
        ("New York", 'Did you mean "America/New_York"?'),
        ("CET", "Write the place, like Europe/Lisbon."),
        ("UTC+1", "Write the place, like Europe/Lisbon."),
        ("GMT", "Write the place, like Europe/Lisbon."),
        ("+01:00", "Write the place, like Europe/Lisbon."),
        ("Etc/GMT-1", "Write the place, like Europe/Lisbon."),
        ("the café", "Write one like Europe/Lisbon."),
        ("../../etc/passwd", "Write one like Europe/Lisbon."),
    ],
)
def test_a_time_zone_is_a_place(text: str, hint: str) -> None:
    assert error_of(ZoneName, text).endswith(hint)


def test_known_places_are_time_zones() -> None:
    for zone in ("Europe/Lisbon", "America/Argentina/Buenos_Aires", "UTC"):
        assert validated(ZoneName, zone) == zone


def test_an_email_address_is_one_address() -> None:
    assert validated(EmailAddress, "ana@CornerCafe.example") == "ana@cornercafe.example"
    assert validated(EmailAddress, "ana@café.example") == "ana@café.example"
    assert error_of(EmailAddress, "Ana <ana@cornercafe.example>") == (
        "Write the address alone: ana@cornercafe.example."
    )
    assert "is not one email address" in error_of(EmailAddress, "ana@a.example, bruno@b.example")
    assert "is no email address" in error_of(EmailAddress, "ana.cornercafe.example")


def test_a_named_address_has_both_parts() -> None:
    sender = validated(NamedAddress, "Ana at Corner Café <ana@cornercafe.example>")
    assert sender == NamedAddress("Ana at Corner Café", "ana@cornercafe.example")
    assert str(sender) == "Ana at Corner Café <ana@cornercafe.example>"
    assert str(sender.header) == "Ana at Corner Café <ana@cornercafe.example>"
    assert validated(NamedAddress, '"Ana, Corner Café" <ana@cornercafe.example>').name == (
        "Ana, Corner Café"
    )
    assert error_of(NamedAddress, "ana@cornercafe.example") == (
        "Write the name as well: Ana at Corner Café <ana@cornercafe.example>."
    )
    assert error_of(NamedAddress, "Ana") == (
        "Write a name and an address, like Ana <ana@cornercafe.example>."
    )
    assert "is no email address" in error_of(NamedAddress, "Ana <ana@nowhere>")


def test_a_web_address_ends_without_a_slash() -> None:
    assert validated(WebAddress, "https://cafe.example/") == "https://cafe.example"
    assert validated(WebAddress, "http://127.0.0.1:4300/mail/") == "http://127.0.0.1:4300/mail"
    assert error_of(WebAddress, "mail.cafe.example") == "Write https://mail.cafe.example."


@pytest.mark.parametrize(
    "text",
    [
        "ftp://cafe.example",
        "https://",
        "https:///path",
        "https://cafe.example/?a=b",
        "https://cafe.example/#top",
        "https://cafe.example?",
        "https://ana:pw@cafe.example",
        "https://cafe.example:port",
        "https://cafe.example/a b",
        "https://cafe.example/../x",
        "https://[::1",
        "javascript:alert(1)",
        "cafe",
    ],
)
def test_a_web_address_is_plain(text: str) -> None:
    assert error_of(WebAddress, text)
