"""What a file is found to be, told before anything of it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from connectors.csv.connector import READERS, Csv, how_written, places, records, without_basis
from connectors.csv.table import Table, is_packed, look_at
from connectors.stream import Understood
from settings.model import spoken

BETWEEN = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", None: "blanks"}
ALPHABETS = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252 (Latin-1)"}
MOST_FAULTS = 5


@dataclass
class Tally:
    """What reading a file through comes to; no name and no address is kept."""

    records: int = 0
    bad: int = 0
    faults: list[str] = field(default_factory=list)
    consent: Counter[str] = field(default_factory=Counter)

    def add(self, one: Understood) -> None:
        self.records += 1
        self.bad += bool(one.faults)
        room = MOST_FAULTS - len(self.faults)
        self.faults += [f"{one.key}: {fault}" for fault in one.faults[: max(0, room)]]
        self.consent.update(said["says"] for said in one.rows.statements)


def describe(csv: Csv, now: datetime) -> str:
    """How the file is read and what will come of it; it raises what reading it would raise."""
    table = look_at(csv.path, csv.source)
    columns = places(table, csv.words.columns, csv.source)
    how, read = how_written(table, columns, csv), READERS[csv.words.holds]
    tally = Tally()
    for record in records(table, columns, csv):
        tally.add(read(record, how, now))
    return "\n".join([*_form(table, csv, tally), *_columns(table, columns), *_outcome(csv, tally)])


def _form(table: Table, csv: Csv, tally: Tally) -> Iterator[str]:
    packed = ", packed with gzip" if is_packed(table.path) else ""
    between = f"{BETWEEN[table.delimiter]} between columns"
    yield (
        f"{table.path.name}: {tally.records:,} {csv.words.holds}, {between}, "
        f"written in {ALPHABETS[table.encoding]}{packed}"
    )


def _columns(table: Table, columns: dict[str, int]) -> Iterator[str]:
    named = [
        f"{'e-mail' if word == 'e_mail' else spoken(word)} from {table.columns[place]}"
        for word, place in columns.items()
    ]
    yield f"  read: {', '.join(named)}"
    left = [name for place, name in enumerate(table.columns) if place not in columns.values()]
    if left:
        yield f"  not read: {', '.join(name or '(no name)' for name in left)}"


def _outcome(csv: Csv, tally: Tally) -> Iterator[str]:
    if csv.words.holds == "customers":
        said = tally.consent
        yield f"  consent: {said['yes']:,} yes, {said['no']:,} no, {said['none']:,} neither"
        yield from (f"  {warning}" for warning in without_basis(csv))
    if tally.bad:
        yield f"  cannot be used, whole or in part: {tally.bad:,}"
        yield from (f"    {fault}" for fault in tally.faults)
