"""The no-mail list: every address that must not be mailed, in a CSV file for any program."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.open.open_shop import OpenShop
from settings.email_address import is_address
from settings.errors import SourceDataError, UnavailableError
from shop.consent.optouts import OptOut, iter_opt_outs
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import read_transaction, write_transaction

FILE_NAME = "no-mail.csv"
COLUMNS = ("address", "since", "reason")
DETAIL = "no-mail list"
ADDRESS_COLUMNS = {"address", "e-mail", "email", "e-mail address", "email address"}


@dataclass(frozen=True)
class ImportResult:
    """How many addresses were imported, and the numbers of the unreadable lines."""

    addresses: int
    unreadable: tuple[int, ...]  # line numbers


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


def import_suppression_list(shop: OpenShop, file: Path, *, now: datetime) -> ImportResult:
    """Suppress every address in `file`, in one transaction. Raises `SourceDataError` where it
    cannot be read.
    """
    unreadable: list[int] = []
    count = 0
    with write_transaction(shop.engine) as connection:
        for line_number, address, reason in _read_rows(file):
            if not is_address(address):
                unreadable.append(line_number)
                continue
            # Complaints are permanent, whichever list they come from.
            suppression_reason = (
                SuppressionReason.COMPLAINT
                if reason == SuppressionReason.COMPLAINT.value
                else SuppressionReason.BY_HAND
            )
            suppress_address(connection, address, suppression_reason, DETAIL, now=now)
            count += 1
    return ImportResult(count, tuple(unreadable))


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
