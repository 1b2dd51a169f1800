"""The value of `imported consent:`: where and how the people of a list said yes, and since when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from settings.text_value import TextValue, quoted
from shop.consent.config import DAY_PATTERN, Day

HOW = ("ticked a box", "asked for it", "signed a card", "confirmed by e-mail")
WHERE = ("at the till", "online", "on paper", "by phone")
EXAMPLE = "ticked a box at the till, since 1 June 2024"
CLOSED = re.compile(
    rf"(?P<how>{'|'.join(HOW)}) (?P<where>{'|'.join(WHERE)}), since (?P<day>{DAY_PATTERN.pattern})"
)
# A sentence of release 0.1 is kept if it says how: none of these stands in a file's name.
SAYS_HOW = re.compile(
    r"\b(tick|box|sign|ask|agree|consent|subscri|opt|form\b|card|accept|confirm|join|want|allow|"
    r"angekreuzt|eingewilligt|zugestimmt|angemeldet|unterschr|aceit|assin|subscr|inscr|acept|firm|"
    r"accett|iscri|coch|accept|abonn|aangevinkt|ingeschreven|akkoord)",
    re.IGNORECASE,
)
MIN_WORDS = 3


@dataclass(frozen=True)
class ImportedConsent(TextValue):
    """How the people of a list said yes; `is_free` where it is a sentence of the owner's own."""

    text: str
    is_free: bool = False

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "examples": [EXAMPLE],
        "description": (
            f"How they all said yes ({', '.join(HOW)}), where ({', '.join(WHERE)}), since when."
        ),
    }

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `text`; raises ValueError with the answers that may be given."""
        if match := CLOSED.fullmatch(text):
            Day.parse(match["day"])
            return cls(text)
        if SAYS_HOW.search(text) and len(text.split()) >= MIN_WORDS and "." not in text[:-1]:
            return cls(text, is_free=True)
        raise ValueError(
            f"{quoted(text)} does not say how, where and since when they said yes. "
            f"Write it like: {EXAMPLE}. How: {', '.join(HOW)}. Where: {', '.join(WHERE)}."
        )

    def __str__(self) -> str:
        return self.text
