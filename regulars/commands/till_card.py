"""`regulars till-card`: draws a card with the QR code of the sign-up page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from regulars.terminal.output import print_line, print_note
from settings.errors import OwnerFileError, UnavailableError

if TYPE_CHECKING:
    from engine.config.owner_config import OwnerConfig

FILE = "till-card.svg"
TOO_LONG = (
    "public address leads to a page of {length} letters, too many for a card. Write one that has"
    " at most {limit} with /join behind it."
)
NO_PAGE = (
    "There is no sign-up page for a card to lead to. Write sign up: into the file: docs/sign-up.md"
)
UNREACHABLE = "No phone gets to {host}: print the card when public address is your real one."


def command(
    context: typer.Context,
    words: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Above the code, in words of your own.")
    ] = None,
) -> None:
    """Draw a card for the till, to print: the code that leads to your sign-up page.

    Example: regulars till-card
    """
    run(context.obj, words=words)


def run(config: Path, *, words: str | None) -> None:
    """Write the card beside `config`, replacing an older one.

    Raises ConfigError if the config has no sign-up page or its address is too long.
    """
    from regulars.till_card_svg import draw_card, printable_line

    owner_config, address = _sign_up_page(config)
    sentences = owner_config.language.sentences("public_pages")
    text = printable_line(words or "") or sentences.TILL_CARD
    card = draw_card(owner_config.shop.name, text, address, owner_config.appearance(config.parent))
    path = _write(config.parent / FILE, card)
    _warn_if_unreachable(address)
    print_line(f"→ {path}", markup=False)


def _sign_up_page(config: Path) -> tuple[OwnerConfig, str]:
    """Returns the owner's config and the address of the sign-up page."""
    from engine.config.earlier_language import with_language_of_database
    from engine.config.owner_config import load_owner_config
    from mail.message.signed_links import sign_up_url
    from regulars.till_card_svg import MAX_ADDRESS_LENGTH
    from settings import environment

    environ = environment.load_environment(config.parent, os.environ)
    owner_config = with_language_of_database(load_owner_config(config, environ), config.parent)
    if owner_config.sign_up is None or owner_config.shop.public_address is None:
        raise OwnerFileError(NO_PAGE)
    address = sign_up_url(owner_config.shop.public_address)
    if len(address) > MAX_ADDRESS_LENGTH:
        raise OwnerFileError(TOO_LONG.format(length=len(address), limit=MAX_ADDRESS_LENGTH))
    return owner_config, address


def _warn_if_unreachable(address: str) -> None:
    from engine.live.network import is_example_domain, is_private_network

    host = urlsplit(address).hostname or ""
    if is_private_network(host) or is_example_domain(host):
        print_note(UNREACHABLE.format(host=host), markup=False)


def _write(path: Path, svg: str) -> Path:
    try:
        path.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise UnavailableError(f"{path} cannot be written: {error.strerror}.") from error
    return path
