"""`regulars unsuppress`: lifts the suppression of an address."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.commands.suppress import valid_address
from regulars.terminal.options import At, Because, parse_at
from regulars.terminal.output import print_line, printable
from settings.errors import WrongUsageError


def command(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")],
    because: Because = "",
    at: At = None,
) -> None:
    """Let mail go to an address again; not to one that complained.

    Example: regulars unsuppress bruno@example.com --because "He made room in his mailbox."
    """
    run(context.obj, address, because=because, now=parse_at(at))


def run(config: Path, address: str, *, because: str, now: datetime) -> None:
    """Lift the suppression of `address`.

    Raises WrongUsageError without a reason, for a complaint, and if it is not suppressed.
    """
    from engine.open.open_shop import open_shop
    from shop.consent.suppressions import SuppressionReason, lift_suppression
    from shop.db.engine import write_transaction

    if not because.strip():
        raise WrongUsageError(
            'Say why it may be written to again: --because "He made room in his mailbox."'
        )
    shop = open_shop(config)
    with write_transaction(shop.engine) as connection:
        reason = lift_suppression(connection, valid_address(address), because.strip(), now=now)
    if reason is None:
        raise WrongUsageError(f"Nothing stands in the way of mail to {address}.")
    if reason is SuppressionReason.COMPLAINT:
        raise WrongUsageError(
            f"{address} complained of spam to its mail provider. That stands: write to it from "
            "your own mailbox, if you must. If the complaint came by mail and is forged: "
            f"regulars complaints forged {address}"
        )
    if reason is SuppressionReason.HELD_COMPLAINT:
        raise WrongUsageError(
            f"A complaint of {address} waits for your decision: regulars complaints list"
        )
    print_line(f"Mail may go to {printable(address)} again. What was against it: {reason}.")
