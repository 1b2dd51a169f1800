"""Writes the shop's files: templates, .gitignore, .env, and config.yaml last."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.config.owner_config import TEMPLATES_FOLDER
from regulars.init.answers import Answers
from regulars.init.dry_run_table import command_for
from regulars.init.render_config import render_config, templates_used
from settings import environment
from settings.errors import UnavailableError, WrongUsageError
from templates.language import Language
from templates.own_copy import copy_of

GITIGNORE_LINES = (
    ".env", "regulars.db*", ".regulars/", "outbox/", "preview/", "backups/", "no-mail.csv",
)  # fmt: skip
GITIGNORE_SPECIAL = re.compile(r"[\\*?\[]| (?= *$)")  # gitignore(5)


def refuse_existing(config: Path) -> None:
    """Raises WrongUsageError if `config` exists."""
    if config.exists():
        raise WrongUsageError(
            f"{config} is there already, and stays as it is. Look at it with: {command_for(config)}"
            " check. For another shop, run this in another folder."
        )


def write_shop_files(config: Path, answers: Answers) -> list[str]:
    """Write the files for `answers` beside `config`; existing ones are kept.

    Returns the names of the templates written. Raises UnavailableError if the folder cannot be
    written to.
    """
    refuse_existing(config)
    folder = config.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        templates = _write_templates(
            folder / TEMPLATES_FOLDER, templates_used(answers), answers.mail_language
        )
        _extend_gitignore(folder / ".gitignore", [*GITIGNORE_LINES, *_csv_patterns(answers)])
        for name, secret in answers.keys.items():
            environment.save_env_value(folder, name, secret)
        _write_atomically(config, render_config(answers).encode())
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be written to: {error.strerror}.") from error
    return templates


def _write_templates(folder: Path, used_templates: Iterable[str], language: Language) -> list[str]:
    """Write the templates in `language`, but no layouts; returns the names of the new ones."""
    folder.mkdir(exist_ok=True)
    written = []
    for name in dict.fromkeys(used_templates):
        file = folder / f"{name}.html"
        if not file.exists():
            packaged = (language.folder / f"{name}.html").read_text(encoding="utf-8")
            _write_atomically(file, copy_of(packaged, formal=language.is_formal).encode())
            written.append(name)
    return written


def _csv_patterns(answers: Answers) -> list[str]:
    """Returns .gitignore patterns for the CSV files, which hold personal data."""
    return [
        _gitignore_pattern(csv_file.file)
        for csv_file in answers.files
        if not Path(csv_file.file).is_absolute()
    ]


def _gitignore_pattern(file: str) -> str:
    """Returns a pattern that matches exactly `file`, with special characters escaped."""
    return "/" + GITIGNORE_SPECIAL.sub(r"\\\g<0>", file)


def _extend_gitignore(file: Path, lines: Sequence[str]) -> None:
    """Append missing lines to .gitignore; its bytes are kept in any encoding."""
    existing = file.read_bytes() if file.exists() else b""
    missing = [line for line in map(str.encode, lines) if line not in existing.splitlines()]
    separator = b"\n" if existing and not existing.endswith(b"\n") else b""
    if missing:
        _write_atomically(file, existing + separator + b"".join(line + b"\n" for line in missing))


def _write_atomically(file: Path, content: bytes) -> None:
    """Write a temporary file and rename it: a reader sees the old content or the new one."""
    descriptor, temporary_name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    temporary = Path(temporary_name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
