"""`regulars backup`: writes the whole shop into one file while it is in use."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.output import print_line

FOLDER = "backups"


def command(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Where to; without it, backups beside the file."),
    ] = None,
    at: At = None,
) -> None:
    """Write the whole shop into one file, while it is in use; its secrets are not in it.

    Example: regulars backup /media/stick
    """
    run(context.obj, folder, now=parse_at(at))


def run(config: Path, folder: Path | None, *, now: datetime) -> None:
    """Write a backup and the no-mail list into `folder`; print the secrets it leaves out."""
    from engine.backup.create import create_backup
    from engine.open.open_shop import open_shop

    shop = open_shop(config)
    backup = create_backup(shop, folder or shop.folder / FOLDER, now=now)
    for line in (
        f"{backup.file}: {backup.size:,} bytes, with the addresses of your customers in it.",
        f"{backup.suppression_list}: every address that must get nothing, readable by any program.",
        f"Not in it: {', '.join(backup.secrets)}. Keep these apart from it, and safe. "
        + secret_note(),
        "A copy on the same disk is lost with that disk: take it elsewhere.",
    ):
        print_line(line, markup=False)


def secret_note() -> str:
    """Returns the sentence that says what the loss of the signing secret means."""
    from engine.open.open_shop import SECRET_NAME

    return (
        f"{SECRET_NAME} signs the links in your mails: with another one, those already sent are"
        " dead."
    )
