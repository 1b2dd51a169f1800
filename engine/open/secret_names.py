"""Reads config.yaml without its secrets: the names of the variables, and the database address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.open.open_shop import SECRET_NAME
from settings.env_values import is_env_reference
from settings.errors import OwnerFileError
from settings.yaml.events import parse_tree
from settings.yaml.lines import Lines
from settings.yaml.nodes import Plain, to_plain

DEFAULT_DATABASE = "sqlite:///regulars.db"


def read_raw_config(path: Path) -> Plain:
    """Returns the file at `path` as written, without resolving `$NAME`. Raises if it is not
    readable.
    """
    try:
        root, _ = parse_tree(Lines(path.read_text(encoding="utf-8-sig")))
    except UnicodeDecodeError:
        root = None
    if root is None:
        raise OwnerFileError(f"{path.name} cannot be read.")
    return to_plain(root)


def list_secret_names(raw_config: Plain) -> tuple[str, ...]:
    """Returns the names of all secrets that `raw_config` needs, including the signing secret."""
    names = dict.fromkeys(_named_values(raw_config))
    if not (isinstance(raw_config, dict) and "secret" in raw_config):
        names[SECRET_NAME] = None
    return tuple(names)


def _named_values(node: Plain) -> Iterator[str]:
    if isinstance(node, str):
        if is_env_reference(node):
            yield node[1:]
        return
    for child in node.values() if isinstance(node, dict) else node:
        yield from _named_values(child)


def database_url(raw_config: Plain) -> str:
    """Returns the address of the database in `raw_config`."""
    address = (
        raw_config.get("database", DEFAULT_DATABASE)
        if isinstance(raw_config, dict)
        else DEFAULT_DATABASE
    )
    return address if isinstance(address, str) else DEFAULT_DATABASE
