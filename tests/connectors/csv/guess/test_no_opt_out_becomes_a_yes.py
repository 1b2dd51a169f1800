"""Whatever init proposes for a list: no opt-out in it becomes a yes, and each plain yes is one."""

from __future__ import annotations

import csv
from contextlib import closing
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.csv.columns import column_indexes, column_names
from connectors.csv.config import CsvCustomers
from connectors.csv.connector import (
    READERS,
    CsvConnector,
    detect_format,
    open_records,
)
from connectors.csv.guess.guess_config import GuessedConfig, guess_config
from connectors.csv.table import inspect_table
from tests.examples import examples

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
A_DAY, LATER = "2024-03-15 10:00:00", "2025-05-21 09:30:00"
# Heading, what it says of a subscriber, and of somebody who opted out.
OPT_IN_COLUMNS = [
    ("Newsletter", "yes", "no"),
    ("Accepts Email Marketing", "yes", "no"),
    ("Email Subscription Status", "subscribed", "unsubscribed"),
    ("Email Marketing Consent", "SUBSCRIBED", "UNSUBSCRIBED"),
    ("Aceita marketing", "Sim", "Não"),
    ("Einwilligung Newsletter", "ja", "nein"),
    ("Status", "Subscribed", "Cleaned"),
    ("Liste", "subscribed", "opted out"),
    ("Marketing Allowed", "TRUE", "FALSE"),
    ("Email permission status", "Explicit", "Unsubscribed"),
    ("Newsletter-Abo", "aktiv", "gekündigt"),
    ("E-postmarknadsföring", "Godkänd", "Avböjd"),
    ("Zgoda na marketing e-mail", "wyrażona", "wycofana"),
    ("Mag mailen", "ja", "nee"),
    ("May we e-mail you?", "yes please", "rather not"),
    ("CONFIRM_TIME", A_DAY, A_DAY),
    ("OPTIN_TIME", A_DAY, A_DAY),
]
OPT_OUT_COLUMNS = [
    ("UNSUB_TIME", "", LATER),
    ("UNSUB_REASON", "", "No longer interested"),
    ("CLEAN_TIME", "", LATER),
    ("Email Unsubscribed", "False", "True"),
    ("EMAIL_BLACKLISTED", "false", "true"),
    ("Unsubscribed from all email", "false", "true"),
    ("Newsletter abbestellt am", "", LATER),
    ("Não contactar", "", "sim"),
    ("Suppressed", "no", "yes"),
    ("Is excluded from campaigns", "false", "true"),
    ("Widerrufen am", "", "12.03.2024"),
    ("Consent revoked at", "", LATER),
    ("Stop Status", "", "Unsubscribed"),
    ("do_not_email", "0", "1"),
    ("Notes", "likes tea", "unsubscribed"),
    ("Group", "regular", "hard bounced"),
]
OTHER_COLUMNS = [
    ("SMS status", "unsubscribed", "subscribed"),
    ("First name", "Ana", "Ana"),
    ("Total Spent", "12.00", "12.00"),
    ("Created at", A_DAY, A_DAY),
]


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, int, int, bool]:
    """Draw a list with its numbers of subscribers and opt-outs, and whether a column says yes."""
    opt_ins = draw(st.lists(st.sampled_from(OPT_IN_COLUMNS), max_size=2, unique=True))
    opt_outs = draw(
        st.lists(
            st.sampled_from(OPT_OUT_COLUMNS), min_size=0 if _has_no(opt_ins) else 1, max_size=2,
            unique=True,
        )
    )  # fmt: skip
    others = draw(st.lists(st.sampled_from(OTHER_COLUMNS), max_size=3, unique=True))
    columns = draw(st.permutations([*opt_ins, *opt_outs, *others]))
    people = draw(st.lists(st.booleans(), min_size=1, max_size=8))
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["Email", *(heading for heading, _, _ in columns)])
    for number, is_subscriber in enumerate(people):
        name = "in" if is_subscriber else "out"
        cells = [says if is_subscriber else says_no for _, says, says_no in columns]
        writer.writerow([f"{name}{number}@example.com", *cells])
    return out.getvalue(), sum(people), len(people) - sum(people), bool(opt_ins)


def _has_no(columns: list[tuple[str, str, str]]) -> bool:
    return any(says != says_no for _, says, says_no in columns)


def statements(folder: Path) -> tuple[GuessedConfig, dict[str, str]]:
    """Return the guess for the list in `folder`, and what each person's statement says."""
    guess = guess_config(folder / "list.csv", "list")
    columns = {**guess.columns, **({"said no": [*guess.said_no]} if guess.said_no else {})}
    config = CsvCustomers.model_validate(
        {"from": "csv", "holds": "customers", "file": "list.csv", "columns": columns}
    )
    connector = CsvConnector("list", folder / "list.csv", config, "EUR", ZoneInfo("UTC"), "list")
    table = inspect_table(connector.path, "list", column_names(config.columns))
    indexes = column_indexes(table, config.columns, "list")
    csv_format = detect_format(table, indexes, connector, NOW)
    with closing(open_records(table, indexes, connector, csv_format, NOW)) as file:
        parsed = [READERS["customers"](record, file.csv_format, NOW) for record in file.records]
    rows = [row for record in parsed for row in record.rows.statements]
    return guess, {row["external_id"]: row["says"] for row in rows}


@settings(max_examples=examples(30))
@given(lists())
def test_a_proposed_config_makes_no_opt_out_a_yes(drawn: tuple[str, int, int, bool]) -> None:
    text, subscribers, opt_outs, says_yes = drawn
    with TemporaryDirectory() as folder:
        (Path(folder) / "list.csv").write_text(text)
        guess, says = statements(Path(folder))
    assert guess.holds == "customers"
    blocked = [value for key, value in says.items() if key.startswith("out")]
    assert len(blocked) == opt_outs
    assert set(blocked) <= {"no", "unread"}
    assert guess.about_mail or not opt_outs
    if says_yes:
        assert [key for key, value in says.items() if value == "yes"] == [
            key for key in says if key.startswith("in")
        ]
        assert sum(key.startswith("in") for key in says) == subscribers
