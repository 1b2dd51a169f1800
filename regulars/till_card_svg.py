"""Draws the card for the till as SVG: the shop's name, a text, and a QR code."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from itertools import groupby
from xml.sax.saxutils import escape

import segno

from settings.brand.appearance import PLAIN, Appearance, Picture
from settings.brand.theme import Theme

WIDTH, HEIGHT = 105, 148  # millimetres: A6
TEXT_WIDTH = 89  # millimetres between the margins
QR_SIZE = 70  # millimetres, with the quiet zone
NARROW, WIDE = 0.56, 1.0  # widths of characters in ems, rounded up
LOGO_WIDTH, LOGO_HEIGHT = 60, 18  # millimetres
QUIET_ZONE = 4  # modules around the code (ISO/IEC 18004)
MAX_ADDRESS_LENGTH = 300  # characters; more make modules under 0.9 mm, which phones cannot read


def draw_card(shop: str, words: str, address: str, appearance: Appearance = PLAIN) -> str:
    """Returns the SVG of a card for `shop` with the text `words` and the code of `address`.

    A logo of the `appearance` stands in place of the name if the name is in it, else above it.
    """
    theme, logo = appearance.theme, appearance.logo
    is_wordmark = logo is not None and logo.is_wordmark
    shown_address = address.partition("://")[2]
    size = f'width="{WIDTH}mm" height="{HEIGHT}mm" viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(shop)}: {escape(address)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *([_logo_element(logo, middle=20 if is_wordmark else 15)] if logo else []),
        *([] if is_wordmark else [_name_element(shop, theme, is_below_logo=logo is not None)]),
        _text_element(words, middle=39, largest=5, font="Helvetica, Arial, sans-serif"),
        _qr_path(address, top=50),
        _text_element(shown_address, middle=133, largest=4, font="Helvetica, Arial, sans-serif"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _name_element(shop: str, theme: Theme, *, is_below_logo: bool) -> str:
    middle, largest = (28, 6) if is_below_logo else (20, 9)
    return _text_element(
        shop, middle=middle, largest=largest, font=theme.headline_font, fill=theme.brand
    )


def _logo_element(logo: Picture, *, middle: float) -> str:
    """The logo centred, at most LOGO_WIDTH × LOGO_HEIGHT."""
    scale = min(LOGO_WIDTH / logo.width, LOGO_HEIGHT / logo.height)
    width, height = logo.width * scale, logo.height * scale
    place = f'x="{(WIDTH - width) / 2:.2f}" y="{middle - height / 2:.2f}"'
    size = f'width="{width:.2f}" height="{height:.2f}"'
    return f'<image {place} {size} href="{logo.data_address}"/>'


def _qr_path(address: str, *, top: float) -> str:
    """Returns one path element; each run of dark modules in a row is one stroke."""
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


def _text_element(
    text: str, *, middle: float, largest: float, font: str, fill: str = "#000000"
) -> str:
    """Set `text` in up to three lines, at the largest font size that fits, at most `largest`."""
    text = printable_line(text)
    size, lines = max(_fit_text(text, largest, line_count) for line_count in (1, 2, 3))
    first = middle - (len(lines) - 1) * size * 0.6 + size * 0.35
    spans = "".join(
        f'<tspan x="{WIDTH / 2:g}" y="{first + row * size * 1.2:.2f}">{escape(line)}</tspan>'
        for row, line in enumerate(lines)
    )
    style = f'font-family="{font}" font-size="{size:.2f}" fill="{fill}" text-anchor="middle"'
    return f"<text {style}>{spans}</text>"


def printable_line(text: str) -> str:
    """Returns `text` as one line without characters that cannot be printed."""
    visible = (character for character in text if character.isprintable() or character.isspace())
    return " ".join("".join(visible).split())


def _fit_text(text: str, largest: float, line_count: int) -> tuple[float, list[str]]:
    """Returns the font size and the lines of `text` wrapped into about `line_count` lines."""
    lines = textwrap.wrap(text, max(1, -(-len(text) // line_count) + (line_count > 1) * 4)) or [""]
    widest = max(1.0, *map(_width_in_ems, lines))
    return min(largest, TEXT_WIDTH / widest, 3 * largest / len(lines)), lines


def _width_in_ems(line: str) -> float:
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in line)
    return wide * WIDE + (len(line) - wide) * NARROW
