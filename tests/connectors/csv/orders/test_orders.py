"""Orders of files: numbers, totals, statuses, refunds and channels."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from connectors.csv.config import TotalIsOf
from connectors.csv.orders.groups import CsvOrder
from connectors.csv.orders.index import OrderIndex
from connectors.csv.orders.refund_orders import NO_ORDER
from connectors.csv.orders.row import parse_rows
from connectors.csv.orders.words import OrderStatus, parse_channel, parse_status
from connectors.csv.rows import CsvFormat, CsvRow
from connectors.sync import SyncReport
from sandbox.cafe import NOW
from shop.tables import Order, OrderLine, QuarantinedRecord, Refund
from tests.connectors.corner_cafe import LISBON, connect_source, hours_later, run_sync, table_rows

TILL = """\
sources:
  till:
    from: csv
    holds: orders
    file: till.csv
    columns: {customer: Email, when: Date, total: Total, order: No}
"""


def with_columns(**columns: str) -> str:
    added = "".join(f", {role}: {column}" for role, column in columns.items())
    return TILL.replace("order: No", f"order: No{added}")


def sync_till(shop: Engine, folder: Path, text: str, yaml: str = TILL, hour: int = 0) -> SyncReport:
    (folder / "till.csv").write_text(text, encoding="utf-8")
    return run_sync(shop, connect_source(folder, yaml), name="till", now=hours_later(hour))


def orders(shop: Engine, *columns: str) -> list[tuple[Any, ...]]:
    return table_rows(shop, Order, *(columns or ("external_id", "customer_key", "total")))


def reasons(shop: Engine) -> list[tuple[Any, ...]]:
    return table_rows(shop, QuarantinedRecord, "record_key", "reason")


def refunds(shop: Engine) -> list[tuple[Any, ...]]:
    return table_rows(shop, Refund, "order_key", "total")


# Numbers


def test_numbers_that_begin_anew_each_day_are_orders_of_their_day(
    sqlite: Engine, tmp_path: Path
) -> None:
    text = "Email,Date,Total,No\nana@example.com,2026-02-01,5,1\nbruno@example.com,2026-02-02,6,1\n"
    for hour in (0, 1):
        sync_till(sqlite, tmp_path, text, hour=hour)
        assert orders(sqlite) == [
            ("1 2026-02-01", "ana@example.com", 500),
            ("1 2026-02-02", "bruno@example.com", 600),
        ]
    assert reasons(sqlite) == []


@pytest.mark.parametrize("buyer", ["bruno@example.com", "ana@example.com"])
def test_a_file_that_grows_by_a_day_keeps_the_orders_of_the_first(
    buyer: str, sqlite: Engine, tmp_path: Path
) -> None:
    first = "Email,Date,Total,No\nana@example.com,2026-02-01,5,1\n"
    sync_till(sqlite, tmp_path, first)
    [before] = orders(sqlite, "id", "external_id", "total")
    sync_till(sqlite, tmp_path, f"{first}{buyer},2026-02-02,6,1\n", hour=1)
    after = orders(sqlite, "id", "external_id", "total")
    assert after[0] == before
    assert [row[1:] for row in after[1:]] == [("1 2026-02-02", 600)]


def test_a_file_of_each_day_overwrites_no_order_of_another_customer(
    sqlite: Engine, tmp_path: Path
) -> None:
    sync_till(sqlite, tmp_path, "Email,Date,Total,No\nana@example.com,2026-02-01,5,1\n")
    for hour in (1, 2):
        text = "Email,Date,Total,No\nbruno@example.com,2026-02-02,6,1\n"
        sync_till(sqlite, tmp_path, text, hour=hour)
        assert sorted(row[2] for row in orders(sqlite)) == [500, 600]


def test_a_corrected_day_stays_the_same_order(sqlite: Engine, tmp_path: Path) -> None:
    for hour, day in enumerate(("2026-02-01", "2026-02-03")):
        text = f"Email,Date,Total,No\nana@example.com,{day},5,1\n"
        sync_till(sqlite, tmp_path, text, hour=hour)
    assert orders(sqlite, "external_id", "placed_at") == [("1", datetime(2026, 2, 3, tzinfo=UTC))]


def test_an_order_of_two_people_on_one_day_is_quarantined(sqlite: Engine, tmp_path: Path) -> None:
    text = (
        "Email,Date,Total,No\nana@example.com,2026-02-01,5,1\nbruno@example.com,2026-02-01,6,1\n"
        "clara@example.com,2026-02-01,6,2\n"
    )
    sync_till(sqlite, tmp_path, text)
    assert [row[0] for row in orders(sqlite)] == ["2"]
    assert reasons(sqlite) == [("line 2", "The rows of this order name several customers.")]


def test_a_number_without_its_leading_zeros_is_the_same_order(
    sqlite: Engine, tmp_path: Path
) -> None:
    for hour, number in enumerate(("000501", "501", "501.0")):
        text = f"Email,Date,Total,No\nana@example.com,2026-02-01,5,{number}\n"
        sync_till(sqlite, tmp_path, text, hour=hour)
    assert [row[0] for row in orders(sqlite)] == ["000501"]


def test_orders_read_without_their_numbers_are_found_once_a_column_tells_them(
    sqlite: Engine, tmp_path: Path
) -> None:
    rows = ["ana@example.com,2026-02-01,5,7", "ana@example.com,2026-02-01,5,8",
            "bruno@example.com,2026-02-02,6,9"]  # fmt: skip
    text = "\n".join(["Email,Date,Total,No", *rows, ""])
    sync_till(sqlite, tmp_path, text, TILL.replace(", order: No", ""))
    before = orders(sqlite, "id", "external_id", "total")
    assert len(before) == 3
    for hour, more in ((1, ""), (2, "ana@example.com,2026-02-01,5,10\n")):
        sync_till(sqlite, tmp_path, text + more, hour=hour)
        after = orders(sqlite, "id", "external_id", "total")
        assert set(before) <= set(after)
        assert [row[1:] for row in after if row not in before] == ([("10", 500)] if more else [])


def test_a_number_shortened_by_a_spreadsheet_is_quarantined(sqlite: Engine, tmp_path: Path) -> None:
    sync_till(sqlite, tmp_path, "Email,Date,Total,No\nana@example.com,2026-02-01,5,5.61E+12\n")
    assert orders(sqlite) == []
    [(_, reason)] = reasons(sqlite)
    assert reason.startswith("A spreadsheet has shortened the order's number")


# Totals

ITEMS = "Email,Date,Total,No,Item\n"


@pytest.mark.parametrize(
    ("totals", "total", "line_totals"),
    [
        (["30.00", "30.00", "30.00"], 3000, [0, 0, 0]),
        (["30.00", "", ""], 3000, [0, 0, 0]),
        (["12.00", "18.00"], 3000, [1200, 1800]),
        (["30.00"], 3000, [3000]),
    ],
)
def test_a_total_alike_on_every_row_is_the_orders(
    totals: list[str], total: int, line_totals: list[int], sqlite: Engine, tmp_path: Path
) -> None:
    rows = [f"ana@example.com,2026-02-01,{written},501,Item {written}\n" for written in totals]
    sync_till(sqlite, tmp_path, ITEMS + "".join(rows), with_columns(product="Item"))
    assert orders(sqlite) == [("501", "ana@example.com", total)]
    assert [row[0] for row in table_rows(sqlite, OrderLine, "total")] == line_totals


def test_where_most_orders_have_differing_totals_equal_ones_are_added(
    sqlite: Engine, tmp_path: Path
) -> None:
    rows = ["1,1.90", "1,2.80", "2,1.90", "2,5.00", "3,2.50", "3,2.50"]
    text = "No,Total,Email,Date\n" + "".join(f"{row},ana@example.com,2026-02-01\n" for row in rows)
    sync_till(sqlite, tmp_path, text)
    assert [row[2] for row in orders(sqlite)] == [470, 690, 500]


@pytest.mark.parametrize(("of", "total"), [("the order", 250), ("the line", 500)])
def test_the_owners_file_decides_what_totals_are_of(
    of: str, total: int, sqlite: Engine, tmp_path: Path
) -> None:
    yaml = f"{TILL}    total is of: {of}\n"
    text = "Email,Date,Total,No\n" + "ana@example.com,2026-02-01,2.50,1\n" * 2
    sync_till(sqlite, tmp_path, text, yaml)
    assert [row[2] for row in orders(sqlite)] == [total]


def test_several_totals_of_one_order_are_quarantined_where_they_are_the_orders(
    sqlite: Engine, tmp_path: Path
) -> None:
    text = "Email,Date,Total,No\n" + "".join(
        f"ana@example.com,2026-02-01,{total},1\n" for total in (2, 3)
    )
    sync_till(sqlite, tmp_path, text, f"{TILL}    total is of: the order\n")
    [(_, reason)] = reasons(sqlite)
    assert reason.startswith("The rows of this order have several totals")


# Statuses

STATUS = "Email,Date,Total,No,Status\n"


@pytest.mark.parametrize(
    ("word", "counts"),
    [
        ("paid", True), ("Completed", True), ("wc-processing", True), ("bezahlt", True),
        ("Pago", True), ("authorized", True), ("", True), ("Partially paid", True),
        ("cancelled", False), ("Canceled", False), ("VOIDED", False), ("failed", False),
        ("pending", False), ("expired", False), ("draft", False), ("Wartet auf Zahlung", False),
        ("anulada", False), ("storniert", False), ("Échouée", False), ("on-hold", False),
        ("mystery", False),
    ],
)  # fmt: skip
def test_an_order_counts_once_it_is_paid(
    word: str, counts: bool, sqlite: Engine, tmp_path: Path
) -> None:
    text = f"{STATUS}ana@example.com,2026-02-01,5,1,{word}\n"
    sync_till(sqlite, tmp_path, text, with_columns(status="Status"))
    assert orders(sqlite, "total", "counts") == [(500, counts)]


@pytest.mark.parametrize(
    ("statuses", "awaits_payment"),
    [
        (["pending"], True), (["On hold"], True), (["offen"], True), (["pending", "failed"], True),
        (["paid"], False), (["failed"], False), (["draft"], False), (["pending", "paid"], False),
        (["pending", "cancelled"], False), (["pending", "mystery"], False),
    ],
)  # fmt: skip
def test_an_order_that_is_still_to_be_paid_is_placed(
    statuses: list[str], awaits_payment: bool, sqlite: Engine, tmp_path: Path
) -> None:
    rows = [f"ana@example.com,2026-02-01,5,1,{status}\n" for status in statuses]
    sync_till(sqlite, tmp_path, STATUS + "".join(rows), with_columns(status="Status"))
    assert orders(sqlite, "awaits_payment") == [(awaits_payment,)]


def test_unknown_statuses_are_named_with_their_number(sqlite: Engine, tmp_path: Path) -> None:
    rows = [f"ana@example.com,2026-02-0{day},5,{day},{word}\n" for day, word in
            enumerate(("mystery", "paid", "mystery", "riddle"), start=1)]  # fmt: skip
    report = sync_till(sqlite, tmp_path, STATUS + "".join(rows), with_columns(status="Status"))
    [warning] = report.warnings
    assert warning.startswith(
        'till.csv: "mystery" or "riddle" in column Status is no known status, in 3 of 4 rows. '
        "These orders do not count as visits."
    )


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        (["refunded,30"], (3000, True, 3000)),
        (["paid,30", "refunded,30"], (3000, True, 3000)),
        (["paid,30", "refunded,10"], (3000, True, 1000)),
        (["paid,30", "Refund,10"], (3000, True, 1000)),
        (["paid,30", "Refund,-10"], (3000, True, 1000)),
        (["partially refunded,30"], (3000, True, 0)),
        (["paid,30", "partially refunded,30"], (3000, True, 0)),
        (["pending,30", "completed,30"], (3000, True, 0)),
        (["failed,30", "failed,30", "paid,30"], (3000, True, 0)),
        (["completed,30", "cancelled,30"], (3000, False, 0)),
        (["completed,30", "cancelled,5"], (3000, True, 0)),
        (["pending,30", "failed,30"], (3000, False, 0)),
    ],
)
def test_rows_about_the_state_of_an_order_add_no_money(
    rows: list[str], outcome: tuple[int, bool, int], sqlite: Engine, tmp_path: Path
) -> None:
    for order in (rows, rows[::-1]):
        lines = [f"{row},ana@example.com,2026-02-01,1\n" for row in order]
        yaml = with_columns(status="Status")
        sync_till(sqlite, tmp_path, "Status,Total,Email,Date,No\n" + "".join(lines), yaml)
        [(total, counts)] = orders(sqlite, "total", "counts")
        given_back = sum(amount for _, amount in refunds(sqlite))
        assert (total, counts, given_back) == outcome


@pytest.mark.parametrize(
    ("later", "outcome"),
    [("refunded,30", (True, 3000)), ("refunded,12", (True, 1200)), ("cancelled,30", (False, 0))],
)
def test_a_later_row_says_what_became_of_the_order(
    later: str, outcome: tuple[bool, int], sqlite: Engine, tmp_path: Path
) -> None:
    text = (
        "Status,Total,Email,Date,No\npaid,30,ana@example.com,2026-02-01,7\n"
        f"{later},ana@example.com,2026-02-09,7\n"
    )
    sync_till(sqlite, tmp_path, text, with_columns(status="Status"))
    assert orders(sqlite, "external_id", "total", "counts") == [("7", 3000, outcome[0])]
    assert sum(amount for _, amount in refunds(sqlite)) == outcome[1]


def test_an_order_that_is_no_longer_refunded_gets_its_money_back(
    sqlite: Engine, tmp_path: Path
) -> None:
    for hour, status in enumerate(("paid", "refunded", "paid")):
        text = f"{STATUS}ana@example.com,2026-02-01,5,1,{status}\n"
        sync_till(sqlite, tmp_path, text, with_columns(status="Status"), hour=hour)
        assert refunds(sqlite) == ([("1", 500)] if status == "refunded" else [])


def test_a_column_may_say_how_much_was_given_back(sqlite: Engine, tmp_path: Path) -> None:
    text = (
        "Email,Date,Total,No,Back\nana@example.com,2026-02-01,30,1,12.50\n"
        "ana@example.com,,,1,\nbruno@example.com,2026-02-01,8,2,0.00\n"
    )
    sync_till(sqlite, tmp_path, text, with_columns(refunded="Back"))
    assert refunds(sqlite) == [("1", 1250)]


def test_a_column_may_say_that_an_order_was_cancelled(sqlite: Engine, tmp_path: Path) -> None:
    """A cancelled order counts for nothing, so nothing was given back of it."""
    text = (
        "Email,Date,Total,No,Status,Back,Off\n"
        "ana@example.com,2026-02-01,5,1,paid,0,2026-02-02 10:00\n"
        "ana@example.com,,,1,,,\n"
        "bruno@example.com,2026-02-01,6,2,refunded,6,yes\n"
        "bruno@example.com,2026-02-03,7,3,paid,0,no\n"
    )
    yaml = with_columns(status="Status", refunded="Back", cancelled="Off")
    sync_till(sqlite, tmp_path, text, yaml)
    assert orders(sqlite, "external_id", "counts") == [("1", False), ("2", False), ("3", True)]
    assert refunds(sqlite) == []


def test_an_order_of_nothing_for_nothing_is_no_visit(sqlite: Engine, tmp_path: Path) -> None:
    text = (
        "Email,Date,Total,No,Item\nana@example.com,2026-02-01,0.00,1,\n"
        "ana@example.com,2026-02-01,0.00,2,Free coffee\nana@example.com,2026-02-01,2.00,3,\n"
    )
    sync_till(sqlite, tmp_path, text, with_columns(product="Item"))
    assert orders(sqlite, "external_id", "counts") == [("1", False), ("2", True), ("3", True)]


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("Completed!", OrderStatus.PAID), ("wc-on-hold", OrderStatus.AWAITS_PAYMENT),
        ("REEMBOLSADO", OrderStatus.REFUNDED), ("Zurückerstattet", OrderStatus.REFUNDED),
        ("Remboursée", OrderStatus.REFUNDED), ("Gutschrift", OrderStatus.REFUND),
        ("  ", None), ("sideways", OrderStatus.UNKNOWN), ("Paid by card", OrderStatus.PAID),
        ("Completed - 12:30", OrderStatus.PAID), ("not yet completed", OrderStatus.UNKNOWN),
        ("Cancelled by customer", OrderStatus.CANCELLED), ("Paid, then void", OrderStatus.UNKNOWN),
        ("Refunded on 3 May", OrderStatus.REFUNDED), ("Refund failed", OrderStatus.UNKNOWN),
        ("Refunded in part", OrderStatus.PARTLY_REFUNDED),
        ("Payment pending: bank transfer", OrderStatus.AWAITS_PAYMENT),
    ],
)  # fmt: skip
def test_statuses_are_read_in_several_languages(written: str, status: OrderStatus | None) -> None:
    assert parse_status(written) is status


# Refunds


def test_a_negative_row_gives_money_back_and_keeps_the_visit(
    sqlite: Engine, tmp_path: Path
) -> None:
    text = (
        "Email,Date,Total,No\nana@example.com,2026-02-01,30.00,1001\n"
        "ana@example.com,2026-02-02,-30.00,1002\nbruno@example.com,2026-02-01,30.00,1003\n"
        "bruno@example.com,2026-02-01,(10.00),1003\n"
    )
    for hour in (0, 1):
        sync_till(sqlite, tmp_path, text, hour=hour)
        assert orders(sqlite) == [
            ("1001", "ana@example.com", 3000), ("1003", "bruno@example.com", 3000),
        ]  # fmt: skip
        assert refunds(sqlite) == [("1001", 3000), ("1003", 1000)]
        assert reasons(sqlite) == []


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_refund_is_of_the_order_that_it_fits(
    newest_first: bool, sqlite: Engine, tmp_path: Path
) -> None:
    rows = [
        "ana@example.com,2026-02-01,8.00,1", "ana@example.com,2026-02-03,30.00,2",
        "ana@example.com,2026-02-04,9.00,3", "bruno@example.com,2026-02-05,8.00,4",
        "ana@example.com,2026-02-06,-8.00,5", "ana@example.com,2026-02-07,-9.00,6",
        "ana@example.com,2026-02-08,-20.00,7", "ana@example.com,2026-02-09,-20.00,8",
    ]  # fmt: skip
    text = "\n".join(["Email,Date,Total,No", *(reversed(rows) if newest_first else rows), ""])
    sync_till(sqlite, tmp_path, text)
    assert len(orders(sqlite)) == 4
    assert sorted(refunds(sqlite)) == [("1", 800), ("2", 2000), ("3", 900)]
    assert [reason for _, reason in reasons(sqlite)] == [NO_ORDER]


@pytest.mark.parametrize(
    ("next_day", "totals"), [("00:03", [800]), ("19:00", [300, 500])], ids=["night", "evening"]
)
def test_an_order_that_runs_past_midnight_is_one(
    next_day: str, totals: list[int], sqlite: Engine, tmp_path: Path
) -> None:
    text = (
        "Email,Date,Total,No\nana@example.com,2026-02-01 23:58,5,100\n"
        f"ana@example.com,2026-02-02 {next_day},3,100\n"
    )
    sync_till(sqlite, tmp_path, text)
    assert sorted(total for _, _, total in orders(sqlite)) == totals


@pytest.mark.parametrize(
    "saved_again",
    ["ana@example.com,2026-02-01,5,100", ",2026-02-01 10:00,5,0100"],
    ids=["without zeros and times", "without the customer"],
)
def test_a_refund_saved_again_is_the_same(saved_again: str, sqlite: Engine, tmp_path: Path) -> None:
    first = "ana@example.com,2026-02-01 10:00,5,0100"
    for hour, row in enumerate((first, saved_again)):
        refund = row.replace(",5,", ",-2,")
        order = row if row.startswith("ana") else f"ana@example.com{row}"
        sync_till(sqlite, tmp_path, f"Email,Date,Total,No\n{order}\n{refund}\n", hour=hour)
    assert [total for _, total in refunds(sqlite)] == [200]


def test_a_refund_finds_an_order_of_an_earlier_file(sqlite: Engine, tmp_path: Path) -> None:
    sync_till(sqlite, tmp_path, "Email,Date,Total,No\nana@example.com,2026-02-01,30.00,1001\n")
    later = "Email,Date,Total,No\nANA@example.com,2026-03-02,-12.00,77\n,2026-03-02,-3,1001\n"
    for hour in (1, 2):
        sync_till(sqlite, tmp_path, later, hour=hour)
        assert sorted(refunds(sqlite)) == [("1001", 300), ("1001", 1200)]


@pytest.mark.parametrize(
    "row",
    [
        "bruno@example.com,2026-02-02,-30.00,2", "ana@example.com,2026-01-31,-30.00,2",
        "ana@example.com,2026-02-02,-30.01,2", ",2026-02-02,-30.00,2",
    ],
    ids=["of another customer", "before the order", "above the order", "of nobody"],
)  # fmt: skip
def test_a_refund_of_no_order_is_quarantined(row: str, sqlite: Engine, tmp_path: Path) -> None:
    text = f"Email,Date,Total,No\nana@example.com,2026-02-01,30.00,1\n{row}\n"
    sync_till(sqlite, tmp_path, text)
    assert refunds(sqlite) == []
    assert reasons(sqlite) == [("line 3", NO_ORDER)]


# Date and time in two columns, channels


def test_the_time_may_stand_in_a_column_of_its_own(sqlite: Engine, tmp_path: Path) -> None:
    text = (
        "Email,Date,Total,No,Time\nana@example.com,2026-02-01,5,1,18:30:00\n"
        "ana@example.com,2026-02-02,5,2,\nana@example.com,2026-02-03,5,3,soon\n"
        "ana@example.com,2026-02-04 00:00:00,5,4,10:00\nana@example.com,2026-02-05 11:00,5,5,9:00\n"
    )
    sync_till(sqlite, tmp_path, text, with_columns(time="Time"))
    assert orders(sqlite, "placed_at") == [
        (datetime(2026, 2, 1, 18, 30, tzinfo=UTC),), (datetime(2026, 2, 2, tzinfo=UTC),),
        (datetime(2026, 2, 4, 10, tzinfo=UTC),), (datetime(2026, 2, 5, 11, tzinfo=UTC),),
    ]  # fmt: skip
    assert reasons(sqlite) == [("line 4", "The date is none.")]


@pytest.mark.parametrize(
    ("written", "channel"),
    [
        ("Point of Sale", "till"), ("Register", "till"), ("POS", "till"), ("Kasse", "till"),
        ("Loja física", "till"), ("", "till"), ("Web", "online"), ("Online Store", "online"),
        ("E-Commerce", "online"), ("Boutique en ligne", "online"), ("moon", None),
        ("Square Point of Sale", "till"), ("Shopify POS (iPad)", "till"),
        ("Online store / web", "online"), ("pos or online", None),
    ],
)  # fmt: skip
def test_channels_are_read_in_the_words_of_exports(written: str, channel: str | None) -> None:
    assert parse_channel(written) == channel


def test_an_unknown_channel_is_a_visit_without_a_place(sqlite: Engine, tmp_path: Path) -> None:
    text = (
        "Email,Date,Total,No,Where\nana@example.com,2026-02-01,5,1,moon\n"
        "ana@example.com,2026-02-02,5,2,mars\n"
    )
    report = sync_till(sqlite, tmp_path, text, with_columns(channel="Where"))
    assert orders(sqlite, "channel", "counts") == [("unknown", True), ("unknown", True)]
    [warning] = report.warnings
    assert '"mars" or "moon" in column Where is neither till nor online, in 2 of 2 rows' in warning


# Any spelling and any sequence of the rows

FORMAT = CsvFormat("till", "EUR", LISBON, "till")
sales = st.lists(
    st.tuples(
        st.sampled_from(["ana@example.com", "bruno@example.com", "", "17"]),
        st.datetimes(datetime(2026, 2, 1), datetime(2026, 2, 3)),  # noqa: DTZ001 - as written
        st.sampled_from([190, 280, 1250]),
    ),
    max_size=12,
)
spellings = st.tuples(
    st.sampled_from([str.upper, str.lower, str.title]),
    st.sampled_from(["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y/%m/%d %H:%M"]),
    st.sampled_from(["{}.{:02d}", "{},{:02d}", "€ {}.{:02d}"]),
)


def read_orders(rows: list[CsvRow], total_is_of: TotalIsOf | None = None) -> list[CsvOrder]:
    index = OrderIndex(parse_rows(rows, FORMAT, NOW), total_is_of)
    records = list(index.records())
    index.close()
    return [record for record in records if isinstance(record, CsvOrder)]


@given(sales, spellings, st.randoms())
def test_any_spelling_of_the_same_sales_gives_the_same_keys(
    sold: list[tuple[str, datetime, int]],
    spelling: tuple[Any, str, str],
    chance: random.Random,
) -> None:
    capitals, date_format, amount = spelling

    def rows(written: list[dict[str, str]]) -> list[CsvRow]:
        return [CsvRow(line, cells) for line, cells in enumerate(written, start=2)]

    plain = [
        {"customer": who, "when": when.isoformat(" "), "total": f"{units / 100:.2f}"}
        for who, when, units in sold
    ]
    saved_again = [
        {"total": amount.format(*divmod(units, 100)), "when": when.strftime(date_format),
         "customer": "0017.0" if who == "17" else capitals(who)}
        for who, when, units in sold
    ]  # fmt: skip
    chance.shuffle(saved_again)
    before, after = read_orders(rows(plain)), read_orders(rows(saved_again))
    assert {order.key for order in after} == {order.key for order in before}
    assert len({order.key for order in before}) == len(sold)


numbered_rows = st.lists(
    st.tuples(
        st.sampled_from("123"), st.sampled_from(["ana@example.com", "bruno@example.com"]),
        st.sampled_from(["2026-02-01", "2026-02-02"]), st.sampled_from(["1.90", "2.80", "-1.90"]),
        st.sampled_from(["paid", "refunded", "cancelled", "pending"]),
    ),
    max_size=9,
)  # fmt: skip


@given(numbered_rows, st.randoms())
def test_any_sequence_of_rows_gives_the_same_orders(
    written: list[tuple[str, ...]], chance: random.Random
) -> None:
    shuffled = list(written)
    chance.shuffle(shuffled)
    assert summary(shuffled) == summary(written)


def summary(written: list[tuple[str, ...]]) -> list[tuple[Any, ...]]:
    names = ("order", "customer", "when", "total", "status")
    rows = [
        CsvRow(line, dict(zip(names, cells, strict=True)))
        for line, cells in enumerate(written, start=2)
    ]
    return sorted(
        (order.number, order.day, order.total, order.counts, order.refunded,
         sorted(refund.amount for refund in order.refunds), order.errors)
        for order in read_orders(rows)
    )  # fmt: skip
