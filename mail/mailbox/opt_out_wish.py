"""Decides from its words whether a mail asks for no more mail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import IntEnum
from functools import cache

from mail.mailbox import opt_out_phrases as phrases

MAX_CLAUSE_WORDS = 25  # beyond, a sentence tells a story
MAX_NAME_WORDS = 3
MAX_NEGATION_GAP = 3  # words between a negation and what it negates
CLAUSE_END = re.compile(r"[.,;:!?\n\r()\[\]\"“”„«»|]+|\s[-–—]+\s")
LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})
ADDRESS = re.compile(r"\S+@\S+|https?://\S+")
SPELLINGS = (
    (re.compile(r"\be[- ]mail"), "email"),
    (re.compile(r"\be[- ]post"), "epost"),
    (re.compile(r"n['’]t\b"), " not"),
    (re.compile(r"\b(do|does|did|wo|ca|would|could|should)nt\b"), r"\1 not"),
    (re.compile(r"\bopt[- ]out\b"), "opt out"),
    (re.compile(r"\bun[- ]subscribe"), "unsubscribe"),
    (re.compile(r"[^\w]+|_"), " "),
)


class OptOutWish(IntEnum):
    """What the words of a mail say about further mail."""

    NONE = 0
    UNSURE = 1  # they mention it; a person has to read the mail
    CERTAIN = 2


def find_wish(text: str) -> OptOutWish:
    """Return what `text`, a subject or a person's own words, says about further mail.

    1. It is taken clause by clause; greetings and thanks do not count.
    2. A clause is certain if it says nothing beside the opt-out, or says that it is about mail.
    3. Words that may be about an order or a course count only if nothing else is said, or the text
       mentions mail.
    """
    clauses = [fold(clause) for clause in _without_names(_split(text))]
    is_about_mail = any(_pattern(phrases.MAIL_WORDS).search(clause) for clause in clauses)
    says_more = any(_says_something_else(clause) for clause in clauses)
    wish, in_doubt = OptOutWish.NONE, False
    for clause in clauses:
        clause_wish = _clause_wish(clause, is_about_mail, says_more)
        # "If you want no more mail, unsubscribe here": the condition holds for what follows.
        wish = max(wish, min(clause_wish, OptOutWish.UNSURE) if in_doubt else clause_wish)
        in_doubt = _is_doubtful(clause) and clause_wish is OptOutWish.UNSURE
    return wish


def fold(text: str) -> str:
    """Return `text` in lower case without accents and punctuation, one space between words."""
    without_addresses = ADDRESS.sub(" ", text).casefold().translate(LETTERS)
    decomposed = unicodedata.normalize("NFKD", without_addresses)
    folded = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    for pattern, replacement in SPELLINGS:
        folded = pattern.sub(replacement, folded)
    return " ".join(folded.split())


def _split(text: str) -> list[str]:
    return [clause for clause in CLAUSE_END.split(ADDRESS.sub(" ", text)) if fold(clause)]


def _without_names(clauses: list[str]) -> list[str]:
    """Without the name with which a mail ends; a lone one says more than a name."""
    while len(clauses) > 1 and _is_name(clauses[-1]):
        clauses = clauses[:-1]
    return clauses


def _is_name(clause: str) -> bool:
    words = clause.split()
    is_capitalised = len(words) <= MAX_NAME_WORDS and all(word[0].isupper() for word in words)
    folded = fold(clause)
    is_opt_out = _opt_out(folded, phrases.CLEAR + phrases.AMBIGUOUS) or _is_lone_word(folded)
    return is_capitalised and not is_opt_out


def _clause_wish(clause: str, is_about_mail: bool, says_more: bool) -> OptOutWish:
    clear = _opt_out(clause, phrases.CLEAR)
    opt_out = clear or _opt_out(clause, phrases.AMBIGUOUS)
    if opt_out is None:
        return _lone_word_wish(clause, says_more)
    if _is_negated(clause, opt_out.start()):
        return OptOutWish.NONE
    if _is_doubtful(clause) or len(clause.split()) > MAX_CLAUSE_WORDS:
        return OptOutWish.UNSURE
    remainder = _remainder(clause)
    if clear:
        names_mail = bool(_pattern(phrases.MAIL_WORDS).search(clause))
        return OptOutWish.CERTAIN if not remainder or names_mail else OptOutWish.UNSURE
    if remainder or (says_more and not is_about_mail):
        return OptOutWish.UNSURE
    return OptOutWish.CERTAIN


def _lone_word_wish(clause: str, says_more: bool) -> OptOutWish:
    """STOP is an opt-out if the mail says nothing else."""
    if not _is_lone_word(clause):
        return OptOutWish.NONE
    return OptOutWish.UNSURE if says_more else OptOutWish.CERTAIN


def _is_lone_word(clause: str) -> bool:
    words = _remainder(clause).split()
    return bool(words) and all(word in _words(phrases.ALONE) for word in words)


def _says_something_else(clause: str) -> bool:
    is_opt_out = _opt_out(clause, phrases.CLEAR + phrases.AMBIGUOUS) or _is_lone_word(clause)
    return bool(_remainder(clause)) and not is_opt_out


def _opt_out(clause: str, wordings: tuple[str, ...]) -> re.Match[str] | None:
    return _pattern(wordings).search(clause)


def _remainder(clause: str) -> str:
    """The words of `clause` that are neither an opt-out nor without meaning beside one."""
    without_opt_out = _pattern(phrases.CLEAR + phrases.AMBIGUOUS).sub("", clause)
    return _pattern(phrases.FILLERS + phrases.MAIL_WORDS).sub("", without_opt_out).strip()


def _is_negated(clause: str, start: int) -> bool:
    before = clause[:start].split()[-MAX_NEGATION_GAP:]
    return any(word in _words(phrases.NEGATIONS) for word in before)


def _is_doubtful(clause: str) -> bool:
    return bool(_pattern(phrases.DOUBTS).search(clause))


@cache
def _words(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(fold, words))


@cache
def _pattern(wordings: Iterable[str]) -> re.Pattern[str]:
    """One pattern for all `wordings`, the longest first."""
    alternatives = sorted({_compile(wording) for wording in wordings}, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b")


def _compile(wording: str) -> str:
    """`*` is the rest of a word, `…` up to three words, `|` stands between alternatives."""
    words = [
        word if word == "…" else _alternatives(word)
        for word in wording.replace("*", "STAR").split()
    ]
    return " ".join(words).replace(" … ", r" (?:\w+ ){0,3}")


def _alternatives(word: str) -> str:
    alternatives = [fold(each).replace("star", r"\w*") for each in word.split("|") if each]
    return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"
