"""`regulars status`: prints one line for each of several shops, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import print_json

if TYPE_CHECKING:
    from engine.owner.shop_status import ShopStatus


def command(
    context: typer.Context,
    folders: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FOLDER…]",
            help="Folders or files of shops, or a folder of several; without any, this one.",
        ),
    ] = None,
    as_json: Json = False,
    at: At = None,
) -> None:
    """Show in one line a shop how each is doing, and which needs you. Changes nothing.

    Status 1 where one needs attention, or cannot be read.

    Example: regulars status shops/*
    """
    run(context.obj, folders or [], now=parse_at(at), as_json=as_json)


def run(config: Path, folders: Sequence[str], *, now: datetime, as_json: bool) -> None:
    """Print the state of the shops in `folders`; without any, of that of `config`, or of those
    directly below its folder.

    Raises typer.Exit with status 1 if one of them needs attention, and ConfigError where no shop is
    named and none is here.
    """
    from engine.owner.shop_status import load_status
    from regulars.shop_folders import named_shops
    from regulars.terminal.status_table import print_statuses

    statuses = [load_status(path, now=now) for path in named_shops(config, folders)]
    if as_json:
        print_json({"shops": [to_document(status) for status in statuses]})
    else:
        print_statuses(statuses, now=now)
    if any(status.needs_attention for status in statuses):
        raise typer.Exit(1)


def to_document(status: ShopStatus) -> dict[str, Any]:
    """Returns `status` for `--json`: keys with blanks, times in ISO 8601, the path as text."""
    document = _with_blanks(asdict(status))
    return document | {"path": str(status.path), "needs attention": status.needs_attention}


def _with_blanks(values: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("_", " "): _plain(value) for key, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return _with_blanks(value)
    return value.isoformat() if isinstance(value, datetime) else value
