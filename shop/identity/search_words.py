"""The words by which customers are found, folded alike in the index and in what is searched.

Case, accents and the order of words make no difference: `Ålesund-Łódź` and `lodz alesund` have the
same words. An apostrophe joins (O'Brien is obrien), all else that is no letter or digit separates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from settings.email_address import address_key
from shop.types.phone import phone_key

NAME_MARK = "="  # begins the whole name, by which lists are sorted; no word begins so
PHONE_MARK = "+"
MAX_WORD = 40
MAX_NAME = 60
MAX_ADDRESS = 120
MAX_WORDS = 500  # of one customer, who may have hundreds of records
MAX_TERMS = 8  # words of a search that count
MAX_QUERY = 100  # characters of a search that count
MIN_PHONE_DIGITS = 3
MIN_DIGITS_AMONG_WORDS = 5
# Letters that Unicode does not decompose; ß is folded to ss.
SINGLE_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
APOSTROPHES = str.maketrans(dict.fromkeys("'’‘ʼ`´"))
WORD = re.compile(r"[^\W_]+")
PHONE = re.compile(r"(?<!\S)\(?\+?\(?\d[\d\s()./-]*(?!\S)")
HIGHEST = "\U0010ffff"


@dataclass(frozen=True)
class SearchTerm:
    """A customer matches where one of their words begins with one of `prefixes`."""

    prefixes: tuple[str, ...]


def customer_words(
    name: str, address: str | None, names: Iterable[str], contacts: Iterable[str]
) -> set[str]:
    """Returns all words of the customer called `name`, who is mailed at `address`.

    `names` are those of their records, `contacts` the keys of their addresses and numbers. One word
    is the whole name, else the address, after `NAME_MARK`.
    """
    words = {word for record_name in names for word in fold_words(record_name)}
    for contact in contacts:
        words.update(_contact_words(contact))
    if len(words) > MAX_WORDS:
        words = set(sorted(words)[:MAX_WORDS])
    return words | {sort_word(name, address)}


def sort_word(name: str, address: str | None) -> str:
    """Returns the word by which a customer is sorted among others."""
    return f"{NAME_MARK}{(' '.join(fold_words(name)) or address or '')[:MAX_NAME]}"


@lru_cache(maxsize=16_384)
def fold_words(text: str) -> tuple[str, ...]:
    """Returns the words of `text` in small letters without accents."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(
            character
            for character in decomposed
            if unicodedata.category(character) not in ("Mn", "Cf")
        )
    text = text.casefold().translate(SINGLE_LETTERS).translate(APOSTROPHES)
    return tuple(word[:MAX_WORD] for word in WORD.findall(text))


def search_terms(text: str, country: str) -> list[SearchTerm]:
    """Returns what a customer must match, all of it, to be found by `text`.

    `country` is that of phone numbers without a country code. Empty where nothing can be searched.
    """
    text = " ".join(text[:MAX_QUERY].split())
    numbers = [match for match in PHONE.finditer(text) if _is_phone(match.group(), text)]
    terms = [SearchTerm(phone_prefixes(match.group(), country)) for match in numbers]
    for match in reversed(numbers):
        text = f"{text[: match.start()]} {text[match.end() :]}"
    terms += [term for piece in text.split() for term in _piece_terms(piece)]
    return list(dict.fromkeys(term for term in terms if term.prefixes))[:MAX_TERMS]


def phone_prefixes(written: str, country: str) -> tuple[str, ...]:
    """Returns how the international numbers begin that `written`, whole or in part, may stand for:
    912 34 in PT is +35191234, or +91234.
    """
    if key := phone_key(written, country):
        return (key,)
    digits = re.sub(r"\D", "", written)
    if written.lstrip("( ").startswith("+"):
        return (f"{PHONE_MARK}{digits}",)
    if digits.startswith("00"):
        return (f"{PHONE_MARK}{digits[2:]}",) if digits[2:] else ()
    code = phonenumbers.country_code_for_region(country)
    national = {digits, digits.removeprefix("0")} - {""}
    candidates = [f"{PHONE_MARK}{code}{number}" for number in sorted(national) if code]
    return (*candidates, f"{PHONE_MARK}{digits}")


def prefix_range(prefix: str) -> tuple[str, str]:
    """Returns the limits of all words that begin with `prefix`, by code points: from the first one
    up to the second one.
    """
    return prefix, prefix + HIGHEST


def _contact_words(contact: str) -> Iterator[str]:
    """An address is found by its start, by each word before the @ and by its domain."""
    local, at, domain = contact.rpartition("@")
    yield contact[:MAX_ADDRESS]
    if at:
        yield from fold_words(local)
        yield domain[:MAX_ADDRESS]


def _is_phone(number: str, text: str) -> bool:
    """Fewer digits are a number where nothing else is searched."""
    digits = sum(character.isdecimal() for character in number)
    is_alone = number.strip() == text
    return digits >= (MIN_PHONE_DIGITS if is_alone else MIN_DIGITS_AMONG_WORDS)


def _piece_terms(piece: str) -> Sequence[SearchTerm]:
    """An address or a domain is searched as it is, with its dots; anything else by its words."""
    piece = piece.strip(".,;<>()\"'")
    if "@" in piece:
        key = address_key(piece.removeprefix("@")) if not piece.startswith("@@") else None
        return [SearchTerm((key,))] if key else []
    words = fold_words(piece)
    if "." in piece and any(len(word) > 1 for word in words):
        return [SearchTerm((piece.lower(),))]
    return [SearchTerm((word,)) for word in words]
