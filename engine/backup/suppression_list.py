"""The no-mail list: every address that must not be mailed, in a CSV file for any program."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from engine.open.open_shop import OpenShop
from engine.reach import load_reach
from settings.email_address import address_key, is_address
from settings.errors import SourceDataError, UnavailableError
from shop.consent.imports.suppressions import import_addresses
from shop.consent.optouts import OptOut, iter_opt_outs
from shop.consent.suppressions import SuppressionReason
from shop.db.engine import read_transaction, write_transaction

FILE_NAME = "no-mail.csv"
COLUMNS = ("address", "since", "reason")
DETAIL = "no-mail list"
ADDRESS_COLUMNS = {"address", "e-mail", "email", "e-mail address", "email address"}


@dataclass(frozen=True)
class ImportResult:
    """How many addresses were imported, and the numbers of the unreadable lines.

    Of the `reachable` customers before, `silenced` get no marketing mail any more. Where
    `was_refused`, these are what the import would have done. `number` is what undoes it.
    """

    addresses: int
    unreadable: tuple[int, ...]  # line numbers
    reachable: int = 0
    silenced: int = 0
    was_refused: bool = False
    number: int = 0


class _RefusedImportError(Exception):
    """Rolls the transaction of an import back; `result` is what it would have done."""

    def __init__(self, result: ImportResult) -> None:
        self.result = replace(result, was_refused=True, number=0)


def save_suppression_list(shop: OpenShop) -> Path:
    """Write the list beside config.yaml; called daily and with each backup. Returns its path."""
    return write_suppression_list(shop, shop.folder)


def write_suppression_list(shop: OpenShop, folder: Path) -> Path:
    """Write the list to `folder` atomically, with mode 0600. Raises `UnavailableError` on I/O
    errors.
    """
    file = folder / FILE_NAME
    try:
        handle, name = tempfile.mkstemp(prefix=f".{FILE_NAME}.", dir=folder)
        temp_file = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                with read_transaction(shop.engine) as connection:
                    _write_rows(out, iter_opt_outs(connection))
                out.flush()
                os.fsync(out.fileno())
            temp_file.replace(file)
        finally:
            temp_file.unlink(missing_ok=True)
    except OSError as refusal:
        raise UnavailableError(f"{file} could not be written: {refusal.strerror}.") from refusal
    return file


def _write_rows(output: io.TextIOBase, opt_outs: Iterable[OptOut]) -> None:
    writer = csv.writer(output)
    writer.writerow(COLUMNS)
    for opt_out in opt_outs:
        writer.writerow(
            (opt_out.address, opt_out.since.isoformat(timespec="seconds"), opt_out.reason)
        )


def import_suppression_list(
    shop: OpenShop, file: Path, *, now: datetime, max_silenced: float = 1.0
) -> ImportResult:
    """Suppress every address in `file`, in one transaction.

    Nothing is changed where more than the share `max_silenced` of the reachable customers are on
    the list. Raises `SourceDataError` where it cannot be read.
    """
    try:
        with write_transaction(shop.engine) as connection:
            return _import_and_count(connection, shop, file, max_silenced, now)
    except _RefusedImportError as refusal:
        return refusal.result


def _import_and_count(
    connection: Connection, shop: OpenShop, file: Path, max_silenced: float, now: datetime
) -> ImportResult:
    before = load_reach(connection, shop.config, now=now).reachable
    result = _import_rows(connection, file, now)
    after = load_reach(connection, shop.config, now=now).reachable
    result = replace(result, reachable=before, silenced=before - after)
    if result.silenced > max_silenced * before:
        raise _RefusedImportError(result)
    return result


def _import_rows(connection: Connection, file: Path, now: datetime) -> ImportResult:
    unreadable: list[int] = []
    reasons: dict[str, SuppressionReason] = {}
    for line_number, address, reason in _read_rows(file):
        key = address_key(address) if is_address(address) else None
        if key is None:
            unreadable.append(line_number)
        # Complaints are permanent, whichever list they come from.
        elif reason == SuppressionReason.COMPLAINT.value:
            reasons[key] = SuppressionReason.COMPLAINT
        else:
            reasons.setdefault(key, SuppressionReason.BY_HAND)
    number = import_addresses(connection, file.name, reasons, DETAIL, now=now)
    return ImportResult(len(reasons), tuple(unreadable), number=number)


def _read_rows(file: Path) -> Iterator[tuple[int, str, str]]:
    """Yields line number, address and reason of a CSV file with any delimiter, with or without a
    header.
    """
    text = _read_text(file)
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = {"address": 0, "reason": 2}
    for row in reader:
        cells = [cell.strip() for cell in row]
        headings = [cell.lower() for cell in cells]
        if reader.line_num == 1 and ADDRESS_COLUMNS & set(headings):
            columns["address"] = next(
                n for n, heading in enumerate(headings) if heading in ADDRESS_COLUMNS
            )
            columns["reason"] = headings.index("reason") if "reason" in headings else len(headings)
        elif any(cells):
            yield reader.line_num, _cell(cells, columns["address"]), _cell(cells, columns["reason"])


def _cell(cells: list[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as refusal:
        raise SourceDataError(f"{file} cannot be read: {refusal.strerror}.") from None
    except UnicodeDecodeError:
        raise SourceDataError(f"{file} is not UTF-8 text. Save it as UTF-8.") from None
