"""Characters that nobody sees, and that change how the text around them is read."""

from __future__ import annotations

import re
import unicodedata
from typing import TypeVar

Text = TypeVar("Text", bound=str)

# Of no width, and left behind by copying; a text with one is the text without it. Joiners (U+200C,
# U+200D) are not among them: they are spelling in some scripts, and make one emoji of several.
INVISIBLE = re.compile("[\u00ad\u034f\u180e\u200b\u2060-\u2064\ufeff]")
# They change the direction of what follows, so that gnp.exe reads as exe.png.
DIRECTION_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LINE_CHARACTERS = "\t\n\r"
# Control characters, private use (no two fonts agree on them) and halves of characters.
HIDDEN_CATEGORIES = frozenset({"Cc", "Co", "Cs"})


def without_hidden_characters(text: Text) -> Text:
    """Returns `text`, of its own type, without hidden characters; line breaks and tabs stay."""
    if text.isprintable():  # the common case: control, format and private characters are not
        return text
    visible = "".join(character for character in text if not is_hidden(character))
    return text if len(visible) == len(text) else type(text)(visible)


def is_hidden(character: str) -> bool:
    """Whether a `character` is hidden or changes the direction of text."""
    if character.isprintable() or character in LINE_CHARACTERS:
        return False
    return bool(
        unicodedata.category(character) in HIDDEN_CATEGORIES
        or INVISIBLE.match(character)
        or DIRECTION_CONTROLS.match(character)
    )


def reject_hidden_characters(text: str) -> str:
    """Returns `text`; raises ValueError with a sentence where it holds a hidden character."""
    for character in text:
        if is_hidden(character):
            raise ValueError(
                f"A character that nobody sees (U+{ord(character):04X}) stands in it. "
                "Type the text again, without copying."
            )
    return text


def reject_line_breaks(text: str) -> str:
    """Returns `text`; raises ValueError for a line break, a tab or a hidden character."""
    reject_hidden_characters(text)
    if text.splitlines() not in ([], [text]) or "\t" in text:
        raise ValueError("Write it on one line.")
    return text
