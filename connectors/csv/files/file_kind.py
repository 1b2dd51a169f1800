"""Tells what a file is from its first bytes and, in a zip, from the names of its parts."""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Collection
from enum import Enum
from typing import BinaryIO

from settings.errors import SourceDataError

HEAD_BYTES = 4_096
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")  # the second begins a zip without any file
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Excel before 2007, and workbooks with a password
GZIP_MAGIC = b"\x1f\x8b"
# What a damaged zip may raise: in its list of files, in a name, or in what is packed.
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, struct.error)
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
WEB_PAGE_BEGINNING = re.compile(rb"<(?:!doctype html|html|table|meta|head)[\s>]", re.IGNORECASE)
# What begins like this is no table, whatever its name says.
# Not a heading such as {E-Mail}.
OTHER_BEGINNING = re.compile(
    rb"%pdf-|\{\s*[\"}]|\{\\rtf|\x89png|\xff\xd8\xff|gif8[79]a|rar!\x1a|7z\xbc\xaf", re.IGNORECASE
)
WEB_PAGE = (
    "{} is a web page with the name of a table. Open it in a spreadsheet program, save it as "
    ".xlsx or CSV, and name that."
)
NO_TABLE = "{} is no table: {}. Name a CSV file, an .xlsx or .ods workbook, or a zip of them."


class FileKind(Enum):
    """How a file is opened; `TEXT` is anything that may hold lines of text, packed or not."""

    TEXT = "text"
    WORKBOOK = "workbook"
    ARCHIVE = "archive"


def file_kind(file: BinaryIO, name: str) -> FileKind:
    """Return the kind of the seekable `file`, called `name` in messages, and rewind it.

    Raises `SourceDataError` for a file that is known to be no table: a PDF, a picture, a web page,
    a document of Numbers, Pages or Word.
    """
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if head.startswith(OLE_MAGIC):
        return FileKind.WORKBOOK
    if head.startswith(ZIP_MAGICS):
        kind = _zip_kind(file, name)
        file.seek(0)
        return kind
    if begins_like_web_page(head):
        raise SourceDataError(WEB_PAGE.format(name))
    if OTHER_BEGINNING.match(head):
        raise SourceDataError(NO_TABLE.format(name, "it holds something else than rows"))
    return FileKind.TEXT


def begins_like_web_page(head: bytes) -> bool:
    return bool(WEB_PAGE_BEGINNING.match(head.lstrip(b"\xef\xbb\xbf \t\r\n")))


def may_hold_rows(head: bytes) -> bool:
    """Return whether a file that begins with `head` may be a table: text, packed, or a workbook."""
    if head.startswith((*ZIP_MAGICS, OLE_MAGIC, GZIP_MAGIC, *UTF16_MARKS)):
        return True
    is_other = begins_like_web_page(head) or bool(OTHER_BEGINNING.match(head))
    return bool(head.strip()) and not is_other and head.count(0) < len(head) // 3 + 1


def _zip_kind(file: BinaryIO, name: str) -> FileKind:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = set(archive.namelist())
    except (*DAMAGE, OSError, NotImplementedError):
        raise SourceDataError(f"{name} is broken, or not complete. Download it again.") from None
    if other := _other_document(parts):
        raise SourceDataError(NO_TABLE.format(name, f"it is {other}"))
    is_workbook = bool({"xl/workbook.xml", "xl/workbook.bin"} & parts) or (
        {"mimetype", "content.xml"} <= parts
    )
    return FileKind.WORKBOOK if is_workbook else FileKind.ARCHIVE


def _other_document(parts: Collection[str]) -> str | None:
    if "word/document.xml" in parts:
        return "a document of Word"
    if "ppt/presentation.xml" in parts:
        return "a presentation"
    if any(part.startswith("Index/") and part.endswith(".iwa") for part in parts) or (
        "Index.zip" in parts
    ):
        return "a document of Numbers or Pages, which can export to Excel or CSV"
    return None
