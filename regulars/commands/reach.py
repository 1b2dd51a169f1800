"""`reach` and `points verify`: what the shop's own records come to."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from engine.open.open_shop import open_shop
from engine.reach import reach_of
from loyalty.audit import verify
from regulars.terminal.output import console, print_json
from settings.errors import DataTrouble
from shop.consent.reach import Reach
from shop.db.engine import reading


def run(config: Path, *, now: datetime, as_json: bool) -> None:
    """Customers, counted by whether they may be mailed."""
    shop = open_shop(config)
    with reading(shop.engine) as connection:
        found = reach_of(connection, shop.file, now=now)
    if as_json:
        print_json(asdict(found))
    else:
        show_reach(found)


def show_reach(found: Reach) -> None:
    console.print(
        f"Reach: {found.known:,} known · {found.with_email:,} with e-mail · {found.yes:,} yes · "
        f"{found.existing_customer:,} existing customer · {found.never:,} never "
        f"(of them {found.no:,} no)"
    )


def verify_points(config: Path, *, as_json: bool) -> None:
    """Raises where the ledger does not add up."""
    shop = open_shop(config)
    with reading(shop.engine) as connection:
        wrong = verify(connection)
    if as_json:
        print_json({"discrepancies": [asdict(one) for one in wrong]})
    elif not wrong:
        console.print("Every customer's points add up.")
    if wrong:
        told = "\n".join(
            f"Customer {one.customer}: {one.wrong} is {one.found}, and should be {one.expected}."
            for one in wrong
        )
        raise DataTrouble(told)
