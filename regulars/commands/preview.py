"""`regulars preview`: shows e-mails for a made-up customer or a real one, or sends one to you."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.output import print_line, print_note
from regulars.terminal.preview_files import write_preview
from settings.errors import WrongUsageError

if TYPE_CHECKING:
    from engine.config.owner_config import OwnerConfig
    from engine.preview.previewed_mail import PreviewedMail
    from mail.render.mail_facts import MailFacts
    from mail.render.renderer import RenderedMail, Renderer
    from settings.brand.appearance import Appearance

NO_BROWSER = "There is no browser here. Open the page yourself."


def command(
    context: typer.Context,
    letter: Annotated[
        str | None, typer.Argument(help="A template, yours or ours; all of the file's without it.")
    ] = None,
    customer: Annotated[
        str | None, typer.Option(help="Written to this e-mail address instead of an example.")
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in your browser.")
    ] = False,
    send_to: Annotated[
        str | None,
        typer.Option("--send-to", metavar="ADDRESS", help="Send it there, as customers get it."),
    ] = None,
    at: At = None,
) -> None:
    """Write a page into preview/ that shows a mail as a computer, a phone and the dark show it.

    Example: regulars preview cart-reminder --open
    """
    now = parse_at(at)
    if send_to:
        run_send(context.obj, template=letter, customer=customer, address=send_to, now=now)
    else:
        run(context.obj, template=letter, customer=customer, now=now, open_page=open_page)


def run(
    config: Path, *, template: str | None, customer: str | None, now: datetime, open_page: bool
) -> None:
    """Write a page and a text file for `template`, or for every template the rules send.

    `customer` is an e-mail address; without it, sample facts are used and no database is opened.
    Raises WrongUsageError where there is no such template.
    """
    from engine.config.earlier_language import with_language_of_database
    from engine.config.owner_config import load_owner_config, renderer_beside
    from engine.preview.previewed_mail import select_mails
    from settings import environment

    environ = environment.load_environment(config.parent, os.environ)
    owner_config = with_language_of_database(load_owner_config(config, environ), config.parent)
    appearance = owner_config.appearance(config.parent)
    renderer = renderer_beside(config, owner_config.language, appearance)
    for mail in select_mails(owner_config, renderer, template):
        facts = _load_facts(owner_config, config.parent, mail, (customer, renderer), now)
        rendered = _with_pictures(appearance, renderer.render(mail.template, facts))
        page = _write(config.parent, owner_config, mail, rendered, customer)
        print_line(f"{rendered.subject}  ({mail.origin})", style="bold", markup=False)
        print_line(f"\n{rendered.text}\n\n→ {page}\n", markup=False)
        if open_page and not _open_in_browser(page):
            print_note(NO_BROWSER)


def run_send(
    config: Path, *, template: str | None, customer: str | None, address: str, now: datetime
) -> None:
    """Send the mail of `template` to `address`, the owner's, through the configured sender.

    Raises WrongUsageError without a template, and for an address that must get no test.
    """
    from engine.open.open_shop import open_shop
    from engine.preview.previewed_mail import select_mails
    from engine.preview.send_preview import is_elsewhere, send_preview
    from settings.email_address import is_address

    if template is None:
        raise WrongUsageError("Say which one: regulars preview welcome --send-to you@yourshop.com")
    if not is_address(address):
        raise WrongUsageError(f"{address} is no e-mail address.")
    shop = open_shop(config)
    [mail] = select_mails(shop.config, shop.renderer, template)
    facts = _load_facts(shop.config, shop.folder, mail, (customer, shop.renderer), now)
    is_confirmed = is_elsewhere(shop, address) and _confirm(shop.config, address)
    sent = send_preview(shop, mail, facts, address, now=now, is_confirmed=is_confirmed)
    print_line(f"{sent.rendered.subject}  ({mail.origin})", style="bold", markup=False)
    if shop.sender.reaches_people:
        print_line(f"Sent to {address}, and to nobody else.", markup=False)
    else:
        file = shop.folder / shop.config.sending.folder / f"{sent.message_id}.eml"
        print_line(f"through: {shop.sender.name}, so it is a file.\n→ {file}", markup=False)


def _confirm(owner_config: OwnerConfig, address: str) -> bool:
    """Ask before a mail goes to an address outside of the shop; raises WrongUsageError for a no."""
    from engine.preview.send_preview import elsewhere_sentence

    if not sys.stdin.isatty():
        return False  # it is refused, with what can be done
    if not typer.confirm(f"{elsewhere_sentence(owner_config, address)} Send it?"):
        raise WrongUsageError("Nothing was sent.")
    return True


def _load_facts(
    owner_config: OwnerConfig,
    folder: Path,
    mail: PreviewedMail,
    reader: tuple[str | None, Renderer],
    now: datetime,
) -> MailFacts:
    """`reader` is the customer's address, or None, and who knows in which language they read."""
    customer, renderer = reader
    if not customer:
        from engine.preview.sample_facts import facts_of_sample

        return facts_of_sample(owner_config, mail, now=now)
    from engine.preview.customer_facts import facts_of_customer

    return facts_of_customer(owner_config, folder, mail, customer, now=now, renderer=renderer)


def _with_pictures(appearance: Appearance, mail: RenderedMail) -> RenderedMail:
    from mail.message.pictures import shown_pictures, viewable_html

    html = viewable_html(mail.html, shown_pictures(appearance, mail.html))
    return replace(mail, html=html)


def _write(
    folder: Path,
    owner_config: OwnerConfig,
    mail: PreviewedMail,
    rendered: RenderedMail,
    customer: str | None,
) -> Path:
    from engine.preview.page import PreviewDetails, preview_page
    from engine.preview.pictures import local_pictures, missing_picture

    lines = [
        ("From", str(owner_config.sending.from_)),
        ("To", customer or "a made-up customer"),
        ("Rule", mail.origin),
        ("Template", mail.template),
    ]
    pictures = local_pictures(rendered.html)
    notes = [missing_picture(mail.template, picture) for picture in pictures]
    html = preview_page(rendered, PreviewDetails(lines, notes))
    return write_preview(folder, mail.template, html, rendered.text)


def _open_in_browser(page: Path) -> bool:
    import webbrowser

    try:
        return webbrowser.open(page.absolute().as_uri())
    except webbrowser.Error:
        return False
