"""Finds the files that an answer names: one, several, a folder, a pattern, or a zip."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from connectors.csv.files.archive import archive_members
from settings.errors import OwnerFileError

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".zip", ".gz")


def find_files(text: str, folder: Path) -> list[Path]:
    """Return the tables that `text` names, looked for in `folder`; a zip stands for those in it.

    Several stand with commas or blanks between them. A file that does not exist is returned as it
    is. Raises `OwnerFileError` where a folder or a pattern has none, and what `archive_members`
    raises.
    """
    files = [file for part in _parts(text, folder) for file in _expand(part, folder)]
    return [
        member for file in files for member in (archive_members(file) if file.exists() else [file])
    ]


def relative_path(path: Path, folder: Path) -> str:
    """Return `path` relative to `folder` if it lies in it, else absolute."""
    full_path, base = path.resolve(), folder.resolve()
    return (full_path.relative_to(base) if full_path.is_relative_to(base) else full_path).as_posix()


def _parts(text: str, folder: Path) -> Sequence[str]:
    """Return the names in `text`: all of it where a file is called so, or none of the parts is."""
    if _path(text, folder).exists():
        return [text]
    by_comma = [part.strip() for part in text.split(",") if part.strip()]
    try:
        by_blank = shlex.split(text.replace(",", " "))
    except ValueError:
        by_blank = []
    for parts in (by_comma, by_blank):
        if len(parts) > 1 and all(_is_name(part, folder) for part in parts):
            return parts
    return [text]


def _is_name(part: str, folder: Path) -> bool:
    return "*" in part or _path(part, folder).exists()


def _expand(part: str, folder: Path) -> list[Path]:
    path = _path(part, folder)
    if path.is_dir():
        files = [file for file in sorted(path.iterdir()) if file.suffix.casefold() in TABLES]
        return _some(files, f"{part} has no table in it: no {', '.join(TABLES[:4])} file.")
    if "*" in part and not path.exists():
        base, pattern = path.parent, path.name
        return _some(sorted(base.glob(pattern)), f"No file is called like {part}.")
    return [path]


def _some(files: list[Path], problem: str) -> list[Path]:
    if not files:
        raise OwnerFileError(problem)
    return files


def _path(part: str, folder: Path) -> Path:
    return folder / Path(part).expanduser()
