"""`regulars overview`: serves one page about several shops, and each shop's pages below it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from regulars.terminal.options import Port
from regulars.terminal.output import print_line, print_note

DEFAULT_PORT = 8802


def command(
    context: typer.Context,
    folders: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FOLDER…]",
            help="Folders or files of shops, or a folder of several; without any, this one.",
        ),
    ] = None,
    port: Port = DEFAULT_PORT,
    address: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Of a server with TLS in front of it: https://…"),
    ] = None,
) -> None:
    """Serve one page about all your shops, each with its own pages below, until stopped.

    Example: regulars overview shops/*
    """
    run(context.obj, folders or [], port=port, address=address)


def run(config: Path, folders: Sequence[str], *, port: int, address: str | None) -> None:
    """Serve the overview on loopback until SIGTERM or SIGINT; a line says where it is.

    Raises ConfigError where no shop is named and none is here.
    """
    from pages.owner.access.hosts import AllowedHosts
    from pages.owner.overview.slugs import assign_slugs
    from pages.server import serve
    from regulars.serve.overview import create_served_overview
    from regulars.shop_folders import named_shops
    from regulars.terminal import gc_thresholds
    from regulars.terminal.log import ACCESS_LINE, Redactor, TextFormatter, logging_to, make_handler

    overview = create_served_overview(
        assign_slugs(named_shops(config, folders)), AllowedHosts(address)
    )

    def print_address(own_address: str) -> None:
        gc_thresholds.collect_normally()
        print_line(f"Your shops are at {address or own_address}", markup=False)
        if link := overview.one_time_link(own_address):
            print_note(f"Open them with this link, once and within an hour: {link}", markup=False)

    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    formatter = TextFormatter(Redactor([]), ZoneInfo("UTC"), line=ACCESS_LINE)
    with logging_to(make_handler(formatter)):
        serve(overview.app, "127.0.0.1", port, ready=print_address)
