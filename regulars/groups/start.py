"""The command an owner begins with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from connectors.setup_registry import setups
from regulars.terminal.options import At, parameter_name, parse_at, with_options


def _text(flag: str, metavar: str, help_text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(flag, metavar=metavar, help=help_text)
    return option


def _platform_options() -> dict[str, Any]:
    """Return an option for each platform that has questions."""
    return {
        parameter_name(setup.flag): Annotated[
            str | None, _text(setup.flag, setup.metavar, setup.flag_help)
        ]
        if setup.metavar
        else Annotated[bool, typer.Option(setup.flag, help=setup.flag_help)]
        for setup in setups()
        if setup.questions
    }


def _address_options() -> dict[str, Any]:
    """Return an option for the address of each sandbox server that `init` can be tried with."""
    help_text = "A look-alike, to try things out."
    return {
        parameter_name(setup.address_flag): Annotated[
            str | None, _text(setup.address_flag, "ADDRESS", help_text)
        ]
        for setup in setups()
        if setup.address_flag
    }


@with_options({"csv": _platform_options(), "no_sync": _address_options()})
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
    no_sync: Annotated[
        bool, typer.Option("--no-sync", help="Only write the files; read nothing yet.")
    ] = False,
    at: At = None,
    **platform_options: str | bool | None,
) -> None:
    """Ask eight questions, write your own config.yaml, and show what the first day would send.

    Each key is tried as you type it. Nobody gets anything. What an option says is not asked.

    Example: regulars init
    """
    from regulars.commands.init.run import InitOptions, run

    answers: dict[str, str | list[str] | None] = {
        "--name": name, "--country": country, "--currency": currency, "--timezone": timezone,
        "--postal-address": postal_address, "--e-mail": e_mail, "--csv": csv,
        "--imported-consent": imported_consent,
        "--others-mail": ", ".join(others_mail) if others_mail else None,
        "--send-through": send_through, "--smtp-server": smtp_server, "--smtp-user": smtp_user,
        "--public-address": public_address,
        **_platform_answers(platform_options),
    }  # fmt: skip
    flags = {
        flag: [answer] if isinstance(answer, str) else answer
        for flag, answer in answers.items()
        if answer
    }
    config: Path = context.obj
    addresses = _sandbox_addresses(platform_options)
    run(config, InitOptions(flags, addresses, sync=not no_sync), now=parse_at(at))


def _platform_answers(options: Mapping[str, str | bool | None]) -> dict[str, str | None]:
    """Return the answers by flag; a flag without a value answers with yes."""
    answers = {
        setup.flag: options.get(parameter_name(setup.flag)) for setup in setups() if setup.questions
    }
    return {flag: "yes" if answer is True else answer or None for flag, answer in answers.items()}


def _sandbox_addresses(options: Mapping[str, str | bool | None]) -> dict[str, str]:
    addresses = {
        setup.name: options.get(parameter_name(setup.address_flag))
        for setup in setups()
        if setup.address_flag
    }
    return {name: str(address) for name, address in addresses.items() if address}
