"""`regulars points verify`: compares every customer's points with the ledger."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from regulars.terminal.options import Json
from regulars.terminal.output import print_json, print_line
from settings.errors import SourceDataError

app = typer.Typer(no_args_is_help=True, help="The points that customers collect.")


@app.command("verify")
def verify_command(context: typer.Context, as_json: Json = False) -> None:
    """Add every customer's points up anew and name whoever's do not come to the same.

    Example: regulars points verify
    """
    run(context.obj, as_json=as_json)


def run(config: Path, *, as_json: bool) -> None:
    """Print the discrepancies; raises SourceDataError with a sentence for each."""
    from engine.open.open_shop import open_shop
    from loyalty.audit import audit_ledger
    from shop.db.engine import read_transaction

    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        discrepancies = audit_ledger(connection)
    if as_json:
        print_json({"discrepancies": [asdict(discrepancy) for discrepancy in discrepancies]})
    elif not discrepancies:
        print_line("Every customer's points add up.")
    if discrepancies:
        raise SourceDataError(
            "\n".join(
                f"Customer {discrepancy.customer}: {discrepancy.kind} is {discrepancy.actual}, and"
                f" should be {discrepancy.expected}."
                for discrepancy in discrepancies
            )
        )
