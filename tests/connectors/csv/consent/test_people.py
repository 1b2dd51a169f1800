"""What the rows of one person say together, and what the owner is told."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.consent_headings import STATUSES
from connectors.csv.consent.imported_consent import ImportedConsent
from tests.connectors.csv.consent.lists import (
    describe_rows,
    list_config,
    statements,
    states,
    sync_rows,
)

NEWSLETTER = list_config("e-mail: Email, consent: Newsletter")
NUMBERED = list_config("e-mail: Email, customer: Number, consent: Newsletter")
DATED = list_config("e-mail: Email, consent: Newsletter, since: Since")


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        (["yes", ""], "yes"),
        (["yes", "no"], "no"),
        (["yes", "", "unsubscribed"], "no"),
        (["yes", "perhaps"], "unread"),
        (["perhaps", "no", "yes"], "no"),
    ],
)
def test_the_order_of_the_rows_of_a_person_does_not_matter(
    cells: list[str], state: str, sqlite: Engine, tmp_path: Path
) -> None:
    for hour, order in enumerate(permutations(cells)):
        text = "Email,Newsletter\n" + "".join(f"ana@x.example,{cell}\n" for cell in order)
        sync_rows(sqlite, tmp_path, text, NEWSLETTER, hour=hour)
        assert states(sqlite) == {"ana": state}
    assert len({(key, says) for key, says, _ in statements(sqlite)}) == 1


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_a_status_of_a_column_without_a_name_in_the_config_is_an_opt_out(
    status: str, sqlite: Engine, tmp_path: Path
) -> None:
    text = f"Email,Newsletter,Status\nana@x.example,yes,{status}\nclara@x.example,yes,\n"
    sync_rows(sqlite, tmp_path, text, NEWSLETTER)
    assert states(sqlite) == {"ana": "no", "clara": "yes"}


def test_an_opt_out_under_another_number_counts_for_the_address(
    sqlite: Engine, tmp_path: Path
) -> None:
    text = (
        "Email,Number,Newsletter\nAna@x.example,1,yes\nana@X.example,2,no\nclara@x.example,3,yes\n"
    )
    sync_rows(sqlite, tmp_path, text, NUMBERED)
    assert states(sqlite) == {"Ana": "no", "clara": "yes"} or states(sqlite) == {
        "ana": "no",
        "clara": "yes",
    }


def test_an_opt_out_without_an_address_counts_for_the_number(
    sqlite: Engine, tmp_path: Path
) -> None:
    text = "Email,Number,Newsletter\nana@x.example,1,yes\n,1,unsubscribed\n"
    sync_rows(sqlite, tmp_path, text, NUMBERED)
    assert states(sqlite) == {"ana": "no"}


def test_a_yes_has_the_date_beside_it(sqlite: Engine, tmp_path: Path) -> None:
    text = "Email,Newsletter,Since\nana@x.example,yes,2024-03-01\nbruno@x.example,yes,2062-01-01\n"
    sync_rows(sqlite, tmp_path, text, DATED)
    dates = {key: said_at for key, _, said_at in statements(sqlite)}
    assert dates["ana@x.example"] > 0
    assert dates["bruno@x.example"] == 0


def test_the_date_of_a_yes_is_none_of_a_no(sqlite: Engine, tmp_path: Path) -> None:
    text = "Email,Newsletter,OPTIN_TIME\nana@x.example,unsubscribed,2023-01-01\n"
    config = list_config("e-mail: Email, consent: Newsletter, since: OPTIN_TIME")
    sync_rows(sqlite, tmp_path, text, config)
    assert [(says, said_at) for _, says, said_at in statements(sqlite)] == [("no", 0)]


def test_a_no_without_a_time_counts_from_the_end_of_its_day(sqlite: Engine, tmp_path: Path) -> None:
    text = "Email,Out\nana@x.example,2024-03-01\nbruno@x.example,2024-03-01 15:00:00\n"
    sync_rows(sqlite, tmp_path, text, list_config("e-mail: Email, said no: Out"))
    dates = {key: said_at for key, _, said_at in statements(sqlite)}
    assert dates["ana@x.example"] > dates["bruno@x.example"]


def test_words_that_cannot_be_read_block_again_after_a_dated_yes(
    sqlite: Engine, tmp_path: Path
) -> None:
    results = []
    for hour, answer in enumerate(["perhaps later", "yes", "perhaps later"]):
        text = f"Email,Newsletter,Since\nana@x.example,{answer},2024-03-01\n"
        sync_rows(sqlite, tmp_path, text, DATED, hour=hour)
        results.append(states(sqlite)["ana"])
    assert results == ["unread", "yes", "unread"]


def test_a_column_of_dates_is_a_dated_yes(sqlite: Engine, tmp_path: Path) -> None:
    text = "Email,OPTIN_TIME\nana@x.example,2024-03-01 10:00:00\nbruno@x.example,\n"
    sync_rows(sqlite, tmp_path, text, list_config("e-mail: Email, consent: OPTIN_TIME"))
    assert states(sqlite) == {"ana": "yes", "bruno": "none"}
    assert [said_at > 0 for key, _, said_at in statements(sqlite) if "ana" in key] == [True]


def test_a_yes_of_the_same_row_that_is_newer_than_its_opt_out_does_not_lift_it(
    sqlite: Engine, tmp_path: Path
) -> None:
    text = "Email,OPTIN_TIME,UNSUB_TIME\nana@x.example,2025-03-01 10:00:00,2024-03-01 10:00:00\n"
    config = list_config("e-mail: Email, consent: OPTIN_TIME, said no: UNSUB_TIME")
    sync_rows(sqlite, tmp_path, text, config)
    assert states(sqlite) == {"ana": "no"}


def test_words_that_are_not_read_are_shown_with_their_count(tmp_path: Path) -> None:
    cells = ["yes"] * 8 + ["perhaps", "perhaps"]
    text = "Email,Newsletter\n" + "".join(f"c{n}@x.example,{c}\n" for n, c in enumerate(cells))
    described = describe_rows(tmp_path, text, NEWSLETTER)
    assert "consent: 8 yes, 0 no, 0 neither, 2 not read" in described
    assert '2 rows of 10 in the column "Newsletter" could not be read' in described
    assert '"perhaps" (2)' in described


def test_a_column_without_yes_or_no_shows_its_values(tmp_path: Path) -> None:
    text = "Email,Newsletter\nana@x.example,weekly\nbruno@x.example,\n"
    described = describe_rows(tmp_path, text, NEWSLETTER)
    assert 'The column "Newsletter" has neither a yes nor a no: "weekly" (1).' in described


def test_addresses_and_many_different_values_are_not_shown(tmp_path: Path) -> None:
    text = "Email,Newsletter\nana@x.example,ana@home.example\n"
    assert "home.example" not in describe_rows(tmp_path, text, NEWSLETTER)
    names = "".join(f"c{n}@x.example,Name{n}\n" for n in range(30))
    described = describe_rows(tmp_path, "Email,Newsletter\n" + names, NEWSLETTER)
    assert "30 or more different values" in described
    assert "Name1" not in described


def test_corrected_words_are_judged_again(sqlite: Engine, tmp_path: Path) -> None:
    for hour, (cell, state) in enumerate([("perhaps", "unread"), ("yes", "yes"), ("", "none")]):
        sync_rows(
            sqlite, tmp_path, f"Email,Newsletter\nana@x.example,{cell}\n", NEWSLETTER, hour=hour
        )
        assert states(sqlite) == {"ana": state}


def test_a_column_that_is_named_again_counts_again(sqlite: Engine, tmp_path: Path) -> None:
    text = "Email,OPTIN_TIME\nana@x.example,2024-03-01 10:00:00\n"
    named = list_config("e-mail: Email, consent: OPTIN_TIME")
    for hour, (config, state) in enumerate(
        [(named, "yes"), (list_config("e-mail: Email"), "none"), (named, "yes")]
    ):
        sync_rows(sqlite, tmp_path, text, config, hour=hour)
        assert states(sqlite) == {"ana": state}


@pytest.mark.parametrize(
    "answer", ["transactions-2026-01-01.csv", "yes", "the till", "ticked a box, since 1 June 2024."]
)
def test_vouching_needs_one_of_the_answers(answer: str) -> None:
    if answer.startswith("ticked"):
        assert ImportedConsent.parse(answer).is_free
        return
    with pytest.raises(ValueError, match="Write it like: ticked a box at the till, since"):
        ImportedConsent.parse(answer)


def test_a_yes_that_no_longer_counts_is_counted_with_its_reason(
    sqlite: Engine, tmp_path: Path
) -> None:
    people = "ana@x.example,{}\nbruno@x.example,{}\nclara@x.example,{}\n"
    text = "Email,Newsletter\n" + people
    assert sync_rows(sqlite, tmp_path, text.format("yes", "yes", "yes"), NEWSLETTER).withdrawn == {}
    report = sync_rows(sqlite, tmp_path, text.format("yes", "no", "hm"), NEWSLETTER, hour=1)
    assert report.withdrawn == {"column Newsletter of customers.csv": 2}
    assert states(sqlite) == {"ana": "yes", "bruno": "no", "clara": "unread"}


def test_nobody_vouches_for_buyers(sqlite: Engine, tmp_path: Path) -> None:
    text = "Email,Order,Date,Total\nana@x.example,1,2026-03-01,12.00\n"
    vouched = list_config("e-mail: Email", "ticked a box at the till, since 1 June 2024")
    report = sync_rows(sqlite, tmp_path, text, vouched)
    assert states(sqlite).get("ana", "none") == "none"
    assert any("its columns are those of purchases" in warning for warning in report.warnings)


@pytest.mark.parametrize("said", ["", ",2024-03-01"])
def test_an_address_that_was_taken_out_of_the_file_is_not_mailed(
    sqlite: Engine, tmp_path: Path, said: str
) -> None:
    since = ", since: Since" if said else ""
    config = list_config(f"customer: No, e-mail: Email, consent: Newsletter{since}")
    header = f"No,Email,Newsletter{',Since' if said else ''}\n"
    sync_rows(sqlite, tmp_path, f"{header}1,ana@x.example,yes{said}\n", config)
    assert states(sqlite) == {"ana": "yes"}
    sync_rows(sqlite, tmp_path, f"{header}1,,yes{said}\n", config, hour=1)
    assert states(sqlite) == {}
    sync_rows(sqlite, tmp_path, f"{header}1,ana@x.example,yes{said}\n", config, hour=2)
    assert states(sqlite) == {"ana": "yes"}


@pytest.mark.parametrize("step", [1, -1])
def test_an_empty_cell_deletes_no_address_that_another_row_of_the_person_has(
    sqlite: Engine, tmp_path: Path, step: int
) -> None:
    config = list_config("customer: No, e-mail: Email, consent: Newsletter")
    rows = ["1,ana@x.example,yes\n", "1,,yes\n"][::step]
    for hour in range(2):
        lines = "No,Email,Newsletter\n" + "".join(rows) + "\n" * hour
        sync_rows(sqlite, tmp_path, lines, config, hour=hour)
        assert states(sqlite) == {"ana": "yes"}


def test_a_file_without_a_column_of_addresses_deletes_none(sqlite: Engine, tmp_path: Path) -> None:
    rows = "No,Email,Newsletter\n1,ana@x.example,yes\n"
    columns = "customer: No, e-mail: Email, consent: Newsletter"
    sync_rows(sqlite, tmp_path, rows, list_config(columns))
    without = columns.replace(" e-mail: Email,", "")
    sync_rows(sqlite, tmp_path, rows, list_config(without), hour=1)
    assert states(sqlite) == {"ana": "yes"}
