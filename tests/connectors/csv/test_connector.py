from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from connectors.csv import customer_rows
from connectors.csv.cells.amounts import DecimalMarkTally
from connectors.csv.cells.currency_marks import other_currency_error
from connectors.csv.cells.date_order import DateOrderTally
from connectors.csv.orders.index import OrderIndex
from connectors.csv.orders.records import order
from connectors.csv.orders.refund_orders import NO_ORDER
from connectors.csv.orders.row import parse_rows
from connectors.csv.rows import CsvFormat, CsvRow
from sandbox.cafe import NOW
from settings.errors import OwnerFileError, RegularsError, SourceDataError
from shop.consent.basis import UNDATED
from shop.tables import (
    Basis,
    BasisStatement,
    Customer,
    Identity,
    Order,
    OrderLine,
    QuarantinedRecord,
)
from tests.connectors.corner_cafe import connect_source, hours_later, run_sync, table_rows
from tests.examples import examples

CUSTOMERS = """\
sources:
  old-list:
    from: csv
    holds: customers
    file: customers.csv
    columns: {e-mail: Email, first name: Name, birthday: DOB, joined: Since, consent: Newsletter}
"""
ORDERS = """\
sources:
  old-till:
    from: csv
    holds: orders
    file: till.csv
    columns: {customer: Who, when: When, total: Paid, order: No, product: What, quantity: Many,
              channel: Where}
"""
PLAIN_ORDERS = """\
sources:
  old-till:
    from: csv
    holds: orders
    file: till.csv
    columns: {customer: Who, when: When, total: Paid}
"""
SURPLUS = (
    "The row has {} cells, and the line of column names has {}. "
    "Put a cell that holds a {} in quotation marks."
)
LIST_WITH = CUSTOMERS.partition("    columns")[0]
HEADER = "Email,Name,DOB,Since,Newsletter\n"


@pytest.fixture
def shop(sqlite: Engine) -> Engine:
    """One database is enough: the conformance suite covers both."""
    return sqlite


def customers(shop: Engine, folder: Path, text: str | bytes, hour: int = 0) -> Any:
    data = text.encode() if isinstance(text, str) else text
    (folder / "customers.csv").write_bytes(data)
    return run_sync(shop, connect_source(folder, CUSTOMERS), name="old-list", now=hours_later(hour))


def purchases(
    shop: Engine, folder: Path, text: str, yaml: str = PLAIN_ORDERS, **options: Any
) -> Any:
    (folder / "till.csv").write_text(text, encoding="utf-8")
    return run_sync(shop, connect_source(folder, yaml, **options), name="old-till")


def test_a_list_of_customers_arrives(shop: Engine, tmp_path: Path) -> None:
    customers(shop, tmp_path, HEADER + "Clara@Example.com, Clara ,1990-09-21,2024-07-01,yes\n")
    assert table_rows(shop, Customer, "email", "first_name", "birthday", "joined_at") == [
        ("Clara@example.com", "Clara", "1990-09-21", datetime(2024, 6, 30, 23, tzinfo=UTC))
    ]
    assert table_rows(shop, Identity, "external_id") == [("clara@example.com",)]
    assert table_rows(shop, BasisStatement, "says", "said_at", "evidence") == [
        ("yes", UNDATED, "column Newsletter of customers.csv said yes")
    ]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("yes", "yes"), ("TRUE", "yes"), ("1", "yes"), ("Subscribed", "yes"), ("x", "yes"),
        ("no", "no"), ("FALSE", "no"), ("0", "no"), ("unsubscribed", "no"), ("cleaned", "no"),
        ("", "none"), ("maybe", "unread"), ("pending", "none"), ("Non-Subscribed", "no"),
    ],
)  # fmt: skip
def test_consent_is_what_the_column_says(
    word: str, state: str, shop: Engine, tmp_path: Path
) -> None:
    customers(shop, tmp_path, HEADER + f"clara@example.com,Clara,,,{word}\n")
    assert table_rows(shop, Basis, "state") == [(state,)]


def test_an_imported_opt_in_never_replaces_an_opt_out(shop: Engine, tmp_path: Path) -> None:
    customers(shop, tmp_path, HEADER + "clara@example.com,Clara,,,no\n")
    customers(shop, tmp_path, HEADER + "clara@example.com,Clara,,,yes\n", hour=1)
    assert table_rows(shop, Basis, "state") == [("no",)]


def test_without_a_consent_column_there_is_no_statement(shop: Engine, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("Email\nclara@example.com\n", encoding="utf-8")
    yaml = LIST_WITH + "    columns: {e-mail: Email}\n"
    run_sync(shop, connect_source(tmp_path, yaml), name="old-list")
    assert table_rows(shop, Identity, "email") == [("clara@example.com",)]
    assert table_rows(shop, BasisStatement) == []


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("latin-1"),
        lambda text: text.encode("utf-16"),
        lambda text: gzip.compress(text.encode()),
        lambda text: text.replace(",", ";").encode(),
        lambda text: text.replace(",", "\t").encode("cp1252"),
        lambda text: text.replace(",", "|").replace("\n", "\r\n").encode(),
    ],
    ids=["bom", "latin-1", "utf-16", "gzip", "semicolons", "tabs", "bars"],
)
def test_a_file_is_read_however_it_was_exported(encode: Any, shop: Engine, tmp_path: Path) -> None:
    customers(shop, tmp_path, encode(HEADER + "ines@example.com,Inês,,,yes\n"))
    assert table_rows(shop, Customer, "email", "first_name") == [("ines@example.com", "Inês")]


def test_columns_may_stand_apart_by_blanks(shop: Engine, tmp_path: Path) -> None:
    purchases(shop, tmp_path, "  Who  When     Paid\n  001 19970101 11.77\n  001 19970102  9.00\n")
    assert table_rows(shop, Order, "customer_key", "total") == [("001", 1177), ("001", 900)]


def test_one_column_with_blanks_in_its_name_is_one_column(shop: Engine, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("E mail\nana@example.com\n", encoding="utf-8")
    yaml = LIST_WITH + "    columns: {e-mail: E mail}\n"
    run_sync(shop, connect_source(tmp_path, yaml), name="old-list")
    assert table_rows(shop, Identity, "email") == [("ana@example.com",)]


def test_quoted_fields_hold_anything(shop: Engine, tmp_path: Path) -> None:
    customers(shop, tmp_path, HEADER + 'ana@example.com,"Ana ""A"", Sousa",,,yes\n')
    assert table_rows(shop, Customer, "first_name") == [('Ana "A", Sousa',)]


def test_bad_rows_are_quarantined_with_their_line(shop: Engine, tmp_path: Path) -> None:
    report = customers(
        shop,
        tmp_path,
        HEADER + "ana@example.com,Ana,1990-02-30,,yes\n\nbruno at example,Bruno,,,yes\n"
        ",Nobody,,,yes\nclara@example.com,Clara,,soon,no\nx@example.com,X,,,yes,more\n",
    )
    assert table_rows(shop, QuarantinedRecord, "record_key", "reason") == [
        ("line 2", "The birthday is no day of a year."),
        ("line 4", "The e-mail address is none."),
        ("line 5", "The row has no e-mail address, phone number or customer number."),
        ("line 6", "The date they joined is none."),
        ("line 7", SURPLUS.format(6, 5, "comma")),
    ]
    assert report.quarantined == 5
    assert table_rows(shop, Customer, "first_name") == [("Ana",), ("Clara",)]


def test_the_quarantine_of_an_older_file_is_cleared(shop: Engine, tmp_path: Path) -> None:
    customers(shop, tmp_path, HEADER + "ana@example.com,Ana,,,yes\n,Nobody,,,yes\n")
    assert table_rows(shop, QuarantinedRecord, "record_key") == [("line 3",)]
    customers(shop, tmp_path, HEADER + "ana@example.com,Ana,,,yes\n", hour=1)
    assert table_rows(shop, QuarantinedRecord) == []


def test_purchases_arrive_with_their_lines(shop: Engine, tmp_path: Path) -> None:
    purchases(
        shop,
        tmp_path,
        "No,Who,When,Paid,What,Many,Where\n"
        '7,ana@example.com,2026-02-03 08:15,"1,90",Galão,1,POS\n'
        '7,ana@example.com,,"2,80",Nata,2,POS\n'
        '8,,2026-02-04T09:00:00Z,"€ 12,50",Beans,1,web\n',
        ORDERS,
    )
    assert table_rows(
        shop, Order, "external_id", "customer_key", "total", "channel", "placed_at"
    ) == [
        ("7", "ana@example.com", 470, "till", datetime(2026, 2, 3, 8, 15, tzinfo=UTC)),
        ("8", None, 1250, "online", datetime(2026, 2, 4, 9, tzinfo=UTC)),
    ]
    assert table_rows(shop, OrderLine, "order_key", "title", "quantity", "total") == [
        ("7", "Galão", 1, 190),
        ("7", "Nata", 2, 280),
        ("8", "Beans", 1, 1250),
    ]
    assert table_rows(shop, Customer, "email") == [("ana@example.com",)]


def test_the_rows_of_an_order_may_stand_apart(shop: Engine, tmp_path: Path) -> None:
    purchases(
        shop,
        tmp_path,
        "No,Who,When,Paid,What,Many,Where\n"
        "7,1,2026-02-03,1.90,Galão,1,till\n8,1,2026-02-03,1.90,Galão,1,till\n"
        "7,1,2026-02-03,1.40,Nata,1,till\n",
        ORDERS,
    )
    assert table_rows(shop, Order, "external_id", "total") == [("7", 330), ("8", 190)]
    assert table_rows(shop, QuarantinedRecord) == []


def test_two_equal_purchases_both_count_and_a_longer_file_adds_only_the_new(
    shop: Engine, tmp_path: Path
) -> None:
    text = "Who,When,Paid\n1,2026-02-03,1.90\n1,2026-02-03,1.90\n"
    purchases(shop, tmp_path, text)
    before = table_rows(shop, Order, "id", "external_id")
    assert len(before) == 2
    purchases(shop, tmp_path, text + "1,2026-02-04,1.90\n")
    assert len(table_rows(shop, Order)) == 3
    assert set(before) < set(table_rows(shop, Order, "id", "external_id"))


def test_purchases_find_the_customers_of_the_only_list(shop: Engine, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("No,Email\n17,ana@example.com\n", encoding="utf-8")
    (tmp_path / "till.csv").write_text(
        "Who,When,Paid\n17,2026-02-03,1.90\nANA@example.com,2026-02-04,2.90\n", encoding="utf-8"
    )
    yaml = LIST_WITH + "    columns: {e-mail: Email, customer: No}\n"
    combined = yaml + PLAIN_ORDERS.removeprefix("sources:\n")
    for name in ("old-till", "old-list"):
        run_sync(shop, connect_source(tmp_path, combined, name), name=name)
    [(ana_id, _)] = table_rows(shop, Customer, "id", "email")
    assert [customer_id for customer_id, _ in table_rows(shop, Order, "customer_id", "total")] == [
        ana_id,
        ana_id,
    ]


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (["03/02/2026", "25/02/2026"], [3, 25]),
        (["02/03/2026", "02/25/2026"], [3, 25]),
        (["3.2.2026", "4.2.26 14:30"], [3, 4]),
        (["20260203", "2026/02/04"], [3, 4]),
        (["02/02/2026", "2026-02-04 10:00:00 +0100"], [2, 4]),
        (["2026-02-03 10:00:00 UTC", "2/13/2026 2:05 PM"], [3, 13]),
    ],
)
def test_the_date_order_is_detected_in_the_whole_column(
    dates: list[str], days: list[int], shop: Engine, tmp_path: Path
) -> None:
    purchases(shop, tmp_path, "Who,When,Paid\n" + "".join(f"1,{date},2.00\n" for date in dates))
    assert sorted(placed_at.day for (placed_at,) in table_rows(shop, Order, "placed_at")) == days


@pytest.mark.parametrize(
    ("dates", "sentence"),
    [
        (["03/02/2026", "05/02/2026"], "may begin with the day or with the month"),
        (["13/02/2026", "02/13/2026"], "begin now with the day, now with the month"),
    ],
)
def test_dates_that_may_mean_either_are_asked_about(
    dates: list[str], sentence: str, shop: Engine, tmp_path: Path
) -> None:
    with pytest.raises(SourceDataError, match=f'till.csv: the dates in column "When" {sentence}'):
        purchases(shop, tmp_path, "Who,When,Paid\n" + "".join(f"1,{date},2\n" for date in dates))
    assert table_rows(shop, Order) == []


@pytest.mark.parametrize(
    ("country", "order", "days"),
    [("PT", "day first", [3, 1]), ("US", "month first", [2, 2])],
)
def test_dates_that_may_mean_either_are_read_as_the_country_writes_them(
    country: str, order: str, days: list[int], shop: Engine, tmp_path: Path
) -> None:
    text = "Who,When,Paid\n1,03/02/2026,2\n1,01/02/2026,2\n"
    report = purchases(shop, tmp_path, text, country=country)
    assert {placed_at.day for (placed_at,) in table_rows(shop, Order, "placed_at")} == set(days)
    assert report.warnings == (
        (
            'till.csv: no date in column "When" shows whether it begins with the day or the month. '
            f"They are read {order}, as is usual in {country}. If that is wrong, write day first: "
            f"{'no' if country == 'PT' else 'yes'} under this source."
        ),
    )


def test_a_purchase_that_lies_in_the_future_is_set_aside(shop: Engine, tmp_path: Path) -> None:
    tomorrow, later = (hours_later(hours).isoformat() for hours in (20, 30))
    text = f"Who,When,Paid\n1,2062-02-01,2\n1,{later},2\n1,{tomorrow},2\n"
    report = purchases(shop, tmp_path, text)
    assert table_rows(shop, QuarantinedRecord, "record_key", "reason") == [
        ("line 2", "The date lies in the future: the order counts from 2062-02-01 on."),
        ("line 3", f"The date lies in the future: the order counts from {later[:10]} on."),
    ]
    assert report.streams == {"orders": 3}
    assert [counts for (counts,) in table_rows(shop, Order, "counts")] == [False, False, True]


@pytest.mark.parametrize(
    ("written", "units"),
    [
        ("11.77", 1177), ("11,77", 1177), ("1.234,56", 123_456), ("1,234.56", 123_456),
        ("€ 12,50", 1250), ("12.50 EUR", 1250), ("eur12", 1200), ("1'234.50", 123_450),
        ("1 234,50", 123_450), ("7", 700), (".5", 50), ("0", 0), ("1.234.567", 123_456_700),
    ],
)  # fmt: skip
def test_totals_are_read_as_people_write_them(
    written: str, units: int, shop: Engine, tmp_path: Path
) -> None:
    purchases(shop, tmp_path, f"Who;When;Paid\n1;2026-02-03;{written}\n")
    assert table_rows(shop, Order, "total") == [(units,)]


def test_the_decimal_mark_is_detected_in_the_whole_column(shop: Engine, tmp_path: Path) -> None:
    purchases(shop, tmp_path, "Who;When;Paid\n1;2026-02-03;1.234\n1;2026-02-03;11,77\n")
    assert table_rows(shop, Order, "total") == [(1177,), (123_400,)]


@pytest.mark.parametrize(("currency", "units"), [("JPY", 1234), ("KWD", 1234), ("EUR", None)])
def test_an_ambiguous_point_follows_the_currencys_decimals(
    currency: str, units: int | None, shop: Engine, tmp_path: Path
) -> None:
    purchases(shop, tmp_path, "Who,When,Paid\n1,2026-02-03,1.234\n", currency=currency)
    assert table_rows(shop, Order, "total") == ([(units,)] if units else [])


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("-3.00", NO_ORDER),
        ("(3.00)", NO_ORDER),
        ("12 USD", other_currency_error("USD", "EUR")),
        ("1.234", "The total may be thousands or not: write it with its decimals."),
        ("free", "The total is no amount of money."),
        ("1,2,3.4.5", "The total is no amount of money."),
        ("", "There is no total."),
    ],
)
def test_an_invalid_total_is_quarantined(
    written: str, reason: str, shop: Engine, tmp_path: Path
) -> None:
    purchases(shop, tmp_path, f"Who;When;Paid\n1;2026-02-03;{written}\n")
    assert table_rows(shop, QuarantinedRecord, "reason") == [(reason,)]


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        (b"", SourceDataError, "its first line must name the columns"),
        (b"Mail,Name\n", OwnerFileError, 'has no column "Email"'),
        (b"E-mail,Name,DOB,Since,Newsletter\n", OwnerFileError, 'Did you mean "E-mail"'),
        (b"Email,Name,DOB,Since,Email\n", OwnerFileError, 'has the column "Email" 2 times'),
        (gzip.compress(b"Email\n" * 9, mtime=0)[:-9], SourceDataError, "is packed, and broken"),
    ],
    ids=["empty", "no such column", "a likely column", "twice", "half packed"],
)
def test_an_unusable_file_has_a_sentence(
    text: bytes, kind: type[RegularsError], sentence: str, shop: Engine, tmp_path: Path
) -> None:
    with pytest.raises(kind) as raised:
        customers(shop, tmp_path, text)
    assert sentence in str(raised.value)


def test_a_missing_file_has_a_suggestion(shop: Engine, tmp_path: Path) -> None:
    (tmp_path / "custommers.csv").write_text(HEADER, encoding="utf-8")
    with pytest.raises(OwnerFileError, match=r"Did you mean custommers\.csv"):
        run_sync(shop, connect_source(tmp_path, CUSTOMERS), name="old-list")


def test_a_file_read_in_another_way_is_read_again(shop: Engine, tmp_path: Path) -> None:
    customers(shop, tmp_path, HEADER + "ana@example.com,Ana,,,yes\n")
    report = run_sync(
        shop, connect_source(tmp_path, CUSTOMERS), name="old-list", now=hours_later(1)
    )
    assert report.skipped_unchanged
    changed_config = CUSTOMERS.replace("first name: Name", "last name: Name")
    changed = run_sync(
        shop, connect_source(tmp_path, changed_config), name="old-list", now=hours_later(2)
    )
    assert not changed.skipped_unchanged
    assert table_rows(shop, Customer, "last_name") == [("Ana",)]


def test_a_file_that_changed_half_way_is_read_from_its_beginning(
    shop: Engine, tmp_path: Path
) -> None:
    csv_lines = "".join(f"p{position}@example.com,P,,,yes\n" for position in range(1_500))
    (tmp_path / "customers.csv").write_text(HEADER + csv_lines, encoding="utf-8")

    def killed(_stream: str, _records: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        run_sync(shop, connect_source(tmp_path, CUSTOMERS), name="old-list", progress=killed)
    report = customers(shop, tmp_path, HEADER + "first@example.com,F,,,yes\n" + csv_lines, hour=1)
    assert report.streams == {"customers": 1_501}
    assert len(table_rows(shop, Customer, "id")) == 1_501


HOW = CsvFormat("old-list", "EUR", ZoneInfo("Europe/Lisbon"), "old-list", has_products=True)
WORDS = ("e_mail", "customer", "first_name", "birthday", "joined", "consent", "phone", "language",
         "when", "total", "order", "product", "quantity", "channel", "status", "time",
         "refunded")  # fmt: skip
likely_text = st.sampled_from(
    ["", "ana@example.com", "1.234,50", "12/13/2026", "2026-02-03", "7", "yes"]
)
csv_row = st.builds(
    CsvRow,
    st.integers(2, 9),
    st.dictionaries(st.sampled_from(WORDS), st.text() | likely_text),
    st.booleans(),
)


@settings(max_examples=examples(150), deadline=None)
@given(csv_row, st.lists(csv_row, min_size=1, max_size=3), st.sampled_from([".", ",", None]))
def test_no_row_makes_the_parser_raise(one: CsvRow, many: list[CsvRow], mark: str | None) -> None:
    csv_format = replace(HOW, decimal_mark=mark)
    customer = customer_rows.customer(one, csv_format, NOW)
    index = OrderIndex(parse_rows(many, csv_format, NOW), None)
    parsed = [order(record, csv_format, NOW) for record in index.records()]
    index.close()
    assert customer.errors or customer.rows.identities
    assert all(record.errors or record.rows.orders or record.rows.refunds for record in parsed)
    for tally in (DecimalMarkTally(), DateOrderTally()):
        for cell in one.cells.values():
            tally.add(cell)


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("'+351912000001", "+351912000001"),
        ("'912000001", "912000001"),
        ("+351912000001", "+351912000001"),
    ],
)
def test_a_spreadsheets_mark_of_text_is_no_part_of_a_number(
    written: str, phone: str, shop: Engine, tmp_path: Path
) -> None:
    columns = "{customer: Id, e-mail: Email, phone: Phone, first name: Name}"
    yaml = f"{LIST_WITH}    columns: {columns}\n"
    rows = f"Id,Email,Phone,Name\n'7120000000001,clara@example.com,{written},'t Hooft\n"
    (tmp_path / "customers.csv").write_text(rows)
    run_sync(shop, connect_source(tmp_path, yaml), name="old-list")
    assert table_rows(shop, Identity, "external_id", "phone", "first_name") == [
        ("7120000000001", phone, "'t Hooft")
    ]


PEOPLE = LIST_WITH + "    columns: {e-mail: Email, phone: Phone, name: Name}\n"


@pytest.mark.parametrize(
    ("row", "email", "reasons"),
    [
        ("clara@example.com ::: c@example.com", "clara@example.com",
         ["Of several e-mail addresses only the first is used."]),
        ('"clara@example.com, c@example.com"', "clara@example.com",
         ["Of several e-mail addresses only the first is used."]),
        ("Clara <clara@example.com>", "clara@example.com", []),
        ("mailto:clara@example.com", "clara@example.com", []),
    ],
)  # fmt: skip
def test_the_first_of_several_addresses_is_the_customers(
    row: str, email: str, reasons: list[str], shop: Engine, tmp_path: Path
) -> None:
    (tmp_path / "customers.csv").write_text(f"Email,Phone,Name\n{row},,Clara Sol\n")
    run_sync(shop, connect_source(tmp_path, PEOPLE), name="old-list")
    assert table_rows(shop, Identity, "external_id", "email") == [(email, email)]
    assert [reason for (reason,) in table_rows(shop, QuarantinedRecord, "reason")] == reasons


def test_a_row_with_only_a_phone_number_is_a_customer(shop: Engine, tmp_path: Path) -> None:
    rows = ",+351 912 000 003,Clara Sol\n,12,Bruno Reis\nnone,+351 912 000 004,Ana Lima\n"
    (tmp_path / "customers.csv").write_text(f"Email,Phone,Name\n{rows}")
    run_sync(shop, connect_source(tmp_path, PEOPLE), name="old-list")
    assert table_rows(shop, Identity, "external_id", "phone", "first_name", "last_name") == [
        ("phone 351912000003", "+351 912 000 003", "Clara", "Sol"),
        ("phone 351912000004", "+351 912 000 004", "Ana", "Lima"),
    ]
    assert table_rows(shop, QuarantinedRecord, "record_key", "reason") == [
        ("line 3", "The row has no e-mail address, phone number or customer number."),
        ("line 4", "The e-mail address is none."),
    ]
