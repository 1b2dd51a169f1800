"""`stop`, `pause`, `start`, `cancel`, `suppress` and `unsuppress`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from email_validator import EmailNotValidError, validate_email
from rich.table import Table

from engine.open.open_shop import OpenShop, open_shop
from engine.owner import pause
from regulars.commands.backup import say_if_asleep
from regulars.terminal.output import console, counted, print_json, printable
from settings.errors import WrongUse
from shop.consent.suppressions import Suppressed, Why, all_suppressed
from shop.consent.suppressions import lift as lift_it
from shop.consent.suppressions import suppress as suppress_it
from shop.db.engine import reading, writing


def hold(config: Path, rule: str | None, *, because: str, now: datetime) -> None:
    """What is being sent at this moment still goes; nothing after it does."""
    done = pause.hold(open_shop(config), rule, because.strip() or None, now=now)
    what = "All mail" if rule is None else f"The mail of {rule}"
    again = "regulars start" if rule is None else f"regulars start {rule}"
    console.print(f"{what} is held{'' if done else ' already'}. {again} lets it go.")


def go_on(config: Path, rule: str | None) -> None:
    shop = open_shop(config)
    done = pause.go_on(shop, rule)
    what = "All mail" if rule is None else f"The mail of {rule}"
    console.print(f"{what} {'goes' if done else 'was not held. It goes'} with the next run.")
    say_if_asleep(shop.engine)


def cancel(config: Path, rule: str, *, now: datetime) -> None:
    mails, people = pause.cancel(open_shop(config), rule, now=now)
    console.print(
        f"{counted(mails, 'mail')} of {printable(rule)} will not go, and "
        f"{counted(people, 'series', 'series')} will not go on."
    )


def silence(
    config: Path, address: str | None, *, because: str, now: datetime, as_json: bool
) -> None:
    """Without an address, the list."""
    shop = open_shop(config)
    if address is None:
        _list(shop, as_json=as_json)
        return
    with writing(shop.engine) as connection:
        suppress_it(connection, _valid(address), Why.BY_HAND, because.strip() or None, now=now)
    console.print(f"Nothing goes to {printable(address)} any more.")


def lift(config: Path, address: str, *, because: str, now: datetime) -> None:
    if not because.strip():
        raise WrongUse(
            'Say why it may be written to again: --because "He made room in his mailbox."'
        )
    shop = open_shop(config)
    with writing(shop.engine) as connection:
        found = lift_it(connection, _valid(address), because.strip(), now=now)
    if found is None:
        raise WrongUse(f"Nothing stands in the way of mail to {address}.")
    if found is Why.COMPLAINT:
        raise WrongUse(
            f"{address} complained of spam to its mail provider. That stands: write to it from "
            "your own mailbox, if you must."
        )
    console.print(f"Mail may go to {printable(address)} again. What was against it: {found}.")


def _list(shop: OpenShop, *, as_json: bool) -> None:
    with reading(shop.engine) as connection:
        found = all_suppressed(connection)
    if as_json:
        print_json({"addresses": [_document(one) for one in found]})
    elif found:
        console.print(_table(found, shop))
    else:
        console.print("Mail may go to every address.")


def _document(one: Suppressed) -> dict[str, str | None]:
    since = one.since.isoformat()
    return {"address": one.address, "reason": one.reason, "detail": one.detail, "since": since}


def _table(found: list[Suppressed], shop: OpenShop) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("address", "since", "because of", ""):
        table.add_column(name, overflow="fold")
    for one in found:
        day = f"{one.since.astimezone(shop.file.shop.zone):%d %b %Y}"
        table.add_row(printable(one.address), day, one.reason, printable(one.detail or ""))
    return table


def _valid(address: str) -> str:
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        raise WrongUse(f"{address} is no e-mail address.") from error
    return address
