"""`regulars restore`: rebuilds a shop from a backup in an empty folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.commands.backup import secret_note
from regulars.terminal.options import At, parse_at
from regulars.terminal.output import print_line, printable
from regulars.terminal.reports import ACTIVATE_COMMAND
from templates.language import ENGLISH

if TYPE_CHECKING:
    from engine.backup.restore import RestoreResult

DATABASE_STEP = (
    "database: names {}, outside this folder. The data are in regulars.db here: change the "
    "line, or move them."
)
SYNC_STEP = "regulars check, then regulars sync: what happened since, and what your shop was told."
NO_MAIL_STEP = (
    "regulars no-mail import FILE, with the newest no-mail.csv you have: who said no to your "
    "mails after this backup may be known nowhere else."
)
ACTIVATE_STEP = (
    f"See that the old one is off, and say: {ACTIVATE_COMMAND}. What came due until then is left"
    " out, for it may have been mailed after the backup."
)


def command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    into: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="An empty one; without it, that of the owner's file."),
    ] = None,
    at: At = None,
) -> None:
    """Make a shop again from a backup, in an empty folder. It mails nobody until you say so.

    Example: regulars restore regulars-2026-03-03-1000.tar.gz --into corner-cafe
    """
    run(context.obj, file, into, now=parse_at(at))


def run(config: Path, file: Path, into: Path | None, *, now: datetime) -> None:
    """Restore the backup `file` into the folder `into`, or into the config's folder.

    Prints the remaining steps in the order in which they are safe.
    """
    from engine.backup.restore import restore_backup

    folder = into or config.absolute().parent
    restored = restore_backup(file, folder, os.environ, now=now)
    made_at = ENGLISH.date_and_time(restored.made_at.astimezone())
    print_line(f"The shop of {made_at} is in {restored.folder}. It mails nobody yet.", markup=False)
    for number, step in enumerate(_steps(restored), 1):
        print_line(f"{number}. {printable(step)}")


def _steps(restored: RestoreResult) -> list[str]:
    steps = [SYNC_STEP, NO_MAIL_STEP, ACTIVATE_STEP]
    if restored.outside_database:
        steps.insert(0, DATABASE_STEP.format(restored.outside_database))
    if restored.missing:
        steps.insert(0, _missing_secrets_step(restored.missing))
    return steps


def _missing_secrets_step(names: Sequence[str]) -> str:
    from engine.open.open_shop import SECRET_NAME

    instruction = f"Write into .env: {', '.join(names)}."
    return f"{instruction} {secret_note()}" if SECRET_NAME in names else instruction
