"""Prints the look back, and writes the first mail of each rule where the owner can open it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regulars.terminal.output import count_noun, print_line, print_note, print_table
from regulars.terminal.preview_files import write_preview
from settings.errors import RegularsError
from shop.db.engine import read_transaction
from templates.language import ENGLISH

if TYPE_CHECKING:
    from engine.lookback.lookback import LookBack
    from engine.open.open_shop import OpenShop
    from mail.message.mime import Mail

DAYS = 90  # of a look back that nobody asked for
# A look back by itself may take so long; above that, the owner asks for it.
MAX_CUSTOMERS = 5_000
TOO_MANY = "What the rules would have sent in the last 90 days: regulars look-back"
HOW_IT_IS_COUNTED = """\
Nobody got anything: your rules ran over those days on a copy of your data, twice a day. They went
by what is known today: an opt-out counts for the whole time, an order cancelled since is missing.
Each mail counts as approved. Rules look forward: who stayed away before that day got nothing."""


def print_look_back(look_back: LookBack, folder: Path) -> None:
    """Print the mails and people by rule, and the first mail; write that of each rule."""
    pages = write_first_mails(look_back, folder)
    since = ENGLISH.day(look_back.since)
    if not look_back.mails:
        print_line(f"\nHad these rules run since {since}: no e-mail to anybody.", markup=False)
    else:
        print_line(f"\n[bold]Had these rules run since {since}[/]: {_total(look_back)}.\n")
        _print_rules(look_back, pages)
    if look_back.first:
        rule, mail = look_back.first
        day = ENGLISH.day(mail.date)
        recipient = mail.to_name or mail.to_address
        print_line(f"\nThe first, on {day} to {recipient}: “{mail.subject}”", markup=False)
        print_line(f"→ {pages[rule]}", markup=False)
    print_line(f"\n{HOW_IT_IS_COUNTED}", markup=False)


def print_first_look_back(shop: OpenShop, *, now: datetime) -> None:
    """Print a look back over the shop, which has not begun yet, unless it would take long.

    A look back that fails is a note: whatever is wrong, `run` says it too.
    """
    from engine.lookback.lookback import count_customers, look_back

    if not shop.config.rules:
        return
    with read_transaction(shop.engine) as connection:
        customers = count_customers(connection)
    if customers > MAX_CUSTOMERS:
        print_line(f"\n{TOO_MANY}")
    elif customers:
        try:
            print_look_back(look_back(shop, now=now, days=DAYS), shop.folder)
        except RegularsError as error:
            print_note(f"There is no look back: {error}", markup=False)


def write_first_mails(look_back: LookBack, folder: Path) -> dict[str, Path]:
    """Writes the first mail of each rule into the preview folder; returns the pages by rule."""
    return {
        name: write_preview(folder, f"look-back-{name}", _page(name, rule.first), rule.first.text)
        for name, rule in look_back.rules.items()
        if rule.first
    }


def _page(rule: str, mail: Mail) -> str:
    from engine.preview.page import PreviewDetails, preview_page
    from mail.message.pictures import viewable_html
    from mail.render.renderer import RenderedMail

    recipient = f"{mail.to_name or ''} <{mail.to_address}>".strip()
    lines = [
        ("From", f"{mail.sender_name} <{mail.sender_address}>"),
        ("To", recipient),
        ("Rule", rule),
        ("It would have gone on", ENGLISH.date(mail.date)),
    ]
    html = viewable_html(mail.html, mail.pictures)
    return preview_page(RenderedMail(mail.subject, html, mail.text), PreviewDetails(lines))


def look_back_document(look_back: LookBack, pages: dict[str, Path]) -> dict[str, Any]:
    """Returns the look back for `--json`."""
    return {
        "since": look_back.since.isoformat(),
        "until": look_back.until.isoformat(),
        "mails": look_back.mails,
        "people": look_back.people,
        "rules": {
            name: {
                "mails": rule.mails,
                "people": rule.people,
                "first": _mail_document(rule.first, pages[name]) if rule.first else None,
            }
            for name, rule in look_back.rules.items()
        },
    }


def _mail_document(mail: Mail, page: Path) -> dict[str, str]:
    return {
        "at": mail.date.isoformat(),
        "to": mail.to_address,
        "subject": mail.subject,
        "page": str(page),
    }


def _total(look_back: LookBack) -> str:
    people = count_noun(look_back.people, "person", "people")
    return f"{count_noun(look_back.mails, 'e-mail')} to {people}"


def _print_rules(look_back: LookBack, pages: dict[str, Path]) -> None:
    print_table(
        ("rule", "mails", "people", "the first"),
        [
            (name, str(rule.mails), str(rule.people), pages[name].name if name in pages else "")
            for name, rule in look_back.rules.items()
        ],
        right=("mails", "people"),
        padding=(0, 2, 0, 2),
    )
