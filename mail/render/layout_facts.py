"""What layouts show besides the facts of one mail: the language and the shop's look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from settings.brand.appearance import Appearance, Links, Picture
from settings.brand.theme import Theme
from templates.language import Language, direction


@dataclass(frozen=True, slots=True)
class LanguageFacts:
    """The language of a mail or page; `start` and `end` are the sides where its lines do so."""

    code: str
    direction: str  # ltr or rtl
    start: str  # left or right
    end: str


@dataclass(frozen=True, slots=True)
class LayoutWords:
    """Labels of links that layouts and components write, in the language of the mail."""

    unsubscribe: str
    book: str
    visit_shop: str
    find_us: str
    write_to: str
    reply_to: str


@dataclass(frozen=True, slots=True)
class BrandFacts:
    """Addresses and sizes of the shop's pictures, and whether its name stands beside the logo."""

    logo: str | None
    logo_width: int
    logo_height: int
    logo_ground: str  # behind it in dark mode
    logo_frame: str  # width of an edge of that colour
    shows_name: bool
    photo: str | None
    photo_width: int
    photo_height: int


LAYOUT_FACTS: Mapping[str, type] = {
    "language": LanguageFacts,
    "words": LayoutWords,
    "theme": Theme,
    "brand": BrandFacts,
    "links": Links,
}
BRAND_CONSTANTS = ("logo_width", "logo_height", "logo_ground", "logo_frame")
LIGHT_GROUND, NO_GROUND = ("#ffffff", "6px"), ("transparent", "0")  # with the frame's width
# The language itself in a template's context. No valid name in a template.
LANGUAGE_KEY = "the language"
FRAME, NO_FRAME = "6px", "0"


def layout_variables(
    language: Language, appearance: Appearance, *, sender_name: str
) -> dict[str, Any]:
    """Returns the variables of LAYOUT_FACTS."""
    return {
        **form_variables(language),
        "language": language_facts(language.code),
        "words": _words(language, sender_name),
        "theme": appearance.theme,
        "brand": brand_facts(appearance),
        "links": appearance.links,
    }


def page_variables(
    language: Language, appearance: Appearance, *, data_addresses: bool
) -> dict[str, Any]:
    """Returns those of pages (with `data_addresses`) and of the mail that confirms a sign-up."""
    return {
        **form_variables(language),
        "language": language_facts(language.code),
        "theme": appearance.theme,
        "brand": brand_facts(appearance, data_addresses=data_addresses),
    }


def form_variables(language: Language) -> dict[str, Any]:
    """Returns how the reader is addressed, and the language for filters."""
    return {"formal": language.is_formal, LANGUAGE_KEY: language}


def constants(code: str, appearance: Appearance) -> dict[str, str]:
    """Returns what is the same in all mails of a template, by its name there: `theme.ink`.

    Written out before the CSS is inlined, it may stand in a style sheet. `code` is the language.
    """
    brand = brand_facts(appearance)
    groups = {
        "theme": asdict(appearance.theme),
        "language": asdict(language_facts(code)),
        "brand": {name: str(getattr(brand, name)) for name in BRAND_CONSTANTS},
    }
    return {
        f"{group}.{name}": value
        for group, values in groups.items()
        for name, value in values.items()
    }


def known_conditions(appearance: Appearance) -> dict[str, bool]:
    """Returns which links and pictures the shop has, by their names in templates: `links.map`."""
    groups = {"links": asdict(appearance.links), "brand": asdict(brand_facts(appearance))}
    return {
        f"{group}.{name}": bool(value)
        for group, values in groups.items()
        for name, value in values.items()
    }


@lru_cache
def language_facts(code: str) -> LanguageFacts:
    """Returns the facts of the language with this ISO 639 `code`."""
    is_rtl = direction(code) == "rtl"
    start, end = ("right", "left") if is_rtl else ("left", "right")
    return LanguageFacts(code, direction(code), start, end)


@lru_cache
def brand_facts(appearance: Appearance, *, data_addresses: bool = False) -> BrandFacts:
    """Returns the facts of the shop's pictures; `data_addresses` need no other request."""
    logo, photo = appearance.logo, appearance.photo
    logo_width, logo_height = (logo.width, logo.height) if logo else (0, 0)
    ground, frame = LIGHT_GROUND if logo and logo.file.needs_light_ground else NO_GROUND
    photo_width, photo_height = (photo.width, photo.height) if photo else (0, 0)
    return BrandFacts(
        logo=_source(logo, data_addresses),
        logo_width=logo_width,
        logo_height=logo_height,
        logo_ground=ground,
        logo_frame=frame,
        shows_name=logo is None or not logo.is_wordmark,
        photo=_source(photo, data_addresses),
        photo_width=photo_width,
        photo_height=photo_height,
    )


def _source(picture: Picture | None, data_addresses: bool) -> str | None:  # passed on
    if picture is None:
        return None
    return picture.data_address if data_addresses else picture.mail_address


@lru_cache
def _words(language: Language, sender_name: str) -> LayoutWords:
    sentences = language.sentences("mails")
    return LayoutWords(
        unsubscribe=sentences.UNSUBSCRIBE,
        book=sentences.BOOK,
        visit_shop=sentences.VISIT_SHOP,
        find_us=sentences.FIND_US,
        write_to=sentences.WRITE_TO.format(name=sender_name),
        reply_to=sentences.REPLY_TO.format(name=sender_name),
    )
