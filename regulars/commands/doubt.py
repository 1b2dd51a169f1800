"""`doubt list` and `doubt settle`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from rich.table import Table

from engine.messages.in_doubt import Word, doubtful, settle_doubt
from engine.open.open_shop import open_shop
from engine.owner.approvals import SHORT
from engine.signup.confirmation import in_doubt
from regulars.terminal.output import console, counted, print_json
from settings.errors import WrongUse
from shop.db.engine import reading

SAID = {
    Word.WENT: "counted as sent. What follows them goes on.",
    Word.LOST: "counted as lost. What was to follow them is ended.",
    Word.AGAIN: "back in the queue. The next run sends them.",
}
SIGN_UPS = (
    "Of those who signed up, {many} may have got their mail, or not. "
    "Nothing is to be done: who misses it signs up once more."
)


def show(config: Path, *, as_json: bool) -> None:
    """Every mail of which nobody knows whether it went."""
    shop = open_shop(config)
    with reading(shop.engine) as connection:
        found = doubtful(connection)
        sign_ups = in_doubt(connection)
    if as_json:
        mails = [asdict(one) | {"since": one.since.isoformat()} for one in found]
        print_json({"in_doubt": mails, "sign_ups": sign_ups})
        return
    if sign_ups:
        console.print(SIGN_UPS.format(many=sign_ups), soft_wrap=True)
    if not found:
        if not sign_ups:
            console.print("Nothing is in doubt.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("id", "rule", "mail", "customer", "through", "since"):
        table.add_column(name)
    for one in found:
        since = f"{one.since.astimezone(shop.file.shop.zone):%d %b %H:%M}"
        shown = (one.id[:SHORT], one.rule, one.template, str(one.customer_id), one.through, since)
        table.add_row(*shown)
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
    said = [
        word for word, meant in ((Word.WENT, went), (Word.LOST, lost), (Word.AGAIN, again)) if meant
    ]
    if len(said) != 1:
        raise WrongUse("Say one of: --went, --lost, --again.")
    done, refused = settle_doubt(open_shop(config), ids, said[0], now=now)
    if done:
        console.print(f"{counted(len(done), 'mail')} {SAID[said[0]]}", soft_wrap=True)
    if refused:
        raise WrongUse("\n".join(refused))
