"""`stop`, `pause`, `start`, `cancel_rule`, `suppress` and `unsuppress`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from email_validator import EmailNotValidError, validate_email
from rich.table import Table

from engine.open.open_shop import OpenShop, open_shop
from engine.owner import pause
from regulars.commands.backup import warn_if_copy_held
from regulars.terminal.output import console, count_noun, print_json, printable
from settings.errors import WrongUsageError
from shop.consent.suppressions import SuppressedAddress, SuppressionReason, list_suppressed
from shop.consent.suppressions import lift_suppression as lift_it
from shop.consent.suppressions import suppress_address as suppress_it
from shop.db.engine import read_transaction, write_transaction


def hold_mail(config: Path, rule: str | None, *, because: str, now: datetime) -> None:
    """What is being sent at this moment still goes; nothing after it does."""
    newly_held = pause.pause_mail(open_shop(config), rule, because.strip() or None, now=now)
    subject = "All mail" if rule is None else f"The mail of {rule}"
    resume_command = "regulars start" if rule is None else f"regulars start {rule}"
    console.print(
        f"{subject} is held{'' if newly_held else ' already'}. {resume_command} lets it go."
    )


def resume_mail(config: Path, rule: str | None) -> None:
    shop = open_shop(config)
    was_held = pause.resume_mail(shop, rule)
    subject = "All mail" if rule is None else f"The mail of {rule}"
    console.print(f"{subject} {'goes' if was_held else 'was not held. It goes'} with the next run.")
    warn_if_copy_held(shop.engine)


def cancel_rule(config: Path, rule: str, *, now: datetime) -> None:
    mails, people = pause.cancel_rule(open_shop(config), rule, now=now)
    console.print(
        f"{count_noun(mails, 'mail')} of {printable(rule)} will not go, and "
        f"{count_noun(people, 'series', 'series')} will not go on."
    )


def suppress_address(
    config: Path, address: str | None, *, because: str, now: datetime, as_json: bool
) -> None:
    """Without an address, the list."""
    shop = open_shop(config)
    if address is None:
        _print_suppressions(shop, as_json=as_json)
        return
    with write_transaction(shop.engine) as connection:
        suppress_it(
            connection,
            _validate_address(address),
            SuppressionReason.BY_HAND,
            because.strip() or None,
            now=now,
        )
    console.print(f"Nothing goes to {printable(address)} any more.")


def unsuppress_address(config: Path, address: str, *, because: str, now: datetime) -> None:
    if not because.strip():
        raise WrongUsageError(
            'Say why it may be written to again: --because "He made room in his mailbox."'
        )
    shop = open_shop(config)
    with write_transaction(shop.engine) as connection:
        reason = lift_it(connection, _validate_address(address), because.strip(), now=now)
    if reason is None:
        raise WrongUsageError(f"Nothing stands in the way of mail to {address}.")
    if reason is SuppressionReason.COMPLAINT:
        raise WrongUsageError(
            f"{address} complained of spam to its mail provider. That stands: write to it from "
            "your own mailbox, if you must."
        )
    console.print(f"Mail may go to {printable(address)} again. What was against it: {reason}.")


def _print_suppressions(shop: OpenShop, *, as_json: bool) -> None:
    with read_transaction(shop.engine) as connection:
        suppressions = list_suppressed(connection)
    if as_json:
        print_json({"addresses": [_document(suppression) for suppression in suppressions]})
    elif suppressions:
        console.print(_table(suppressions, shop))
    else:
        console.print("Mail may go to every address.")


def _document(suppression: SuppressedAddress) -> dict[str, str | None]:
    since = suppression.since.isoformat()
    return {
        "address": suppression.address,
        "reason": suppression.reason,
        "detail": suppression.detail,
        "since": since,
    }


def _table(suppressions: list[SuppressedAddress], shop: OpenShop) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("address", "since", "because of", ""):
        table.add_column(name, overflow="fold")
    for suppression in suppressions:
        day = f"{suppression.since.astimezone(shop.config.shop.zone):%d %b %Y}"
        table.add_row(
            printable(suppression.address),
            day,
            suppression.reason,
            printable(suppression.detail or ""),
        )
    return table


def _validate_address(address: str) -> str:
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        raise WrongUsageError(f"{address} is no e-mail address.") from error
    return address
