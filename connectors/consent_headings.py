"""Reads a consent value together with the heading it stands under.

A true under "Unsubscribed from all email" is an opt-out, and so is a false under "Subscribed". A
heading against mail never makes a yes, whatever stands under it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from connectors import consent_vocabulary as vocabulary
from connectors.consent_words import (
    ANY_OPT_OUT,
    MAIL_OPT_OUT,
    NEGATED_YES,
    NO_MAIL,
    RECEIVING,
    clauses,
    fold_words,
    has_mail_opt_out,
    is_denied,
    phrase_pattern,
    read_value,
)
from shop.consent.basis import ConsentValue


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def phrases(text: str) -> re.Pattern[str]:
    return phrase_pattern(text.split())


MAX_WORDS_OF_A_STATUS = 4
READABLE_SHARE = 0.8


class HeadingSense(StrEnum):
    """What a yes under a heading means."""

    OPT_IN = "opt-in"
    OPT_OUT = "opt-out"
    UNCLEAR = "unclear"  # it names both, as "Subscribed / unsubscribed" does


ANSWERS = re.compile(
    r"[(\[]?\b(?:yes|y|ja|j|sim|s|s[ií]|oui|o|tak|true|1|on)"
    r"(?:\s*[/|,;-]\s*|\s+(?:or|oder|ou|of)\s+)"
    r"(?:no|n|nein|n[aã]o|non|nee|nei|nej|nie|false|0|off)\b[)\]]?",
    re.IGNORECASE,
)
OTHER_CHANNELS = phrase_pattern(vocabulary.OTHER_CHANNELS)
CHANNEL_STATUS = phrase_pattern(vocabulary.CHANNEL_STATUS)
BY_MAIL = phrases("email emails newsletter* mailing* nieuwsbrief* correo courriel")
OTHER_TOPICS = phrase_pattern(vocabulary.OTHER_TOPICS)
DETAILS = phrase_pattern(vocabulary.OPT_OUT_DETAILS)
NOT_AN_ANSWER = phrase_pattern(vocabulary.NOT_AN_ANSWER)
# A question to the customer: what it asks about is no property of the column.
QUESTION = re.compile(
    r"(?:may|can|could|shall|do|would|darf|durfen|mochte\w*|wollen|willst|podemos|quer|deseja|"
    r"gostaria|desea|quiere|souhaite\w*|voulez|pouvons|vuoi|desidera|possiamo|wil|wilt|mogen)\b"
)
# Somebody may be written to: "Darf angeschrieben werden", "OK to email", "Happy to be emailed".
PERMISSION = re.compile(
    r"\b(?:may|can|could|ok|okay|happy|allowed|darf|durfen|erlaubt|ma|far|mag|mogen|peut|pode|"
    r"puede|puo|mozna|moze|kan|receives?) (?:\w+ ){0,3}(?:e?mail(?:s|ed|en|ings?)?|gemaild|mailed|"
    r"angeschrieben|kontaktes|kontaktiert|contacted|contacte|contactado|contattato|newsletters?|"
    r"nieuwsbrief|offers)\b"
    r"|\b(?:contact|contactable|kontakt) (?:by|via|per|por|par|med|mit|pa) (?:\w+ )?e?mail\b"
)
OPT_IN = phrase_pattern(vocabulary.CONSENT_HEADINGS)
# A subscription may be one of coffee, which is cancelled without a word about mail.
ORDERED_GOODS = phrases(
    "subscription* abonnement* abo suscripcion* subscricao assinatura abbonamento"
)
STATUS = phrases("status state estado statut stato")
STATUSES = frozenset({"cleaned", "complained", "complaint"})
DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}")
ADDRESS_OR_LINK = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
MAIL_TOPIC = phrase_pattern(
    [*vocabulary.MAIL, *RECEIVING, "subscription*", "consent*", "optin", "souhaite_plus"]
)
NAMES = phrase_pattern(vocabulary.NAME_HEADINGS)
COMMON_WORDS = phrases("robinson* spam bounce bounces junk")
# Under a heading that denies something a bare yes may mean a no.
NEGATION = phrases(
    "no not never without nao nunca sem sin nicht kein keine keinen nein ohne nie niemals niet "
    "geen nooit zonder ikke inte ingen inget inga ej pas jamais sans non niente senza bez не без"
)
# In capitals the words of HasOptedOutOfEmail cannot be told apart.
RUN_TOGETHER = re.compile(
    r"opt(?:ed)?out|unsubscri|excludedfrom|donot(?:bulk)?(?:e?mail|contact)|(?:black|block)listed"
    r"|^no(?:newsletter|marketing|emails?)$"
)
# Exports of newsletter programs name the day so on which an address was taken off the list.
CLEANED = re.compile(
    r"(?:clean(?:ed)?|complained|deactivated|deaktiviert|desativado|desactivado|desactive|"
    r"disattivato|objection|opposition|oposicao|oposicion|opposizione|bezwaar|sprzeciw|soppose|"
    r"si oppone|se opone|opoe se|baja|revoked|revocation|withdrawn|withdrawal|widerruf(?:en)?|"
    r"widersprochen|widerspruch|revogado|revocado|revoque|revocato|ingetrokken|aterkallat|"
    r"tilbagekaldt|trukket|wycofan[aoey])"
    r"(?: (?:time|date|datum|data|fecha|dato|day|at|on|am|em|el|le|il|op|den|campaign|title|id|"
    r"reason|email))*"
)
BOUNCE_COUNTS = phrases("soft softbounce* rate score filter folder")
FALSE_UNDER_OPT_OUT = words("""
    no n false f 0 off nein nao non nee nej nei nie falsch falso faux onwaar falsk ne nem
    нет subscribed active optin subscriber
""")
DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))(?:\D.*)?", re.DOTALL
)
HAS_DIGIT = re.compile(r"\d")
NO_DATE = re.compile(r"0{1,4}[-/.]0{1,2}[-/.]0{1,4}(?:[ T][0:.Z+]*)?")
# What databases and spreadsheets write where there is no date.
PLACEHOLDER_DATE = re.compile(
    r"(?:19(?:00|70)-01-01|1899-12-30|0001-01-01|0?1[-/.]0?1[-/.]19(?:00|70))(?:\D.*)?", re.DOTALL
)
MONTHS = re.compile(
    r"\b(?:jan|feb|mar|mär|apr|abr|avr|may|mai|maj|jun|jui|jul|aug|ago|aoû|sep|set|oct|okt|out|ott|"
    r"nov|dec|dez|dic|déc)",
    re.IGNORECASE,
)
DATE_WORDS = words("de at of um am pm the le el mon tue wed thu fri sat sun utc gmt")
SUBSCRIPTION = phrases("optin subscri* abonn* suscri* iscritt* inscrit*")
CLAIMS = phrases("""
    optin* subscribed subscribe yes abonniert angemeldet alta inscrit iscritto aangemeld tilmeldt
    zapisan*
""")
# Words written as one, as program fields are: emailoptout, acceptsmarketing.
COMPOUNDS = (
    (re.compile(r"\b(is|has|accepts|accept|customer)(?=(?:un|opt|email|marketing))"), r"\1 "),
    (re.compile(r"email(?=opt|un|consent|status|marketing|black|subscri|bounce)"), "email "),
    (re.compile(r"(?:(?<=marketing)|(?<=newsletter))(?=opt|consent|status|subscri)"), " "),
    (re.compile(r"optin (?:(?:or|and|vs) )?out\b"), "optin optout"),
)


@lru_cache(maxsize=8192)
def fold_heading(heading: str) -> str:
    """Return `heading` in folded words, without the answers that it lists, as (yes/no)."""
    folded = fold_words(ANSWERS.sub(" ", heading))
    for pattern, parted in COMPOUNDS:
        folded = pattern.sub(parted, folded)
    return folded


@lru_cache(maxsize=8192)
def heading_sense(heading: str, *, is_named: bool = False) -> HeadingSense | None:
    """Return the sense of a column's `heading`; None where it is not about mail.

    `is_named`: the owner named the column as one of consent, so that "Cancelled" is about mail.
    """
    folded = fold_heading(heading)
    if OTHER_CHANNELS.search(folded) and not BY_MAIL.search(folded):
        return None
    opt_out = _is_opt_out(folded, is_named=is_named)
    is_denial = opt_out or bool(NEGATION.search(folded))
    if OTHER_TOPICS.search(folded) or (opt_out and BOUNCE_COUNTS.search(folded)):
        return HeadingSense.UNCLEAR if is_named and is_denial else None
    if opt_out:
        is_unclear = is_denied(folded) or _names_both(folded)
        return HeadingSense.UNCLEAR if is_unclear else HeadingSense.OPT_OUT
    if is_denial and is_named:
        return HeadingSense.UNCLEAR
    asks = PERMISSION.search(folded)
    names_mail = folded == "marketing" or OPT_IN.search(folded) or asks
    is_question = asks or QUESTION.match(folded) or heading.rstrip().endswith("?")
    is_opt_in = names_mail and (is_question or not NOT_AN_ANSWER.search(folded))
    return HeadingSense.OPT_IN if is_opt_in else None


def _is_opt_out(folded: str, *, is_named: bool) -> bool:
    if RUN_TOGETHER.search(folded.replace(" ", "")):
        return True
    if CLEANED.fullmatch(folded) or MAIL_OPT_OUT.search(folded) or NO_MAIL.search(folded):
        return True
    if not (ANY_OPT_OUT.search(folded) or NEGATED_YES.search(folded)):
        return False
    return is_named or bool(MAIL_TOPIC.search(folded) or SUBSCRIPTION.search(folded))


def _names_both(folded: str) -> bool:
    """Whether a yes stands beside the opt-out: "opt-in/opt-out"; "newsletter" alone is a topic."""
    rest = MAIL_OPT_OUT.sub(" ", NO_MAIL.sub(" ", NEGATED_YES.sub(" ", folded)))
    return bool(CLAIMS.search(rest))


@lru_cache(maxsize=8192)
def read_consent(text: str, heading: str) -> ConsentValue:
    """Return what `text` says in a column that the owner named as the one of consent.

    Under a heading against mail it is at most an opt-out. A date is a yes only under a heading that
    speaks of consent.
    """
    sense = heading_sense(heading, is_named=True)
    if sense is HeadingSense.OPT_OUT:
        return read_opt_out(text, heading)
    if pair := _labelled(text):
        return read_consent(pair[1], pair[0])
    if NO_DATE.fullmatch(text) or PLACEHOLDER_DATE.fullmatch(text):
        return ConsentValue.NONE
    if is_date(text):
        return ConsentValue.YES if sense is HeadingSense.OPT_IN else ConsentValue.UNREAD
    value = read_value(text)
    is_doubtful = sense is HeadingSense.UNCLEAR and not _speaks_for_itself(text)
    is_other = value is ConsentValue.YES and is_other_channel(heading)
    if value is not ConsentValue.NONE and (is_doubtful or is_other):
        return ConsentValue.UNREAD
    return value


@lru_cache(maxsize=8192)
def read_opt_out(text: str, heading: str) -> ConsentValue:
    """Return NO, NONE or UNREAD for `text` in a column of opt-outs; never a yes.

    A false or an empty cell says nothing: somebody who has not opted out has not opted in either.
    """
    value, sense = read_value(text), heading_sense(heading, is_named=True)
    if NO_DATE.fullmatch(text) or (value is ConsentValue.NONE and not clauses(text)):
        return ConsentValue.NONE
    if sense is HeadingSense.OPT_IN and not is_date(text):
        return ConsentValue.NONE if value is ConsentValue.YES else value
    folded = fold_words(text)
    if sense is HeadingSense.OPT_OUT and DETAILS.search(fold_heading(heading)):
        return ConsentValue.NONE if _is_false(text, folded) else ConsentValue.NO
    if _is_false(text, folded) or value is ConsentValue.NONE:
        return ConsentValue.NONE
    if value is ConsentValue.NO and folded in vocabulary.NO:
        return ConsentValue.UNREAD  # "never", under a heading of opt-outs
    is_flag = value in (ConsentValue.YES, ConsentValue.NO) or is_date(text)
    return ConsentValue.NO if is_flag or text.strip().isdigit() else ConsentValue.UNREAD


@lru_cache(maxsize=8192)
def opt_out_evidence(text: str, heading: str) -> ConsentValue | None:
    """Return NO or UNREAD where `text`, in a column that the owner did not name, is evidence of an
    opt-out; else None.

    UNREAD is an opt-out among other words, as in a column of notes.
    """
    if not text or ADDRESS_OR_LINK.fullmatch(text) or _is_about_another_channel(text, heading):
        return None
    sense = heading_sense(heading)
    if sense is HeadingSense.OPT_OUT:
        value = read_opt_out(text, heading)
        return None if value is ConsentValue.NONE else value
    if sense and (answer := _answer_against_mail(text, heading)):
        return answer
    if fold_words(text) in STATUSES and STATUS.search(fold_heading(heading)):
        return ConsentValue.NO
    is_name = NAMES.search(fold_heading(heading))
    remaining_text = COMMON_WORDS.sub(" ", fold_words(text)) if is_name else text
    if DOMAIN.fullmatch(text) or not has_mail_opt_out(remaining_text):
        return None
    is_status = len(fold_words(text).split()) <= MAX_WORDS_OF_A_STATUS
    plain = is_status and len(clauses(text)) == 1 and read_value(text) is ConsentValue.NO
    return ConsentValue.NO if plain else ConsentValue.UNREAD


def _answer_against_mail(text: str, heading: str) -> ConsentValue | None:
    """Return what `text` says under a `heading` that is about mail: NO, UNREAD, or else None.

    A formula without its value may be a no.
    """
    if text.startswith("="):
        return ConsentValue.UNREAD
    is_answer = _speaks_for_itself(text) or _asks_for_an_answer(heading)
    is_no = is_answer and read_value(text) is ConsentValue.NO and not is_date(text)
    return ConsentValue.NO if is_no else None


def is_other_channel(heading: str) -> bool:
    """Whether `heading` is about text messages, calls or letters, and not about e-mail."""
    folded = fold_heading(heading)
    return bool(OTHER_CHANNELS.search(folded)) and not BY_MAIL.search(folded)


def _is_about_another_channel(text: str, heading: str) -> bool:
    """Whether "unsubscribed" is a status of text messages or calls, as under "SMS status"."""
    folded = fold_heading(heading)
    if not OTHER_CHANNELS.search(folded) or BY_MAIL.search(f"{folded} {fold_words(text)}"):
        return False
    return bool(CHANNEL_STATUS.search(folded))


def _asks_for_an_answer(heading: str) -> bool:
    """Whether "cancelled" under `heading` is about mail; under "Coffee subscription" it is not."""
    folded = ORDERED_GOODS.sub(" ", fold_heading(heading))
    return bool(BY_MAIL.search(folded) or OPT_IN.search(folded))


def column_sense(heading: str, values: Iterable[str]) -> HeadingSense | None:
    """Return the sense of a column that is one of consent by its `heading` and `values`.

    Under a heading of consent most values must be an answer or a date; under any other heading they
    must say it themselves, as subscribed and unsubscribed do. None for any other column. Formulas
    without their value say nothing about the column.
    """
    filled = (value.strip() for value in values)
    cells = [value for value in filled if value and not value.startswith("=")]
    sense = heading_sense(heading)
    if sense is None:
        if not cells or OTHER_CHANNELS.search(fold_heading(heading)):
            return None
        speaking = sum(_speaks_for_itself(value) for value in cells)
        return HeadingSense.UNCLEAR if speaking >= READABLE_SHARE * len(cells) else None
    readable = sum(
        read_value(value) is not ConsentValue.UNREAD
        or is_date(value)
        or is_active(value)
        or _speaks_for_itself(value)
        for value in cells
    )
    return sense if readable >= READABLE_SHARE * len(cells) else None


def is_active(text: str) -> bool:
    """Whether `text` is the *active* of a status."""
    return fold_words(text) in vocabulary.ACTIVE


def is_date(text: str) -> bool:
    """Whether `text` has the form of a date, as 2024-03-01 and 3 March 2024 do."""
    if not HAS_DIGIT.search(text):
        return False
    if DATE.fullmatch(text):
        return not NO_DATE.fullmatch(text)
    words = [word for word in re.split(r"[\s,.]+", text) if word]
    has_month = any(MONTHS.match(word) for word in words)
    has_year = any(re.fullmatch(r"[12]\d{3}", word) for word in words)
    return has_month and has_year and all(_is_part_of_a_date(word) for word in words)


def _is_part_of_a_date(word: str) -> bool:
    return bool(re.match(r"\d", word) or MONTHS.match(word)) or word.casefold() in DATE_WORDS


def _speaks_for_itself(text: str) -> bool:
    """Whether `text` is a status of mail under any heading, as subscribed or bounced is."""
    folded = fold_words(text)
    if len(folded.split()) > MAX_WORDS_OF_A_STATUS:
        return False
    if has_mail_opt_out(text) or folded == "cleaned":
        return True
    return bool(SUBSCRIPTION.search(folded))


def _is_false(text: str, folded: str) -> bool:
    return folded in FALSE_UNDER_OPT_OUT or bool(re.fullmatch(r"0(?:[.,]0+)?", text.strip()))


def _labelled(text: str) -> tuple[str, str] | None:
    """Return label and value of text such as "Opted in: no", where the label is about mail."""
    match = re.fullmatch(r"[{\"'\s]*([^:=]*[^\W\d][^:=]*?)[\"'\s]*[:=]\s*([^:=]+?)[}\"'\s]*", text)
    if match is None or heading_sense(match[1]) is None:
        return None
    return match[1], match[2].strip("\"' ")
