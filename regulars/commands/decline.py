"""`regulars decline`: ends mails that wait for the owner's approval, and their series."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.reports import print_approval_result


def command(
    context: typer.Context,
    what: Annotated[
        list[str],
        typer.Argument(metavar="ID|RULE", help="Mails, by the beginning of their id, or rules."),
    ],
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why, kept with the mail.")] = "",
    at: At = None,
) -> None:
    """Keep mails from ever going that wait for your word, and what would follow them.

    Example: regulars decline 3f9c21ab --because "She told me at the counter."
    """
    run(context.obj, what, because=because, now=parse_at(at))


def run(config: Path, selectors: Sequence[str], *, because: str, now: datetime) -> None:
    """Decline the mails that `selectors` name by id or rule; `because` is stored with each.

    Raises WrongUsageError with a sentence for each selector that matched nothing; the others apply.
    """
    from engine.open.open_shop import open_shop
    from engine.owner.approvals import decline_mails

    approval = decline_mails(open_shop(config), selectors, because=because, now=now)
    print_approval_result(approval, "declined", "What was to follow is ended too.")
