"""How mails and pages of one shop look: theme, links, logo and photo."""

from __future__ import annotations

from dataclasses import dataclass

from settings.brand.theme import CAFE_BROWN, Theme


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses that buttons and the small print lead to; None where the shop has none."""

    shop: str | None = None
    book: str | None = None
    map: str | None = None
    instagram: str | None = None
    facebook: str | None = None
    tiktok: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the shop as a mail or page shows it; width and height in CSS pixels."""

    address: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Appearance:
    """Everything of the look that is the same for all mails of a shop."""

    theme: Theme = CAFE_BROWN
    links: Links = Links()
    logo: Picture | None = None
    photo: Picture | None = None


PLAIN = Appearance()
"""The look of a shop that has configured none."""
