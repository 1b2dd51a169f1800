"""`waiting`, `approve` and `decline`: the owner's word on mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.table import Table

from engine.open.open_shop import open_shop
from engine.owner.approvals import (
    SHORT_ID,
    ApprovalResult,
    PendingMail,
    approve_mails,
    decline_mails,
    pending_mails,
)
from regulars.terminal.output import console, count_noun, print_json, printable
from settings.errors import WrongUsageError
from shop.db.engine import read_transaction


def show_waiting(config: Path, *, now: datetime, as_json: bool) -> None:
    """Every mail that waits for the owner's word."""
    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        messages = pending_mails(connection)
    if as_json:
        print_json({"waiting": [_document(message) for message in messages]})
    elif messages:
        console.print(_table(messages, now, shop.config.shop.zone))
        console.print("\nregulars approve ID, or RULE, or --all · regulars decline ID, or RULE")
    else:
        console.print("Nothing waits for your word.")


def approve_messages(
    config: Path, selectors: Sequence[str], *, everything: bool, now: datetime
) -> None:
    """Raises with a sentence for each word that could not be followed; the others were."""
    if bool(selectors) == everything:
        raise WrongUsageError("Say which: regulars approve ID, or the name of a rule, or --all.")
    answer = approve_mails(open_shop(config), None if everything else selectors, now=now)
    _print_answer(answer, "approved", "The next run sends what nothing else says no to.")


def decline_messages(
    config: Path, selectors: Sequence[str], *, because: str, now: datetime
) -> None:
    """The same for what must not go."""
    answer = decline_mails(open_shop(config), selectors, because=because, now=now)
    _print_answer(answer, "declined", "What was to follow is ended too.")


def _print_answer(answer: ApprovalResult, verb: str, next_step: str) -> None:
    if answer.done:
        console.print(f"{count_noun(len(answer.done), 'mail')} {verb}. {next_step}", soft_wrap=True)
    elif not answer.refused:
        console.print("Nothing waits for your word.")
    if answer.refused:
        raise WrongUsageError("\n".join(answer.refused))


def _document(message: PendingMail) -> dict[str, str]:
    return asdict(message) | {
        "since": message.since.isoformat(),
        "until": message.until.isoformat(),
    }


def _table(messages: Sequence[PendingMail], now: datetime, zone: ZoneInfo) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("id", "rule", "customer", "mail", "because of", "since", "until"):
        table.add_column(name, no_wrap=name == "id", overflow="fold")
    for message in messages:
        late_note = " (too late)" if message.until < now else ""
        times = [f"{time.astimezone(zone):%d %b %H:%M}" for time in (message.since, message.until)]
        cells = (
            message.id[:SHORT_ID],
            message.rule,
            printable(message.customer),
            message.template,
            message.why,
            *times,
        )
        table.add_row(*cells[:-1], f"{cells[-1]}{late_note}")
    return table
