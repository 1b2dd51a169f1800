"""The colours and fonts of every mail and page, light and dark."""

from __future__ import annotations

from dataclasses import dataclass, replace

from settings.brand.colour import AA, contrast, darkened, lightened, mix

WHITE = "#ffffff"
SANS = "Segoe UI, -apple-system, Roboto, Helvetica Neue, Arial, sans-serif"
SERIF = "Georgia, Times New Roman, serif"


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #rrggbb and font lists as CSS writes them; `dark_` is for dark mode.

    Each text colour has at least 4.5:1 with each ground it is used on (WCAG 2 AA): TEXT_PAIRS.
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


TEXT_PAIRS = (
    ("ink", "ground"), ("ink", "card"), ("ink", "soft"),
    ("quiet", "ground"), ("quiet", "card"),
    ("brand", "ground"), ("brand", "card"),
    ("accent", "card"),
    ("on_button", "button"),
)  # fmt: skip
"""Text and ground of the layouts, by their names in Theme; in dark mode the same with `dark_`."""
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


def theme_of(colour: str | None, accent: str | None, font: str) -> Theme:
    """Returns the theme of a shop with these `colour` and `accent` (#rrggbb) and `font`.

    Without a colour it is the café's brown. What cannot be read is made darker, or lighter in dark
    mode, with its hue kept.
    """
    theme = _coloured(colour) if colour else CAFE_BROWN
    headline_font = SANS if font == "sans" else SERIF
    if accent:
        light, dark = (theme.card, theme.soft), (theme.dark_card, theme.dark_soft)
        theme = replace(theme, accent=darkened(accent, light), dark_accent=lightened(accent, dark))
    return replace(theme, headline_font=headline_font)


def contrast_remarks(colour: str | None, accent: str | None) -> list[str]:
    """Returns a sentence for each of the shop's colours that is too light to be used as it is."""
    theme = theme_of(colour, accent, "serif")
    remarks = []
    if colour and theme.brand != colour:
        remarks.append(
            f"brand: {_contrast_words(colour, theme.ground)}, and text needs {AA}:1;"
            f" buttons and links use {theme.brand}."
        )
    if accent and theme.accent != accent:
        remarks.append(
            f"brand: {_contrast_words(accent, theme.soft)}, and stars need {AA}:1;"
            f" bars and stars use {theme.accent}."
        )
    return remarks


def _coloured(colour: str) -> Theme:
    """Grounds and lines are white or nearly black with a little of the colour in them."""
    card = WHITE
    ground, soft = mix(WHITE, colour, 0.05), mix(WHITE, colour, 0.09)
    dark_ground, dark_card = mix("#151515", colour, 0.05), mix("#202020", colour, 0.06)
    dark_soft = mix("#2a2a2a", colour, 0.12)
    light, dark = (ground, card, soft), (dark_ground, dark_card, dark_soft)
    brand, dark_brand = darkened(colour, (ground, card)), lightened(colour, dark, 7)
    return Theme(
        ground=ground,
        card=card,
        line=mix(WHITE, colour, 0.14),
        ink=darkened(mix("#242424", colour, 0.06), light, 7),
        quiet=darkened(mix("#666666", colour, 0.08), light),
        brand=brand,
        button=brand,
        on_button=WHITE,
        soft=soft,
        accent=brand,
        dark_ground=dark_ground,
        dark_card=dark_card,
        dark_line=mix("#383838", colour, 0.08),
        dark_ink=lightened(mix("#f0f0f0", colour, 0.03), dark, 7),
        dark_quiet=lightened(mix("#b5b5b5", colour, 0.05), dark),
        dark_brand=dark_brand,
        dark_button=dark_brand,
        dark_on_button=darkened(mix("#1c1c1c", colour, 0.1), [dark_brand]),
        dark_soft=dark_soft,
        dark_accent=dark_brand,
        headline_font=SERIF,
        text_font=SANS,
    )


def _contrast_words(colour: str, tint: str) -> str:
    """The contrast with white, or with the shop's own `tint` where only that is too little."""
    on_white = contrast(colour, WHITE)
    ground, ratio = ("white", on_white) if on_white < AA else (tint, contrast(colour, tint))
    return f"{colour} on {ground} has {_rounded(ratio)}:1"


def _rounded(ratio: float) -> str:
    """Down to a tenth: 4.49 is not 4.5."""
    return f"{int(ratio * 10) / 10:g}"
