"""`regulars done`: marks tasks as done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.output import count_noun, print_line
from settings.errors import WrongUsageError


def command(
    context: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER", help="Tasks, by number.")],
    at: At = None,
) -> None:
    """Tick off what you have done.

    Example: regulars done 12
    """
    run(context.obj, numbers, now=parse_at(at))


def run(config: Path, numbers: Sequence[int], *, now: datetime) -> None:
    """Mark the tasks `numbers` as done; raises WrongUsageError with those that are no open task."""
    from engine.open.open_shop import open_shop
    from engine.owner.tasks import complete_tasks
    from shop.db.engine import write_transaction

    with write_transaction(open_shop(config).engine) as connection:
        done, unknown = complete_tasks(connection, numbers, now=now)
    if done:
        print_line(f"{count_noun(len(done), 'task')} done.")
    if unknown:
        listed = ", ".join(str(number) for number in unknown)
        raise WrongUsageError(f"No open task has the number {listed}. They are in: regulars tasks")
