"""`regulars morning`: prints or sends the owner's daily digest."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.output import print_line, printable


def command(
    context: typer.Context,
    send: Annotated[
        bool, typer.Option("--send", help="Send it to your own address, once a day at most.")
    ] = False,
    at: At = None,
) -> None:
    """Read what went since yesterday, what waits, and which regulars to say hello to.

    Example: regulars morning
    """
    run(context.obj, send=send, now=parse_at(at))


def run(config: Path, *, send: bool, now: datetime) -> None:
    """Print the digest of `now`; with `send`, mail it unless today's was sent already."""
    from engine.open.open_shop import open_shop
    from engine.owner.digest import render_digest, send_digest

    shop = open_shop(config)
    if not send:
        for line in render_digest(shop, now=now).text.splitlines():
            print_line(printable(line))
    elif send_digest(shop, now=now):
        print_line(f"Sent to {printable(shop.config.shop.reply_to)}.")
    else:
        print_line("Today's was sent already.")
