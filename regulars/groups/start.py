"""The command an owner begins with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, parse_at


def _text(flag: str, metavar: str, help_text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(flag, metavar=metavar, help=help_text)
    return option


def init(  # noqa: PLR0913 - an option for each answer
    context: typer.Context,
    *,
    name: Annotated[str | None, _text("--name", "TEXT", "What the shop is called.")] = None,
    country: Annotated[str | None, _text("--country", "NAME", "Portugal, or PT.")] = None,
    currency: Annotated[
        str | None, _text("--currency", "CODE", "Where neither the country nor a platform tells.")
    ] = None,
    timezone: Annotated[
        str | None, _text("--timezone", "ZONE", "Where neither tells: America/Chicago.")
    ] = None,
    postal_address: Annotated[
        str | None, _text("--postal-address", "TEXT", "Stands in every advertising mail.")
    ] = None,
    e_mail: Annotated[
        str | None, _text("--e-mail", "ADDRESS", 'Yours, like "Ana <ana@yourshop.com>".')
    ] = None,
    shopify: Annotated[
        str | None,
        _text("--shopify", "STORE", "Your-shop.myshopify.com; its keys from the environment."),
    ] = None,
    square: Annotated[
        bool, typer.Option("--square", help="A till at Square; its key from the environment.")
    ] = False,
    csv: Annotated[
        list[str] | None, _text("--csv", "FILE", "A list from elsewhere; may be said again.")
    ] = None,
    imported_consent: Annotated[
        list[str] | None,
        _text("--imported-consent", "TEXT", "How the people in a list said yes to mail."),
    ] = None,
    others_mail: Annotated[
        list[str] | None,
        _text("--others-mail", "WHAT", "What others mail already: carts, birthdays or both."),
    ] = None,
    send_through: Annotated[
        str | None, _text("--send-through", "WAY", "Later: smtp or sendgrid.")
    ] = None,
    smtp_server: Annotated[
        str | None, _text("--smtp-server", "SERVER", "Like smtp.yourshop.com:587.")
    ] = None,
    smtp_user: Annotated[str | None, _text("--smtp-user", "USER", "The user there.")] = None,
    public_address: Annotated[
        str | None, _text("--public-address", "ADDRESS", "Where your pages can be reached.")
    ] = None,
    shopify_address: Annotated[
        str | None, _text("--shopify-address", "ADDRESS", "A look-alike, to try things out.")
    ] = None,
    square_address: Annotated[
        str | None, _text("--square-address", "ADDRESS", "A look-alike, to try things out.")
    ] = None,
    no_sync: Annotated[
        bool, typer.Option("--no-sync", help="Only write the files; read nothing yet.")
    ] = False,
    at: At = None,
) -> None:
    """Ask eight questions, write your own config.yaml, and show what the first day would send.

    Each key is tried as you type it. Nobody gets anything. What an option says is not asked.

    Example: regulars init
    """
    from regulars.commands.init.run import InitOptions, run
    from regulars.commands.init.sources import SandboxAddresses

    answers: dict[str, str | list[str] | None] = {
        "--name": name, "--country": country, "--currency": currency, "--timezone": timezone,
        "--postal-address": postal_address, "--e-mail": e_mail, "--shopify": shopify,
        "--square": "yes" if square else None, "--csv": csv,
        "--imported-consent": imported_consent,
        "--others-mail": ", ".join(others_mail) if others_mail else None,
        "--send-through": send_through, "--smtp-server": smtp_server, "--smtp-user": smtp_user,
        "--public-address": public_address,
    }  # fmt: skip
    flags = {
        flag: [answer] if isinstance(answer, str) else answer
        for flag, answer in answers.items()
        if answer
    }
    where = SandboxAddresses(shopify_address, square_address)
    config: Path = context.obj
    run(config, InitOptions(flags, where, sync=not no_sync), now=parse_at(at))
