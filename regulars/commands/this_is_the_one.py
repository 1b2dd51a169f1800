"""`regulars this-is-the-one`: releases the mail of a restored, copied or moved shop."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.output import count_noun, print_line


def command(
    context: typer.Context,
    catch_up: Annotated[
        bool, typer.Option("--catch-up", help="Send what came due meanwhile, too.")
    ] = False,
    at: At = None,
) -> None:
    """Let the mail of a restored, copied or moved shop go: there is no other one at work.

    Example: regulars this-is-the-one
    """
    run(context.obj, catch_up=catch_up, now=parse_at(at))


def run(config: Path, *, catch_up: bool, now: datetime) -> None:
    """Activate this copy; unless `catch_up`, what came due until `now` is dropped."""
    from engine.backup.activate_copy import activate_copy
    from engine.open.open_shop import open_shop

    activation = activate_copy(open_shop(config), now=now, catch_up=catch_up)
    if not activation.was_held:
        print_line("This is the shop, and was taken for it: no mail was held.")
        return
    print_line("This is the shop. Its mail goes with the next run.")
    if not catch_up:
        print_line(
            f"Left out, for it may have gone already: {count_noun(activation.dropped, 'mail')} and"
            " series that came due until now. Every rule looks forward from here."
        )
    for rule in activation.paused:
        print_line(
            f"{rule} is paused: by include backlog it might mail again whom it has mailed since "
            f"the backup. Take include backlog out, or let it: regulars start {rule}",
            markup=False,
        )
