"""`morning`: the owner's letter, on the screen or on its way."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from engine.open.open_shop import open_shop
from engine.owner.digest import letter, send
from regulars.terminal.output import console, printable


def run(config: Path, *, send_it: bool, now: datetime) -> None:
    """Once a day at most is it sent; it can be read as often as one likes."""
    shop = open_shop(config)
    if not send_it:
        console.print(printable_lines(letter(shop, now=now).text))
    elif send(shop, now=now):
        console.print(f"Sent to {printable(shop.file.shop.reply_to)}.")
    else:
        console.print("Today's was sent already.")


def printable_lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())
