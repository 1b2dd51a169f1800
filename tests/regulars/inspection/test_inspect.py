"""`regulars inspect`: what files are, what is read of them, and that nothing is written."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from regulars.cli import app
from regulars.inspection.inspection import inspect_files
from regulars.inspection.output import file_lines
from regulars.inspection.shop_context import ShopContext, find_context
from settings.errors import OwnerFileError, WrongUsageError
from tests.connectors.csv.files.workbooks import write_xlsx
from tests.regulars.init.test_exports import SQUARE, SQUARE_ITEMS, SQUARE_TRANSACTIONS, SUBSCRIBED

PORTUGAL = ShopContext("PT", "EUR", "Europe/Lisbon")
FILES = {
    "news.csv": SUBSCRIBED,
    "customers.csv": SQUARE,
    "items.csv": SQUARE_ITEMS,
    "payments.csv": SQUARE_TRANSACTIONS,
}

PEOPLE = [["ana@example.com", "yes"], ["bruno@example.com", "yes"]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def inspected(*arguments: str) -> str:
    completed = CliRunner().invoke(app, ["inspect", *arguments])
    assert completed.exit_code == 0, completed.exception
    return completed.stdout


def test_the_files_of_one_shop_are_reported_one_by_one_and_together(folder: Path) -> None:
    text = inspected(*FILES, "--country", "PT", "--at", "2026-03-03T10:00:00+00:00")
    for expected in (
        "customers.csv: Square: customer directory (https://squareup.com/help/ie/article/6632)",
        "sums that the transactions give: Last Visit, Transaction Count, Lifetime Spend",
        "customer AAA111 · name Ana Lima · phone +351912000001 · birthday 1990-09-21",
        "only its articles are read: they are those of the orders of square-transactions",
        "2 orders: 17.50 EUR; without a customer: 1",
        "its customers are those of square-customers",
        "order tx1 · customer AAA111 · when 2026-02-01 10:00 · total 13.00 EUR · counts a visit",
        "Together: 3 people, 2 with e-mail: 1 yes, 1 no, 0 neither",
        "2 orders count: 17.50 EUR",
    ):
        assert expected in text
    assert {path.name for path in folder.iterdir()} == set(FILES)


def test_the_document_has_what_the_lines_say(folder: Path) -> None:
    document: dict[str, Any] = json.loads(inspected(".", "--json", "--country", "PT"))
    files = {file["file"]: file for file in document["files"]}
    assert files["customers.csv"]["consent"] == {"yes": 1, "no": 1, "none": 1}
    assert files["items.csv"]["lines_of"] == "square-transactions"
    payments = files["payments.csv"]
    assert (payments["export"], payments["visits"], payments["total"]) == (
        "square-transactions", 2, 1750,
    )  # fmt: skip
    assert payments["customers_of"] == "square-customers"
    assert document["together"]["total"] == 1750
    assert document["together"]["reach"]["yes"] == 1


def test_a_zip_is_looked_into_as_it_was_downloaded(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("subscribed.csv", SUBSCRIBED)
    [file] = inspect_files(["export.zip"], tmp_path, PORTUGAL)
    assert file.preset
    assert (file.csv_file.file, file.preset.name) == ("export.zip/subscribed.csv", "mailchimp")
    assert file.report
    assert file.report.consent == {"yes": 2}


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Colour,Size\nred,3\n")
    (tmp_path / "bare.csv").write_text("ana@example.com\n")
    (tmp_path / "dates.csv").write_text("Email,Date,Total\nana@example.com,03/04/2026,9\n")
    files = inspect_files(["."], tmp_path, ShopContext(None, None, "Europe/Lisbon"))
    lines = {file.csv_file.file: "\n".join(file_lines(file)) for file in files}
    assert "Not read: No column could be recognised as e-mail." in lines["odd.csv"]
    assert "its columns: Colour, Size" in lines["odd.csv"]
    assert "must name the columns" in lines["bare.csv"]
    assert "may begin with the day or with the month" in lines["dates.csv"]


def test_the_currency_is_the_one_that_the_files_name(tmp_path: Path) -> None:
    nowhere = ShopContext(None, None, "Europe/Lisbon")
    for text, currency in (
        ("Email,Date,Total\na@example.com,2026-02-13,£9.00\n", "GBP"),
        ("Email,Date,Total\na@example.com,2026-02-13,$9.00\n", "USD"),
        ("Email,Date,Total,Currency\na@example.com,2026-02-13,9.00,SEK\n", "SEK"),
        ("Email,Date,Total,Item\na@example.com,2026-02-13,9.00,CUP\n", "EUR"),
    ):
        (tmp_path / "a.csv").write_text(text)
        [file] = inspect_files(["a.csv"], tmp_path, nowhere)
        assert file.report
        assert (file.report.currency, file.report.totals.sums[currency].total) == (currency, 900)


def test_a_shops_own_country_and_currency_hold(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "shop:\n  name: Bean\n  country: GB\n  currency: GBP\n  timezone: Europe/London\n"
        "  reply to: ana@bean.example\n  postal address: Way 1\n"
        "sending:\n  through: outbox\n  from: Ana <ana@bean.example>\n"
        "rules:\n  welcome:\n    when: subscribed\n    then:\n      - send: welcome\n"
    )
    assert find_context(tmp_path / "config.yaml", None, None) == ShopContext(
        "GB", "GBP", "Europe/London"
    )
    assert find_context(tmp_path / "none.yaml", "Portugal", None) == PORTUGAL
    with pytest.raises(WrongUsageError, match="--country"):
        find_context(tmp_path / "none.yaml", "Atlantis", None)


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (tmp_path / "kunden.csv").write_text("Email\nana@example.com\n")
    with pytest.raises(OwnerFileError, match=r"Did you mean kunden.csv"):
        inspect_files(["kunde.csv"], tmp_path, PORTUGAL)


TWO_CURRENCIES = """\
Order,E-mail,Date,Total,Currency,Status
1,ana@example.com,2026-02-01,10.00,EUR,paid
2,ana@example.com,2026-02-02,20.00,USD,paid
1,ana@example.com,2026-02-03,-2.00,EUR,refund
2,ana@example.com,2026-02-04,-3.00,USD,refund
9,ana@example.com,2026-02-05,-4.00,USD,refund
"""


def test_sums_are_by_currency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text(TWO_CURRENCIES)
    text = inspected("orders.csv", "--currency", "EUR")
    assert "2 orders: 10.00 EUR and 20.00 USD; refunded 2.00 EUR and 7.00 USD" in text
    assert "2 orders count: 10.00 EUR and 20.00 USD" in text
    document = json.loads(inspected("orders.csv", "--currency", "EUR", "--json"))
    [file] = document["files"]
    assert (file["total"], file["refunded"]) == (1000, 200)
    assert file["sums"]["USD"] == {"total": 2000, "refunded": 700}
    assert document["together"]["totals"] == {"EUR": 1000, "USD": 2000}


def test_formulas_without_a_value_are_named_with_their_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_xlsx(tmp_path / "list.xlsx", {"People": [["E-mail", "Newsletter"], *PEOPLE]})
    book = openpyxl.load_workbook(path)
    book["People"]["B3"] = '=IF(C3="x","no","yes")'
    book.save(path)
    text = " ".join(inspected("list.xlsx", "--country", "PT").split())
    assert '1 cell of the sheet "People" of list.xlsx has a formula' in text
    assert "(B3)" in text
    assert "Open the file in the spreadsheet program, save it there" in text
    assert "Together: 2 people, 2 with e-mail: 1 yes, 0 no, 0 neither, 1 not read" in text
