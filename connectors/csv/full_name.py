"""Splits a full name into a first name and a last name."""

from __future__ import annotations

from shop.types.person_name import MAX_WORDS, TITLES, fold_word, greeting_name


def split_name(full_name: str | None) -> tuple[str | None, str | None]:
    """Return ("Ana", "Sousa Lima") for "Dr. Ana Sousa Lima" and for "Sousa Lima, Ana".

    The first word is the first name. Titles are left out; a single word after a title is a last
    name: "Frau Weber" is nobody's first name. What is no name as a whole, such as "Guest customer"
    or "Go evil.com", is not split, so that no part of it is taken for one.
    """
    if not full_name:
        return None, None
    last, comma, first = full_name.partition(",")
    if comma and first.strip() and last.strip():
        given, _ = split_name(first.strip())
        return given, last.strip()
    words = full_name.split()
    names = list(words)
    while names and fold_word(names[0]) in TITLES:
        del names[0]
    if len(names) == 1 and len(words) > 1:
        return None, names[0]
    if len(names) <= MAX_WORDS and greeting_name(" ".join(names)) is None:
        return full_name, None
    return names[0], " ".join(names[1:]) or None
