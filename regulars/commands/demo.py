"""`regulars demo`: syncs the demo café over HTTP and runs its rules on three days."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    context: typer.Context,
    show: Annotated[
        bool, typer.Option("--open", help="Then show the café's own pages in the browser.")
    ] = False,
) -> None:
    """Fill a café with customers, read it like a real shop, and rehearse its mails.

    Example: regulars demo
    """
    run(context.obj, show=show)


def run(config: Path, *, show: bool = False) -> None:
    """Run the demo beside `config`, which is written if it does not exist.

    With `show`, the owner's pages are served then, until stopped.

    Raises ConfigError if `config` belongs to a real shop.
    """
    import asyncio

    from engine.sync.sync import sync_all
    from regulars.demo.config import open_demo_shop
    from regulars.demo.days import run_days
    from regulars.demo.pages import show_pages
    from regulars.demo.servers import demo_servers
    from regulars.terminal.output import print_line
    from regulars.terminal.progress import progress_bars
    from regulars.terminal.sync_report import print_sync_results
    from sandbox import csv_files

    shop = open_demo_shop(config)
    csv_files.write_csv_files(shop.folder)
    with demo_servers(shop) as (now, prefect):
        with progress_bars() as bars:
            sync_results = asyncio.run(sync_all(shop, now=now, progress=bars.on_records))
        print_sync_results(sync_results)
        with progress_bars() as bars:
            bars.wait_for("Prefect", prefect.wait_until_healthy)
        end = run_days(shop, now)
    if show:
        show_pages(shop, end)
    else:
        print_line("The café in your browser: regulars demo --open")
