"""Finds the columns of a list that say who may be mailed, and those that say who may not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.consent_headings import (
    HeadingSense,
    column_sense,
    heading_sense,
    is_date,
    opt_out_evidence,
    read_consent,
)
from connectors.consent_words import ANY_OPT_OUT, fold_words, read_value
from connectors.csv.guess.column_values import ColumnValues
from connectors.csv.guess.headings import heading_words, rank_headings
from shop.consent.basis import ConsentValue

MOSTLY = 0.5
MAX_STATUSES = 12
MAX_WORDS_OF_A_REFUSAL = 2
MAIL_WORDS = frozenset({
    "email", "emails", "emailed", "mail", "mails", "mailed", "mailing", "mailings", "emailing",
    "newsletter", "newsletters", "correo", "correos", "courriel", "courriels", "werbung",
})  # fmt: skip
MAX_LETTERS_OF_A_STATUS = 40
STATUS_WORDS = frozenset({
    "status", "state", "estado", "situacao", "statut", "etat", "zustand", "stato", "subscription",
})  # fmt: skip
FILE_WORDS = frozenset({
    "segment", "export", "list", "members", "contacts", "audience", "csv", "copy", "kopie", "liste",
    "lista",
})  # fmt: skip
OPT_IN_WORDS = frozenset({
    "optin", "opt", "confirm", "confirmed", "confirmation", "consent", "consented", "newsletter",
    "marketing", "email", "mail", "subscribed", "subscriber", "einwilligung", "abonniert",
    "consentimento", "consentimiento", "consentement", "consenso", "toestemming",
})  # fmt: skip


@dataclass(frozen=True)
class ConsentColumns:
    """The columns of consent, of opt-outs, and of the date of the consent."""

    consent: str | None
    said_no: tuple[str, ...]
    since: str | None


def find_consent_columns(values: Mapping[str, ColumnValues]) -> ConsentColumns:
    """Return what the headings and `values` of a file say of consent.

    A column of dates such as OPTIN_TIME is the consent itself where no column has it in words.
    """
    senses = {heading: column_sense(heading, column.distinct) for heading, column in values.items()}
    refusals = [name for name, column in values.items() if _only_refuses(name, column)]
    opt_ins = [
        name
        for name, sense in senses.items()
        if sense and sense != HeadingSense.OPT_OUT and name not in refusals
    ]
    date_columns = [name for name in opt_ins if is_date_column(values[name])]
    dates = _ranked("since", [name for name in date_columns if _is_moment_of_consent(name)])
    words = _ranked("consent", [name for name in opt_ins if name not in date_columns])
    words = words or [name for name, column in values.items() if _is_status_of_mail(name, column)]
    # Active may mean that an address works: a column with a yes in words goes before it.
    words.sort(key=lambda name: not _says_yes(name, values[name]))
    fullest = max((values[name].filled for name in words), default=0)
    consent = next((name for name in words if values[name].filled >= MOSTLY * fullest), None)
    since = max(dates, key=lambda name: values[name].filled, default=None)
    opt_outs = [
        name for name, sense in senses.items() if sense is HeadingSense.OPT_OUT or name in refusals
    ]
    return ConsentColumns(
        consent or since,
        tuple(name for name in opt_outs if values[name].filled or not any_filled(values)),
        since,
    )


def _says_yes(heading: str, column: ColumnValues) -> bool:
    return any(read_consent(value, heading) is ConsentValue.YES for value in column.distinct)


def _only_refuses(heading: str, column: ColumnValues) -> bool:
    """Return whether all values under a heading that asks for none are opt-outs, as in a column of
    who stopped: it says nothing of the others.
    """
    return (
        bool(column.filled)
        and heading_sense(heading) is None
        and all(opt_out_evidence(value, heading) is ConsentValue.NO for value in column.distinct)
    )


def any_filled(values: Mapping[str, ColumnValues]) -> bool:
    return any(column.filled for column in values.values())


def columns_about_mail(values: Mapping[str, ColumnValues]) -> tuple[str, ...]:
    """Return the columns that say anything about who may be mailed.

    Where there is one, nobody can vouch for the whole list.
    """
    return tuple(name for name, column in values.items() if _is_about_mail(name, column))


def _is_about_mail(heading: str, column: ColumnValues) -> bool:
    """Return whether a column may say who must not be mailed; rather once too often."""
    if not column.filled:
        return False
    if heading_sense(heading) or heading_sense(heading, is_named=True) is HeadingSense.OPT_OUT:
        return True
    if MAIL_WORDS & set(heading_words(heading)) and column.share(_is_answer) >= MOSTLY:
        return True
    return any(speaks_of_mail(heading, value) or _is_refusal(value) for value in column.distinct)


def _is_answer(value: str) -> bool:
    return read_value(value) in (ConsentValue.YES, ConsentValue.NO)


def _is_refusal(value: str) -> bool:
    """Return whether a short `value` is one of refusing or leaving, as blocked or cancelled is."""
    folded = fold_words(value[:MAX_LETTERS_OF_A_STATUS])
    return len(folded.split()) <= MAX_WORDS_OF_A_REFUSAL and bool(ANY_OPT_OUT.search(folded))


def _is_status_of_mail(heading: str, column: ColumnValues) -> bool:
    """Return whether a column of a few statuses has one of mail, as active and unsubscribed are."""
    is_short = column.is_complete and len(column.distinct) <= MAX_STATUSES
    if not is_short or STATUS_WORDS.isdisjoint(heading_words(heading)):
        return False
    return any(speaks_of_mail(heading, value) for value in column.distinct)


def speaks_of_mail(heading: str, value: str) -> bool:
    """Return whether `value` says by itself who may be mailed, as subscribed and bounced do."""
    if opt_out_evidence(value, heading) is not None:
        return True
    return len(value) <= MAX_LETTERS_OF_A_STATUS and column_sense(heading, [value]) is not None


def names_opt_outs(file: str) -> bool:
    """Return whether the name of a file says that its people must not be mailed.

    "cleaned_segment_export_8893817.csv" says it by its first word.
    """
    words = [word for word in heading_words(file.partition(".")[0]) if word not in FILE_WORDS]
    telling = " ".join(word for word in words if not word.isdecimal())
    return heading_sense(telling) is HeadingSense.OPT_OUT


def is_date_column(column: ColumnValues) -> bool:
    """Return whether the column has values, all of them dates."""
    return bool(column.filled) and column.share(is_date) == 1


def _is_moment_of_consent(heading: str) -> bool:
    """Return whether a date under `heading` is that of a yes: that of a subscription may be
    another's, as of a box of vegetables."""
    return not OPT_IN_WORDS.isdisjoint(heading_words(heading))


def _ranked(role: str, headings: list[str]) -> list[str]:
    """Return `headings`, those first that the words of `role` name."""
    known = list(rank_headings(role, headings))
    return [*known, *(heading for heading in headings if heading not in known)]
