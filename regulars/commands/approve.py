"""`regulars approve`: queues mails that wait for the owner's approval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.reports import print_approval_result
from settings.errors import WrongUsageError


def command(
    context: typer.Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID|RULE", help="Mails, by the beginning of their id, or rules."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    at: At = None,
) -> None:
    """Let mails go that wait for your word; the next run sends them.

    Example: regulars approve we-miss-you
    """
    run(context.obj, what or [], everything=everything, now=parse_at(at))


def run(config: Path, selectors: Sequence[str], *, everything: bool, now: datetime) -> None:
    """Approve the mails that `selectors` name by id or rule, or all of them.

    Raises WrongUsageError with a sentence for each selector that matched nothing; the others apply.
    """
    from engine.open.open_shop import open_shop
    from engine.owner.approvals import approve_mails

    if bool(selectors) == everything:
        raise WrongUsageError("Say which: regulars approve ID, or the name of a rule, or --all.")
    approval = approve_mails(open_shop(config), None if everything else selectors, now=now)
    print_approval_result(approval, "approved", "The next run sends what nothing else says no to.")
