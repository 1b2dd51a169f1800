"""`regulars suppress`: suppresses an address, or lists the suppressed ones."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.terminal.options import At, Because, Json, parse_at
from regulars.terminal.output import print_json, print_line, print_table, printable
from settings.errors import WrongUsageError
from templates.language import ENGLISH

if TYPE_CHECKING:
    from engine.open.open_shop import OpenShop
    from shop.consent.suppressions import SuppressedAddress


def command(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="Without one, they are listed.")
    ] = None,
    because: Because = "",
    as_json: Json = False,
    at: At = None,
) -> None:
    """Send nothing to an address any more, whoever it belongs to; or list such addresses.

    Example: regulars suppress bruno@example.com --because "He asked me at the counter."
    """
    run(context.obj, address, because=because, now=parse_at(at), as_json=as_json)


def run(config: Path, address: str | None, *, because: str, now: datetime, as_json: bool) -> None:
    """Suppress `address` by hand; without one, print the suppressed addresses."""
    from engine.open.open_shop import open_shop
    from shop.consent.suppressions import SuppressionReason, suppress_address
    from shop.db.engine import write_transaction

    shop = open_shop(config)
    if address is None:
        _print_suppressed(shop, as_json=as_json)
        return
    detail, by_hand = because.strip() or None, SuppressionReason.BY_HAND
    with write_transaction(shop.engine) as connection:
        suppress_address(connection, valid_address(address), by_hand, detail, now=now)
    print_line(f"Nothing goes to {printable(address)} any more.")


def valid_address(address: str) -> str:
    """Returns `address` if its syntax is valid, else raises WrongUsageError."""
    from settings.email_address import is_address

    if not is_address(address):
        raise WrongUsageError(f"{address} is no e-mail address.")
    return address


def _print_suppressed(shop: OpenShop, *, as_json: bool) -> None:
    from shop.consent.suppressions import list_suppressed
    from shop.db.engine import read_transaction

    with read_transaction(shop.engine) as connection:
        suppressed = list_suppressed(connection)
    if as_json:
        print_json({"addresses": [_document(suppression) for suppression in suppressed]})
    elif suppressed:
        rows = [_cells(suppression, shop) for suppression in suppressed]
        print_table(("address", "since", "because of", ""), rows)
    else:
        print_line("Mail may go to every address.")


def _document(suppression: SuppressedAddress) -> dict[str, str | None]:
    return {
        "address": suppression.address,
        "reason": suppression.reason,
        "detail": suppression.detail,
        "since": suppression.since.isoformat(),
    }


def _cells(suppression: SuppressedAddress, shop: OpenShop) -> list[str]:
    day = ENGLISH.short_date(suppression.since.astimezone(shop.config.shop.zone))
    detail = printable(suppression.detail or "")
    return [printable(suppression.address), day, suppression.reason, detail]
