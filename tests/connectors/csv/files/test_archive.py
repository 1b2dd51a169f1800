"""Files inside a zip as it was downloaded."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from connectors.csv.files import archive
from connectors.csv.files.archive import archive_members
from connectors.csv.table import inspect_table
from settings.errors import OwnerFileError, SourceDataError

SUBSCRIBED = b"Email Address,First Name\nana@example.com,Ana\n"
CLEANED = b"Email Address,CLEAN_TIME\nbruno@example.com,2026-01-02\n"
MAILCHIMP = {
    "subscribed_members_export_1a2b.csv": SUBSCRIBED,
    "unsubscribed_members_export_1a2b.csv": b"Email Address,UNSUB_TIME\n",
    "cleaned_members_export_1a2b.csv": CLEANED,
}


def write_zip(folder: Path, parts: Mapping[str, bytes], name: str = "export.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    return path


def rows(path: Path) -> list[list[str]]:
    table = inspect_table(path, "list")
    return [list(table.columns), *(row.cells for row in table.rows())]


def test_each_table_of_a_zip_is_a_member_and_can_be_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path, MAILCHIMP)
    members = archive_members(path)
    assert [member.relative_to(path).as_posix() for member in members] == list(MAILCHIMP)
    assert rows(members[0]) == [["Email Address", "First Name"], ["ana@example.com", "Ana"]]
    assert archive_members(members[0]) == [members[0]]


def test_the_suffix_of_a_zip_does_not_matter(tmp_path: Path) -> None:
    path = write_zip(tmp_path, MAILCHIMP, "export.csv")
    assert len(archive_members(path)) == 3


def test_any_other_file_is_its_own_only_member(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(SUBSCRIBED)
    assert archive_members(path) == [path]


def test_parts_of_the_system_and_parts_that_are_no_tables_are_left_out(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path,
        {
            "export/": b"",
            "export/customers.csv": SUBSCRIBED,
            "export/read me.pdf": b"%PDF-1.7",
            "export/logo.png": b"\x89PNG\r\n",
            "export/report.html": b"<!DOCTYPE html>",
            "__MACOSX/export/._customers.csv": b"\x00\x05\x16\x07",
            "export/.DS_Store": b"\x00\x00\x00\x01Bud1",
        },
    )
    assert archive_members(path) == [path / "export/customers.csv"]
    assert rows(path)[1] == ["ana@example.com", "Ana"]


def test_a_pattern_names_the_one_file_that_fits(tmp_path: Path) -> None:
    path = write_zip(tmp_path, MAILCHIMP)
    assert rows(path / "subscribed*.csv")[1] == ["ana@example.com", "Ana"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", r"holds 3 tables: .*Name one of them, like file: export.zip/subscribed"),
        ("*.csv", r"\*.csv fits 3 files of it"),
        ("subscribed_members_export_1a2c.csv", "Did you mean subscribed_members_export_1a2b.csv"),
        ("../../etc/passwd", "export.zip has no ../../etc/passwd"),
    ],
)
def test_a_zip_with_several_tables_needs_the_name_of_one(
    name: str, message: str, tmp_path: Path
) -> None:
    path = write_zip(tmp_path, MAILCHIMP)
    with pytest.raises(OwnerFileError, match=message):
        inspect_table(path / name if name else path, "list")


def test_a_file_that_is_no_zip_has_no_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(SUBSCRIBED)
    with pytest.raises(OwnerFileError, match="is no zip and no workbook, so there is no other"):
        inspect_table(tmp_path / "list.csv" / "other.csv", "list")


def test_a_zip_without_a_table_is_refused(tmp_path: Path) -> None:
    for parts in ({}, {"logo.png": b"\x89PNG"}):
        with pytest.raises(SourceDataError, match="holds no table"):
            archive_members(write_zip(tmp_path, parts))


def test_a_zip_that_ends_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path, MAILCHIMP)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(SourceDataError, match="broken, or not complete"):
        archive_members(path)


def test_a_file_whose_sum_is_wrong_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("list.csv", SUBSCRIBED)
    path.write_bytes(path.read_bytes().replace(b"ana@example", b"eva@example"))
    with pytest.raises(SourceDataError, match="broken, or not complete"):
        inspect_table(path, "list")


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"list.csv": SUBSCRIBED})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flags of the file itself, and of its entry in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(SourceDataError, match="protected with a password"):
        inspect_table(path, "list")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1_000_000)
    path = write_zip(tmp_path, {"list.csv": b"Email\n" + b"a" * 1_100_000})
    assert path.stat().st_size < 10_000
    with pytest.raises(SourceDataError, match="more than 2 GB when unpacked"):
        inspect_table(path, "list")
    path = write_zip(tmp_path, {f"{number}.csv": b"Email" for number in range(1_001)})
    with pytest.raises(SourceDataError, match="more than 1,000 files"):
        archive_members(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html><table><tr><td>Email", "is a web page with the name of a table"),
        (b"%PDF-1.7\n", "is no table"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_its_content(
    data: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / "list.xls").write_bytes(data)
    with pytest.raises(SourceDataError, match=message):
        inspect_table(tmp_path / "list.xls", "list")


@pytest.mark.parametrize(
    ("part", "message"),
    [("word/document.xml", "a document of Word"), ("Index/Document.iwa", "a document of Numbers")],
)
def test_a_document_of_another_program_is_refused(part: str, message: str, tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"[Content_Types].xml": b"<Types/>", part: b"x"}, "list.docx")
    with pytest.raises(SourceDataError, match=message):
        inspect_table(path, "list")


def test_a_packed_file_in_a_zip_is_unpacked_too(tmp_path: Path) -> None:
    import gzip

    path = write_zip(tmp_path, {"list.csv.gz": gzip.compress(SUBSCRIBED)})
    table = inspect_table(path, "list")
    assert [row.cells for row in table.rows()] == [["ana@example.com", "Ana"]]
    assert "packed with gzip, in export.zip" in table.description


def _with_an_unreadable_name(zipped: bytes) -> bytes:
    """The name of the part is marked as UTF-8, and is none."""
    return zipped.replace("é.csv".encode(), b"\xc3(.csv")


def _of_a_later_version(zipped: bytes) -> bytes:
    index = zipped.index(b"PK\x01\x02")
    return zipped[: index + 6] + b"\xc8\x00" + zipped[index + 8 :]


def _with_damaged_data(zipped: bytes) -> bytes:
    index = zipped.index(b".csv") + 4
    return (
        zipped[:index]
        + bytes(255 - byte for byte in zipped[index : index + 40])
        + zipped[index + 40 :]
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize(
    "damage", [_with_an_unreadable_name, _of_a_later_version, _with_damaged_data]
)
def test_a_damaged_zip_is_refused_in_words(
    tmp_path: Path, method: int, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", method) as packed:
        packed.writestr("é.csv", SUBSCRIBED * 50)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SourceDataError, match=r"is broken, or not complete|cannot be read"):
        inspect_table(path, "list")


@pytest.mark.parametrize("name", ["{folder}/other.csv", "../other.csv", "a/../../other.csv"])
def test_a_name_in_a_zip_is_never_that_of_a_file_on_the_disk(tmp_path: Path, name: str) -> None:
    (tmp_path / "other.csv").write_bytes(CLEANED)
    path = write_zip(tmp_path, {name.format(folder=tmp_path): SUBSCRIBED})
    with pytest.raises(SourceDataError, match=r"outside of it|holds no table"):
        archive_members(path)


def test_a_name_with_a_zero_byte_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(OwnerFileError, match="zero byte"):
        inspect_table(tmp_path / "a\0b.csv", "list")


@pytest.mark.parametrize(
    "heading", ["{E-Mail}", "<metadata>", "<headline>", "%PDF", "GIF8", "Rar!"]
)
def test_a_heading_is_no_beginning_of_another_kind_of_file(tmp_path: Path, heading: str) -> None:
    (tmp_path / "list.csv").write_text(f"{heading},Name\nana@example.com,Ana\n")
    assert rows(tmp_path / "list.csv")[0] == [heading, "Name"]


@pytest.mark.parametrize(
    "content", ['{"a": 1}', '{\n  "a": 1}', "{\\rtf1}", "%PDF-1.7", "<HTML>", "<meta charset=x>"]
)
def test_what_is_no_table_is_refused_whatever_its_name_says(tmp_path: Path, content: str) -> None:
    (tmp_path / "list.csv").write_text(f"{content}\na,b\n")
    with pytest.raises(SourceDataError, match=r"is no table|is a web page"):
        rows(tmp_path / "list.csv")
