"""`regulars today`: prints the numbers of the page Today."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import print_json


def command(context: typer.Context, as_json: Json = False, at: At = None) -> None:
    """Show this week beside the last one, and what there is to do. Changes nothing.

    Example: regulars today
    """
    run(context.obj, now=parse_at(at), as_json=as_json)


def run(config: Path, *, now: datetime, as_json: bool) -> None:
    """Print the figures of `now`: the same as on the page, and with `as_json` all of them."""
    from engine.open.read_only import open_read_only
    from engine.owner.today.load import load_today
    from engine.owner.today.model import to_document
    from regulars.terminal.today import print_today
    from shop.db.engine import read_transaction

    shop = open_read_only(config)
    with read_transaction(shop.engine) as connection:
        today = load_today(connection, shop, now=now)
    if as_json:
        print_json(to_document(today))
    else:
        print_today(today, shop.config.shop.zone)
