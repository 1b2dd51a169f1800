"""`regulars waiting`: lists the mails that wait for the owner's approval."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import count_noun, print_json, print_line, print_table, printable
from templates.language import ENGLISH

if TYPE_CHECKING:
    from engine.owner.approval_outlook import Outlook
    from engine.owner.approvals import PendingMail

HEADERS = ("id", "rule", "customer", "mail", "because of", "since", "until")


def command(context: typer.Context, as_json: Json = False, at: At = None) -> None:
    """List the mails that wait for your word.

    Example: regulars waiting
    """
    run(context.obj, now=parse_at(at), as_json=as_json)


def run(config: Path, *, now: datetime, as_json: bool) -> None:
    """Print the mails awaiting approval; those whose deadline is before `now` are marked.

    Complaints by mail that the owner has to confirm are counted.
    """
    from engine.inbound.complaints import count_held
    from engine.open.open_shop import open_shop
    from engine.owner.approval_outlook import load_outlooks, summarize_refusals
    from engine.owner.approvals import pending_mails
    from shop.db.engine import read_transaction

    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        messages = pending_mails(connection)
        complaints = count_held(connection)
        ids = [message.id for message in messages]
        outlooks = load_outlooks(connection, shop, ids, now=now)
    if as_json:
        mails = [_document(message, outlooks[message.id]) for message in messages]
        print_json({"waiting": mails, "complaints": complaints})
        return
    if complaints:
        print_line(
            f"{count_noun(complaints, 'complaint')} by mail to confirm: regulars complaints list"
        )
    if messages:
        zone = shop.config.shop.zone
        print_table(HEADERS, [_cells(message, now, zone) for message in messages])
        refusals = {id_: outlook for id_, outlook in outlooks.items() if outlook.refusal}
        for line in summarize_refusals(refusals):
            print_line(printable(line))
        print_line("\nregulars approve ID, or RULE, or --all · regulars decline ID, or RULE")
    elif not complaints:
        print_line("Nothing waits for your word.")


def _document(message: PendingMail, outlook: Outlook) -> dict[str, Any]:
    times = {"since": message.since.isoformat(), "until": message.until.isoformat()}
    return (
        asdict(message)
        | times
        | {
            "basis": outlook.basis,
            "evidence": outlook.evidence,
            "goes": outlook.goes or None,
            "no_longer": outlook.refusal,
        }
    )


def _cells(message: PendingMail, now: datetime, zone: ZoneInfo) -> list[str]:
    from engine.owner.approvals import SHORT_ID

    since, until = (
        ENGLISH.short_date_and_time(at.astimezone(zone)) for at in (message.since, message.until)
    )
    late_note = " (too late)" if message.until < now else ""
    return [
        message.id[:SHORT_ID], message.rule, printable(message.customer), message.template,
        message.why, since, f"{until}{late_note}",
    ]  # fmt: skip
