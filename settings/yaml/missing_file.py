"""The error for an owner's file that is missing: where the shop is, or how to begin one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from settings.yaml.error_report import ConfigError, Mistake

CONFIG_NAME = "config.yaml"
MAX_NAMED = 3
MAX_FOLDERS = 200  # looked at below a folder


def missing_file(path: Path) -> ConfigError:
    """Returns the error for a missing owner's file at `path`.

    It names the shop in a folder above, else those in folders directly below, else `regulars init`.
    """
    path = path.absolute()
    missing = path.name if path.parent.is_dir() else f"folder {path.parent}"
    where = f" in {path.parent}" if path.parent.is_dir() else ""
    message = f"There is no {missing}{where}. {_advice(path)}"
    return ConfigError([Mistake(1, 1, 0, message, "")], message)


def _advice(path: Path) -> str:
    if shop := _shop_above(path.parent):
        return f"The shop is in {shop}: go there, or write regulars --config {shop} COMMAND"
    shops = list(islice(_shops_below(path.parent), MAX_NAMED + 1))
    if shops:
        names = ", ".join(shop.name for shop in shops[:MAX_NAMED])
        more = " and others" if len(shops) > MAX_NAMED else ""
        return (
            f"There are shops below it: {names}{more}. Go into one, or write "
            f"regulars --config {shops[0].name} COMMAND"
        )
    return "To begin a shop here: regulars init. To look at a made-up one first: regulars demo"


def _shop_above(folder: Path) -> Path | None:
    """Returns the nearest folder above `folder` with an owner's file."""
    return next((above for above in folder.parents if _has_config(above)), None)


def _shops_below(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(islice(folder.iterdir(), MAX_FOLDERS))
    except OSError:
        return
    yield from (entry for entry in entries if entry.is_dir() and _has_config(entry))


def _has_config(folder: Path) -> bool:
    try:
        return (folder / CONFIG_NAME).is_file()
    except OSError:
        return False
