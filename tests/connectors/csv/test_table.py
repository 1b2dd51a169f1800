"""Rows of a file: quotation marks, encodings, the line of column names, and rows that are none."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.csv.row_reader import split_rows
from connectors.csv.table import Table, find_header, inspect_table
from connectors.csv.text_lines import decoded_lines, digest_and_encoding
from settings.errors import SourceDataError
from tests.examples import examples

HEADER = "Email,Birthday,First\n"
ANA, BRUNO, CLARA = (
    f"{name}@example.com,199{year}-03-06,{name.title()}\n"
    for year, name in enumerate(("ana", "bruno", "clara"))
)
UNCLOSED = "A quotation mark is not closed"


def open_table(folder: Path, text: str | bytes, columns: tuple[str, ...] = ()) -> Table:
    path = folder / "list.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return inspect_table(path, "list", columns)


def good_rows(table: Table) -> list[list[str]]:
    return [row.cells for row in table.rows() if row.fault is None]


def faults(table: Table) -> dict[int, str]:
    return {row.number: row.fault for row in table.rows() if row.fault}


def cells_of(*lines: str) -> list[list[str]]:
    return [line.strip().split(",") for line in lines]


@pytest.mark.parametrize(
    ("text", "good", "faulty"),
    [
        pytest.param(
            HEADER + ANA.replace("Ana", '"Ana') + BRUNO + CLARA,
            cells_of(BRUNO, CLARA), [2], id="never closed",
        ),
        pytest.param(
            HEADER + ANA.replace("Ana", '"Ana') + BRUNO + CLARA.replace("Clara", '"Clara"'),
            cells_of(BRUNO, CLARA), [2], id="closed by the quotes of a later row",
        ),
        pytest.param(
            HEADER + ANA.replace("Ana", '"Ana') + BRUNO + CLARA.replace("Clara", '"'),
            [*cells_of(BRUNO)], [2, 4], id="closed at the end of a later row",
        ),
        pytest.param(
            HEADER + '"ana@example.com","1990-03-06","Ana\n"bruno@example.com","1991-03-06","Bo"\n',
            [["bruno@example.com", "1991-03-06", "Bo"]], [2], id="every cell in quotes",
        ),
        pytest.param(
            HEADER + '"ana@example.com,1990-03-06,Ana\n' + BRUNO + CLARA,
            cells_of(BRUNO, CLARA), [2], id="in the first column",
        ),
        pytest.param(
            "Email,Notes,Birthday\nana@example.com,\"likes cake,1990-03-06\n"
            "bruno@example.com,,1991-03-06\nclara@example.com,likes tea\",1992-03-06\n",
            [["bruno@example.com", "", "1991-03-06"],
             ["clara@example.com", 'likes tea"', "1992-03-06"]], [2], id="in a column not read",
        ),
        pytest.param(
            HEADER + ANA.replace("Ana", '"Ana "A" Sousa"') + BRUNO,
            cells_of(BRUNO), [2], id="inside a quoted cell, not doubled",
        ),
        pytest.param(
            HEADER + ANA.replace("Ana", '"Ana "A"\nSousa"') + BRUNO,
            cells_of(BRUNO), [2, 3], id="inside a cell of two lines",
        ),
        pytest.param(
            HEADER + ANA + BRUNO.replace("Bruno", '"Bruno'),
            cells_of(ANA), [3], id="in the last row",
        ),
    ],
)  # fmt: skip
def test_an_unclosed_quotation_mark_sets_aside_its_own_row_only(
    text: str, good: list[list[str]], faulty: list[int], tmp_path: Path
) -> None:
    table = open_table(tmp_path, text)
    assert good_rows(table) == good
    assert list(faults(table)) == faulty
    assert faults(table)[faulty[0]].startswith(UNCLOSED)


def test_an_unclosed_quotation_mark_at_the_top_of_a_long_file_loses_one_row(tmp_path: Path) -> None:
    text = HEADER + ANA.replace("Ana", '"Ana') + BRUNO * 2_000
    assert len(good_rows(open_table(tmp_path, text))) == 2_000


@pytest.mark.parametrize(
    "cell",
    [
        "Great coffee.\nNice people, too.",
        "one,\n\ntwo, three and\n four",
        'She said ""wonderful"",\nand left.',
        "write to me,please,now",
        "on the 4th,\r\nat 10,sharp",
    ],
)
def test_a_quoted_cell_may_hold_line_breaks(cell: str, tmp_path: Path) -> None:
    table = open_table(tmp_path, f'Who,Stars,Words\nana@example.com,5,"{cell}"\nb@example.com,4,\n')
    assert good_rows(table) == [
        ["ana@example.com", "5", cell.replace('""', '"')], ["b@example.com", "4", ""]
    ]  # fmt: skip


def test_a_row_over_several_lines_is_named_by_its_first_line(tmp_path: Path) -> None:
    table = open_table(tmp_path, 'Who,Words\nana,"a\nb\nc"\nbruno,d\n')
    assert [row.number for row in table.rows()] == [2, 5]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("ana@example.com,1990-03-06", "The row has only 2 of 3 cells"),
        ("ana@example.com", "The row has only 1 of 3 cells"),
        ("ana@example.com,1990-03-06,Sousa,Ana", "The row has 4 cells, and the line of column"),
        ("ana@example.com,1990-03-06,A\x00na", "The line holds zero bytes"),
        ("ana@example.com,1990\r-03-06,Ana", "The row has only 2 of 3 cells"),
        ("Email,Birthday,First", "The line names the columns once more"),
        ("\ufeffEmail,Birthday,First", "The line names the columns once more"),
        ("Total,,120", "The line seems to hold the totals"),
        ("Summe:,,", "The line seems to hold the totals"),
    ],
)
def test_a_row_that_is_not_whole_is_set_aside(row: str, reason: str, tmp_path: Path) -> None:
    table = open_table(tmp_path, HEADER + BRUNO + row + "\n" + CLARA)
    assert good_rows(table) == cells_of(BRUNO, CLARA)
    assert next(iter(faults(table).values())).startswith(reason)


def test_a_person_may_be_called_suma(tmp_path: Path) -> None:
    table = open_table(tmp_path, "First,Email\nSuma,suma@example.com\n")
    assert good_rows(table) == [["Suma", "suma@example.com"]]


def test_after_a_header_in_another_order_no_row_is_read(tmp_path: Path) -> None:
    text = HEADER + ANA + "First,Birthday,Email\nBruno,1991-03-06,b@example.com\n" + HEADER + CLARA
    table = open_table(tmp_path, text)
    assert good_rows(table) == cells_of(ANA, CLARA)
    assert list(faults(table)) == [3, 4, 5]
    assert faults(table)[4].startswith("Further up a line names the columns in another order")


def test_columns_without_a_name_at_the_end_may_be_missing(tmp_path: Path) -> None:
    table = open_table(tmp_path, HEADER.strip() + ",,\n" + ANA + BRUNO.strip() + ",,\n")
    assert [row[:3] for row in good_rows(table)] == cells_of(ANA, BRUNO)


def test_a_file_that_omits_empty_cells_at_the_end_throughout_is_read(tmp_path: Path) -> None:
    rows = "".join(f"p{number}@example.com,1990-03-06\n" for number in range(10))
    assert len(good_rows(open_table(tmp_path, HEADER + ANA + rows))) == 11
    assert len(good_rows(open_table(tmp_path, HEADER + ANA * 50 + rows))) == 50


def test_a_mark_in_the_middle_of_two_files_joined_is_no_part_of_a_cell(tmp_path: Path) -> None:
    text = "\ufeff" + HEADER + ANA + "\ufeff" + BRUNO
    assert good_rows(open_table(tmp_path, text)) == cells_of(ANA, BRUNO)


JOSE, ZOE = "jose@example.com,1990-03-06,José\n", "zoe@example.com,1990-03-06,Zoë\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (JOSE.encode() + ZOE.encode(), "UTF-8"),
        (JOSE.encode("cp1252") + ZOE.encode(), "UTF-8, 1 line in Windows-1252 (Latin-1)"),
        ((JOSE * 2).encode("cp1252") + ZOE.encode(), "UTF-8, 2 lines in Windows-1252 (Latin-1)"),
        (JOSE.encode("cp1252") + ZOE.encode("cp1252"), "Windows-1252 (Latin-1)"),
        (
            JOSE.encode() + ZOE.encode() + "x,Zoë ".encode() + b"M\xe9lanie,Jos\xc3\xa9\n",
            "UTF-8, 1 line in Windows-1252 (Latin-1)",
        ),
        (JOSE.encode("mac_roman") + ZOE.encode("mac_roman"), "Mac Roman"),
        (JOSE.encode("cp850") + ZOE.encode("cp850") + b"x,,Jo\xc6o\n", "MS-DOS (850)"),
    ],
)
def test_each_line_is_read_in_its_own_encoding(data: bytes, encoding: str, tmp_path: Path) -> None:
    table = open_table(tmp_path, HEADER.encode() + data)
    assert {row[2] for row in good_rows(table)} - {"João"} == {"José", "Zoë"}
    assert str(table.encoding) == encoding


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.encode("utf-32"),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.replace("\n", "\r\n").encode("utf-16-le"),
    ],
)
def test_wide_encodings_and_old_line_ends_are_read(
    encode: Callable[[str], bytes], tmp_path: Path
) -> None:
    assert good_rows(open_table(tmp_path, encode(HEADER + JOSE + BRUNO))) == cells_of(JOSE, BRUNO)


def test_a_file_without_lines_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(SourceDataError, match="16 MB"):
        open_table(tmp_path, b"x" * (1 << 24) + b"\xff" + b"x" * (1 << 20))


@pytest.mark.parametrize(
    ("above", "skipped"),
    [
        ("sep=,\n", 0),
        ("SEP=,,,\r\n", 0),
        ('"sep=,"\n', 0),
        ("\n \n", 0),
        ("sep=,\n\n", 0),
        ("Customers of the Corner Café\n\n", 1),
        ("Customers of the Corner Café,,\nExported on 1 March\n", 2),
        ('"Customers\nof March"\n', 1),
    ],
)
def test_what_stands_above_the_column_names_is_left_out(
    above: str, skipped: int, tmp_path: Path
) -> None:
    for columns in ((), ("Email", "First")):
        table = open_table(tmp_path, above + HEADER + ANA, columns)
        assert good_rows(table) == cells_of(ANA)
        assert table.header.skipped_lines == skipped
        assert next(table.rows()).number == above.count("\n") + 2


def test_a_title_with_commas_is_known_by_the_columns_that_were_named(tmp_path: Path) -> None:
    text = "Corner Café, Lisboa, customers\n" + HEADER + ANA
    assert good_rows(open_table(tmp_path, text, ("Email", "First"))) == cells_of(ANA)


@pytest.mark.parametrize(
    ("text", "delimiter", "columns"),
    [
        ("sep=;\nEmail;Name, first\na@x.example;Ana\n", ";", ("Email", "Name, first")),
        ("sep=\\t\nEmail\tFirst\n", "\t", ("Email", "First")),
        ("Email;Sum, in EUR\na@x.example;1,50\n", ";", ("Email", "Sum, in EUR")),
        ("Email\nana@example.com\n", ",", ("Email",)),
        ("Who  When     Paid\n001 19970101 11,77\n", None, ("Who", "When", "Paid")),
    ],
)
def test_the_delimiter_is_found(text: str, delimiter: str | None, columns: tuple[str, ...]) -> None:
    header = find_header(text.splitlines(keepends=True), columns[:1])
    assert header is not None
    assert (header.delimiter, header.columns) == (delimiter, columns)


def test_an_empty_file_has_no_header() -> None:
    assert find_header([]) is None
    assert find_header(["\n", "  \n"]) is None
    assert find_header(["sep=;\n"]) is None


printable = st.text(st.characters(codec="utf-8", exclude_characters='"\r\n\x00'), max_size=8)


@settings(max_examples=examples(75), deadline=None)
@given(st.lists(st.lists(printable, min_size=3, max_size=3), max_size=8), st.data())
def test_one_stray_quotation_mark_never_moves_a_cell_into_another_row(
    rows: list[list[str]], data: st.DataObject
) -> None:
    lines = [f"p{number}@example.com,{number}," + "x".join(row).replace(",", " ")
             for number, row in enumerate(rows)]  # fmt: skip
    broken = data.draw(st.integers(0, len(lines))) if lines else 0
    if broken < len(lines):
        position = data.draw(st.integers(0, len(lines[broken])))
        lines[broken] = lines[broken][:position] + '"' + lines[broken][position:]
    for row in split_rows((f"{line}\n" for line in lines), ",", range(3, 4)):
        if row.fault is None and len(row.cells) == 3:
            assert "\n" not in row.cells[2]
            assert row.cells[0].strip('"').startswith(f"p{row.number - 1}@") or '"' in row.cells[0]


@settings(max_examples=examples(50), deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_decoded(data: bytes) -> None:
    _, encoding = digest_and_encoding(BytesIO(data))
    lines = list(decoded_lines(BytesIO(data), encoding))
    for delimiter in (",", None):
        assert all(
            row.number <= len(lines) for row in split_rows(iter(lines), delimiter, range(1, 4))
        )


def test_a_currency_sign_alone_tells_windows_from_mac(tmp_path: Path) -> None:
    for amount in ("€9.00", "9,00 €", "£9.00"):
        text = f"Email;Total\nana@example.com;{amount}\n"
        (tmp_path / "a.csv").write_bytes(text.encode("cp1252"))
        table = inspect_table(tmp_path / "a.csv", "a")
        assert [row.cells[1] for row in table.rows()] == [amount]


def test_a_file_of_nothing_but_zero_bytes_has_no_columns(tmp_path: Path) -> None:
    (tmp_path / "zeros.csv").write_bytes(b"\0" * 5_000)
    with pytest.raises(SourceDataError, match="must name the columns"):
        inspect_table(tmp_path / "zeros.csv", "zeros")


def test_a_file_with_too_many_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"column {number}" for number in range(4_001)) + "\n")
    with pytest.raises(SourceDataError, match="4,001 columns, and 4,000 can be read"):
        inspect_table(path, "list")
