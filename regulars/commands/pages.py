"""`pages`: the web server behind the links in the mails."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from engine.open.open_shop import OpenShop, open_shop
from pages.app import create_app
from pages.server import serve
from regulars.terminal import gc_tuning
from regulars.terminal.output import console, error_console


def run(config: Path, *, host: str, port: int) -> None:
    """Serve until stopped."""
    shop = open_shop(config)

    def ready(address: str) -> None:
        gc_tuning.collect_normally()
        console.print(f"The pages of {shop.config.shop.name} are at {address}", soft_wrap=True)
        for line in configuration_notes(shop):
            error_console.print(line, soft_wrap=True, markup=False)

    serve(create_app(shop), host, port, ready=ready, write_line=_print_access)


def configuration_notes(shop: OpenShop) -> list[str]:
    """What keeps the pages from being of use, as far as the file tells."""
    account = shop.config.sending.sendgrid
    lines = []
    if shop.config.shop.public_address is None:
        lines.append("No mail leads here: the file has no public address under shop.")
    elif shop.config.sending.unsubscribe_by == "mailbox":
        lines.append("New mails do not lead here: the file says unsubscribe by: mailbox.")
    if account is not None and account.webhook_key is None:
        lines.append("SendGrid is not heard: there is no webhook key under sending → sendgrid.")
    return lines


def _print_access(line: str) -> None:
    error_console.print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {line}", soft_wrap=True, highlight=False
    )
