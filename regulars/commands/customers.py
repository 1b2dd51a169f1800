"""`regulars customers show`: prints everything that is stored about one customer."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from regulars.terminal.options import At, Customer, Json, parse_at
from regulars.terminal.output import print_json

app = typer.Typer(no_args_is_help=True, help="The people who buy.")


@app.command("show")
def show_command(
    context: typer.Context, customer: Customer, as_json: Json = False, at: At = None
) -> None:
    """Show all that is known of one customer. Changes nothing.

    Example: regulars customers show clara@example.com
    """
    run(context.obj, customer, now=parse_at(at), as_json=as_json)


def run(config: Path, customer: str, *, now: datetime, as_json: bool) -> None:
    """Print the profile of `customer`; raises WrongUsageError if there is none."""
    from engine.explain.model import to_document
    from engine.explain.profile import load_profile
    from engine.open.read_only import open_read_only
    from regulars.terminal.explanation import print_explanation
    from regulars.terminal.profile import profile_lines
    from shop.db.engine import read_transaction

    shop = open_read_only(config)
    with read_transaction(shop.engine) as connection:
        profile = load_profile(connection, shop.config, customer, now=now)
    if as_json:
        print_json(to_document(profile))
    else:
        print_explanation(profile_lines(profile, shop.config))
