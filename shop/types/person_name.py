"""Names of people as they may be shown to them, and as they may be shown to the owner."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from settings.text.hidden_characters import (
    DIRECTION_CONTROLS,
    INVISIBLE,
    without_hidden_characters,
)
from shop.types import placeholder_names

MAX_NAME = 40
MAX_WORDS = 5
MAX_MARKS = 3  # accents on one letter; some scripts need more than one
JOINERS = "\u200c\u200d"  # between the letters of some scripts they are spelling
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
SPACES = re.compile(r"[^\S\r\n]+")
PUNCTUATION = " .'’-"
# Mail programs turn anything like a domain into a link: "spam.example" is enough.
DOMAIN = re.compile(r"[^\W\d_]\.[^\W\d_]{2}")
WORD_SEPARATORS = re.compile(r"[\s.\-]+")
ALSO_NAMES = frozenset(
    {"nan", "na", "nil"}
)  # none as nan, NaN, N.A. and nil; names as Nan, Na, Nil


def fold_word(word: str) -> str:
    """Return `word` in lower case, without accents, apostrophes and joiners."""
    plain = unicodedata.normalize("NFKD", word).casefold()
    return "".join(character for character in plain if is_letter(character))


def is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] == "L"


TITLES, PLACEHOLDERS, FILLERS, NOTE_WORDS, PARTICLES = (
    frozenset(map(fold_word, words.split()))
    for words in (
        placeholder_names.TITLES,
        placeholder_names.PLACEHOLDERS,
        placeholder_names.FILLERS,
        placeholder_names.NOTE_WORDS,
        placeholder_names.PARTICLES,
    )
)
NO_NAMES = PLACEHOLDERS | FILLERS | TITLES


@lru_cache(maxsize=4096)
def greeting_name(raw: str | None) -> str | None:
    """Return the name by which a mail may greet who is called `raw`; None where that is no name.

    No name: what is empty or longer than `MAX_NAME`; has anything but letters, spaces, hyphens,
    apostrophes and dots; looks like a domain; stands for none ("null", "Guest", "Mr"); or is a
    note ("Ana do not call"). The spelling stays as it is, capitals too.
    """
    if raw is None or DIRECTION_CONTROLS.search(raw):
        return None
    name = SPACES.sub(" ", INVISIBLE.sub("", unicodedata.normalize("NFC", raw))).strip(" ")
    if not is_shaped_like_a_name(name):
        return None
    written = [word for word in WORD_SEPARATORS.split(name) if word]
    words = [fold_word(word) for word in written]
    if stands_for_no_name(name, words) or is_note(written, words):
        return None
    return name


def is_shaped_like_a_name(name: str) -> bool:
    """Return whether `name` is letters, with what may stand between them, and no domain."""
    if not 0 < len(name) <= MAX_NAME or not is_letter(name[0]):
        return False
    marks = 0
    for character in name:
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        if marks > MAX_MARKS or not (is_part(character) or character in PUNCTUATION + JOINERS):
            return False
    return not DOMAIN.search(name)


def is_part(character: str) -> bool:
    """Return whether `character` is a letter or a mark on one."""
    return unicodedata.category(character)[0] in "LM"


def stands_for_no_name(name: str, words: list[str]) -> bool:
    """Return whether all `words` of `name` are written where there is no name."""
    whole = "".join(words)
    if whole in ALSO_NAMES:
        return not (name.isalpha() and name.istitle())
    if whole in PLACEHOLDERS or is_initial(words) or is_one_letter_repeated(whole):
        return True
    if all(word in TITLES for word in words):
        return True
    return are_placeholders(words)


def are_placeholders(words: list[str]) -> bool:
    """Return whether all `words` say nothing about a person, one of them that there is none."""
    return all(word in NO_NAMES for word in words) and any(word in PLACEHOLDERS for word in words)


@lru_cache(maxsize=4096)
def is_placeholder_name(raw: str) -> bool:
    """Return whether `raw` is written for nobody, such as Walk-in customer; a code never is."""
    words = [fold_word(word) for word in WORD_SEPARATORS.split(raw) if word]
    if not words or not all(words) or any(character.isdigit() for character in raw):
        return False
    return "".join(words) in PLACEHOLDERS or are_placeholders(words)


def is_initial(words: list[str]) -> bool:
    """Return whether it is one Latin letter; in other scripts one letter may be a name."""
    return len(words) == 1 and len(words[0]) == 1 and words[0].isascii()


def is_one_letter_repeated(letters: str) -> bool:
    return len(letters) > 2 and len(set(letters)) == 1


def is_note(written: list[str], words: list[str]) -> bool:
    """Return whether more is said than a name: known words of notes, or a sentence.

    A name that begins with a capital goes on with capitals, apart from particles: "Ana pays on
    time" is a note, "Maria do Carmo" a name.
    """
    if words[0] in ("http", "https", "www"):
        return True
    if len(words) == 1:
        return False
    if len(words) > MAX_WORDS or any(word in NOTE_WORDS for word in words):
        return True
    return written[0][:1].isupper() and any(
        word[:1].islower() and fold_word(word) not in PARTICLES for word in written[1:]
    )


def full_name(first_name: str | None, last_name: str | None) -> str:
    """Return both names as the source wrote them, in one line, without invisible characters.

    For the owner's eyes: notes and placeholders stay, so that a record can be recognised.
    """
    return " ".join(filter(None, map(visible_text, (first_name, last_name))))


def visible_text(raw: str | None) -> str:
    """Return `raw` in one line, without controls, directions and characters of no width."""
    return " ".join(without_hidden_characters(_BREAKS.sub(" ", raw or "")).split())
