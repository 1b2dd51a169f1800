"""`regulars look-back`: what the rules would have sent, had they run until today."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import print_json

MAX_DAYS = 366


def command(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="How far back.")] = 90,
    as_json: Json = False,
    at: At = None,
) -> None:
    """Count what your rules would have sent in the last 90 days. Nobody gets anything.

    Example: regulars look-back --days 30
    """
    run(context.obj, days=days, now=parse_at(at), as_json=as_json)


def run(config: Path, *, days: int, now: datetime, as_json: bool) -> None:
    """Run the rules over the last `days` before `now`, on a copy, and print what they sent."""
    from engine.lookback.lookback import look_back
    from engine.open.read_only import open_read_only
    from regulars.terminal.look_back_report import (
        look_back_document,
        print_look_back,
        write_first_mails,
    )

    shop = open_read_only(config)
    result = look_back(shop, now=now, days=days)
    if as_json:
        pages = write_first_mails(result, shop.folder)
        print_json(look_back_document(result, pages))
    else:
        print_look_back(result, shop.folder)
