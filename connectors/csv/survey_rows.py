"""Turns CSV rows into survey answers: pure functions that never raise."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from connectors import parse_values
from connectors.csv.rows import SURPLUS, CsvFormat, CsvRow, parse_buyer, parse_date
from connectors.stream import ParsedRecord
from shop.ingest.source_rows import SourceRows
from shop.types.moment import microseconds

SCALES = {"csat": (1, 5), "nps": (0, 10)}
NUMBER = re.compile(r"(-?[0-9]{1,6})(?:[.,]0+)?")
MAX_COMMENT_CHARS = 4_000
KEY_COLUMNS = ("customer", "when", "survey")


@dataclass(frozen=True)
class SurveyAnswer:
    """One answer; `key` is a hash of customer, time and survey."""

    key: str
    row: CsvRow


def identify_answers(rows: Iterable[CsvRow]) -> Iterator[SurveyAnswer]:
    """Yield answers with keys that stay the same when scores or comments are corrected."""
    occurrences: Counter[bytes] = Counter()
    for row in rows:
        text = "\x1f".join(row.cells.get(name, "").casefold() for name in KEY_COLUMNS)
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).digest()
        occurrences[digest] += 1
        yield SurveyAnswer(f"{digest.hex()}-{occurrences[digest]}", row)


def answer(survey_answer: SurveyAnswer, csv_format: CsvFormat, read_at: datetime) -> ParsedRecord:
    cells, position = survey_answer.row.cells, f"line {survey_answer.row.number}"
    if survey_answer.row.surplus:
        return ParsedRecord(position, errors=(SURPLUS,))
    answered_at = parse_date(cells.get("when", ""), "when", csv_format, read_at)
    scores = {name: parse_score(name, cells.get(name, "")) for name in SCALES}
    comment = parse_values.single_line(cells.get("words"), MAX_COMMENT_CHARS)
    errors = [reason for reason in scores.values() if isinstance(reason, str)]
    errors += [] if answered_at else ["The date is none."]
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
