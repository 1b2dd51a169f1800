"""`regulars doubt list` and `doubt settle`: mails whose delivery has an unknown outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import count_noun, print_json, print_line, print_table
from settings.errors import WrongUsageError
from templates.language import ENGLISH

if TYPE_CHECKING:
    from engine.messages.in_doubt import DoubtfulMail

SETTLED_NOTES = {
    "went": "counted as sent. What follows them goes on.",
    "lost": "counted as lost. What was to follow them is ended.",
    "again": "back in the queue. The next run sends them.",
}
SIGN_UPS_NOTE = (
    "Of those who signed up, {count} may have got their mail, or not. "
    "Nothing is to be done: who misses it signs up once more."
)
SETTLE_HINT = (
    "\nLook them up where the mail service keeps its log, by their id: "
    "regulars doubt settle ID --went, or --lost, or --again. "
    "For many at once, a rule's name instead of the ID, or --all."
)

app = typer.Typer(no_args_is_help=True, help="Mails that may have gone, or not.")


@app.command("list")
def list_command(context: typer.Context, as_json: Json = False) -> None:
    """List the mails whose sending was broken off while they were handed over.

    Example: regulars doubt list
    """
    run_list(context.obj, as_json=as_json)


@app.command("settle")
def settle_command(  # noqa: PLR0913, PLR0917  # one argument for each option
    context: typer.Context,
    mails: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID|RULE]...", help="Mails by the beginning of their id, or rules."
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All mails in doubt.")] = False,
    went: Annotated[bool, typer.Option("--went", help="They arrived.")] = False,
    lost: Annotated[bool, typer.Option("--lost", help="They did not, and need not.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send them again.")] = False,
    at: At = None,
) -> None:
    """Say what became of mails in doubt, or have them sent once more.

    Example: regulars doubt settle 3f9c21ab --went
    """
    flags = {"went": went, "lost": lost, "again": again}
    decisions = [name for name in flags if flags[name]]
    run_settle(context.obj, mails or (), decisions, every=every, now=parse_at(at))


def run_list(config: Path, *, as_json: bool) -> None:
    """Print the mails in doubt, and how many sign-up confirmations are."""
    from engine.messages.in_doubt import list_doubtful
    from engine.open.open_shop import open_shop
    from engine.signup.open_sign_ups import count_in_doubt
    from shop.db.engine import read_transaction

    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        messages = list_doubtful(connection)
        sign_ups = count_in_doubt(connection)
    if as_json:
        mails = [asdict(message) | {"since": message.since.isoformat()} for message in messages]
        print_json({"in_doubt": mails, "sign_ups": sign_ups})
        return
    if sign_ups:
        print_line(SIGN_UPS_NOTE.format(count=sign_ups))
    if messages:
        rows = [_cells(message, shop.config.shop.zone) for message in messages]
        print_table(("id", "rule", "mail", "customer", "through", "since"), rows)
        print_line(SETTLE_HINT)
    elif not sign_ups:
        print_line("Nothing is in doubt.")


def _cells(message: DoubtfulMail, zone: ZoneInfo) -> list[str]:
    from engine.owner.approvals import SHORT_ID

    since = ENGLISH.short_date_and_time(message.since.astimezone(zone))
    short_id, customer = message.id[:SHORT_ID], str(message.customer_id)
    return [short_id, message.rule, message.template, customer, message.through, since]


def run_settle(
    config: Path, names: Sequence[str], decisions: Sequence[str], *, every: bool, now: datetime
) -> None:
    """Settle the mails in `names`, ids and rules, or `every` one, with the one of `decisions`.

    Raises WrongUsageError unless there is exactly one decision and a choice of mails, and for each
    name that is not in doubt.
    """
    from engine.messages.in_doubt import DoubtDecision, settle_doubt, settle_every_doubt
    from engine.open.open_shop import open_shop

    if len(decisions) != 1:
        raise WrongUsageError("Say one of: --went, --lost, --again.")
    if bool(names) == every:
        raise WrongUsageError("Name the mails by their ids or rules, or say --all.")
    shop, decision = open_shop(config), DoubtDecision(decisions[0])
    refused: list[str] = []
    if every:
        count = settle_every_doubt(shop, decision, now=now)
    else:
        settled, refused = settle_doubt(shop, names, decision, now=now)
        count = len(settled)
    if count or every:
        print_line(f"{count_noun(count, 'mail')} {SETTLED_NOTES[decision]}")
    if refused:
        raise WrongUsageError("\n".join(refused))
