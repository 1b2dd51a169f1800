"""The no-mail list: a plain file of every address that must get nothing, in case all else is lost.

It can be read without Regulars, and taken in again by any.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from email_validator import EmailNotValidError, validate_email

from engine.open.open_shop import OpenShop
from settings.errors import DataTrouble, OutOfReach
from shop.consent.optouts import No, all_noes
from shop.consent.suppressions import Why, suppress
from shop.db.engine import reading, writing

NAME = "no-mail.csv"
HEADINGS = ("address", "since", "reason")
DETAIL = "no-mail list"
ADDRESS_HEADINGS = {"address", "e-mail", "email", "e-mail address", "email address"}


@dataclass(frozen=True)
class TakenIn:
    addresses: int
    unreadable: tuple[int, ...]  # lines


def keep_no_mail(shop: OpenShop) -> Path:
    """Write the list anew beside the owner's file: to be called once a day, and with a backup."""
    return write_no_mail(shop, shop.folder)


def write_no_mail(shop: OpenShop, folder: Path) -> Path:
    """The whole new list or the whole old one, readable by its owner alone."""
    file = folder / NAME
    try:
        handle, name = tempfile.mkstemp(prefix=f".{NAME}.", dir=folder)
        fresh = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                with reading(shop.engine) as connection:
                    _write(out, all_noes(connection))
                out.flush()
                os.fsync(out.fileno())
            fresh.replace(file)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as refusal:
        raise OutOfReach(f"{file} could not be written: {refusal.strerror}.") from refusal
    return file


def _write(out: io.TextIOBase, noes: Iterable[No]) -> None:
    lines = csv.writer(out)
    lines.writerow(HEADINGS)
    for one in noes:
        lines.writerow((one.address, one.since.isoformat(timespec="seconds"), one.reason))


def take_in(shop: OpenShop, file: Path, *, now: datetime) -> TakenIn:
    """Nothing goes to these addresses any more; all of them, or none where the disk fails."""
    unreadable: list[int] = []
    taken = 0
    with writing(shop.engine) as connection:
        for number, address, reason in _rows(file):
            if not _is_address(address):
                unreadable.append(number)
                continue
            # A complaint is for ever, wherever it was heard.
            why = Why.COMPLAINT if reason == Why.COMPLAINT.value else Why.BY_HAND
            suppress(connection, address, why, DETAIL, now=now)
            taken += 1
    return TakenIn(taken, tuple(unreadable))


def _rows(file: Path) -> Iterator[tuple[int, str, str]]:
    """Line, address and reason; a spreadsheet may have written it, or a hand without headings."""
    text = _text(file)
    first = text.partition("\n")[0]
    between = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=between)
    where = {"address": 0, "reason": 2}
    for row in lines:
        cells = [cell.strip() for cell in row]
        named = [cell.lower() for cell in cells]
        if lines.line_num == 1 and ADDRESS_HEADINGS & set(named):
            where["address"] = next(n for n, one in enumerate(named) if one in ADDRESS_HEADINGS)
            where["reason"] = named.index("reason") if "reason" in named else len(named)
        elif any(cells):
            yield lines.line_num, _cell(cells, where["address"]), _cell(cells, where["reason"])


def _cell(cells: list[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as refusal:
        raise DataTrouble(f"{file} cannot be read: {refusal.strerror}.") from None
    except UnicodeDecodeError:
        raise DataTrouble(f"{file} is not UTF-8 text. Save it as UTF-8.") from None


def _is_address(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True
