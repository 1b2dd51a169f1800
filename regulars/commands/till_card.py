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

from engine.config.owner_config import load_owner_config
from engine.live.network import is_example_domain, is_private_network
from mail.message.signed_links import sign_up_url
from regulars.terminal.output import console, error_console
from settings import environment
from settings.errors import OwnerFileError, UnavailableError

FILE = "till-card.svg"
DEFAULT_TEXT = "Point your camera here, and hear from us by e-mail."
WIDTH, HEIGHT = 105, 148  # millimetres: A6
TEXT_WIDTH = 89  # between the margins
QR_SIZE = 70  # with its quiet zone
NARROW, WIDE = 0.56, 1.0  # of a letter's height, on the safe side
QUIET_ZONE = 4  # modules around the code (ISO/IEC 18004)
MAX_ADDRESS_LENGTH = (
    300  # letters of an address: more make modules under 0.9 mm, and print nobody reads
)
TOO_LONG = (
    "public address leads to a page of {many} letters, too many for a card. Write one that has"
    f" at most {MAX_ADDRESS_LENGTH} with /join behind it."
)
NO_PAGE = (
    "There is no sign-up page for a card to lead to. Write sign up: into the file: docs/sign-up.md"
)
UNREACHABLE = "No phone gets to {host}: print the card when public address is your real one."


def run(config: Path, *, words: str | None) -> None:
    """Beside the owner's file; an older one is replaced."""
    owner_config = load_owner_config(
        config, environment.load_environment(config.parent, os.environ)
    )
    if owner_config.sign_up is None or owner_config.shop.public_address is None:
        raise OwnerFileError(NO_PAGE)
    address = sign_up_url(owner_config.shop.public_address)
    if len(address) > MAX_ADDRESS_LENGTH:
        raise OwnerFileError(TOO_LONG.format(many=len(address)))
    text = _printable_line(words or "") or DEFAULT_TEXT
    path = _write_card(config.parent / FILE, card(owner_config.shop.name, text, address))
    host = urlsplit(address).hostname or ""
    if is_private_network(host) or is_example_domain(host):
        error_console.print(UNREACHABLE.format(host=host), soft_wrap=True, markup=False)
    console.print(f"→ {path}", markup=False, soft_wrap=True)


def card(shop: str, words: str, address: str) -> str:
    """The whole picture, in millimetres."""
    shown_address = address.partition("://")[2]
    size = f'width="{WIDTH}mm" height="{HEIGHT}mm" viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(shop)}: {escape(address)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(shop, middle=20, largest=9, font="Georgia, 'Times New Roman', serif"),
        _text(words, middle=39, largest=5, font="Helvetica, Arial, sans-serif"),
        _qr_path(address, top=50),
        _text(shown_address, middle=133, largest=4, font="Helvetica, Arial, sans-serif"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _qr_path(address: str, *, top: float) -> str:
    """One path: a run of dark modules is one stroke of the pen."""
    rows = [list(row) for row in segno.make(address, error="m", micro=False).matrix]
    module = QR_SIZE / (len(rows) + 2 * QUIET_ZONE)
    path_data = "".join(_qr_row_path(row, y + QUIET_ZONE) for y, row in enumerate(rows))
    left = (WIDTH - QR_SIZE) / 2
    return f'<path transform="translate({left:g} {top:g}) scale({module:.5f})" d="{path_data}"/>'


def _qr_row_path(row: Sequence[int], y: int) -> str:
    strokes, x = [], QUIET_ZONE
    for dark, modules in groupby(row):
        length = len(list(modules))
        if dark:
            strokes.append(f"M{x} {y}h{length}v1h-{length}z")
        x += length
    return "".join(strokes)


def _text(text: str, *, middle: float, largest: float, font: str) -> str:
    """As large as there is room for, in up to three lines."""
    text = _printable_line(text)
    size, lines = max(_fit_text(text, largest, line_count) for line_count in (1, 2, 3))
    first = middle - (len(lines) - 1) * size * 0.6 + size * 0.35
    spans = "".join(
        f'<tspan x="{WIDTH / 2:g}" y="{first + row * size * 1.2:.2f}">{escape(line)}</tspan>'
        for row, line in enumerate(lines)
    )
    return f'<text font-family="{font}" font-size="{size:.2f}" text-anchor="middle">{spans}</text>'


def _printable_line(text: str) -> str:
    """One line, of what leaves a trace on paper."""
    return " ".join(
        "".join(
            character for character in text if character.isprintable() or character.isspace()
        ).split()
    )


def _fit_text(text: str, largest: float, line_count: int) -> tuple[float, list[str]]:
    """In so many lines, or a few more where its words are too long for that."""
    lines = textwrap.wrap(text, max(1, -(-len(text) // line_count) + (line_count > 1) * 4)) or [""]
    widest = max(1.0, *map(_width_in_ems, lines))
    return min(largest, TEXT_WIDTH / widest, 3 * largest / len(lines)), lines


def _width_in_ems(line: str) -> float:
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in line)
    return wide * WIDE + (len(line) - wide) * NARROW


def _write_card(path: Path, svg: str) -> Path:
    try:
        path.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise UnavailableError(f"{path} cannot be written: {error.strerror}.") from error
    return path
