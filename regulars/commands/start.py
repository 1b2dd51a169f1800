"""`regulars start`: releases mail that `stop` or `pause` holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.output import print_line
from regulars.terminal.reports import warn_if_copy_held


def command(
    context: typer.Context,
    rule: Annotated[str | None, typer.Argument(help="A rule; without it, all mail.")] = None,
) -> None:
    """Let mail go again that you had held; what has become too late by then does not.

    Example: regulars start
    """
    run(context.obj, rule)


def run(config: Path, rule: str | None) -> None:
    """Release the mail of `rule`, or all mail if it is None."""
    from engine.open.open_shop import open_shop
    from engine.owner.pause import resume_mail

    shop = open_shop(config)
    was_held = resume_mail(shop, rule)
    subject = "All mail" if rule is None else f"The mail of {rule}"
    print_line(f"{subject} {'goes' if was_held else 'was not held. It goes'} with the next run.")
    warn_if_copy_held(shop.engine)
