"""The names of the values that an owner's file only names, and the address of its database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.open.open_shop import SECRET
from settings.env_values import is_name
from settings.errors import OwnersFileTrouble
from settings.yaml.yaml_events import parsed
from settings.yaml.yaml_lines import Lines
from settings.yaml.yaml_nodes import Plain, plain

USUAL = "sqlite:///regulars.db"


def as_written(file: Path) -> Plain:
    """The file as its owner wrote it, without asking for any of the values."""
    try:
        root, _ = parsed(Lines(file.read_text(encoding="utf-8-sig")))
    except UnicodeDecodeError:
        root = None
    if root is None:
        raise OwnersFileTrouble(f"{file.name} cannot be read.")
    return plain(root)


def secret_names(written: Plain) -> tuple[str, ...]:
    """What must be kept apart from the file: all that it names, and what signs the links."""
    names = dict.fromkeys(_names(written))
    if not (isinstance(written, dict) and "secret" in written):
        names[SECRET] = None
    return tuple(names)


def _names(written: Plain) -> Iterator[str]:
    if isinstance(written, str):
        if is_name(written):
            yield written[1:]
        return
    for one in written.values() if isinstance(written, dict) else written:
        yield from _names(one)


def database_of(written: Plain) -> str:
    found = written.get("database", USUAL) if isinstance(written, dict) else USUAL
    return found if isinstance(found, str) else USUAL
