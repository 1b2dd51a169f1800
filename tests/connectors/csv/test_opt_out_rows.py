"""Opt-outs in files of orders and answers."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.csv.connector import CsvConnector
from connectors.csv.preview import describe_file
from connectors.sync import SyncReport
from sandbox.cafe import NOW
from tests.connectors.corner_cafe import connect_source, hours_later, run_sync
from tests.connectors.csv.consent.lists import list_config, statements, states, sync_rows

LIST = list_config("e-mail: Email, consent: Newsletter")
DATED_LIST = list_config("e-mail: Email, consent: Newsletter, since: Since")
EVERYBODY = "Email,Newsletter\nana@x.example,yes\nbruno@x.example,yes\n"
ORDERS = """\
sources:
  till:
    from: csv
    holds: orders
    file: orders.csv
    columns: {customer: Email, when: Date, total: Total, order: No}
"""
ANSWERS = """\
sources:
  till:
    from: csv
    holds: answers
    file: orders.csv
    columns: {customer: Email, when: Date, csat: Stars}
"""


def sync_orders(
    shop: Engine, folder: Path, text: str, config: str = ORDERS, hour: int = 0, size: int = 1_000
) -> SyncReport:
    (folder / "orders.csv").write_text(text)
    connector = connect_source(folder, config)
    assert isinstance(connector, CsvConnector)
    connector = replace(connector, page_size=size)
    return run_sync(shop, connector, name="till", now=hours_later(hour))


@pytest.mark.parametrize("orders_first", [True, False])
@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("Accepts Marketing", "unsubscribed"),
        ("Newsletter", "abgemeldet"),
        ("Email opt-out", "true"),
        ("Note", "please no newsletter"),
        ("Bemerkung", "keine Werbung mehr"),
    ],
)
def test_an_opt_out_in_an_order_stops_the_mail(
    sqlite: Engine, tmp_path: Path, heading: str, said: str, orders_first: bool
) -> None:
    text = f"No,Email,Date,Total,{heading}\n1,ana@x.example,2026-02-01,5,{said}\n"
    steps = [
        lambda: sync_rows(sqlite, tmp_path, EVERYBODY, LIST),
        lambda: sync_orders(sqlite, tmp_path, text),
    ]
    for step in reversed(steps) if orders_first else steps:
        step()
    assert states(sqlite) == {"ana": "no", "bruno": "yes"}


@pytest.mark.parametrize("said", ["no", "false", "0"])
def test_a_box_that_a_buyer_did_not_tick_holds_until_a_yes(
    sqlite: Engine, tmp_path: Path, said: str
) -> None:
    text = (
        "No,Email,Date,Total,Accepts Marketing\n"
        f"1,ana@x.example,2026-02-01,5,{said}\n2,clara@x.example,2026-02-01,5,{said}\n"
    )
    sync_orders(sqlite, tmp_path, text)
    sync_rows(sqlite, tmp_path, EVERYBODY, LIST)
    assert states(sqlite) == {"ana": "yes", "bruno": "yes", "clara": "no"}


@pytest.mark.parametrize("said", ["yes", "", "subscribed", "true"])
def test_a_yes_in_an_order_is_none(sqlite: Engine, tmp_path: Path, said: str) -> None:
    text = f"No,Email,Date,Total,Accepts Marketing\n1,ana@x.example,2026-02-01,5,{said}\n"
    sync_orders(sqlite, tmp_path, text)
    assert statements(sqlite) == []


@pytest.mark.parametrize("rows", list(permutations(["1,ana@x.example,2026-02-01,5,opted out\n",
                                               "1,ana@x.example,2026-02-01,5,\n",
                                               "2,ana@x.example,2026-02-09,5,yes\n"])))  # fmt: skip
def test_all_rows_of_a_buyer_count_whatever_their_order(
    sqlite: Engine, tmp_path: Path, rows: tuple[str, ...]
) -> None:
    sync_rows(sqlite, tmp_path, EVERYBODY, LIST)
    text = "No,Email,Date,Total,Accepts Marketing\n" + "".join(rows)
    for hour in range(2):
        sync_orders(sqlite, tmp_path, text + "\n" * hour, hour=hour)
        assert states(sqlite) == {"ana": "no", "bruno": "yes"}


def test_the_no_of_an_answer_has_its_date_and_a_later_yes_lifts_it(
    sqlite: Engine, tmp_path: Path
) -> None:
    text = (
        "Email,Date,Stars,Accepts Marketing\n"
        "ana@x.example,2026-02-01,5,no\nbruno@x.example,2026-02-01,5,unsubscribed\n"
    )
    sync_orders(sqlite, tmp_path, text, ANSWERS)
    rows = "Email,Newsletter,Since\nana@x.example,yes,{0}\nbruno@x.example,yes,{0}\n"
    sync_rows(sqlite, tmp_path, rows.format("2026-01-31"), DATED_LIST)
    assert states(sqlite) == {"ana": "no", "bruno": "no"}
    sync_rows(sqlite, tmp_path, rows.format("2026-02-02"), DATED_LIST, hour=1)
    assert states(sqlite) == {"ana": "yes", "bruno": "no"}  # who unsubscribed is none at any date


def test_a_list_that_says_no_without_a_date_outlives_the_no_of_an_old_order(
    sqlite: Engine, tmp_path: Path
) -> None:
    config = list_config("customer: No, e-mail: Email, consent: Newsletter")
    both = config + ORDERS.removeprefix("sources:\n").replace("Email", "Who")
    customers_of = f"{both}    customers of: old-list\n"
    text = "No,Who,Date,Total,Accepts Marketing\n1,7,2026-02-01,5,no\n"
    sync_orders(sqlite, tmp_path, text, customers_of)
    sync_rows(sqlite, tmp_path, "No,Email,Newsletter\n007,ana@x.example,yes\n", config)
    assert states(sqlite) == {"ana": "yes"}
    sync_rows(sqlite, tmp_path, "No,Email,Newsletter\n007,ana@x.example,no\n", config, hour=1)
    assert [row for row in statements(sqlite) if row[1:] == ("no", 0)]


def test_an_order_that_cannot_be_used_still_stops_the_mail(sqlite: Engine, tmp_path: Path) -> None:
    sync_rows(sqlite, tmp_path, EVERYBODY, LIST)
    text = "No,Email,Date,Total,Accepts Marketing\n1,ana@x.example,2026-02-01,five,unsubscribed\n"
    assert sync_orders(sqlite, tmp_path, text).quarantined == 1
    assert states(sqlite) == {"ana": "no", "bruno": "yes"}


def test_a_row_without_a_customer_is_of_the_one_above_in_the_same_order(
    sqlite: Engine, tmp_path: Path
) -> None:
    sync_rows(sqlite, tmp_path, EVERYBODY, LIST)
    text = (
        "No,Email,Date,Total,Accepts Marketing\n1,ana@x.example,2026-02-01,5,\n"
        "1,,,,unsubscribed\n2,,,,unsubscribed\n"
    )
    sync_orders(sqlite, tmp_path, text)
    assert states(sqlite) == {"ana": "no", "bruno": "yes"}


def test_many_opt_outs_are_read_page_by_page(sqlite: Engine, tmp_path: Path) -> None:
    rows = "".join(f"{n},c{n}@x.example,2026-02-01,5,no\n" for n in range(7))
    report = sync_orders(sqlite, tmp_path, f"No,Email,Date,Total,Accepts Marketing\n{rows}", size=3)
    assert report.streams == {"opt-outs": 7, "orders": 7}
    assert len(statements(sqlite)) == 7


def test_an_opt_out_in_a_survey_stops_the_mail(sqlite: Engine, tmp_path: Path) -> None:
    sync_rows(sqlite, tmp_path, EVERYBODY, LIST)
    text = "Email,Date,Stars,May we send you our newsletter?\nana@x.example,2026-02-01,5,No\n"
    sync_orders(sqlite, tmp_path, text, ANSWERS)
    assert states(sqlite) == {"ana": "no", "bruno": "yes"}


def test_check_and_sync_name_the_column(sqlite: Engine, tmp_path: Path) -> None:
    text = (
        "No,Email,Date,Total,Accepts Marketing,Note\n1,ana@x.example,2026-02-01,5,no,for Sunday\n"
    )
    sentence = 'The column "Accepts Marketing" holds an opt-out in 1 row'
    assert any(sentence in warning for warning in sync_orders(sqlite, tmp_path, text).warnings)
    connector = connect_source(tmp_path, ORDERS)
    assert isinstance(connector, CsvConnector)
    assert sentence in describe_file(connector, NOW).text


def test_a_file_of_orders_without_a_word_about_mail_has_no_opt_outs(
    sqlite: Engine, tmp_path: Path
) -> None:
    text = "No,Email,Date,Total,Coupon,Note\n1,ana@x.example,2026-02-01,5,cancelled,no sugar\n"
    report = sync_orders(sqlite, tmp_path, text)
    assert (statements(sqlite), report.streams["orders"]) == ([], 1)
