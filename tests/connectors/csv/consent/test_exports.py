"""Exports of other programs: who unsubscribed or bounced there is never a yes here."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.connectors.csv.consent.lists import (
    describe_list,
    describe_rows,
    list_config,
    states,
    sync_rows,
)

EMAIL = "e-mail: Email"
VOUCHED = "ticked a box at the till, since 1 June 2024"
# heading, cell of Ana who said yes, cell of Bruno who opted out, what Ana is when it is named
FLAGS = [
    ("Email Subscription Status", "subscribed", "unsubscribed", "yes"),
    ("Email subscriber status", "Subscribed", "Unsubscribed", "yes"),
    ("Accepts Email Marketing", "yes", "no", "yes"),
    ("Accepts Marketing", "true", "false", "yes"),
    ("Email Marketing Consent", "SUBSCRIBED", "UNSUBSCRIBED", "yes"),
    ("Email status", "Active", "Bounced", "yes"),
    ("Status", "Active", "Unsubscribed", "yes"),
    ("State", "Active", "Bounced", "yes"),
    ("Aceita marketing", "Sim", "Não", "yes"),
    ("OPTIN_TIME", "2024-01-01 10:00:00", "0000-00-00 00:00:00", "yes"),
    ("Marketing Allowed", "TRUE", "FALSE", "yes"),
    ("Email permission status", "Explicit", "Unsubscribed", "yes"),
    ("Email Unsubscribed", "False", "True", "none"),
    ("IsExcludedFromCampaigns", "false", "true", "none"),
    ("do_not_email", "0", "1", "none"),
    ("Widerrufen am", "", "12.03.2024", "none"),
    ("Unsubscribed from all email", "false", "true", "none"),
    ("EMAIL_BLACKLISTED", "false", "true", "none"),
    ("Opted out of email: Newsletter", "", "true", "none"),
    ("HasOptedOutOfEmail", "0", "1", "none"),
    ("Email Suppressions", "[]", "['HARD_BOUNCE']", "none"),
    ("UNSUB_TIME", "", "2025-05-01 10:00:00", "none"),
    ("CLEAN_TIME", "", "2025-05-01 10:00:00", "none"),
    ("UNSUB_REASON", "", "No longer interested", "none"),
    ("Unsubscribed Date", "", "1 May 2025", "none"),
    ("Keine Werbung", "nein", "ja", "none"),
]


def rows(heading: str, yes: str, no: str) -> str:
    return f'Email,{heading}\nana@x.example,"{yes}"\nbruno@x.example,"{no}"\n'


@pytest.mark.parametrize(("heading", "yes", "no", "ana"), FLAGS)
def test_a_column_named_with_consent_never_makes_a_yes_of_an_opt_out(
    heading: str, yes: str, no: str, ana: str, sqlite: Engine, tmp_path: Path
) -> None:
    config = list_config(f'{EMAIL}, consent: "{heading}"')
    sync_rows(sqlite, tmp_path, rows(heading, yes, no), config)
    bruno = "none" if heading == "OPTIN_TIME" else "no"
    assert states(sqlite) == {"ana": ana, "bruno": bruno}


OPT_OUTS = [flag for flag in FLAGS if flag[0] not in ("OPTIN_TIME",)]


@pytest.mark.parametrize(("heading", "yes", "no", "ana"), OPT_OUTS)
def test_an_opt_out_counts_in_a_column_that_was_not_named(
    heading: str, yes: str, no: str, ana: str, sqlite: Engine, tmp_path: Path
) -> None:
    text = rows(heading, yes, no)
    report = sync_rows(sqlite, tmp_path, text, list_config(EMAIL, VOUCHED))
    assert states(sqlite)["bruno"] == "no"
    assert states(sqlite).get("ana", "none") == "none"
    assert any("imported consent does not hold" in warning for warning in report.warnings)
    assert f'The column "{heading}" holds an opt-out in 1 row' in describe_rows(
        tmp_path, text, list_config(EMAIL, VOUCHED)
    )


@pytest.mark.parametrize(("heading", "yes", "no", "ana"), OPT_OUTS)
def test_a_column_of_opt_outs_is_never_a_yes(
    heading: str, yes: str, no: str, ana: str, sqlite: Engine, tmp_path: Path
) -> None:
    config = list_config(f'{EMAIL}, said no: "{heading}"')
    sync_rows(sqlite, tmp_path, rows(heading, yes, no), config)
    assert states(sqlite)["bruno"] == "no"
    assert states(sqlite).get("ana") != "yes"


def test_an_opt_out_at_mailchimp_has_its_date(sqlite: Engine, tmp_path: Path) -> None:
    text = (
        "Email,UNSUB_TIME,UNSUB_REASON,CONFIRM_TIME\n"
        "ana@x.example,2025-05-01 10:00:00,No longer interested,2024-01-01 10:00:00\n"
    )
    config = list_config(f"{EMAIL}, consent: CONFIRM_TIME, said no: [UNSUB_TIME, UNSUB_REASON]")
    sync_rows(sqlite, tmp_path, text, config)
    assert states(sqlite) == {"ana": "no"}
    described = describe_rows(tmp_path, text, config)
    assert "consent from CONFIRM_TIME, said no from UNSUB_TIME" in described


def test_columns_of_text_messages_count_for_nothing(sqlite: Engine, tmp_path: Path) -> None:
    text = "Email,Newsletter,Accepts SMS Marketing,SMS_BLACKLISTED\nana@x.example,yes,no,true\n"
    report = sync_rows(sqlite, tmp_path, text, list_config(f"{EMAIL}, consent: Newsletter"))
    assert states(sqlite) == {"ana": "yes"}
    assert report.warnings == ()


def test_a_note_of_an_opt_out_stops_the_mail(sqlite: Engine, tmp_path: Path) -> None:
    text = (
        "Email,Newsletter,Notes\n"
        "ana@x.example,yes,likes cake\n"
        'bruno@x.example,yes,"regular, rang in May: no more newsletters please"\n'
    )
    report = sync_rows(sqlite, tmp_path, text, list_config(f"{EMAIL}, consent: Newsletter"))
    assert states(sqlite) == {"ana": "yes", "bruno": "unread"}
    assert 'The column "Notes" seems to hold an opt-out in 1 row' in " ".join(report.warnings)


@pytest.mark.parametrize("status", ["unknown", "never subscribed", "pending"])
def test_nobody_vouches_for_a_list_that_says_who_was_not_asked(
    status: str, sqlite: Engine, tmp_path: Path
) -> None:
    text = f"Email,Email Subscription Status\nana@x.example,subscribed\nbruno@x.example,{status}\n"
    report = sync_rows(sqlite, tmp_path, text, list_config(EMAIL, VOUCHED))
    assert "yes" not in states(sqlite).values()
    [refusal] = [each for each in report.warnings if each.startswith("imported consent does not")]
    assert '"Email Subscription Status" (1 row)' in refusal


def test_an_opt_out_in_a_column_that_was_not_named_is_a_mistake(tmp_path: Path) -> None:
    text = "Email,UNSUB_TIME,Notes\nana@x.example,2025-05-01 10:00:00,wants no newsletter\n"
    description = describe_list(tmp_path, text, list_config(EMAIL))
    [mistake] = description.mistakes
    assert 'Name the column: said no: "UNSUB_TIME".' in mistake
    assert mistake in description.text
