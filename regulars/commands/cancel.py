"""`regulars cancel`: ends the enrolments and the waiting mails of one rule."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.output import count_noun, print_line, printable


def command(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="A rule, in the file or no longer.")],
    at: At = None,
) -> None:
    """End all that a rule has begun: its waiting mails, and what would follow those that went.

    Example: regulars cancel we-miss-you
    """
    run(context.obj, rule, now=parse_at(at))


def run(config: Path, rule: str, *, now: datetime) -> None:
    """End the running enrolments of `rule`, which need not be in the config any more."""
    from engine.open.open_shop import open_shop
    from engine.owner.pause import cancel_rule

    mails, people = cancel_rule(open_shop(config), rule, now=now)
    print_line(
        f"{count_noun(mails, 'mail')} of {printable(rule)} will not go, and "
        f"{count_noun(people, 'series', 'series')} will not go on."
    )
