"""Sheets of workbooks read as the same table in a CSV file does."""

from __future__ import annotations

import base64
import csv
import io
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.csv.files import workbook, workbook_size
from connectors.csv.files.archive import archive_members
from connectors.csv.files.cell_text import cell_text
from connectors.csv.files.file_kind import OLE_MAGIC
from connectors.csv.table import inspect_table
from settings.errors import OwnerFileError, RegularsError, SourceDataError
from tests.connectors.csv.files.workbooks import (
    Rows,
    Value,
    write_ods,
    write_ods_content,
    write_xlsx,
)
from tests.examples import examples

HEADINGS = ["E-mail", "Since", "Time", "Number", "Spent", "VIP", "Note"]
ANA: list[Value] = [
    "ana@example.com", date(2026, 3, 4), time(9, 30), 351912000001, 12.5, True, "two\nlines",
]  # fmt: skip
BRUNO: list[Value] = [
    "bruno@example.com",
    datetime.fromisoformat("2026-03-04 18:05:30"),
    None,
    17,
    3.0,
    False,
    "'1",
]
WRITERS = {"xlsx": write_xlsx, "ods": write_ods}
Writer = Callable[..., Path]
CUSTOMERS: Rows = [["E-mail", "Name"], ["ana@example.com", "Ana"]]
ORDERS: Rows = [["Customer", "Total"], ["ana@example.com", 12.5]]
# Written with xlwt: one sheet of E-mail, Since, Number and Spent, with one row.
OLD_EXCEL = (
    "eNrtWE1oE0EU/maTND+0+WtaaIUSCrZaW0G8CFITa2tPCfUH/EHQJN1DaP5IU/AHNFpzEkHwpHgp1IOXqhd/UERv"
    "HoQWPQhCIVE8eRIUPLRZ37zsSloVGtBCdb9l3rx5b+bN25l5M7O7MO8rz9zvrGAV9sCCquZEU51MUHIaBS9Ir2mS"
    "NXIHJc3EhoLTQRPZZMOTlld2OYdyvitQcM/6gijwntIJ5BDNZtTgOmKIfYgJ6cMgUYFbJHGjg73yM00wbWV6l2s+"
    "ZRpmyVWmg1S3LI5jPhTt26Wv4qNKN+vckHYfcpt3LNmBNryUq/jCNVGra8PefDKW2mCKLmszZkETOqpm1Lwse3Ab"
    "LuAYYSASGRgeLiNAkz2Lr1oQ+GJE9fOgKV9fuQDJv62U238jd9AkrpZfV6xAEdopDpISfOi1gjfqfVOThWxazU8u"
    "YTctDBhpJB1Lpig/lMwkVIr36FQ6rualIKdmCh4glomF1dOxdC6lbk9k0y5pjbcJ74ptooXDp5noODzM+ziIvOTn"
    "0p3PryPxsdBJlhT5aKgdIJulv9BwUbagxm7WKEylpo/5bUwvsdVNzHcyDdALUN4z1qYz+6e5zmXW9lA/OxlvQr11"
    "/BbiS58OPOoqfQhtJX5utHI2MPc2NINuGqdxai+fafSLfnHzhsTjkJELfbNZZNrx08bjULy675p+SnqwLEON4GNa"
    "K8nRET9Kij5WtZKFShbdlviFLcG25OicV1zsqx/tCwosNHqCbSFcfPbx3OGhml7au9JKh7jixwMe2nDdMe6CCRMm"
    "TJgwYcKEif8WQr98W/Trt02/3Nv1/zrLlKrmb5J/FgeRpadAH5UjyFCex5mG1k87bMKwJdbYxvhfKHGEes9jAnH2"
    "Y6Lh9UsfZ6L+fdbc0PvnQqjR/quN+PmX+/8OBu/fUw=="
)


@pytest.fixture(params=WRITERS)
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Writer:
    suffix: str = request.param
    return lambda sheets, name="book": WRITERS[suffix](tmp_path / f"{name}.{suffix}", sheets)


def read(path: Path, *columns: str) -> list[list[str]]:
    table = inspect_table(path, "list", columns)
    return [list(table.columns), *(row.cells for row in table.rows())]


def test_cells_read_as_they_would_in_a_csv_file(write: Writer) -> None:
    path = write({"Customers": [HEADINGS, ANA, BRUNO]})
    assert read(path) == [
        HEADINGS,
        ["ana@example.com", "2026-03-04", "09:30:00", "351912000001", "12.5", "TRUE", "two\nlines"],
        ["bruno@example.com", "2026-03-04 18:05:30", "", "17", "3", "FALSE", "1"],
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.5, "12.5"), (3.0, "3"), (0.1 + 0.2, "0.3"), (-0.0, "0"),
        (1e20, "100000000000000000000"),
        (1e-7, "0.0000001"), (351912000001.0, "351912000001"),
        (1234567890123456.0, "1234567890123456"),
        (1234.10, "1234.1"), (float("nan"), ""), (float("inf"), ""), (7, "7"),
        (True, "TRUE"), (False, "FALSE"), ("", ""), ("01", "01"),
        (date(2026, 3, 4), "2026-03-04"), (datetime.fromisoformat("2026-03-04"), "2026-03-04"),
        (datetime.fromisoformat("2026-03-04 09:29:59.999990"), "2026-03-04 09:30:00"),
        (time(9, 30), "09:30:00"), (timedelta(hours=30), "30:00:00"),
        (timedelta(minutes=-90), "-01:30:00"),
    ],
)  # fmt: skip
def test_the_text_of_a_cell(value: int | float | str, text: str) -> None:
    assert cell_text(value) == text


TEXTS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters='"'),
    max_size=8,
)
TABLES = st.lists(
    st.tuples(
        TEXTS,
        TEXTS,
        st.dates(date(1950, 1, 1), date(2040, 1, 1)),
        st.decimals(0, 99_999, places=2, allow_nan=False).map(float),
    ),
    min_size=1,
    max_size=5,
)


@settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(TABLES)
def test_a_table_reads_the_same_as_csv_xlsx_and_ods(
    tmp_path: Path, rows: list[tuple[str, str, date, float]]
) -> None:
    table: Rows = [["E-mail", "Name", "Since", "Spent"], *rows]
    text = io.StringIO()
    csv.writer(text).writerows(
        [[cell_text("" if value is None else value) for value in row] for row in table]
    )
    (tmp_path / "book.csv").write_text(text.getvalue(), encoding="utf-8")
    expected = read(tmp_path / "book.csv")
    assert read(write_xlsx(tmp_path / "book.xlsx", {"A": table})) == expected
    assert read(write_ods(tmp_path / "book.ods", {"A": table})) == expected


def test_invisible_signs_around_a_heading_do_not_matter(write: Writer) -> None:
    path = write(
        {"A": [["Shop", "Café"], ["\ufeffE-mail\u200b", " Name "], ["a@x.example", "\u200eAna"]]}
    )
    assert read(path, "E-mail") == [["E-mail", "Name"], ["a@x.example", "Ana"]]


def test_excel_before_2007_is_read(tmp_path: Path) -> None:
    (tmp_path / "book.xls").write_bytes(zlib.decompress(base64.b64decode(OLD_EXCEL)))
    assert read(tmp_path / "book.xls") == [
        ["Email", "Since", "Number", "Spent"],
        ["ana@example.com", "2026-03-04", "351912000001", "12.5"],
    ]


def test_the_suffix_does_not_matter(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "list.csv", {"A": CUSTOMERS})
    assert read(path)[1] == ["ana@example.com", "Ana"]


def test_titles_above_the_names_of_columns_are_left_out(write: Writer) -> None:
    titles: Rows = [["Corner Café"], ["Export of", "4 March"], [], HEADINGS, ANA]
    table = inspect_table(write({"A": titles}), "list")
    assert (table.columns[0], table.header.last_line, table.header.skipped_lines) == (
        "E-mail",
        4,
        2,
    )
    assert [row.number for row in table.rows()] == [5]


def test_the_only_sheet_with_rows_is_taken(write: Writer) -> None:
    path = write({"Notes": [], "Customers": CUSTOMERS, "Plan": [["Title"]]})
    assert archive_members(path) == [path]
    assert read(path)[1] == ["ana@example.com", "Ana"]
    assert inspect_table(path, "list").name == f"{path.name}, sheet Customers"


def test_hidden_sheets_and_charts_are_not_taken_unless_they_are_named(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "book.xlsx", {"Customers": CUSTOMERS, "Old": ORDERS})
    book = openpyxl.load_workbook(path)
    book["Old"].sheet_state = "hidden"
    book.create_chartsheet("Chart")
    book.save(path)
    assert archive_members(path) == [path]
    assert read(path)[1] == ["ana@example.com", "Ana"]
    assert read(path / "Old")[1] == ["ana@example.com", "12.5"]


def test_of_several_sheets_the_owner_names_one(write: Writer) -> None:
    path = write({"Customers": CUSTOMERS, "Orders": ORDERS})
    assert archive_members(path) == [path / "Customers", path / "Orders"]
    assert read(path / "Orders") == [["Customer", "Total"], ["ana@example.com", "12.5"]]
    assert read(path, "Total") == read(path / "Orders")  # only this one has the column
    table = inspect_table(path / "Orders", "list")
    assert table.name == f"{path.name}, sheet Orders"
    with pytest.raises(OwnerFileError, match=r"2 sheets with rows: Customers, Orders\. Name one"):
        read(path)
    with pytest.raises(OwnerFileError, match=r'no sheet "Order"\. Did you mean "Orders"'):
        read(path / "Order")


def test_a_sheet_in_a_workbook_in_a_zip_is_read(tmp_path: Path) -> None:
    book = write_xlsx(tmp_path / "book.xlsx", {"Customers": CUSTOMERS, "Orders": ORDERS})
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as parts:
        parts.write(book, "book.xlsx")
        parts.writestr("more.zip", b"PK\x05\x06" + bytes(18))
    assert archive_members(path)[:2] == [path / "book.xlsx/Customers", path / "book.xlsx/Orders"]
    assert read(path / "book.xlsx/Orders")[1] == ["ana@example.com", "12.5"]
    with pytest.raises(SourceDataError, match=r"is a zip in a zip: unpack export\.zip"):
        read(path / "more.zip")


def test_of_merged_cells_the_first_has_the_value_and_of_formulas_their_result(
    tmp_path: Path,
) -> None:
    path = write_xlsx(tmp_path / "book.xlsx", {"A": [["A", "B", "C"], ["x", "y", "z"]]})
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet.append(["both", None, "#N/A"])
    sheet.merge_cells("A3:B3")
    sheet["C3"].data_type = "e"
    book.save(path)
    data = dict(_parts(path))
    xml = data["xl/worksheets/sheet1.xml"].decode()
    formula = xml.replace(
        "</sheetData>", '<row r="4"><c r="A4"><f>1+1</f><v>2</v></c></row></sheetData>'
    )
    _rewrite(path, data | {"xl/worksheets/sheet1.xml": formula.encode()})
    assert read(path)[2:] == [["both", "", ""], ["2", "", ""]]


@pytest.mark.parametrize("rows", [[], [["", ""]]])
def test_a_workbook_without_a_table_is_refused(rows: Rows, write: Writer) -> None:
    path = write({"A": rows})
    with pytest.raises(SourceDataError, match="none of the first 20 rows of any sheet names"):
        read(path)
    with pytest.raises(SourceDataError, match='20 rows of the sheet "A" names the columns'):
        read(path / "A")


def test_a_protected_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(OLE_MAGIC + bytes(600) + workbook.ENCRYPTED_PARTS[0])
    with pytest.raises(SourceDataError, match=r"book\.xlsx is protected with a password"):
        read(path)
    path = write_ods_content(tmp_path / "book.ods", "", "<manifest:encryption-data/>")
    with pytest.raises(SourceDataError, match=r"book\.ods is protected with a password"):
        read(path)


def test_a_broken_workbook_is_refused_with_a_sentence(write: Writer) -> None:
    path = write({"A": [HEADINGS, ANA, BRUNO]})
    data = path.read_bytes()
    for end in (len(data) // 2, len(data) - 3):
        path.write_bytes(data[:end])
        with pytest.raises(SourceDataError, match="broken"):
            read(path)
    for number in range(0, len(data), 41):
        path.write_bytes(data[:number] + b"\xff" + data[number + 1 :])
        with suppress(RegularsError):  # any other error fails
            read(path)


def test_old_excel_that_is_broken_or_binary_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.xls"
    path.write_bytes(OLE_MAGIC + bytes(600))
    with pytest.raises(SourceDataError, match="is broken, or no workbook"):
        read(path)
    with zipfile.ZipFile(tmp_path / "book.xlsb", "w") as parts:
        parts.writestr("xl/workbook.bin", b"x")
    with pytest.raises(SourceDataError, match=r"Save it as \.xlsx, and name that"):
        read(tmp_path / "book.xlsb")


def test_a_single_cell_far_out_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "book.xlsx", {"A": CUSTOMERS})
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["XFD1048576"] = " "
    book.save(path)
    with pytest.raises(SourceDataError, match="1,048,576 rows and 16,384 columns up to its last"):
        read(path)
    cell = '<table:table-cell office:value-type="string" {}><text:p>x</text:p></table:table-cell>'
    many = cell.format('table:number-columns-repeated="16000"')
    row = f'<table:table-row table:number-rows-repeated="9000">{many}</table:table-row>'
    path = write_ods_content(
        tmp_path / "book.ods", f'<table:table table:name="A">{row}</table:table>'
    )
    with pytest.raises(SourceDataError, match="9,000 rows and 16,000 columns"):
        read(path)


FAR_ROW = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'


@pytest.mark.parametrize(
    ("row", "part"),
    [
        (FAR_ROW.replace(b"r=", b"r ="), "xl/worksheets/sheet1.xml"),
        (FAR_ROW.replace(b" r=", b"\nr\n= "), "xl/worksheets/sheet1.xml"),
        (FAR_ROW, "xl/worksheets/Sheet1.XML"),
        (FAR_ROW, "xl/elsewhere/one.xml"),
    ],
)
def test_a_cell_far_out_is_found_however_its_place_is_written(
    tmp_path: Path, row: bytes, part: str
) -> None:
    path = write_xlsx(tmp_path / "book.xlsx", {"A": CUSTOMERS})
    data, sheet = dict(_parts(path)), "xl/worksheets/sheet1.xml"
    links = "xl/_rels/workbook.xml.rels"
    data[part] = data.pop(sheet).replace(b"</sheetData>", row)
    data[links] = data[links].replace(sheet.encode(), part.encode())
    _rewrite(path, data)
    with pytest.raises(SourceDataError, match="1,048,576 rows and 16,384 columns up to its last"):
        read(path)


def test_cells_without_a_name_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_size, "MAX_CELLS", 50)
    path = write_xlsx(tmp_path / "book.xlsx", {"A": CUSTOMERS})
    data = dict(_parts(path))
    cells = "<c><v>1</v></c>" * 30
    xml = f"<worksheet><sheetData><row>{cells}</row><row>{cells}</row></sheetData></worksheet>"
    _rewrite(path, data | {"xl/worksheets/sheet1.xml": xml.encode()})
    with pytest.raises(SourceDataError, match="2 rows and 30 columns"):
        read(path)


def test_the_cells_of_all_sheets_are_counted(
    write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(dict.fromkeys("ABCD", CUSTOMERS))
    monkeypatch.setattr(workbook_size, "MAX_CELLS", 16)
    assert read(path / "D") == [list(row) for row in CUSTOMERS]
    monkeypatch.setattr(workbook_size, "MAX_CELLS", 15)
    with pytest.raises(SourceDataError, match="15 cells can be read in all"):
        read(path / "D")


def test_a_workbook_that_unfolds_too_far_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_xlsx(tmp_path / "book.xlsx", {"A": CUSTOMERS})
    monkeypatch.setattr(workbook_size, "MAX_UNPACKED_BYTES", 1_000)
    with pytest.raises(SourceDataError, match="Save the sheet as CSV, which is read at any size"):
        read(path)
    monkeypatch.setattr(workbook, "MAX_FILE_BYTES", 1_000)
    with pytest.raises(SourceDataError, match="is too large for a workbook"):
        read(path)


def _parts(path: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as parts:
        return [(name, parts.read(name)) for name in parts.namelist()]


def _rewrite(path: Path, contents: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as parts:
        for name, content in contents.items():
            parts.writestr(name, content)
