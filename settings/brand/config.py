"""The `brand:` block of config.yaml."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from settings.addresses import is_web_link
from settings.brand.colour import parse_colour
from settings.model import ConfigModel
from settings.text_value import quoted
from settings.values import OneLine


def _parse_link(text: str) -> str:
    text = text.strip()
    if "://" not in text and re.fullmatch(r"[^\s/:@]+\.[^\s/:@]+(/\S*)?", text):
        raise ValueError(f"Write https://{text}.")
    if not is_web_link(text):
        raise ValueError(
            f"{quoted(text)} is no web address. Write one like https://cornercafe.example/menu."
        )
    return text


WebLink = Annotated[
    str,
    AfterValidator(_parse_link),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*https?://\S+$",
            "examples": ["https://cornercafe.example/menu?from=mail"],
            "description": "An address that begins with https:// (or http://).",
        }
    ),
]
Colour = Annotated[
    str,
    AfterValidator(parse_colour),
    WithJsonSchema(
        {
            "type": ["string", "integer"],
            "pattern": r"^\s*(#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})|[A-Za-z ]{3,})\s*$",
            "examples": ["#00aa55", "teal"],
            "description": (
                "# and six digits, in quotes: without them YAML reads a comment. Or a name of CSS."
            ),
        }
    ),
]


class BrandLinks(ConfigModel):
    """Where buttons and the small print lead."""

    shop: Annotated[WebLink | None, Field(description="The web shop or website.")] = None
    book: Annotated[WebLink | None, Field(description="Where a time is booked.")] = None
    map: Annotated[WebLink | None, Field(description="Where the shop is, on a map.")] = None
    instagram: WebLink | None = None
    facebook: WebLink | None = None
    tiktok: WebLink | None = None


class Brand(ConfigModel):
    """The look of every mail, page and till card."""

    logo: Annotated[
        OneLine | None, Field(description="A PNG, JPEG or GIF file of at most 100 kB.")
    ] = None
    colour: Annotated[Colour | None, Field(description="Buttons, links and the shop's name.")] = (
        None
    )
    accent: Annotated[Colour | None, Field(description="Bars, stars and the frame of a code.")] = (
        None
    )
    font: Annotated[
        Literal["serif", "sans"], Field(description="Of the shop's name and headlines.")
    ] = "serif"
    links: BrandLinks = BrandLinks()
    photo: Annotated[
        OneLine | None,
        Field(description="A photo of the shop: a PNG, JPEG or GIF file of at most 300 kB."),
    ] = None
