"""`regulars no-mail`: suppresses every address of a list, and undoes that."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.output import count_noun, print_line
from settings.errors import SourceDataError, WrongUsageError
from templates.language import ENGLISH

if TYPE_CHECKING:
    from engine.backup.suppression_list import ImportResult

MAX_LINES = 20  # named in an error
MAX_SILENCED_UNASKED = 0.1  # of the customers who may be mailed

app = typer.Typer(no_args_is_help=True, help="The list of those who must get nothing.")


@app.command("import")
def import_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A no-mail.csv, or any such list.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Also if a tenth of your customers are on it.")
    ] = False,
    at: At = None,
) -> None:
    """Send nothing any more to the addresses of a list.

    Example: regulars no-mail import no-mail.csv
    """
    run(context.obj, file, now=parse_at(at), confirmed=yes)


def run(config: Path, file: Path, *, now: datetime, confirmed: bool = False) -> None:
    """Suppress the addresses in `file`; asks where that silences more than a tenth of the people.

    Raises SourceDataError with the lines that hold no address, and WrongUsageError where nobody
    can be asked.
    """
    from engine.backup.suppression_list import import_suppression_list
    from engine.open.open_shop import open_shop

    shop = open_shop(config)
    share = 1.0 if confirmed else MAX_SILENCED_UNASKED
    imported = import_suppression_list(shop, file, now=now, max_silenced=share)
    if imported.was_refused:
        _ask(imported, file)
        imported = import_suppression_list(shop, file, now=now)
    addresses = count_noun(imported.addresses, "address", "addresses")
    print_line(f"Nothing goes to {addresses} of {file.name}.", markup=False)
    print_line(
        f"Of the {imported.reachable:,} customers you could mail, {imported.silenced:,} are among "
        f"them. To take it back: regulars no-mail undo {imported.number}"
    )
    if imported.unreadable:
        lines = ", ".join(str(line) for line in imported.unreadable[:MAX_LINES])
        more_note = " and others" if len(imported.unreadable) > MAX_LINES else ""
        raise SourceDataError(f"{file.name}: no e-mail address in line {lines}{more_note}.")


def _ask(refused: ImportResult, file: Path) -> None:
    """Return if the owner says yes; raise WrongUsageError otherwise."""
    numbers = f"{refused.silenced:,} of the {refused.reachable:,} customers you can mail"
    share = f"{file.name} holds {numbers}."
    if not sys.stdin.isatty():
        raise WrongUsageError(
            f"{share} Nothing was changed. If none of them may be mailed any more: "
            f"regulars no-mail import {file} --yes"
        )
    if not typer.confirm(f"{share} Send them nothing any more?"):
        raise WrongUsageError("Nothing was changed.")


@app.command("undo")
def undo_command(
    context: typer.Context,
    number: Annotated[
        int | None, typer.Argument(metavar="[NUMBER]", help="Without one, the latest import.")
    ] = None,
    at: At = None,
) -> None:
    """Take an import back: its addresses may get mail again.

    Example: regulars no-mail undo 3
    """
    undo(context.obj, number, now=parse_at(at))


def undo(config: Path, number: int | None, *, now: datetime) -> None:
    """Lift what the import `number`, or the latest one, suppressed.

    Raises WrongUsageError where there is no such import, or it was undone before.
    """
    from engine.open.open_shop import open_shop
    from shop.consent.imports.suppressions import undo_import
    from shop.db.engine import write_transaction

    shop = open_shop(config)
    with write_transaction(shop.engine) as connection:
        undone = undo_import(connection, number, now=now)
    if undone is None:
        which = "There is no import" if number is None else f"There is no import {number}"
        raise WrongUsageError(f"{which} that could be undone.")
    addresses = count_noun(undone.addresses, "address", "addresses")
    day = ENGLISH.short_date(undone.imported_at.astimezone(shop.config.shop.zone))
    print_line(
        f"Import {undone.number} of {undone.file_name}, {day}, is undone: mail may go to "
        f"{addresses} again. Whoever was on the no-mail list before, or is on another list that "
        "you imported, stays there.",
        markup=False,
    )
