"""Finds the parts of an .xlsx workbook that hold its sheets, in the order of the sheets."""

from __future__ import annotations

import re
import zipfile
from html import unescape

WORKBOOK = "xl/workbook.xml"
LINKS = "xl/_rels/workbook.xml.rels"
SHEET = re.compile(r"<(?:\w+:)?sheet\s[^<>]*>")
LINK = re.compile(r"<(?:\w+:)?Relationship\s[^<>]*>")
ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
MAX_BYTES = 1 << 22


def sheet_parts(archive: zipfile.ZipFile) -> list[str]:
    """Return the name of each sheet's part; an empty list where `archive` is no .xlsx.

    A sheet whose part is not found has an empty name.
    """
    by_folded = {name.casefold(): name for name in archive.namelist()}
    if WORKBOOK not in by_folded or LINKS not in by_folded:
        return []
    targets = {
        link.get("Id", ""): _part(link.get("Target", ""))
        for link in _elements(archive, by_folded[LINKS], LINK)
    }
    sheets = _elements(archive, by_folded[WORKBOOK], SHEET)
    ids = [_link_id(sheet) for sheet in sheets]
    return [by_folded.get(targets.get(link_id, "").casefold(), "") for link_id in ids]


def _elements(archive: zipfile.ZipFile, part: str, mark: re.Pattern[str]) -> list[dict[str, str]]:
    with archive.open(part) as content:
        text = content.read(MAX_BYTES).decode(errors="replace")
    return [
        {name: unescape(quoted or single) for name, quoted, single in ATTRIBUTE.findall(element)}
        for element in mark.findall(text)
    ]


def _link_id(sheet: dict[str, str]) -> str:
    """Return the value of r:id, whatever the prefix of its namespace is."""
    return next((value for name, value in sheet.items() if name.endswith(":id")), "")


def _part(target: str) -> str:
    """Return the part that a link of the workbook names: relative to its folder, or absolute."""
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
