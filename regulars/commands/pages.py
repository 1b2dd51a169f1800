"""`regulars pages`: serves the public pages until stopped."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from regulars.terminal import gc_thresholds
from regulars.terminal.log import ACCESS_LINE, Redactor, TextFormatter, logging_to, make_handler
from regulars.terminal.options import OwnerPort
from regulars.terminal.output import print_line, print_note


def command(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8800,
    host: Annotated[
        str, typer.Option(help="Another address of this machine to listen on.")
    ] = "127.0.0.1",
    owner_port: OwnerPort = None,
) -> None:
    """Serve the page behind the unsubscribe links, until stopped.

    Example: regulars pages --port 8800
    """
    run(context.obj, host=host, port=port, owner_port=owner_port)


def run(config: Path, *, host: str, port: int, owner_port: int | None = None) -> None:
    """Serve on `host` and `port`, and the owner's pages on `owner_port`, until SIGTERM or SIGINT.

    Lines say where both are.
    """
    from engine.open.open_shop import open_shop
    from pages.app import create_app
    from pages.server import serve
    from regulars.serve.handler import secrets_of
    from regulars.serve.owner_pages import owner_port as owner_port_of
    from regulars.serve.owner_pages import print_link, serve_owner_pages, where_they_are
    from regulars.serve.pages import configuration_notes

    shop = open_shop(config)

    def print_address(address: str) -> None:
        gc_thresholds.collect_normally()
        print_line(f"The pages of {shop.config.shop.name} are at {address}")
        if owner_pages:
            print_line(f"Your own pages are at {where_they_are(owner_pages)}", markup=False)
            print_link(owner_pages)
        for note in configuration_notes(shop):
            print_note(note, markup=False)

    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    formatter = TextFormatter(Redactor(secrets_of(shop)), ZoneInfo("UTC"), line=ACCESS_LINE)
    with (
        logging_to(make_handler(formatter)),
        serve_owner_pages(shop, owner_port_of(shop, owner_port)) as owner_pages,
    ):
        serve(create_app(shop), host, port, ready=print_address)
