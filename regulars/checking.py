"""`check` and `schema`: the owner's file, read and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from engine.owners_file import OwnersFile, read_owners_file
from regulars.showing import console, counted, print_json
from settings import environment
from settings.reading import FileNotUnderstood
from settings.schema import schema


def run(config: Path, *, as_json: bool) -> None:
    """Raises every mistake at once; says what was read where there is none."""
    try:
        file = read_owners_file(config, environment.load(config.parent, os.environ))
    except FileNotUnderstood as wrong:
        if as_json:
            print_json({"mistakes": [_document(mistake) for mistake in wrong.mistakes]})
        raise
    if as_json:
        print_json({"mistakes": []})
    else:
        console.print(_understood(config, file))


def print_schema() -> None:
    print_json(schema(OwnersFile))


def _document(mistake: object) -> dict[str, object]:
    names = ("line", "column", "message", "where")
    return {name: getattr(mistake, name) for name in names}


def _understood(config: Path, file: OwnersFile) -> str:
    rules, sources = counted(len(file.rules), "rule"), counted(len(file.sources), "source")
    return f"{config} is fine: {rules}, {sources}, mail through {file.sending.through}."
