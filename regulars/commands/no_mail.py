"""`regulars no-mail import`: suppresses every address of a list."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.output import count_noun, print_line
from settings.errors import SourceDataError

MAX_LINES = 20  # named in an error

app = typer.Typer(no_args_is_help=True, help="The list of those who must get nothing.")


@app.command("import")
def import_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A no-mail.csv, or any such list.")],
    at: At = None,
) -> None:
    """Send nothing any more to the addresses of a list.

    Example: regulars no-mail import no-mail.csv
    """
    run(context.obj, file, now=parse_at(at))


def run(config: Path, file: Path, *, now: datetime) -> None:
    """Suppress the addresses in `file`; raises SourceDataError with the lines that hold none."""
    from engine.backup.suppression_list import import_suppression_list
    from engine.open.open_shop import open_shop

    imported = import_suppression_list(open_shop(config), file, now=now)
    addresses = count_noun(imported.addresses, "address", "addresses")
    print_line(f"Nothing goes to {addresses} of {file.name}.", markup=False)
    if imported.unreadable:
        lines = ", ".join(str(line) for line in imported.unreadable[:MAX_LINES])
        more_note = " and others" if len(imported.unreadable) > MAX_LINES else ""
        raise SourceDataError(f"{file.name}: no e-mail address in line {lines}{more_note}.")
