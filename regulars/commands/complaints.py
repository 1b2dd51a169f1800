"""`regulars complaints`: complaints by mail, which the owner confirms or calls forged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.commands.suppress import valid_address
from regulars.terminal.options import At, Because, Json, parse_at
from regulars.terminal.output import count_noun, print_json, print_line, print_table, printable
from settings.errors import WrongUsageError
from templates.language import ENGLISH

if TYPE_CHECKING:
    from engine.inbound.complaints import MailedComplaint
    from engine.open.open_shop import OpenShop

HELD_HINT = (
    "\nThose to confirm get no mail until you decide: regulars complaints real ADDRESS, or --all · "
    'regulars complaints forged ADDRESS, or --all, --because "…"'
)
Addresses = Annotated[
    list[str] | None, typer.Argument(metavar="ADDRESS", help="The addresses that complained.")
]
AllHeld = Annotated[bool, typer.Option("--all", help="All that are to be confirmed.")]

app = typer.Typer(no_args_is_help=True, help="Complaints by mail.")


@app.command("list")
def list_command(context: typer.Context, as_json: Json = False) -> None:
    """List the complaints that came by mail.

    Example: regulars complaints list
    """
    run_list(context.obj, as_json=as_json)


@app.command("real")
def real_command(
    context: typer.Context, addresses: Addresses = None, all_held: AllHeld = False, at: At = None
) -> None:
    """Count complaints that were to be confirmed.

    Example: regulars complaints real bruno@example.com
    """
    run_real(context.obj, _chosen(addresses, all_held=all_held), now=parse_at(at))


@app.command("forged")
def forged_command(
    context: typer.Context,
    addresses: Addresses = None,
    all_held: AllHeld = False,
    because: Because = "",
    at: At = None,
) -> None:
    """Take complaints back that the customers did not make.

    Example: regulars complaints forged bruno@example.com --because "He did not write it."
    """
    chosen = _chosen(addresses, all_held=all_held)
    run_forged(context.obj, chosen, because=because, now=parse_at(at))


def _chosen(addresses: Sequence[str] | None, *, all_held: bool) -> list[str]:
    """Returns the addresses; none stands for all that are held."""
    if bool(addresses) == all_held:
        raise WrongUsageError("Name addresses, or write --all for all that are to be confirmed.")
    return [valid_address(address) for address in addresses or ()]


def run_list(config: Path, *, as_json: bool) -> None:
    """Print the complaints by mail, the latest first."""
    from engine.inbound.complaints import list_complaints
    from engine.open.open_shop import open_shop
    from shop.consent.suppressions import EventKind
    from shop.db.engine import read_transaction

    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        complaints = list_complaints(connection)
    if as_json:
        print_json({"complaints": [_document(complaint) for complaint in complaints]})
        return
    if not complaints:
        print_line("No complaint came by mail.")
        return
    rows = [_cells(complaint, shop) for complaint in complaints]
    print_table(("address", "since", "about a mail of", ""), rows)
    if any(complaint.kind is EventKind.HELD_COMPLAINT for complaint in complaints):
        print_line(HELD_HINT)


def run_real(config: Path, addresses: Sequence[str], *, now: datetime) -> None:
    """Count the held complaints of `addresses`, or all; raises WrongUsageError if there is none."""
    from engine.inbound.complaints import confirm_complaints
    from engine.open.open_shop import open_shop

    confirmed = confirm_complaints(open_shop(config), addresses, now=now)
    if confirmed:
        print_line(f"Nothing goes to {_count(confirmed)} any more.")
    _refuse_missing(addresses, confirmed)


def run_forged(config: Path, addresses: Sequence[str], *, because: str, now: datetime) -> None:
    """Take the complaints of `addresses` back, or all that are held.

    Raises WrongUsageError without a reason, and for addresses without a complaint by mail.
    """
    from engine.inbound.complaints import dismiss_complaints
    from engine.open.open_shop import open_shop

    if not because.strip():
        raise WrongUsageError(
            'Say how you know that they are forged: --because "He did not write it."'
        )
    dismissed = dismiss_complaints(open_shop(config), addresses, because.strip(), now=now)
    if dismissed:
        print_line(
            f"Complaints of {_count(dismissed)} no longer count. "
            "What else stops their mail goes on doing so: regulars suppress lists it."
        )
    _refuse_missing(addresses, dismissed)


def _count(addresses: Sequence[str]) -> str:
    return count_noun(len(addresses), "address", "addresses")


def _refuse_missing(addresses: Sequence[str], handled: Sequence[str]) -> None:
    from shop.identity.customers import email_key

    missing = [address for address in addresses if email_key(address) not in handled]
    if missing:
        names = ", ".join(printable(address) for address in missing)
        raise WrongUsageError(f"No complaint by mail of {names} is to be decided.")
    if not addresses and not handled:
        raise WrongUsageError("No complaint by mail is to be confirmed.")


def _document(complaint: MailedComplaint) -> dict[str, str | None]:
    return {
        "address": complaint.address,
        "state": complaint.kind.value,
        "since": complaint.at.isoformat(),
        "rule": complaint.rule,
    }


def _cells(complaint: MailedComplaint, shop: OpenShop) -> list[str]:
    at = ENGLISH.short_date_and_time(complaint.at.astimezone(shop.config.shop.zone))
    return [printable(complaint.address), at, complaint.rule or "sign up", complaint.kind.value]
