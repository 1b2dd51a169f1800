"""`till-card`: a card to print and put beside the till, with the way to the sign-up page."""

from __future__ import annotations

import os
import textwrap
import unicodedata
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import segno

from engine.config.owner_config import read_owners_file
from engine.live.network import is_made_up, stays_inside
from mail.message.signed_links import join_url
from regulars.terminal.output import aside, console
from settings import environment
from settings.errors import OutOfReach, OwnersFileTrouble

FILE = "till-card.svg"
WORDS = "Point your camera here, and hear from us by e-mail."
WIDTH, HEIGHT = 105, 148  # millimetres: A6
ROOM = 89  # between the margins
QR = 70  # with its quiet zone
NARROW, WIDE = 0.56, 1.0  # of a letter's height, on the safe side
QUIET = 4  # modules around the code (ISO/IEC 18004)
LONGEST = 300  # letters of an address: more make modules under 0.9 mm, and print nobody reads
TOO_LONG = (
    "public address leads to a page of {many} letters, too many for a card. Write one that has"
    f" at most {LONGEST} with /join behind it."
)
NO_PAGE = (
    "There is no sign-up page for a card to lead to. Write sign up: into the file: docs/sign-up.md"
)
NOBODY_COMES = "No phone gets to {host}: print the card when public address is your real one."


def run(config: Path, *, words: str | None) -> None:
    """Beside the owner's file; an older one is replaced."""
    file = read_owners_file(config, environment.load(config.parent, os.environ))
    if file.sign_up is None or file.shop.public_address is None:
        raise OwnersFileTrouble(NO_PAGE)
    address = join_url(file.shop.public_address)
    if len(address) > LONGEST:
        raise OwnersFileTrouble(TOO_LONG.format(many=len(address)))
    said = _printed(words or "") or WORDS
    written = _keep(config.parent / FILE, card(file.shop.name, said, address))
    host = urlsplit(address).hostname or ""
    if stays_inside(host) or is_made_up(host):
        aside.print(NOBODY_COMES.format(host=host), soft_wrap=True, markup=False)
    console.print(f"→ {written}", markup=False, soft_wrap=True)


def card(shop: str, words: str, address: str) -> str:
    """The whole picture, in millimetres."""
    bare = address.partition("://")[2]
    size = f'width="{WIDTH}mm" height="{HEIGHT}mm" viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(shop)}: {escape(address)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(shop, middle=20, largest=9, font="Georgia, 'Times New Roman', serif"),
        _text(words, middle=39, largest=5, font="Helvetica, Arial, sans-serif"),
        _code(address, top=50),
        _text(bare, middle=133, largest=4, font="Helvetica, Arial, sans-serif"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _code(address: str, *, top: float) -> str:
    """One path: a run of dark modules is one stroke of the pen."""
    rows = [list(row) for row in segno.make(address, error="m", micro=False).matrix]
    module = QR / (len(rows) + 2 * QUIET)
    pen = "".join(_runs(row, y + QUIET) for y, row in enumerate(rows))
    left = (WIDTH - QR) / 2
    return f'<path transform="translate({left:g} {top:g}) scale({module:.5f})" d="{pen}"/>'


def _runs(row: Sequence[int], y: int) -> str:
    drawn, x = [], QUIET
    for dark, modules in groupby(row):
        many = len(list(modules))
        if dark:
            drawn.append(f"M{x} {y}h{many}v1h-{many}z")
        x += many
    return "".join(drawn)


def _text(said: str, *, middle: float, largest: float, font: str) -> str:
    """As large as there is room for, in up to three lines."""
    said = _printed(said)
    size, lines = max(_fitted(said, largest, many) for many in (1, 2, 3))
    first = middle - (len(lines) - 1) * size * 0.6 + size * 0.35
    spans = "".join(
        f'<tspan x="{WIDTH / 2:g}" y="{first + at * size * 1.2:.2f}">{escape(line)}</tspan>'
        for at, line in enumerate(lines)
    )
    return f'<text font-family="{font}" font-size="{size:.2f}" text-anchor="middle">{spans}</text>'


def _printed(said: str) -> str:
    """One line, of what leaves a trace on paper."""
    return " ".join("".join(sign for sign in said if sign.isprintable() or sign.isspace()).split())


def _fitted(said: str, largest: float, many: int) -> tuple[float, list[str]]:
    """In so many lines, or a few more where its words are too long for that."""
    lines = textwrap.wrap(said, max(1, -(-len(said) // many) + (many > 1) * 4)) or [""]
    widest = max(1.0, *map(_ems, lines))
    return min(largest, ROOM / widest, 3 * largest / len(lines)), lines


def _ems(line: str) -> float:
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in line)
    return wide * WIDE + (len(line) - wide) * NARROW


def _keep(path: Path, drawn: str) -> Path:
    try:
        path.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise OutOfReach(f"{path} cannot be written: {error.strerror}.") from error
    return path
