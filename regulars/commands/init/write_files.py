"""What is written in the end: the templates, .gitignore, .env, and last of all the owner's file."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.config.owner_config import OWN_TEMPLATES
from mail.render.template_loader import PACKAGED
from regulars.commands.init.answers import Answers
from regulars.commands.init.dry_run_table import called_for
from regulars.commands.init.render_config import file_text, letters_sent
from settings import environment
from settings.errors import OutOfReach, WrongUse

IGNORED = (
    ".env", "regulars.db*", ".regulars/", "outbox/", "preview/", "backups/", "no-mail.csv",
)  # fmt: skip
SIGNS_OF_GIT = re.compile(r"[\\*?\[]| (?= *$)")  # gitignore(5)
EXTENDS = re.compile(r"{% extends \"([a-z-]+)\.html\" %}")


def refuse_if_there(config: Path) -> None:
    """An owner's file is never written over."""
    if config.exists():
        raise WrongUse(
            f"{config} is there already, and stays as it is. Look at it with: {called_for(config)}"
            " check. For another shop, run this in another folder."
        )


def keep(config: Path, answers: Answers) -> list[str]:
    """The names of the templates laid out to be edited; what is there already is left alone."""
    refuse_if_there(config)
    folder = config.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        laid = _lay_out(folder / OWN_TEMPLATES, letters_sent(answers))
        _ignore(folder / ".gitignore", [*IGNORED, *_lists(answers)])
        for name, value in answers.keys.items():
            environment.keep(folder, name, value)
        _write(config, file_text(answers).encode())
    except OSError as error:
        raise OutOfReach(f"{folder} cannot be written to: {error.strerror}.") from error
    return laid


def _lay_out(folder: Path, letters: Iterable[str]) -> list[str]:
    """The letters of the rules, and the sheets they are written on."""
    folder.mkdir(exist_ok=True)
    names = [*dict.fromkeys(letters)]
    sheets = [found for name in names for found in EXTENDS.findall(_packaged(name))]
    laid = []
    for name in dict.fromkeys([*names, *sheets]):
        file = folder / f"{name}.html"
        if not file.exists():
            _write(file, _packaged(name).encode())
            laid.append(name)
    return laid


def _packaged(name: str) -> str:
    return (PACKAGED / f"{name}.html").read_text(encoding="utf-8")


def _lists(answers: Answers) -> list[str]:
    """Lists of people are nobody else's business."""
    return [_pattern(one.file) for one in answers.files if not Path(one.file).is_absolute()]


def _pattern(file: str) -> str:
    """This very file, also where its name has signs that mean something to Git."""
    return "/" + SIGNS_OF_GIT.sub(r"\\\g<0>", file)


def _ignore(file: Path, lines: Sequence[str]) -> None:
    """What stands there stays, byte by byte: it may be of any encoding."""
    before = file.read_bytes() if file.exists() else b""
    missing = [line for line in map(str.encode, lines) if line not in before.splitlines()]
    gap = b"\n" if before and not before.endswith(b"\n") else b""
    if missing:
        _write(file, before + gap + b"".join(line + b"\n" for line in missing))


def _write(file: Path, text: bytes) -> None:
    """Whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        fresh.chmod(0o644)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
