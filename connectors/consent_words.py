"""Reads a consent value: a yes, a no, nothing, or words that could not be read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from connectors import consent_vocabulary as vocabulary
from shop.consent.basis import ConsentValue

MAX_CHARS = 500
SYMBOLS = {
    **dict.fromkeys(map(ord, "✓✔☑✅👍🆗"), " yes . "),
    **dict.fromkeys(map(ord, "✗✘✖❌❎☒🚫⛔🛑👎☐⬜□🙅🔕"), " no . "),
    **str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "ı": "i"}),
    **str.maketrans({"æ": "ae", "œ": "oe", "Æ": "AE", "Œ": "OE"}),
    **str.maketrans({"’": "'", "`": "'", "´": "'", "‘": "'"}),
}
# smsStatus is two words, and so is IsExcluded; eMail is one.
CAMEL_CASE = re.compile(r"(?<=[a-z]{2})(?=[A-Z])|(?<=\b[A-Z][a-z])(?=[A-Z][a-z])")
# Punctuation that ends a clause; within a number, a date or a time it does not.
CLAUSE_END = re.compile(
    r"(?<!\d)[.:/](?!\d)|(?<=\d)[.:/](?!\d)|(?<!\d)[.:/](?=\d)|[,;()\[\]{}|!?&+=\n\"<>]|\s[-–—]+\s"
    r"|[–—]"
)
SPELLINGS = (
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(do|does|did|will|can|wo|ca)nt\b"), r"\1 not"),
    (re.compile(r"\bdont\b"), "do not"),
    (re.compile(r"\b([jd])'"), r"\1"),
    (re.compile(r"\b([nl])'"), r"\1 "),
    (re.compile(r"'"), ""),
    (re.compile(r"[^\w|]+|_"), " "),
    (re.compile(r"\b(e|electronic) mail"), "email"),
    (re.compile(r"\be ?post(?=\w*mark|\b)"), "email "),
    (
        re.compile(r"\b(?:active|current|aktiver|aktive|aktywny) (?=subscriber|abonnent|subskry)"),
        "",
    ),
    (re.compile(r"\bmails\b"), "mail"),
    (re.compile(r"\bcontact lens"), "lens"),
    (re.compile(r"\bopt(?:ed|s|ing)? ?(in|out)(s?)\b"), r"opt\1"),
    (re.compile(r"\bopt(in|out)\b"), r"opt\1"),
    (re.compile(r"\bsign(?:ed)? ?up\b"), "signedup"),
    (re.compile(r"\bun (subscri|confirmed|sub)"), r"un\1"),
    (re.compile(r"\bnon (subscri)"), r"non\1"),
    (re.compile(r"\b(black|block|deny) (list)"), r"\1\2"),
    (re.compile(r"\bnews letter"), "newsletter"),
    (re.compile(r"\b(hard|soft) bounce"), "bounce"),
    (re.compile(r"\bspam (complaint|report|trap)"), r"spam\1"),
    (re.compile(r"\bd ?accord\b"), "daccord"),
    (re.compile(r"\bde alta\b"), "subscribed"),
)
ONE_OR_ZERO = re.compile(r"(1|0+)(?:[.,]0+)?")
DASHES_ONLY = re.compile(r"[\s\-–—_./\\#\[\]{}()'\"]*")
NUMBER = re.compile(r"[1-9]\d*(?:st|nd|rd|th|h|z|t\d+)?|0\d+(?:h|z|t\d+)?|t\d+")
PERSONAL = re.compile(r"@|\d{5,}|(?:\d[\s().-]?){7,}")
MAX_SHOWN = 30
MAX_GAP = 4  # words between a negation and what it negates


class Clause(StrEnum):
    """What one clause of a value says."""

    YES = "yes"
    NO = "no"
    NOT_YET = "not yet"
    SILENT = "silent"  # empty, or a date
    MIXED = "mixed"  # an opt-out and a yes
    YES_IN_PART = "yes in part"  # a yes among words that are not known
    OTHER = "other"


def phrase_pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Compile folded `phrases`: an underscore is a space, a star any ending."""
    alternatives = sorted({re.escape(phrase) for phrase in phrases}, key=len, reverse=True)
    joined = "|".join(alternatives).replace("_", " ").replace(r"\*", r"\w*")
    joined = joined.replace(r"\[", "[").replace(r"\]", "]")
    return re.compile(rf"\b(?:{joined})\b")


def _negated(words: Iterable[str]) -> str:
    negations = "|".join(sorted(vocabulary.NEGATIONS))
    between = "|".join(sorted(vocabulary.BETWEEN))
    targets = phrase_pattern(words).pattern
    gap = rf"(?:(?:{between}) ){{0,{MAX_GAP}}}"
    return rf"\b(?:{negations}) {gap}{targets}|{targets} (?:pas|plus|nicht|niet|ikke|inte)\b"


MAIL_OPT_OUT = phrase_pattern(vocabulary.MAIL_OPT_OUT)
ANY_OPT_OUT = phrase_pattern(vocabulary.MAIL_OPT_OUT | vocabulary.OPT_OUT)
NOT_YET = phrase_pattern(vocabulary.NOT_YET)
NO_MAIL = re.compile(_negated(vocabulary.MAIL))
RECEIVING = {"receive", "recevoir", "receber", "recibir", "ricevere", "ontvangen", "erhalten"}
NEGATED_YES = re.compile(_negated(vocabulary.YES | RECEIVING | {"subscri*", "wants", "mochte"}))
# "not unsubscribed", "no bounces": an opt-out that is denied.
DENIED_OPT_OUT = re.compile(
    rf"\b(?:{'|'.join(sorted(vocabulary.NEGATIONS))}) (?:\w+ ){{0,2}}{ANY_OPT_OUT.pattern}"
)
PLAIN_NEGATIONS = ("do not ", "dont ", "no longer ", "not interested", "not want", "no mail")


@lru_cache(maxsize=4096)
def clauses(text: str) -> tuple[str, ...]:
    """Return the clauses of `text`, each as folded words between single spaces."""
    return tuple(" ".join(clause.split()) for clause in fold(text).split("|") if clause.strip())


def fold(text: str) -> str:
    """Return `text` in folded words; a bar stands where a clause ends."""
    text = unicodedata.normalize("NFKD", text[:MAX_CHARS]).translate(SYMBOLS)
    text = "".join(mark for mark in text if not _is_ignored(mark))
    text = unicodedata.normalize("NFC", text)  # Korean and Japanese letters are whole again
    text = CAMEL_CASE.sub(" ", text)
    text = CLAUSE_END.sub("|", text).casefold()
    for pattern, spelling in SPELLINGS:
        text = pattern.sub(spelling, text)
    return text


def _is_ignored(character: str) -> bool:
    """Whether `character` is an accent, or is not seen."""
    return "\u0300" <= character <= "\u036f" or unicodedata.category(character) == "Cf"


def fold_words(text: str) -> str:
    """Return `text` in folded words between single spaces, without its clauses."""
    return " ".join(clauses(text))


def read_value(text: str) -> ConsentValue:
    """Return what `text` says by itself, in any capitals, accents and punctuation.

    UNREAD is anything that is neither a known yes, nor an opt-out, nor a word for no answer; an
    opt-out beside a yes is unread too, so `text` with an opt-out in it is never a yes.
    """
    return _read_value(text.strip())


@lru_cache(maxsize=8192)
def _read_value(text: str) -> ConsentValue:
    if DASHES_ONLY.fullmatch(text):
        return ConsentValue.NONE
    if number := ONE_OR_ZERO.fullmatch(text):
        return ConsentValue.YES if number[1] == "1" else ConsentValue.NO
    if text.startswith("=") or text.endswith("?"):
        return ConsentValue.UNREAD  # a formula that no spreadsheet has evaluated; "yes?"
    if " ".join(clauses(text)) in vocabulary.EMPTY:
        return ConsentValue.NONE if clauses(text) else ConsentValue.UNREAD
    return _combine({_read_clause(clause) for clause in clauses(text)})


def _combine(said: set[Clause]) -> ConsentValue:
    if Clause.NO in said and not said & {Clause.YES, Clause.YES_IN_PART, Clause.MIXED}:
        return ConsentValue.NO
    if said - {Clause.SILENT} == {Clause.YES}:
        return ConsentValue.YES
    return ConsentValue.NONE if said - {Clause.SILENT} == {Clause.NOT_YET} else ConsentValue.UNREAD


def _read_clause(clause: str) -> Clause:
    words = clause.split()
    if clause in vocabulary.EMPTY or all(NUMBER.fullmatch(word) for word in words):
        return Clause.SILENT
    if NOT_YET.fullmatch(clause):
        return Clause.NOT_YET
    if has_opt_out(clause):
        rest = ANY_OPT_OUT.sub(" ", NO_MAIL.sub(" ", NEGATED_YES.sub(" ", clause))).split()
        yeses = vocabulary.YES & set(rest)
        if words[0] not in vocabulary.YES:
            yeses -= vocabulary.PREPOSITIONS
        denied = is_denied(clause) or yeses
        return Clause.MIXED if denied else Clause.NO
    if words[0] in vocabulary.NO:
        return Clause.MIXED if vocabulary.YES & set(words[1:]) else Clause.NO
    has_yes = bool(vocabulary.YES & set(words) - {"on"}) or words == ["on"]
    if all(_is_yes_or_filler(word) for word in words):
        return Clause.YES if has_yes else Clause.SILENT
    return Clause.YES_IN_PART if has_yes else Clause.OTHER


def show_value(text: str) -> str:
    """Return `text` on one short line for the owner; an address or a long number is left out."""
    if PERSONAL.search(text):
        return "…"
    line = " ".join(text.split())
    return line if len(line) <= MAX_SHOWN else f"{line[:MAX_SHOWN]}…"


def has_opt_out(clause: str) -> bool:
    """Whether the folded `clause` holds an opt-out, a negated yes, or a no to mail."""
    patterns = (ANY_OPT_OUT, NEGATED_YES, NO_MAIL)
    return any(pattern.search(clause) for pattern in patterns)


def has_mail_opt_out(text: str) -> bool:
    """Whether `text` holds an opt-out that can only be about mail, as in "no newsletter please"."""
    return any(MAIL_OPT_OUT.search(clause) or NO_MAIL.search(clause) for clause in clauses(text))


def is_denied(clause: str) -> bool:
    """Whether the folded `clause` denies an opt-out: "not unsubscribed"."""
    denied = DENIED_OPT_OUT.search(clause)
    return denied is not None and not denied[0].startswith(PLAIN_NEGATIONS)


def _is_yes_or_filler(word: str) -> bool:
    return word in vocabulary.YES or word in vocabulary.FILLER or bool(NUMBER.fullmatch(word))
