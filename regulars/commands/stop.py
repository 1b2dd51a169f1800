"""`regulars stop`: holds all mail."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from regulars.terminal.options import At, Because, parse_at
from regulars.terminal.output import print_line


def command(context: typer.Context, because: Because = "", at: At = None) -> None:
    """Hold all mail, from the next one on, until you say start.

    Example: regulars stop --because "The till sent wrong names."
    """
    run(context.obj, because=because, now=parse_at(at))


def run(config: Path, *, because: str, now: datetime) -> None:
    """Hold every mail that has not been handed over yet, also in a delivery under way."""
    from engine.open.open_shop import open_shop
    from engine.owner.pause import pause_mail

    newly_held = pause_mail(open_shop(config), None, because.strip() or None, now=now)
    print_line(f"All mail is held{'' if newly_held else ' already'}. regulars start lets it go.")
