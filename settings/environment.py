"""The values the owner's file only names: from the environment, and from .env beside the file."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from settings.env_values import NAME
from settings.errors import OwnersFileTrouble


def load(beside: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """All named values; one that is set in the real environment wins over .env."""
    kept = dotenv_values(stream=io.StringIO(_text(_file(beside))), interpolate=False)
    return {name: value for name, value in kept.items() if value is not None} | dict(environ)


def keep(beside: Path, name: str, value: str) -> None:
    """Writes NAME=value into .env, readable by the owner alone; an older value goes."""
    if not re.fullmatch(NAME, name):
        raise OwnersFileTrouble(f'"{name}" cannot name a value. Use letters, digits and "_".')
    if "\0" in value or "\r" in value:
        raise OwnersFileTrouble(f"The value of {name} holds a character that .env cannot keep.")
    file = _file(beside).resolve()
    others = [
        line.original.string for line in parse_stream(io.StringIO(_text(file))) if line.key != name
    ]
    text = "".join(others)
    gap = "\n" if text and not text.endswith("\n") else ""
    _replace(file, f"{text}{gap}{name}={_in_quotes(value)}\n")


def _file(beside: Path) -> Path:
    return (beside if beside.is_dir() else beside.parent) / ".env"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise OwnersFileTrouble(f"{file} is not UTF-8 text. Save it as UTF-8.") from None
    except OSError as refusal:
        raise OwnersFileTrouble(f"{file} cannot be read: {refusal.strerror}.") from None


def _in_quotes(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _replace(file: Path, text: str) -> None:
    """All of the new text or all of the old, whatever happens meanwhile."""
    # mkstemp creates its file with mode 0600.
    handle, name = tempfile.mkstemp(prefix=".env.", dir=file.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
