"""Writes small workbooks: .xlsx with openpyxl, .ods by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl

Value = str | int | float | bool | date | datetime | time | None
Rows = Sequence[Sequence[Value]]

ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
    for prefix in ("office", "table", "text")
)
MANIFEST_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
# What LibreOffice writes after the last row: the rest of the sheet.
REST_OF_ODS = (
    '<table:table-row table:number-rows-repeated="1048000">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)


def write_xlsx(path: Path, sheets: Mapping[str, Rows]) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
            for cell in sheet[sheet.max_row]:
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # a text that begins with = is no formula
    workbook.save(path)
    return path


def write_ods(path: Path, sheets: Mapping[str, Rows]) -> Path:
    tables = "".join(
        f'<table:table table:name="{escape(name)}">{"".join(map(_ods_row, rows))}{REST_OF_ODS}'
        "</table:table>"
        for name, rows in sheets.items()
    )
    return write_ods_content(path, tables)


def write_ods_content(path: Path, tables: str, manifest: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("mimetype", ODS_TYPE, zipfile.ZIP_STORED)
        parts.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {NAMESPACES}>'
            f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
            "</office:document-content>",
        )
        parts.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{MANIFEST_NAMESPACE}">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}">'
            f"{manifest}</manifest:file-entry></manifest:manifest>",
        )
    return path


def _ods_row(row: Sequence[Value]) -> str:
    rest = '<table:table-cell table:number-columns-repeated="16000"/>'
    return f"<table:table-row>{''.join(map(_ods_cell, row))}{rest}</table:table-row>"


def _ods_cell(value: Value) -> str:
    if value is None:
        return "<table:table-cell/>"
    match value:
        case bool():
            attributes = f'"boolean" office:boolean-value="{str(value).lower()}"'
        case int() | float():
            attributes = f'"float" office:value="{value}"'
        case date():  # a datetime too
            attributes = f'"date" office:date-value="{value.isoformat()}"'
        case time():
            attributes = f'"time" office:time-value="{value.strftime("PT%HH%MM%SS")}"'
        case _:
            attributes = '"string"'
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
    return f"<table:table-cell office:value-type={attributes}>{lines}</table:table-cell>"
