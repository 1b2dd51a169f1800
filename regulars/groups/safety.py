"""The commands against the loss of a machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, parse_at

app = typer.Typer()
no_mail = typer.Typer(no_args_is_help=True, help="The list of those who must get nothing.")
app.add_typer(no_mail, name="no-mail")


@app.command()
def backup(
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
    from regulars.commands.backup import create_backup

    create_backup(context.obj, folder, now=parse_at(at))


@app.command()
def restore(
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
    from regulars.commands.backup import restore_backup as make_again

    make_again(context.obj, file, into, now=parse_at(at))


@app.command("this-is-the-one")
def this_is_the_one(
    context: typer.Context,
    catch_up: Annotated[
        bool, typer.Option("--catch-up", help="Send what came due meanwhile, too.")
    ] = False,
    at: At = None,
) -> None:
    """Let the mail of a restored, copied or moved shop go: there is no other one at work.

    Example: regulars this-is-the-one
    """
    from regulars.commands.backup import activate_copy_here

    activate_copy_here(context.obj, catch_up=catch_up, now=parse_at(at))


@no_mail.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A no-mail.csv, or any such list.")],
    at: At = None,
) -> None:
    """Send nothing any more to the addresses of a list.

    Example: regulars no-mail import no-mail.csv
    """
    from regulars.commands.backup import import_no_mail

    import_no_mail(context.obj, file, now=parse_at(at))
