"""Recognises and reads an altered export, and says whether it was read right."""

from __future__ import annotations

import csv
from contextlib import closing
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.csv.columns import column_indexes, column_names
from connectors.csv.config import CsvCustomers, CsvOrders
from connectors.csv.connector import (
    READERS,
    CsvConnector,
    detect_format,
    open_records,
)
from connectors.csv.presets.recognition import recognize_file
from connectors.csv.table import inspect_table
from connectors.stream import ParsedRecord
from settings.errors import SourceDataError
from tests.connectors.csv.recognition.exports import Truth, make_export
from tests.connectors.csv.recognition.variants import VARIANTS, Variant

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)


class Verdict(StrEnum):
    """What came of a file; only the first two are allowed."""

    RIGHT = "right"
    NOT_RECOGNISED = "not recognised"
    ANOTHER_KIND = "another kind"
    WRONG_CONSENT = "a yes that is none"
    WRONG = "read wrongly"


ALLOWED = (Verdict.RIGHT, Verdict.NOT_RECOGNISED)


def judge(format_name: str, variant_name: str, folder: Path, rows: int | None = None) -> Verdict:
    """Return the verdict on one format in one variant; `rows` instead of the variant's own."""
    count, alter = VARIANTS[variant_name]
    variant = alter(make_export(format_name, rows or count))
    path = folder / "export.csv"
    write(variant, path)
    try:
        guess = recognize_file(path, "export")
    except SourceDataError:
        return Verdict.NOT_RECOGNISED
    if guess.missing or guess.is_opt_out_list:
        return Verdict.NOT_RECOGNISED
    truth = variant.export.truth
    if guess.holds != truth.holds:
        return Verdict.ANOTHER_KIND
    columns: dict[str, Any] = dict(guess.columns)
    if guess.said_no:
        columns["said no"] = [*guess.said_no]
    settings = {"from": "csv", "holds": guess.holds, "file": path.name, "columns": columns}
    if guess.total_is_of:
        settings["total is of"] = guess.total_is_of
    model = CsvOrders if guess.holds == "orders" else CsvCustomers
    connector = CsvConnector(
        "export", path, model.model_validate(settings), "EUR", ZoneInfo("UTC"), "people", "PT"
    )
    return judge_reading(truth, variant, parse(connector))


def write(variant: Variant, path: Path) -> None:
    with path.open("w", encoding=variant.encoding, newline="") as file:
        writer = csv.DictWriter(
            file, variant.export.headings, delimiter=variant.delimiter, restval="",
            extrasaction="ignore",
        )  # fmt: skip
        writer.writeheader()
        writer.writerows(variant.export.rows)


def parse(connector: CsvConnector) -> list[ParsedRecord]:
    config = connector.config
    table = inspect_table(connector.path, "export", column_names(config.columns))
    indexes = column_indexes(table, config.columns, "export")
    csv_format = detect_format(table, indexes, connector, NOW)
    with closing(open_records(table, indexes, connector, csv_format, NOW)) as file:
        reader = READERS[config.holds]
        return [reader(record, file.csv_format, NOW) for record in file.records]


def judge_reading(truth: Truth, variant: Variant, parsed: list[ParsedRecord]) -> Verdict:
    if truth.holds == "orders":
        return _judge_orders(truth, variant, parsed)
    says: dict[str, str] = {}
    for record in parsed:
        says |= {row["external_id"]: row["says"] for row in record.rows.statements}
    if any(said == "yes" and truth.consent.get(key) != "yes" for key, said in says.items()):
        return Verdict.WRONG_CONSENT
    is_shown = not variant.changed & {"consent", "said no"}
    wrong = [
        key
        for key, said in says.items()
        if said != truth.consent.get(key) and (is_shown or said not in ("none", "unread", "no"))
    ]
    people = {row["external_id"] for record in parsed for row in record.rows.identities}
    complete = len(people) == len(variant.export.rows) and people <= truth.consent.keys()
    return Verdict.RIGHT if complete and not wrong else Verdict.WRONG


def _judge_orders(truth: Truth, variant: Variant, parsed: list[ParsedRecord]) -> Verdict:
    orders = {
        row["external_id"]: (row["customer_key"], row["total"], bool(row["counts"]))
        for record in parsed
        for row in record.rows.orders
    }
    expected = truth.orders
    if "status" in variant.changed:
        orders = {key: (*order[:2], True) for key, order in orders.items()}
        expected = {key: (*order[:2], True) for key, order in expected.items()}
    return Verdict.RIGHT if orders == expected else Verdict.WRONG
