"""A formula whose value is not in the file is no empty cell: it is read as unread, and told."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine

from connectors.csv.files import workbook_size
from connectors.csv.table import inspect_table
from connectors.sync import SyncReport
from settings.errors import SourceDataError
from shop.tables import Basis, Customer, Order, QuarantinedRecord
from tests.connectors.corner_cafe import connect_source, hours_later, run_sync, table_rows
from tests.connectors.csv.files.workbooks import write_ods_content, write_xlsx

CUSTOMERS = """
sources:
  list:
    from: csv
    holds: customers
    file: book.xlsx
    columns: {e-mail: Email, first name: First, consent: Newsletter}
"""
HEADINGS = ["Email", "First", "Newsletter"]
ANA, BRUNO = ["ana@example.com", "Ana", "yes"], ["bruno@example.com", "Bruno", "yes"]
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HOW = "Open the file in the spreadsheet program, save it there"


def write(folder: Path, *rows: list[str], formulas: Mapping[str, str] = {}) -> Path:
    """Write a workbook as a program does that calculates nothing: `formulas` are by cell."""
    path = write_xlsx(folder / "book.xlsx", {"List": [HEADINGS, *rows]})
    book = openpyxl.load_workbook(path)
    for place, formula in formulas.items():
        book["List"][place] = formula
    book.save(path)
    return path


def sync(engine: Engine, folder: Path, yaml: str = CUSTOMERS, *, hours: int = 0) -> SyncReport:
    return run_sync(engine, connect_source(folder, yaml), name="list", now=hours_later(hours))


def states(engine: Engine) -> dict[str | None, str]:
    addresses = dict(table_rows(engine, Customer, "id", "email"))
    basis = table_rows(engine, Basis, "customer_id", "state")
    return {addresses[customer]: state for customer, state in basis}


def cells(path: Path) -> list[list[str]]:
    return [row.cells for row in inspect_table(path, "list").rows()]


def test_a_consent_that_is_not_calculated_is_no_yes_any_more(
    sqlite: Engine, tmp_path: Path
) -> None:
    write(tmp_path, ANA, BRUNO)
    sync(sqlite, tmp_path)
    assert states(sqlite)["ana@example.com"] == "yes"
    write(tmp_path, ANA, BRUNO, formulas={"C2": '=IF(D2="x","no","yes")'})
    report = sync(sqlite, tmp_path, hours=1)
    assert states(sqlite) == {"ana@example.com": "unread", "bruno@example.com": "yes"}
    [warning] = [each for each in report.warnings if "formula" in each]
    for expected in ('1 cell of the sheet "List" of book.xlsx', "(C2)", HOW):
        assert expected in warning


def test_imported_consent_is_no_yes_beside_an_answer_that_is_not_calculated(
    sqlite: Engine, tmp_path: Path
) -> None:
    vouched = "imported consent: ticked a box at the till, since 1 June 2024"
    yaml = CUSTOMERS.replace(", consent: Newsletter}", f"}}\n    {vouched}")
    write(tmp_path, ANA, BRUNO, formulas={"C2": "=D2"})
    sync(sqlite, tmp_path, yaml)
    assert states(sqlite)["ana@example.com"] != "yes"


def test_a_customer_that_is_not_calculated_is_set_aside(sqlite: Engine, tmp_path: Path) -> None:
    write(tmp_path, ANA, BRUNO, formulas={"A2": "=D2", "A3": "=D3", "B4": "=D4"})
    sync(sqlite, tmp_path)
    assert table_rows(sqlite, Customer, "email") == []
    reasons = [reason for [reason] in table_rows(sqlite, QuarantinedRecord, "reason")]
    assert all('under "Email" holds a formula' in reason for reason in reasons[:2])


def test_a_total_that_is_not_calculated_is_no_order(sqlite: Engine, tmp_path: Path) -> None:
    yaml = """
sources:
  list:
    from: csv
    holds: orders
    file: book.xlsx
    columns: {customer: Email, when: When, total: Total, product: What}
"""
    rows = [["Email", "When", "Total", "What"], ["ana@example.com", "2026-03-01", "12.50", "Tea"]]
    path = write_xlsx(tmp_path / "book.xlsx", {"List": [*rows, rows[1], rows[1]]})
    book = openpyxl.load_workbook(path)
    book["List"]["C3"], book["List"]["D2"] = "=SUM(F3:G3)", "=F2"
    book.save(path)
    report = sync(sqlite, tmp_path, yaml)
    assert table_rows(sqlite, Order, "total") == [(1250,), (1250,)]
    assert report.quarantined == 1


def test_values_that_were_calculated_are_read_and_the_empty_text_is_one(tmp_path: Path) -> None:
    path = write(tmp_path, ANA)
    _add_row(
        path,
        '<c r="A3"><f>1+1</f><v>2</v></c><c r="B3" t="str"><f>""</f><v></v></c>'
        '<c r="C3" t="str"><f>D3</f><v>no</v></c>',
    )
    assert cells(path)[1] == ["2", "", "no"]
    assert inspect_table(path, "list").unread_note is None


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="C3"><f>D3</f></c>', "=?"),
        ('<c r="C3"><f>D3</f><v></v></c>', "=?"),
        ('<c r="C3"><f>D3</f><v/></c>', "=?"),
        ("<c r='C3' t='str'><f>D3</f></c>", "=?"),
        ('<x:c r="C3"><x:f t="shared" si="0"/></x:c>', "=?"),
        ('<c r="C3" t="e"><f>D3</f><v>#REF!</v></c>', "#REF!"),
        ('<c r="C3" t="e"><v>#NAME?</v></c>', "#NAME?"),
        ('<c r="C3" t="e"><f>D3</f><v>#N/A</v></c>', ""),  # a lookup without a match
    ],
)
def test_formulas_without_a_value_and_errors_have_a_text(
    cell: str, text: str, tmp_path: Path
) -> None:
    path = write(tmp_path, ANA)
    _add_row(path, f'<c r="A3" t="inlineStr"><is><t>b@example.com</t></is></c>{cell}')
    assert cells(path)[1] == ["b@example.com", "", text]


def test_formulas_in_ods_too_also_in_rows_and_columns_that_are_empty_otherwise(
    tmp_path: Path,
) -> None:
    def text(value: str) -> str:
        attributes = 'office:value-type="string"'
        return f"<table:table-cell {attributes}><text:p>{value}</text:p></table:table-cell>"

    formula = '<table:table-cell table:formula="of:=[.D2]"/>'
    error = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" '
        'office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p>'
        "</table:table-cell>"
    )
    empty = '<table:table-cell table:number-columns-repeated="2"/>'
    rows = (
        formula + text("Email") + text("Newsletter"), empty + text("yes"),
        empty + error, "<table:table-cell/>" + formula,
    )  # fmt: skip
    tables = "".join(
        f'<table:table table:name="{name}">'
        f"{''.join(f'<table:table-row>{row}</table:table-row>' for row in content)}</table:table>"
        for name, content in {"Notes": [text("Nothing")], "List": rows}.items()
    )
    path = write_ods_content(tmp_path / "book.ods", tables) / "List"
    assert inspect_table(path, "list").columns == ("=?", "Email", "Newsletter")
    assert cells(path) == [["", "", "yes"], ["", "", "#DIV/0!"], ["", "=?"]]
    note = inspect_table(path, "list").unread_note
    assert note
    assert '2 cells of the sheet "List" of book.ods have a formula' in note
    assert "(A1, B4)" in note


def test_many_formulas_are_told_in_one_sentence(tmp_path: Path) -> None:
    rows = [ANA] * 20
    formulas = {f"C{number}": "=D1" for number in range(2, 22)}
    note = inspect_table(write(tmp_path, *rows, formulas=formulas), "list").unread_note
    assert note
    assert "20 cells" in note
    assert "(C2, C3, C4 and 17 more)" in note


def test_a_long_text_to_which_many_cells_refer_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, ANA)
    _add_row(path, '<c t="s"><v>0</v></c>' * 3, times=40)
    shared = f"<sst><si><t>{'x' * 1_000}</t></si></sst>"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", shared)
    assert len(cells(path)) == 41
    monkeypatch.setattr(workbook_size, "MAX_TEXT_BYTES", 100_000)
    with pytest.raises(SourceDataError, match="texts of its cells are more"):
        cells(path)
    repeated = (
        '<table:table-row table:number-rows-repeated="40"><table:table-cell '
        'office:value-type="string" table:number-columns-repeated="3"><text:p>'
        f"{'x' * 1_000}</text:p></table:table-cell></table:table-row>"
    )
    path = write_ods_content(
        tmp_path / "book.ods", f'<table:table table:name="List">{repeated}</table:table>'
    )
    with pytest.raises(SourceDataError, match="shorten it, or delete its column"):
        cells(path)


def _add_row(path: Path, xml: str, times: int = 1) -> None:
    """Add row 3 to the only sheet of the workbook at `path`, and so many after it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    row = f'<row xmlns:x="{NAMESPACE}">{xml}</row>'
    parts[sheet] = parts[sheet].replace(b"</sheetData>", row.encode() * times + b"</sheetData>")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
