"""`regulars sync`: reads what is new from every source."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, Json, parse_at
from settings.errors import WrongUsageError


def command(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None,
    confirm_missing: Annotated[
        bool,
        typer.Option(
            "--confirm-missing",
            help="The customers whom this source no longer has are really gone: a mass of them is "
            "not believed by itself.",
        ),
    ] = False,
    as_json: Json = False,
    at: At = None,
) -> None:
    """Read what is new from every source.

    Example: regulars sync online-shop
    """
    if confirm_missing and source is None:
        raise WrongUsageError("Name the source: regulars sync SOURCE --confirm-missing")
    run(
        context.obj, only=source, now=parse_at(at), as_json=as_json, confirm_missing=confirm_missing
    )


def run(
    config: Path,
    *,
    only: str | None,
    now: datetime,
    as_json: bool,
    confirm_missing: bool = False,
) -> None:
    """Sync every source, or the source `only`, and print what arrived and the reach.

    `confirm_missing` withdraws the customers whom `only` lacks, however many they are.

    Raises WrongUsageError for an unknown source, and the sources' errors after all have been tried.
    """
    from engine.open.open_shop import open_shop
    from engine.reach import load_reach
    from engine.sync.consent_writeback import manual_opt_outs
    from engine.sync.sync import confirm_missing_customers
    from regulars.flow_runs import run_sync_flow
    from regulars.terminal.output import count_noun, print_line
    from regulars.terminal.sync_report import print_sync_results
    from shop.db.engine import read_transaction

    shop = open_shop(config)
    if only is not None and only not in shop.config.sources:
        source_names = ", ".join(shop.config.sources) or "none"
        raise WrongUsageError(f"There is no source {only} in {config}. It names: {source_names}.")
    if confirm_missing and only is not None:
        confirmed = confirm_missing_customers(shop, only, now=now)
        if not as_json:
            print_line(f"{only}: {count_noun(confirmed, 'customer')} confirmed as gone")
    sync_results = run_sync_flow(shop, only=only, now=now)
    with read_transaction(shop.engine) as connection:
        reach = load_reach(connection, shop.config, now=now)
        by_hand = manual_opt_outs(connection, shop.config.sources)
    print_sync_results(sync_results, reach, by_hand, as_json=as_json)
