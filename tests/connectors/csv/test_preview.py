"""Consent, formulas, time zones and broken rows of CSV files, and the preview of a file."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.csv.connector import CsvConnector
from connectors.csv.presets.registry import get_preset
from connectors.csv.preview import describe_file
from sandbox.cafe import NOW
from settings.errors import SourceDataError
from shop.consent.basis import UNDATED
from shop.tables import Basis, BasisStatement, Customer, QuarantinedRecord
from tests.connectors.corner_cafe import connect_source, hours_later, run_sync, table_rows

LIST = """\
sources:
  old-list:
    from: csv
    holds: customers
    file: customers.csv
    columns: {e-mail: Email, first name: Name, birthday: Born, consent: Newsletter}
"""
NO_CONSENT = LIST.replace(", consent: Newsletter", "")
OWNER_CONSENT = NO_CONSENT + '    imported consent: "ticked a box at the till, since 1 June 2024"\n'
SURPLUS = (
    "The row has {} cells, and the line of column names has {}. "
    "Put a cell that holds a {} in quotation marks."
)
HEADER = "Email,Name,Born,Newsletter\n"
CLARA = HEADER + "clara@example.com,Clara,,yes\n"


def sync_list(
    shop: Engine, folder: Path, text: str | bytes = CLARA, yaml: str = LIST, hour: int = 0
) -> Any:
    data = text.encode() if isinstance(text, str) else text
    (folder / "customers.csv").write_bytes(data)
    return run_sync(shop, connect_source(folder, yaml), name="old-list", now=hours_later(hour))


def described(folder: Path, data: bytes, yaml: str = LIST) -> str:
    (folder / "customers.csv").write_bytes(data)
    connector = connect_source(folder, yaml)
    assert isinstance(connector, CsvConnector)
    return describe_file(connector, NOW).text


def test_without_a_consent_column_there_is_a_warning(sqlite: Engine, tmp_path: Path) -> None:
    report = sync_list(sqlite, tmp_path, yaml=NO_CONSENT)
    assert table_rows(sqlite, Customer, "email") == [("clara@example.com",)]
    assert table_rows(sqlite, BasisStatement) == []
    [warning] = report.warnings
    assert warning.startswith("customers.csv does not say who may be mailed")
    assert "imported consent: ticked a box at the till, since" in warning


def test_imported_consent_is_an_opt_in_with_its_wording(sqlite: Engine, tmp_path: Path) -> None:
    assert sync_list(sqlite, tmp_path, yaml=OWNER_CONSENT).warnings == ()
    columns = ("says", "said_at", "evidence", "wording", "actor")
    assert table_rows(sqlite, BasisStatement, *columns) == [
        ("yes", UNDATED, "imported consent of old-list",
         "ticked a box at the till, since 1 June 2024", "the owner"),
    ]  # fmt: skip
    assert table_rows(sqlite, Basis, "state") == [("yes",)]


def test_imported_consent_can_be_withdrawn(sqlite: Engine, tmp_path: Path) -> None:
    sync_list(sqlite, tmp_path, yaml=OWNER_CONSENT)
    sync_list(sqlite, tmp_path, yaml=NO_CONSENT, hour=1)
    assert table_rows(sqlite, Basis, "state") == [("none",)]
    sync_list(sqlite, tmp_path, yaml=OWNER_CONSENT, hour=2)
    assert table_rows(sqlite, Basis, "state") == [("yes",)]


def test_imported_consent_never_replaces_an_opt_out(sqlite: Engine, tmp_path: Path) -> None:
    sync_list(sqlite, tmp_path, CLARA.replace("yes", "no"))
    sync_list(sqlite, tmp_path, CLARA, yaml=OWNER_CONSENT, hour=1)
    assert table_rows(sqlite, Basis, "state") == [("no",)]


@pytest.mark.parametrize(
    ("born", "birthday", "reason"),
    [
        ("1992-02-29", "1992-02-29", None),
        ("29.02.1992", "1992-02-29", None),
        ("--02-29", "--02-29", None),
        ("1991-02-29", None, "The birthday is no day of a year."),
        ("1900-09-21", "--09-21", None),
        ("1900-01-01", None, "The birthday is the first day of 1900, which stands for none."),
        ("2093-09-21", None, "The birthday is in the future."),
        ("21.09.2093", None, "The birthday is in the future."),
    ],
)
def test_a_birthday_that_cannot_be_is_left_out_and_the_customer_kept(
    born: str, birthday: str | None, reason: str | None, sqlite: Engine, tmp_path: Path
) -> None:
    sync_list(sqlite, tmp_path, HEADER + f"clara@example.com,Clara,{born},no\n")
    assert table_rows(sqlite, Customer, "email", "birthday") == [("clara@example.com", birthday)]
    assert table_rows(sqlite, Basis, "state") == [("no",)]
    assert table_rows(sqlite, QuarantinedRecord, "reason") == ([(reason,)] if reason else [])


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3", " =1"])
def test_a_formula_is_no_name(name: str, sqlite: Engine, tmp_path: Path) -> None:
    sync_list(sqlite, tmp_path, HEADER + f'clara@example.com,"{name}",,yes\n')
    assert table_rows(sqlite, Customer, "email", "first_name") == [("clara@example.com", None)]
    assert table_rows(sqlite, QuarantinedRecord, "record_key", "reason") == [
        ("line 2", "The name is a formula.")
    ]


ZONED = LIST.replace("birthday: Born", "birthday: Born, timezone: Zone")
ZONES = "Email,Name,Born,Zone,Newsletter\n"


@pytest.mark.parametrize(
    ("written", "timezone", "reason"),
    [
        pytest.param("America/New_York", "America/New_York", None, id="a place"),
        pytest.param(" Atlantic/Azores ", "Atlantic/Azores", None, id="with blanks around it"),
        pytest.param("US/Eastern", "US/Eastern", None, id="an older name that is still kept"),
        pytest.param("UTC", "UTC", None, id="UTC"),
        pytest.param("", None, None, id="nothing says nothing"),
        pytest.param("europe/lisbon", None, "The time zone is none.", id="in small letters"),
        pytest.param("Lisbon", None, "The time zone is none.", id="a town alone"),
        pytest.param("America", None, "The time zone is none.", id="a continent"),
        pytest.param("+01:00", None, "The time zone is none.", id="an offset"),
        pytest.param("(GMT-05:00) Eastern", None, "The time zone is none.", id="as Windows says"),
        pytest.param("localtime", None, "The time zone is none.", id="this machine's own"),
        pytest.param("../../etc/passwd", None, "The time zone is none.", id="a path"),
        pytest.param("=cmd|' /C calc'!A0", None, "The time zone is none.", id="a formula"),
        pytest.param("x" * 5000, None, "The time zone is none.", id="far too long"),
    ],
)
def test_a_time_zone_that_is_none_is_left_out_and_the_customer_kept(
    written: str, timezone: str | None, reason: str | None, sqlite: Engine, tmp_path: Path
) -> None:
    report = sync_list(
        sqlite, tmp_path, ZONES + f"clara@example.com,Clara,1990-03-06,{written},no\n", ZONED
    )
    assert table_rows(sqlite, Customer, "email", "birthday", "timezone") == [
        ("clara@example.com", "1990-03-06", timezone)
    ]
    assert table_rows(sqlite, Basis, "state") == [("no",)]
    assert table_rows(sqlite, QuarantinedRecord, "record_key", "reason") == (
        [("line 2", reason)] if reason else []
    )
    assert report.quarantined == bool(reason)


def test_a_time_zone_once_known_stays_known(sqlite: Engine, tmp_path: Path) -> None:
    line = "clara@example.com,Clara,,{},no\n"
    for hour, zone in enumerate(["Atlantic/Azores", "", "Moon/Crater"]):
        sync_list(sqlite, tmp_path, ZONES + line.format(zone), ZONED, hour=hour)
        assert table_rows(sqlite, Customer, "timezone") == [("Atlantic/Azores",)]
    sync_list(sqlite, tmp_path, ZONES + line.format("Asia/Tokyo"), ZONED, hour=9)
    assert table_rows(sqlite, Customer, "timezone") == [("Asia/Tokyo",)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param("=1+1@example.com,Clara,,yes", None, id="an address may begin with any sign"),
        pytest.param("=cmd|A0,Clara,,yes", "The e-mail address is none.", id="as an address"),
        pytest.param(
            "c@example.com,Clara,=TODAY(),yes",
            "The birthday is no day of a year.",
            id="as a birthday",
        ),
        pytest.param("c@example.com,Clara,,=TRUE()", None, id="as consent, it is not read"),
    ],
)
def test_a_formula_is_text_wherever_it_stands(
    row: str, reason: str | None, sqlite: Engine, tmp_path: Path
) -> None:
    sync_list(sqlite, tmp_path, HEADER + row + "\nana@example.com,Ana,,yes\n")
    assert table_rows(sqlite, QuarantinedRecord, "reason") == ([(reason,)] if reason else [])
    states = {"=TRUE()": "unread"}
    consents = dict(table_rows(sqlite, BasisStatement, "external_id", "says"))
    assert consents["ana@example.com"] == "yes"
    assert consents.get("c@example.com", "yes") == states.get(row.rpartition(",")[2], "yes")


def broken_list() -> bytes:
    """Return 100 rows in Latin-1 with quotes, blank lines and semicolons; 30 are broken."""
    lines = ["Email;Name;Born;Newsletter"]
    for position in range(100):
        match position % 10:
            case 0:
                lines += ["", f"person {position} at example;Zé;;yes"]
            case 1:
                lines.append(f";Nobody {position};;yes")
            case 2:
                lines.append(f"p{position}@example.com;Zé;;yes;one;too;many")
            case _:
                lines.append(f'p{position}@example.com;"João ""Jo""; Inês";;yes')
    return "\r\n".join(lines).encode("latin-1")


def test_the_good_rows_of_a_broken_file_are_kept(sqlite: Engine, tmp_path: Path) -> None:
    report = sync_list(sqlite, tmp_path, broken_list())
    assert report.quarantined == 30
    assert len(table_rows(sqlite, Customer, "id")) == 70
    assert {name for (name,) in table_rows(sqlite, Customer, "first_name")} == {'João "Jo"; Inês'}
    assert {reason for (reason,) in table_rows(sqlite, QuarantinedRecord, "reason")} == {
        "The e-mail address is none.",
        "The row has no e-mail address, phone number or customer number.",
        SURPLUS.format(7, 4, "semicolon"),
    }


def test_half_a_pair_of_quotation_marks_is_no_part_of_a_name(
    sqlite: Engine, tmp_path: Path
) -> None:
    rows = CLARA + 'ana@example.com,Ana",,yes\nb@example.com,Bruno "B" Sol,,yes\n'
    sync_list(sqlite, tmp_path, rows)
    assert table_rows(sqlite, QuarantinedRecord, "record_key") == [("line 3",)]
    assert table_rows(sqlite, Customer, "first_name") == [('Bruno "B" Sol',), ("Clara",)]


def test_the_preview_says_what_stands_above_the_column_names(tmp_path: Path) -> None:
    text = "Customers of March\n\n" + CLARA + "Zoë@example.com,Zoë,,yes\n"
    first_lines = described(tmp_path, text.encode() + "b@example.com,José,,no\n".encode("cp1252"))
    assert first_lines.splitlines()[:2] == [
        (
            "customers.csv: 3 customers, commas between columns, "
            "written in UTF-8, 1 line in Windows-1252 (Latin-1)"
        ),
        "  line 3 names the columns; 1 line above it not read",
    ]


def test_a_name_over_two_lines_is_set_aside(sqlite: Engine, tmp_path: Path) -> None:
    report = sync_list(sqlite, tmp_path, CLARA + 'ana@example.com,"Ana\nSousa",,yes\n')
    assert report.quarantined == 1
    assert table_rows(sqlite, Customer, "first_name") == [("Clara",)]
    assert table_rows(sqlite, QuarantinedRecord, "record_key", "reason") == [
        ("line 3", 'The cell under "Name" goes over several lines. Write it in one line.')
    ]


def test_a_file_is_described_before_it_is_read(tmp_path: Path) -> None:
    assert described(tmp_path, gzip.compress(broken_list())) == (
        "customers.csv: 70 customers in 100 rows, semicolons between columns, "
        "written in Windows-1252 (Latin-1), packed with gzip\n"
        "  read: e-mail from Email, first name from Name, birthday from Born, "
        "consent from Newsletter\n"
        "  consent: 70 yes, 0 no, 0 neither\n"
        "  cannot be used, whole or in part: 30\n"
        "    line 3: The e-mail address is none.\n"
        "    line 4: The row has no e-mail address, phone number or customer number.\n"
        f"    line 5: {SURPLUS.format(7, 4, 'semicolon')}\n"
        "    line 14: The e-mail address is none.\n"
        "    line 15: The row has no e-mail address, phone number or customer number."
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (CLARA.encode(), "commas between columns, written in UTF-8\n"),
        (CLARA.encode("utf-16"), "written in UTF-16\n"),
        (CLARA.encode("utf-8-sig").replace(b",", b"\t"), "tabs between columns, written in UTF-8"),
        (CLARA.replace(",yes", ",yes,x").replace("Newsletter", "Newsletter,Notes").encode(),
         "not read: Notes"),
    ],
)  # fmt: skip
def test_the_preview_shows_the_detected_format(data: bytes, sentence: str, tmp_path: Path) -> None:
    assert sentence in described(tmp_path, data)


def test_a_list_without_consent_has_a_warning_in_its_preview(tmp_path: Path) -> None:
    assert "does not say who may be mailed" in described(tmp_path, CLARA.encode(), NO_CONSENT)
    assert "consent: 1 yes, 0 no" in described(tmp_path, CLARA.encode(), OWNER_CONSENT)


def test_a_broken_zip_is_not_taken_for_a_table(tmp_path: Path) -> None:
    with pytest.raises(SourceDataError, match="is broken, or not complete"):
        described(tmp_path, b"PK\x03\x04 and so on")


def test_the_preview_of_orders_says_what_totals_and_statuses_are_taken_for(tmp_path: Path) -> None:
    text = (
        "No,Email,Date,Total,State\n501,ana@example.com,2026-02-01,20.00,paid\n"
        "501,ana@example.com,2026-02-01,20.00,paid\n502,b@example.com,2026-02-02,3.00,void\n"
        "501,ana@example.com,2026-02-03,-5.00,paid\n7,b@example.com,2026-02-03,3.00,paid\n"
        "7,b@example.com,2026-02-04,3.00,paid\n"
    )
    (tmp_path / "till.csv").write_text(text, encoding="utf-8")
    yaml = (
        "sources:\n  till:\n    from: csv\n    holds: orders\n    file: till.csv\n"
        "    columns: {customer: Email, when: Date, total: Total, order: No, status: State}\n"
    )
    connector = connect_source(tmp_path, yaml)
    assert isinstance(connector, CsvConnector)
    assert describe_file(connector, NOW).text.splitlines()[2:] == [
        (
            "  total is of: the order (it is the same in every row of an order; "
            "order 501: 2 rows, 20.00)"
        ),
        "  1 order number stands on several days: the rows of each day are an order of their own",
        "  status: 5 paid, 1 cancelled",
        "  refunds: 1",
    ]


def test_people_are_counted_and_not_their_rows(tmp_path: Path) -> None:
    rows = HEADER + "clara@example.com,Clara,,yes\nCLARA@example.com,Clara,,\nx,,,\n"
    assert "customers.csv: 1 customer in 3 rows, commas" in described(tmp_path, rows.encode())


def test_a_list_with_many_rows_for_each_customer_may_be_one_of_orders(tmp_path: Path) -> None:
    rows = HEADER + "clara@example.com,Clara,,yes\nana@example.com,Ana,,yes\n" * 6
    text = described(tmp_path, rows.encode())
    assert "12 rows hold only 2 customers, and a list has one row for each." in text
    assert "12 rows" not in described(tmp_path, CLARA.encode())


def test_nobody_is_told_to_vouch_for_a_list_with_opt_outs(tmp_path: Path) -> None:
    yaml = NO_CONSENT.replace("birthday: Born", "said no: [Gone, Blacklisted]")
    text = described(
        tmp_path, b"Email,Name,Gone,Blacklisted\nclara@example.com,Clara,yes,yes\n", yaml
    )
    assert "said no from Gone and Blacklisted" in text
    assert "says who must not be mailed, but not who may: nobody is mailed" in text
    assert "imported consent" not in text


NEW_YEAR = HEADER + "".join(
    f"p{number}@example.com,P,{'1970' if number % 2 else '2000'}-01-01,yes\n" for number in range(8)
)
NEW_YEAR_NOTE = (
    "customers.csv: 8 of 8 birthdays are 1 January (1970-01-01, 2000-01-01). So many people do not "
    "share a day: it stands for none, and is left out. If it is right, write under old-list: "
    "shared birthdays: keep"
)


def test_a_first_of_january_that_all_share_is_left_out_and_told(
    sqlite: Engine, tmp_path: Path
) -> None:
    report = sync_list(sqlite, tmp_path, NEW_YEAR)
    assert NEW_YEAR_NOTE in report.warnings
    assert table_rows(sqlite, Customer, "birthday") == [(None,)] * 8
    assert {reason for (reason,) in table_rows(sqlite, QuarantinedRecord, "reason")} == {
        "The birthday stands for none: too many rows share it."
    }
    assert f"  {NEW_YEAR_NOTE}" in described(tmp_path, NEW_YEAR.encode()).splitlines()


def test_a_shared_birthday_is_kept_at_the_owners_word(sqlite: Engine, tmp_path: Path) -> None:
    keep = LIST + "    shared birthdays: keep\n"
    assert sync_list(sqlite, tmp_path, NEW_YEAR, yaml=keep).quarantined == 0
    assert len(table_rows(sqlite, Customer, "birthday")) == 8
    assert (None,) not in table_rows(sqlite, Customer, "birthday")
    sync_list(sqlite, tmp_path, NEW_YEAR, hour=1)
    assert table_rows(sqlite, Customer, "birthday") == [(None,)] * 8


@pytest.mark.parametrize(("born", "birthday"), [("1970-01-01", None), ("1991-01-01", "1991-01-01")])
def test_the_first_day_of_unix_alone_stands_for_none(
    born: str, birthday: str | None, sqlite: Engine, tmp_path: Path
) -> None:
    sync_list(sqlite, tmp_path, HEADER + f"clara@example.com,Clara,{born},yes\n")
    assert table_rows(sqlite, Customer, "birthday") == [(birthday,)]


def test_a_file_of_orders_that_is_read_as_customers_has_a_warning(tmp_path: Path) -> None:
    rows = b"Email,Name,Transaction ID,Total,Date\nclara@example.com,Clara,t1,9,2026-03-01\n"
    yaml = NO_CONSENT.replace(", birthday: Born", "")
    assert "its columns look like those of purchases." in described(tmp_path, rows, yaml)


def test_orders_that_all_name_one_customer_have_a_warning(tmp_path: Path) -> None:
    yaml = """\
    sources:
      sales:
        from: csv
        holds: orders
        file: customers.csv
        columns: {customer: Email, when: Date, total: Total}
    """
    rows = [f"{who}@example.com,2026-02-{day:02},9" for day in range(1, 12) for who in ("ana", "b")]
    head = "Email,Date,Total\n"
    text = described(tmp_path, (head + "\n".join(rows[::2])).encode(), yaml)
    assert "all orders name the same customer." in text
    text = described(tmp_path, (head + "\n".join(rows)).encode(), yaml)
    assert "the same customer" not in text


@pytest.mark.parametrize(
    ("years", "line"),
    [
        (("2018",), "  1 customer is younger than 16 by the birthday: no advertising"),
        (("2018", "2012"), "  2 are younger than 16 by the birthday: no advertising"),
        (("1990",), None),
    ],
)
def test_the_preview_counts_who_is_too_young(
    years: tuple[str, ...], line: str | None, tmp_path: Path
) -> None:
    rows = "".join(f"p{year}@example.com,P,{year}-03-06,yes\n" for year in years)
    lines = described(tmp_path, (HEADER + rows).encode()).splitlines()
    assert [text for text in lines if "younger" in text] == ([line] if line else [])


SQUARE = """\
sources:
  old-list:
    from: csv
    holds: orders
    file: customers.csv
    columns: {customer: Customer ID, when: Date, total: Total Collected, status: Event Type}
"""


def test_an_export_that_is_read_without_its_statuses_is_named(tmp_path: Path) -> None:
    preset = get_preset("square-transactions")
    assert preset
    header = f"{','.join(preset.headings)}\n".encode()
    text = described(tmp_path, header, SQUARE)
    assert (
        "it looks like Square: transactions. Name with it, so that only sales count: "
        "kind: Event Type, status: Transaction Status"
    ) in text
    named = SQUARE.replace("status: Event Type", "kind: Event Type, status: Transaction Status")
    assert "it looks like" not in described(tmp_path, header, named)
