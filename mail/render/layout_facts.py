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
    shows_name: bool
    photo: str | None


LAYOUT_FACTS: Mapping[str, type] = {
    "language": LanguageFacts,
    "words": LayoutWords,
    "theme": Theme,
    "brand": BrandFacts,
    "links": Links,
}
# A logo at least this much wider than high has the shop's name in it.
WORDMARK_RATIO = 2
NO_PICTURE = Picture("", 0, 0)


def layout_variables(
    language: Language, appearance: Appearance, *, sender_name: str
) -> dict[str, Any]:
    """Returns the variables of LAYOUT_FACTS."""
    return {
        "language": language_facts(language.code),
        "words": _words(language, sender_name),
        "theme": appearance.theme,
        "brand": brand_facts(appearance),
        "links": appearance.links,
    }


def page_variables(language: Language, appearance: Appearance) -> dict[str, Any]:
    """Returns those that pages and the mail that confirms a sign-up have."""
    return {
        "language": language_facts(language.code),
        "theme": appearance.theme,
        "brand": brand_facts(appearance),
    }


def constants(code: str, theme: Theme) -> dict[str, str]:
    """Returns what is the same in all mails of a template, by its name there: `theme.ink`.

    Written out before the CSS is inlined, it may stand in a style sheet. `code` is the language.
    """
    groups = {"theme": asdict(theme), "language": asdict(language_facts(code))}
    return {
        f"{group}.{name}": value
        for group, values in groups.items()
        for name, value in values.items()
    }


@lru_cache
def language_facts(code: str) -> LanguageFacts:
    """Returns the facts of the language with this ISO 639 `code`."""
    is_rtl = direction(code) == "rtl"
    start, end = ("right", "left") if is_rtl else ("left", "right")
    return LanguageFacts(code, direction(code), start, end)


def brand_facts(appearance: Appearance) -> BrandFacts:
    """Returns the facts of the shop's pictures."""
    logo, photo = appearance.logo, appearance.photo
    size = logo or NO_PICTURE
    return BrandFacts(
        logo=logo.address if logo else None,
        logo_width=size.width,
        logo_height=size.height,
        shows_name=size.width < WORDMARK_RATIO * size.height or logo is None,
        photo=photo.address if photo else None,
    )


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
