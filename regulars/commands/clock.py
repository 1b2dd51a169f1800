"""`regulars clock confirm` and `clock undo`: after a clock that was, or seemed, far ahead."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.output import count_noun, print_line
from templates.language import ENGLISH

CONFIRMED = "The clock counts as right. The next run goes by it."
NOTHING_AHEAD = "No run went by a clock that was ahead of now."

app = typer.Typer(no_args_is_help=True, help="When this machine's clock was far ahead.")


@app.command("confirm")
def confirm_command(context: typer.Context) -> None:
    """Say that the clock is right, after a run has stopped because it seemed to be ahead.

    Example: regulars clock confirm
    """
    run_confirm(context.obj)


@app.command("undo")
def undo_command(context: typer.Context, at: At = None) -> None:
    """Take back the runs of a clock that was more than an hour ahead of now.

    Example: regulars clock undo
    """
    run_undo(context.obj, now=parse_at(at))


def run_confirm(config: Path) -> None:
    """Note the machine's time as right."""
    from engine.clock.plausibility import confirm_clock
    from engine.open.open_shop import open_shop

    shop = open_shop(config)
    confirm_clock(shop.folder, parse_at(None))
    print_line(CONFIRMED)


def run_undo(config: Path, *, now: datetime) -> None:
    """Take back the ticks after `now` and print what came of it."""
    from engine.clock.undo import undo_ticks_ahead
    from engine.open.open_shop import open_shop

    shop = open_shop(config)
    undone = undo_ticks_ahead(shop.engine, now=now)
    if undone is None:
        print_line(NOTHING_AHEAD)
        return
    until = ENGLISH.date_and_time(undone.until)
    print_line(f"{count_noun(undone.ticks, 'run')} until {until} UTC: taken back.")
    print_line(
        f"{count_noun(undone.waiting, 'mail')} that counted as too late, or as put off: due again."
    )
    print_line(f"{count_noun(undone.forgotten, 'occasion')}: decided again when its time comes.")
    if undone.sent:
        print_line(f"{count_noun(undone.sent, 'mail')} had been sent too early, and stays sent.")
