"""Turns CSV rows into survey answers: pure functions that never raise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors import parse_values
from connectors.csv.record_keys import Occurrences, answer_digest, record_key, text_digest
from connectors.csv.rows import (
    CsvFormat,
    CsvRow,
    named_customer,
    parse_buyer,
    parse_when,
    when_error,
)
from connectors.stream import ParsedRecord
from shop.ingest.source_rows import SourceRows
from shop.types.moment import microseconds

SCALES = {"csat": (1, 5), "nps": (0, 10)}
NUMBER = re.compile(r"(-?[0-9]{1,6})(?:[.,]0+)?")
MAX_COMMENT_CHARS = 4_000


@dataclass(frozen=True)
class SurveyAnswer:
    """One answer; `key` says whose it is, of when and about which survey."""

    key: str
    row: CsvRow


def identify_answers(
    rows: Iterable[CsvRow], csv_format: CsvFormat, read_at: datetime
) -> Iterator[SurveyAnswer]:
    """Yield answers with keys that stay the same when scores or comments are corrected.

    A customer gives one answer to a survey at one moment: of several rows the last one counts.
    Answers of unknown people are told apart by what they say, and equal ones by their number.
    """
    occurrences = Occurrences()
    for row in rows:
        answered_at = parse_when(row.cells, csv_format, read_at)
        if answered_at is None:
            yield SurveyAnswer("", row)
            continue
        customer = named_customer(row.cells.get("customer", ""))
        survey = parse_values.single_line(row.cells.get("survey"))
        digest = answer_digest(customer, answered_at, survey)
        if customer is None:
            yield SurveyAnswer(occurrences.key(anonymous_digest(digest, row.cells)), row)
        else:
            yield SurveyAnswer(record_key(digest, 1), row)


def anonymous_digest(digest: bytes, cells: Mapping[str, str]) -> bytes:
    """Return `digest` with the scores and the comment, by which anonymous answers differ."""
    scores = [parse_score(name, cells.get(name, "")) for name in SCALES]
    comment = parse_values.single_line(cells.get("words"), MAX_COMMENT_CHARS) or ""
    texts = ("" if score is None else str(score) for score in scores)
    return text_digest(digest.hex(), *texts, comment.casefold())


def answer(survey_answer: SurveyAnswer, csv_format: CsvFormat, read_at: datetime) -> ParsedRecord:
    cells, position = survey_answer.row.cells, f"line {survey_answer.row.number}"
    if survey_answer.row.fault:
        return ParsedRecord(position, errors=(survey_answer.row.fault,))
    answered_at = parse_when(cells, csv_format, read_at)
    scores = {name: parse_score(name, cells.get(name, "")) for name in SCALES}
    comment = parse_values.single_line(cells.get("words"), MAX_COMMENT_CHARS)
    errors = [reason for reason in scores.values() if isinstance(reason, str)]
    errors += [] if answered_at else [when_error(cells, csv_format, read_at)]
    if not errors and comment is None and set(scores.values()) == {None}:
        errors = ["The answer says nothing."]
    if errors or answered_at is None:
        return ParsedRecord(position, errors=tuple(errors))
    buyer, identities, buyer_errors = parse_buyer(cells.get("customer", ""), csv_format, read_at)
    row = {
        "source": csv_format.source, "external_id": survey_answer.key, "customer_source": buyer[0],
        "customer_key": buyer[1], "answered_at": answered_at, **scores, "words": comment,
        "survey": parse_values.single_line(cells.get("survey")), "version": microseconds(read_at),
    }  # fmt: skip
    return ParsedRecord(position, SourceRows(identities, answers=[row]), tuple(buyer_errors))


def parse_score(name: str, written: str) -> int | str | None:
    """Return a score, the reason why it is invalid, or None where the cell is empty."""
    if not written:
        return None
    least, most = SCALES[name]
    match = NUMBER.fullmatch(written)
    if match and least <= int(match[1]) <= most:
        return int(match[1])
    shown = f"of {int(match[1])}" if match else "is no whole number, and"
    return f"The {name} {shown} is not on the scale from {least} to {most}."
