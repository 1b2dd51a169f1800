"""`regulars serve`: syncs, runs the rules, sends and serves the pages until stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.log import LogFormat
from regulars.terminal.options import OwnerPort, Port


def command(
    context: typer.Context,
    port: Port = 8800,
    host: Annotated[
        str, typer.Option(help="Another address of this machine for the pages to listen on.")
    ] = "127.0.0.1",
    owner_port: OwnerPort = None,
    without_pages: Annotated[bool, typer.Option("--without-pages", help="No pages.")] = False,
    log: Annotated[
        LogFormat, typer.Option(help="Lines for people, or a JSON document each.")
    ] = LogFormat.TEXT,
) -> None:
    """Sync, look at the rules, send, and serve the pages, all on their schedules, until stopped.

    Example: regulars serve --port 8800
    """
    pages_at = None if without_pages else (host, port)
    run(context.obj, pages_at=pages_at, owner_port=owner_port, log_format=log)


def run(
    config: Path,
    *,
    pages_at: tuple[str, int] | None,
    log_format: LogFormat,
    owner_port: int | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; `pages_at` is the pages' host and port, `owner_port` that of
    the owner's pages.
    """
    from regulars.serve.pages import PagesAddress
    from regulars.serve.process import serve_shop

    pages_address = PagesAddress(*pages_at) if pages_at else None
    serve_shop(
        config,
        pages_address=pages_address,
        log_format=log_format,
        owner_port_option=owner_port,
    )
