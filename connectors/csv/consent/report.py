"""What `check`, `sync` and `init` say about the consent of a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from connectors.consent_headings import HeadingSense, heading_sense, is_other_channel
from connectors.consent_words import show_value
from connectors.csv.consent.columns import Column
from connectors.csv.consent.imported_consent import EXAMPLE
from connectors.csv.consent.people import ConsentSummary, is_contradicted
from shop.consent.basis import ConsentValue

MAX_UNREAD_SHARE = 0.2
MAX_WORDINGS = 5
# More different values than these are no answers: they may be names, and are not shown.
MAX_DIFFERENT = 12


def consent_mistakes(summary: ConsentSummary) -> list[str]:
    """Return what the owner has to correct, one sentence each."""
    return [
        *_misnamed(summary),
        *_unread(summary, is_mistake=True),
        *_says_nothing(summary),
        *_evidence(summary),
        *_refused_vouch(summary),
    ]


def consent_notes(summary: ConsentSummary, *, is_free_text: bool, source: str) -> list[str]:
    """Return what the owner should know; `is_free_text` is of `imported consent:`."""
    columns = summary.columns
    notes = [*_unread(summary, is_mistake=False), *_opt_outs_in_notes(summary)]
    if columns.consent is None and not (columns.vouched or summary.vouch_refused):
        notes.append(_nobody_mailed(summary, source))
    if is_free_text and not summary.vouch_refused:
        notes.append(
            "imported consent is in words of your own. It still counts; better write how, where "
            f"and since when, like: {EXAMPLE}."
        )
    if columns.consent and columns.vouched:
        notes.append("imported consent is not used, since a column is named with consent.")
    return notes


def _nobody_mailed(summary: ConsentSummary, source: str) -> str:
    """Return why nobody is mailed because of a list without a column of consent, and what to do."""
    columns = summary.columns
    if columns.said_no:
        return (
            f"{columns.file} says who must not be mailed, but not who may: nobody is mailed "
            "because of it. If a column says that too, name it with consent."
        )
    remedy = (
        "Name a column that says it with consent."
        if is_contradicted(summary)
        else f"Name its column with consent, or write under {source} how they all said yes, "
        f"like imported consent: {EXAMPLE}."
    )
    problem = f"{columns.file} does not say who may be mailed, so nobody is mailed because of it."
    return f"{problem} {remedy}"


def _misnamed(summary: ConsentSummary) -> Iterator[str]:
    column = summary.columns.consent
    if column and heading_sense(column.heading, is_named=True) is HeadingSense.OPT_OUT:
        yield (
            f'The column "{column.heading}" says who must not be mailed, so nobody in it is a yes. '
            "Name it with said no, and not with consent."
        )
    if column and is_other_channel(column.heading):
        yield (
            f'The column "{column.heading}" is about text messages, calls or letters, so its yes '
            "is none to e-mail. Name the column that is about e-mail."
        )


def _unread(summary: ConsentSummary, *, is_mistake: bool) -> Iterator[str]:
    for heading, tally in summary.named.items():
        unread = tally.values[ConsentValue.UNREAD]
        if unread and (unread > MAX_UNREAD_SHARE * tally.filled) is is_mistake:
            yield (
                f'{count_rows(unread)} of {tally.filled:,} in the column "{heading}" could not be '
                f"read as yes or no, and these people get no mail: {wordings(tally.wordings)}. "
                "Write yes or no there, or name another column."
            )


def _says_nothing(summary: ConsentSummary) -> Iterator[str]:
    column = summary.columns.consent
    if column is None or not summary.rows:
        return
    tally = summary.named[column.heading]
    if tally.values[ConsentValue.YES] or tally.values[ConsentValue.NO]:
        return
    shown = wordings(tally.samples) if tally.filled else "all its cells are empty"
    yield f'The column "{column.heading}" has neither a yes nor a no: {shown}.'


def _evidence(summary: ConsentSummary) -> Iterator[str]:
    for column, rows in summary.evidence.items():
        if advice := _advice(column, summary):
            yield (
                f'The column "{column.heading}" holds an opt-out in {count_rows(rows)}; these '
                f"people get no mail. {advice}"
            )


def _advice(column: Column, summary: ConsentSummary) -> str | None:
    """Return how to name `column`; None where it is not about mail, as one of notes."""
    sense = heading_sense(column.heading)
    if sense is None and not column.is_status:
        return None
    is_answer = column.is_status or sense is HeadingSense.OPT_IN
    word = "consent" if is_answer and summary.columns.consent is None else "said no"
    return f'Name the column: {word}: "{column.heading}".'


def _opt_outs_in_notes(summary: ConsentSummary) -> Iterator[str]:
    for column, rows in summary.evidence.items():
        if _advice(column, summary) is None:
            yield (
                f'The column "{column.heading}" seems to hold an opt-out in {count_rows(rows)}; '
                "these people get no mail. If they may be mailed, take the words out of it."
            )


def _refused_vouch(summary: ConsentSummary) -> Iterator[str]:
    if not summary.vouch_refused:
        return
    if summary.holds_purchases:
        yield (
            "imported consent does not hold for this file, since its columns are those of "
            "purchases: who bought has not said yes. Write holds: orders."
        )
        return
    tallies: Counter[str] = Counter()
    for column, rows in [*summary.evidence.items(), *summary.not_asked.items()]:
        tallies[column.heading] += rows
    for heading, tally in summary.named.items():
        tallies[heading] += tally.values[ConsentValue.NO]
    columns = ", ".join(
        f'"{heading}" ({count_rows(rows)})' for heading, rows in tallies.items() if rows
    )
    yield (
        "imported consent does not hold for this list, since columns of it say who has not said "
        f"yes: {columns}. Name the column that says who did with consent."
    )


def wordings(values: Counter[str]) -> str:
    """Return the most frequent values with their counts; nothing that may be personal data."""
    if len(values) > MAX_DIFFERENT:
        return f"{len(values):,} or more different values"
    listed = [
        f'"{show_value(value)}" ({count:,})' for value, count in values.most_common(MAX_WORDINGS)
    ]
    more = len(values) - len(listed)
    return ", ".join([*listed, f"and {more} more" if more else ""]).removesuffix(", ")


def count_rows(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"
