"""`doubt list` and `doubt settle`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from rich.table import Table

from engine.messages.in_doubt import DoubtDecision, list_doubtful, settle_doubt
from engine.open.open_shop import open_shop
from engine.owner.approvals import SHORT_ID
from engine.signup.confirmation import count_in_doubt
from regulars.terminal.output import console, count_noun, print_json
from settings.errors import WrongUsageError
from shop.db.engine import read_transaction

SETTLED_NOTES = {
    DoubtDecision.WENT: "counted as sent. What follows them goes on.",
    DoubtDecision.LOST: "counted as lost. What was to follow them is ended.",
    DoubtDecision.AGAIN: "back in the queue. The next run sends them.",
}
SIGN_UPS_NOTE = (
    "Of those who signed up, {many} may have got their mail, or not. "
    "Nothing is to be done: who misses it signs up once more."
)


def show(config: Path, *, as_json: bool) -> None:
    """Every mail of which nobody knows whether it went."""
    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        messages = list_doubtful(connection)
        sign_ups = count_in_doubt(connection)
    if as_json:
        mails = [asdict(message) | {"since": message.since.isoformat()} for message in messages]
        print_json({"in_doubt": mails, "sign_ups": sign_ups})
        return
    if sign_ups:
        console.print(SIGN_UPS_NOTE.format(many=sign_ups), soft_wrap=True)
    if not messages:
        if not sign_ups:
            console.print("Nothing is in doubt.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("id", "rule", "mail", "customer", "through", "since"):
        table.add_column(name)
    for message in messages:
        since = f"{message.since.astimezone(shop.config.shop.zone):%d %b %H:%M}"
        cells = (
            message.id[:SHORT_ID],
            message.rule,
            message.template,
            str(message.customer_id),
            message.through,
            since,
        )
        table.add_row(*cells)
    console.print(table)
    console.print(
        "\nLook them up where the mail service keeps its log, by their id: "
        "regulars doubt settle ID --went, or --lost, or --again",
        soft_wrap=True,
    )


def settle(
    config: Path, ids: Sequence[str], *, went: bool, lost: bool, again: bool, now: datetime
) -> None:
    """The owner's word on them; nothing is sent again without it."""
    verdicts = [
        verdict
        for verdict, chosen in (
            (DoubtDecision.WENT, went),
            (DoubtDecision.LOST, lost),
            (DoubtDecision.AGAIN, again),
        )
        if chosen
    ]
    if len(verdicts) != 1:
        raise WrongUsageError("Say one of: --went, --lost, --again.")
    settled, refused = settle_doubt(open_shop(config), ids, verdicts[0], now=now)
    if settled:
        console.print(
            f"{count_noun(len(settled), 'mail')} {SETTLED_NOTES[verdicts[0]]}", soft_wrap=True
        )
    if refused:
        raise WrongUsageError("\n".join(refused))
