"""`regulars start`: releases mail that `stop` or `pause` holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.output import print_line
from regulars.terminal.reports import warn_if_copy_held
from settings.errors import WrongUsageError


def command(
    context: typer.Context,
    rule: Annotated[str | None, typer.Argument(help="A rule; without it, all mail.")] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="A mail provider, such as outlook.com.")
    ] = None,
) -> None:
    """Let mail go again that you had held; what has become too late by then does not.

    Example: regulars start
    """
    if to is None:
        run(context.obj, rule)
    elif rule is None:
        run_provider(context.obj, to, now=datetime.now(UTC))
    else:
        raise WrongUsageError("Name a rule, or a mail provider with --to, not both.")


def run_provider(config: Path, provider: str, *, now: datetime) -> None:
    """Release the mail to `provider`, which was held because it refused most of it."""
    from engine.open.open_shop import open_shop
    from engine.owner.pause import resume_provider
    from mail.failures.mailbox_providers import domain_provider

    shop = open_shop(config)
    name = domain_provider(provider.strip().rpartition("@")[2])
    if resume_provider(shop, name, now=now):
        print_line(f"Mail to {name} goes with the next run. For a day it is not held again.")
    else:
        print_line(f"Mail to {name} was not held.")
    warn_if_copy_held(shop.engine)


def run(config: Path, rule: str | None) -> None:
    """Release the mail of `rule`, or all mail if it is None."""
    from engine.open.open_shop import open_shop
    from engine.owner.pause import resume_mail

    shop = open_shop(config)
    was_held = resume_mail(shop, rule)
    subject = "All mail" if rule is None else f"The mail of {rule}"
    print_line(f"{subject} {'goes' if was_held else 'was not held. It goes'} with the next run.")
    warn_if_copy_held(shop.engine)
