"""`regulars init`: asks for a shop's data and writes its config; the work is in `regulars.init`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from connectors.setup_registry import setups
from mail.senders.names import names_in_words
from regulars.terminal.options import At, parameter_name, parse_at, with_options


def _option(flag: str, metavar: str | None, help_text: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=help_text)


Text = str | None
Texts = list[str] | None
Name = Annotated[Text, _option("--name", "TEXT", "What the shop is called.")]
Country = Annotated[Text, _option("--country", "NAME", "Portugal, or PT.")]
MailLanguage = Annotated[
    Text, _option("--language", "NAME", "Of mail and pages: German. Else that of the country.")
]
Currency = Annotated[
    Text, _option("--currency", "CODE", "Where neither the country nor a platform tells.")
]
Timezone = Annotated[Text, _option("--timezone", "ZONE", "Where neither tells: America/Chicago.")]
PostalAddress = Annotated[
    Text, _option("--postal-address", "TEXT", "Stands in every advertising mail.")
]
EMail = Annotated[Text, _option("--e-mail", "ADDRESS", 'Yours, like "Ana <ana@yourshop.com>".')]
Csv = Annotated[Texts, _option("--csv", "FILE", "A list from elsewhere; may be said again.")]
ImportedConsent = Annotated[
    Texts,
    _option(
        "--imported-consent",
        "FILE: HOW WHERE, since DAY",
        'How everybody in that list said yes: "list.csv: ticked a box at the till, since 1 June '
        '2024". Not for lists that say it themselves.',
    ),
]
Colour = Annotated[Text, _option("--colour", "COLOUR", "Of buttons and links, like 00aa55.")]
Logo = Annotated[Text, _option("--logo", "FILE", "A PNG, JPEG or GIF in the shop's folder.")]
OthersMail = Annotated[
    Texts, _option("--others-mail", "WHAT", "What others mail already: carts, birthdays or both.")
]
SendThrough = Annotated[
    Text, _option("--send-through", "WAY", f"Later: {names_in_words(rehearsal=False)}.")
]
SmtpServer = Annotated[Text, _option("--smtp-server", "SERVER", "Like smtp.yourshop.com:587.")]
SmtpUser = Annotated[Text, _option("--smtp-user", "USER", "The user there.")]
PublicAddress = Annotated[
    Text, _option("--public-address", "ADDRESS", "Where your pages can be reached.")
]
NoSync = Annotated[bool, typer.Option("--no-sync", help="Only write the files; read nothing yet.")]


def _platform_options() -> dict[str, Any]:
    """Returns the options that choose a platform and answer its questions, by parameter name."""
    options: dict[str, Any] = {}
    for setup in setups():
        if not setup.questions:
            continue
        options[parameter_name(setup.flag)] = (
            Annotated[Text, _option(setup.flag, setup.metavar, setup.flag_help)]
            if setup.metavar
            else Annotated[bool, typer.Option(setup.flag, help=setup.flag_help)]
        )
        for question in setup.questions:
            if question.flag and question.flag != setup.flag:
                option = _option(question.flag, question.metavar, question.text)
                options[parameter_name(question.flag)] = Annotated[Text, option]
    return options


def _address_options() -> dict[str, Any]:
    """Returns an option for the address of each platform's sandbox server."""
    return {
        parameter_name(setup.address_flag): Annotated[
            Text, _option(setup.address_flag, "ADDRESS", "A look-alike, to try things out.")
        ]
        for setup in setups()
        if setup.address_flag
    }


@with_options({"csv": _platform_options(), "no_sync": _address_options()})
def command(  # noqa: PLR0913  # one option for each answer
    context: typer.Context,
    *,
    name: Name = None,
    country: Country = None,
    language: MailLanguage = None,
    currency: Currency = None,
    timezone: Timezone = None,
    postal_address: PostalAddress = None,
    e_mail: EMail = None,
    csv: Csv = None,
    imported_consent: ImportedConsent = None,
    colour: Colour = None,
    logo: Logo = None,
    others_mail: OthersMail = None,
    send_through: SendThrough = None,
    smtp_server: SmtpServer = None,
    smtp_user: SmtpUser = None,
    public_address: PublicAddress = None,
    no_sync: NoSync = False,
    at: At = None,
    **platform_options: str | bool | None,
) -> None:
    """Ask nine questions, write your own config.yaml, and show what the first day would send.

    Each key is tried as you type it. Nobody gets anything. What an option says is not asked.

    Example: regulars init
    """
    from regulars.init.setup import InitOptions, run

    addresses = sandbox_addresses(platform_options)
    options = InitOptions(answers_by_option(context.params), addresses, sync=not no_sync)
    run(context.obj, options, now=parse_at(at))


def answers_by_option(parameters: Mapping[str, Any]) -> dict[str, list[str]]:
    """Returns the answers among the command's `parameters` by option: {"--name": ["Café"]}.

    An option given several times answers its question as often; `--others-mail` is one list.
    """
    not_answers = {"at", "no_sync", *_address_options()}
    answers = {}
    for name, answer in parameters.items():
        if answer and name not in not_answers:
            texts = (
                ["yes"] if answer is True else [answer] if isinstance(answer, str) else list(answer)
            )
            answers[f"--{name.replace('_', '-')}"] = texts
    if other_senders := answers.get("--others-mail"):
        answers["--others-mail"] = [", ".join(other_senders)]
    return answers


def sandbox_addresses(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Returns the addresses of sandbox servers among the command's `parameters` by platform."""
    addresses = {
        setup.name: parameters.get(parameter_name(setup.address_flag))
        for setup in setups()
        if setup.address_flag
    }
    return {platform: address for platform, address in addresses.items() if address}
