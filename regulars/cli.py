"""The command line: groups the commands and turns errors into exit statuses.

A command's module is imported when it is called, and the rest of the product when it runs: `check`
pays neither for the other commands nor for Prefect.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from regulars.terminal import gc_thresholds
from regulars.terminal.command_group import GuidingGroup
from regulars.terminal.crash_log import write_crash_log
from settings.errors import RegularsError

INTERRUPTED = 130
INTERNAL_ERROR = 70  # sysexits.h EX_SOFTWARE
PRIVATE_UMASK = 0o077  # child processes inherit it
CONFIG_OPTION, CONFIG_NAME = "--config", "config.yaml"

PANELS = {
    "Set up": (
        "init", "demo", "inspect", "check", "preview", "look-back", "doctor", "till-card",
    ),
    "Every day": (
        "serve", "today", "sync", "run", "waiting", "approve", "decline", "tasks", "done",
        "calendar", "rules", "morning", "status", "health", "backup",
    ),
    "People": ("why", "customers", "reach", "suppress", "unsuppress", "no-mail"),
    "When something went wrong": (
        "stop", "pause", "start", "cancel", "oops", "doubt", "complaints", "set-aside",
        "clock", "restore", "this-is-the-one",
    ),
    "Engineers": ("schema", "overview", "pages", "points", "sandbox", "chaos"),
}  # fmt: skip


class LazyCommands(Mapping[str, Any]):
    """Commands by name; the module of one is imported when it is looked up."""

    def __init__(self, panels: Mapping[str, Sequence[str]]) -> None:
        self._panels = {name: panel for panel, names in panels.items() for name in names}

    def __getitem__(self, name: str) -> Any:
        return load_command(name, self._panels[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._panels)

    def __len__(self) -> int:
        return len(self._panels)


@cache
def load_command(name: str, panel: str) -> Any:
    """Returns the click command of `regulars.commands.<name>`, listed under `panel` in the help.

    The module has a function `command`, or an `app` with subcommands.
    """
    module = import_module(f"regulars.commands.{name.replace('-', '_')}")
    loader = typer.Typer(add_completion=False)
    if hasattr(module, "app"):
        loader.add_typer(module.app, name=name, cls=GuidingGroup, rich_help_panel=panel)
        group: Any = typer.main.get_group(loader)
        return group.commands[name]
    loader.command(name, rich_help_panel=panel)(module.command)
    return typer.main.get_command(loader)


class CommandGroup(GuidingGroup):
    """The top-level commands, loaded one at a time: a fifth of the start of `regulars check`."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast("Any", LazyCommands(PANELS))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, config_first(args))


def config_first(arguments: Sequence[str]) -> list[str]:
    """Returns the `arguments` with `--config PATH` in front: no command has such an option."""
    remaining, leading = list(arguments), list[str]()
    for index, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == CONFIG_OPTION or argument.startswith(f"{CONFIG_OPTION}="):
            width = 2 if argument == CONFIG_OPTION else 1
            leading = list(arguments[index : index + width])
            del remaining[index : index + width]
            break
    return [*leading, *remaining]


app = typer.Typer(
    cls=CommandGroup,
    name="regulars",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Brings a small shop's customers back.\n\nExample: regulars demo",
)


def print_version(wanted: bool) -> None:
    """Print the version and exit, where it is `wanted`."""
    if wanted:
        print(f"Regulars {package_version('regulars')}")  # noqa: T201
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path,
        typer.Option(CONFIG_OPTION, metavar="PATH", help="The owner's file, or its folder."),
    ] = Path(CONFIG_NAME),
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=print_version, help="Print the version."),
    ] = False,
) -> None:
    """Which shop."""
    context.obj = config / CONFIG_NAME if config.is_dir() else config


def main() -> None:
    """Run the command in sys.argv. What it and its child processes write, only this user may read.

    An expected error ends as a sentence on standard error with its exit status; an internal one
    with status 70, its traceback in `.regulars/crash.log`.
    """
    os.umask(PRIVATE_UMASK)
    gc_thresholds.collect_rarely()
    try:
        app()
    except RegularsError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception:  # noqa: BLE001  # an owner is shown a sentence, not a traceback
        print(_write_crash_log(traceback.format_exc()), file=sys.stderr)  # noqa: T201
        sys.exit(INTERNAL_ERROR)


def _write_crash_log(details: str) -> str:
    """Write `details` to the crash log; returns the sentence to print."""
    try:
        log = write_crash_log(Path(), details)
    except OSError:
        return "This should not have happened, and its details could not be written down."
    return f"This should not have happened. What was sent is recorded; the details are in {log}."
