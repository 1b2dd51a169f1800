"""`morning`: the owner's letter, on the screen or on its way."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from engine.open.open_shop import open_shop
from engine.owner.digest import render_digest, send_digest
from regulars.terminal.output import console, printable


def run(config: Path, *, send_now: bool, now: datetime) -> None:
    """Once a day at most is it sent; it can be read as often as one likes."""
    shop = open_shop(config)
    if not send_now:
        console.print(printable_lines(render_digest(shop, now=now).text))
    elif send_digest(shop, now=now):
        console.print(f"Sent to {printable(shop.config.shop.reply_to)}.")
    else:
        console.print("Today's was sent already.")


def printable_lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())
