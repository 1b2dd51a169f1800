"""Recognises files together, as `regulars init` does, and reports what would be read of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.csv.guess.guess_config import read_headings
from connectors.csv.inspection.file_report import FileReport, report_file
from connectors.csv.presets.preset import Preset
from connectors.csv.presets.recognition import recognize_file
from connectors.csv.presets.registry import get_preset
from connectors.platform import SourceContext
from connectors.registry import platform_of
from regulars.init.answers import OPT_OUTS, CsvFile
from regulars.init.files.csv_file import csv_file_of, source_config
from regulars.init.files.customer_links import link_customers
from regulars.init.files.paths import find_files, relative_path
from regulars.init.files.repeated_orders import mark_repeated_orders
from regulars.init.render_config import named_sources
from regulars.inspection.shop_context import FALLBACK_CURRENCY, ShopContext, currency_in
from settings.errors import OwnerFileError, RegularsError, SourceDataError

HIDDEN_LINES = ("  read: ", "  not read: ")


@dataclass(frozen=True)
class InspectedFile:
    """A file with the name that its source would get.

    `report` and `notes` are of what would be read; without them, `problem` says why nothing would.
    """

    name: str
    csv_file: CsvFile
    preset: Preset | None
    report: FileReport | None = None
    notes: tuple[str, ...] = ()
    problem: str | None = None


def inspect_files(
    names: Sequence[str], folder: Path, shop: ShopContext, now: datetime | None = None
) -> list[InspectedFile]:
    """Return what the files in `folder` hold that `names` mean, in their order.

    Raises `OwnerFileError` for a file that does not exist.
    """
    paths = [path for name in names for path in find_files(name, folder)]
    recognized = [_recognize(path, folder) for path in dict.fromkeys(paths)]
    linked = link_customers(mark_repeated_orders(recognized, folder), folder)
    named = [*named_sources(linked)]
    sources = {name: source_config(csv_file) for name, csv_file in named if _reads(csv_file)}
    currency = shop.currency or _currency_of(linked, folder)
    contexts = {
        name: SourceContext(
            name=name, folder=folder, currency=currency, zone=ZoneInfo(shop.timezone),
            sources=sources, country=shop.country,
        )
        for name in sources
    }  # fmt: skip
    return [
        _inspect(name, csv_file, sources.get(name), contexts.get(name), now or datetime.now(UTC))
        for name, csv_file in named
    ]


def _currency_of(files: Sequence[CsvFile], folder: Path) -> str:
    for csv_file in files:
        if _reads(csv_file) and csv_file.holds == "orders":
            headings = read_headings(folder / csv_file.file, csv_file.file)
            if headings and (code := currency_in(headings, csv_file.columns.get("total"))):
                return code
    return FALLBACK_CURRENCY


def _recognize(path: Path, folder: Path) -> CsvFile:
    file = relative_path(path, folder)
    try:
        return csv_file_of(recognize_file(path, path.name), file)
    except SourceDataError as error:
        return CsvFile(file, "customers", {}, missing=("e-mail",), problem=str(error))


def _reads(csv_file: CsvFile) -> bool:
    return not csv_file.missing and csv_file.holds != OPT_OUTS


def _inspect(
    name: str, csv_file: CsvFile, source: Any, context: SourceContext | None, now: datetime
) -> InspectedFile:
    preset = get_preset(csv_file.preset)
    if source is None or context is None:
        return InspectedFile(name, csv_file, preset, problem=_why_unread(csv_file))
    platform = platform_of(source)
    try:
        connector: Any = platform.make_connector(source, context)
        report = report_file(connector, preset, now)
        assert platform.describe  # noqa: S101 - files can be described
        description = platform.describe(source, context, now)
    except OwnerFileError:
        raise
    except RegularsError as error:
        return InspectedFile(name, csv_file, preset, problem=str(error))
    lines = [line for line in description.text.splitlines() if not line.startswith(HIDDEN_LINES)]
    notes = tuple(line.strip().removeprefix(f"{connector.path.name}: ") for line in lines)
    return InspectedFile(name, csv_file, preset, report, notes)


def _why_unread(csv_file: CsvFile) -> str:
    if csv_file.problem:
        return csv_file.problem
    if csv_file.holds == OPT_OUTS:
        return (
            "Its name says that these people must not be mailed, and no column says anything else. "
            f"regulars no-mail import {csv_file.file} stops mail to them for ever."
        )
    return f"No column could be recognised as {' or '.join(csv_file.missing)}."
