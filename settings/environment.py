"""Reads and writes environment values, from the process and from .env beside config.yaml."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from settings.env_values import ENV_NAME
from settings.errors import OwnerFileError

CUT_VALUE = re.compile(r"""\s*(?:export\s+)?[^\s=#]+\s*=[ \t]*[^\s'"][^\r\n]*?[ \t]#(?=[^\s#])""")
"""An unquoted value with a # that is written like a part of it."""


def load_environment(location: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Returns .env merged with `environ`; variables of `environ` take precedence.

    Args:
        location: config.yaml or its folder; .env is read beside it.
        environ: The variables of the process.

    Raises:
        OwnerFileError: If .env cannot be read, is not UTF-8, or a # cuts off a value.
    """
    path = _env_path(location)
    text = _read_text(path)
    _refuse_cut_values(path, text)
    dotenv = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in dotenv.items() if value is not None} | dict(environ)


def _refuse_cut_values(path: Path, text: str) -> None:
    """Raises OwnerFileError for a value like `abc #1`, of which `#1` would be left out."""
    for binding in parse_stream(io.StringIO(text)):
        if CUT_VALUE.match(binding.original.string):
            raise OwnerFileError(
                f"{path}:{binding.original.line}: What stands behind the # is a comment, and left "
                f"out of {binding.key}. If it belongs to the value, write the value in single "
                "quotes; if it is a comment, write a space after the #."
            )


def save_env_value(location: Path, name: str, value: str) -> None:
    """Writes `name`=`value` into .env with mode 0600, replacing an older value of that name.

    Raises:
        OwnerFileError: For a name or value that .env cannot hold.
    """
    if not re.fullmatch(ENV_NAME, name):
        raise OwnerFileError(f'"{name}" cannot name a value. Use letters, digits and "_".')
    if "\0" in value or "\r" in value:
        raise OwnerFileError(f"The value of {name} holds a character that .env cannot keep.")
    env_file = _env_path(location).resolve()
    other_lines = [
        line.original.string
        for line in parse_stream(io.StringIO(_read_text(env_file)))
        if line.key != name
    ]
    text = "".join(other_lines)
    separator = "\n" if text and not text.endswith("\n") else ""
    _write_atomically(env_file, f"{text}{separator}{name}={_quote(value)}\n")


def _env_path(location: Path) -> Path:
    return (location if location.is_dir() else location.parent) / ".env"


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise OwnerFileError(f"{path} is not UTF-8 text. Save it as UTF-8.") from None
    except OSError as error:
        raise OwnerFileError(f"{path} cannot be read: {error.strerror}.") from None


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _write_atomically(path: Path, text: str) -> None:
    """Replaces the file in one step: after a crash it holds the old text or the new one."""
    # mkstemp creates the file with mode 0600.
    descriptor, name = tempfile.mkstemp(prefix=".env.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
