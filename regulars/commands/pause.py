"""`regulars pause`: holds the mail of one rule."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, Because, parse_at
from regulars.terminal.output import print_line


def command(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="A rule of the file.")],
    because: Because = "",
    at: At = None,
) -> None:
    """Hold the mail of one rule until you say start RULE; it goes on finding people.

    Example: regulars pause we-miss-you
    """
    run(context.obj, rule, because=because, now=parse_at(at))


def run(config: Path, rule: str, *, because: str, now: datetime) -> None:
    """Hold the mail of `rule`; raises WrongUsageError if the config has no such rule."""
    from engine.open.open_shop import open_shop
    from engine.owner.pause import pause_mail

    newly_held = pause_mail(open_shop(config), rule, because.strip() or None, now=now)
    already = "" if newly_held else " already"
    print_line(f"The mail of {rule} is held{already}. regulars start {rule} lets it go.")
