"""`check` and `schema`: the owner's file and the files it names, read and nothing else."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.config import CsvAnswers, CsvCustomers, CsvOrders
from engine.config.checks import files_in
from engine.config.owner_config import OwnersFile, read_owners_file, remarks
from regulars.terminal.output import console, counted, print_json, printable
from settings import environment
from settings.errors import DataTrouble, Trouble
from settings.schema import schema
from settings.yaml.load import FileNotUnderstood

Described = dict[str, str | Trouble]


def run(config: Path, *, as_json: bool) -> None:
    """Raises every mistake at once; says what was read where there is none."""
    known = environment.load(config.parent, os.environ)
    try:
        file = read_owners_file(config, known, also=[files_in(config.parent)])
    except FileNotUnderstood as wrong:
        if as_json:
            print_json({"mistakes": [_mistake(one) for one in wrong.mistakes], "sources": {}})
        raise
    described = _described(config, file)
    if as_json:
        sources = {name: _source(told) for name, told in described.items()}
        print_json({"mistakes": [], "sources": sources})
    else:
        _show(described)
    troubles = [str(told) for told in described.values() if isinstance(told, Trouble)]
    if troubles:
        raise DataTrouble("\n".join(troubles))
    if not as_json:
        console.print(_understood(config, file), soft_wrap=True)
        for remark in remarks(file):
            console.print(remark, soft_wrap=True)


def print_schema() -> None:
    print_json(schema(OwnersFile))


def _described(config: Path, file: OwnersFile) -> Described:
    """Each file of rows: how it would be read, or what stands in the way."""
    kinds = (CsvCustomers, CsvOrders, CsvAnswers)
    return {
        name: _as_read(config, file, name)
        for name, source in file.sources.items()
        if isinstance(source, kinds)
    }


def _as_read(config: Path, file: OwnersFile, name: str) -> str | Trouble:
    # Only here, for reading files needs what a file without them need not wait for.
    from engine.sync.csv_preview import described

    try:
        return described(file, config.parent, name, now=datetime.now(UTC))
    except Trouble as trouble:
        return trouble


def _show(described: Described) -> None:
    for name, told in described.items():
        if isinstance(told, str):
            console.print(f"[bold]{name}[/]")
            for line in told.splitlines():
                console.print(printable(line), soft_wrap=True)
            console.print()


def _source(told: str | Trouble) -> dict[str, Any]:
    if isinstance(told, Trouble):
        return {"trouble": str(told)}
    return {"described": [line.strip() for line in told.splitlines()]}


def _mistake(mistake: object) -> dict[str, object]:
    names = ("line", "column", "message", "where")
    return {name: getattr(mistake, name) for name in names}


def _understood(config: Path, file: OwnersFile) -> str:
    rules, sources = counted(len(file.rules), "rule"), counted(len(file.sources), "source")
    return f"{config} is fine: {rules}, {sources}, mail through {file.sending.through}."
