"""The colours and fonts of every mail and page, light and dark."""

from __future__ import annotations

from dataclasses import dataclass

SANS = "Segoe UI, -apple-system, Roboto, Helvetica Neue, Arial, sans-serif"
SERIF = "Georgia, Times New Roman, serif"


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #rrggbb and font lists as CSS writes them; `dark_` is for dark mode.

    Each text colour has at least 4.5:1 with each ground it is used on (WCAG 2 AA): `ink`, `quiet`
    and `brand` with `ground` and `card`, `ink` also with `soft`, `on_button` with `button`.
    """

    ground: str  # behind the letter
    card: str  # the letter
    line: str  # hairlines
    ink: str
    quiet: str  # small print
    brand: str  # the shop's name and links
    button: str
    on_button: str
    soft: str  # behind a code, and the rest of a bar
    accent: str  # filled part of a bar, and stars
    dark_ground: str
    dark_card: str
    dark_line: str
    dark_ink: str
    dark_quiet: str
    dark_brand: str
    dark_button: str
    dark_on_button: str
    dark_soft: str
    dark_accent: str
    headline_font: str
    text_font: str


CAFE_BROWN = Theme(
    ground="#f7f2ea",
    card="#fffdf9",
    line="#ece2d4",
    ink="#2d2620",
    quiet="#6b6058",
    brand="#7a3b1d",
    button="#7a3b1d",
    on_button="#ffffff",
    soft="#f4e9dd",
    accent="#7a3b1d",
    dark_ground="#1d1916",
    dark_card="#27221e",
    dark_line="#3d352e",
    dark_ink="#f3ebe1",
    dark_quiet="#b8aca0",
    dark_brand="#f0b48a",
    dark_button="#f0b48a",
    dark_on_button="#2b180c",
    dark_soft="#3a2f27",
    dark_accent="#f0b48a",
    headline_font=SERIF,
    text_font=SANS,
)
