"""`reach` and `points verify`: what the shop's own records come to."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from engine.open.open_shop import open_shop
from engine.reach import load_reach
from loyalty.audit import audit_ledger
from regulars.terminal.output import console, print_json
from settings.errors import SourceDataError
from shop.consent.reach import Reach
from shop.db.engine import read_transaction


def run(config: Path, *, now: datetime, as_json: bool) -> None:
    """Customers, counted by whether they may be mailed."""
    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        reach = load_reach(connection, shop.config, now=now)
    if as_json:
        print_json(asdict(reach))
    else:
        show_reach(reach)


def show_reach(reach: Reach) -> None:
    console.print(
        f"Reach: {reach.known:,} known · {reach.with_email:,} with e-mail · {reach.yes:,} yes · "
        f"{reach.existing_customer:,} existing customer · {reach.never:,} never "
        f"(of them {reach.no:,} no)"
    )


def verify_points(config: Path, *, as_json: bool) -> None:
    """Raises where the ledger does not add up."""
    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        discrepancies = audit_ledger(connection)
    if as_json:
        print_json({"discrepancies": [asdict(discrepancy) for discrepancy in discrepancies]})
    elif not discrepancies:
        console.print("Every customer's points add up.")
    if discrepancies:
        sentences = "\n".join(
            f"Customer {discrepancy.customer}: {discrepancy.kind} is {discrepancy.actual}, and should be {discrepancy.expected}."
            for discrepancy in discrepancies
        )
        raise SourceDataError(sentences)
