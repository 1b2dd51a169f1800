"""`regulars reach`: counts the customers and how many of them may be mailed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import print_json
from regulars.terminal.reports import print_reach


def command(context: typer.Context, as_json: Json = False, at: At = None) -> None:
    """Count the customers, and how many of them may be mailed.

    Example: regulars reach
    """
    run(context.obj, now=parse_at(at), as_json=as_json)


def run(config: Path, *, now: datetime, as_json: bool) -> None:
    """Print the number of customers by consent state at `now`."""
    from engine.open.open_shop import open_shop
    from engine.reach import load_reach
    from shop.db.engine import read_transaction

    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        reach = load_reach(connection, shop.config, now=now)
    if as_json:
        print_json(asdict(reach))
    else:
        print_reach(reach)
