"""`regulars preview`: renders mails into a folder, for a sample customer or a real one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.terminal.options import At, parse_at
from regulars.terminal.output import print_line
from regulars.terminal.preview_files import write_preview
from settings.errors import WrongUsageError

if TYPE_CHECKING:
    from engine.config.owner_config import OwnerConfig
    from mail.render.mail_facts import MailFacts
    from mail.render.renderer import RenderedMail
    from settings.brand.appearance import Appearance
    from triggers.config import Send


def command(
    context: typer.Context,
    letter: Annotated[str | None, typer.Argument(help="A template, or all of the file's.")] = None,
    customer: Annotated[
        str | None, typer.Option(help="Written to this e-mail address instead of an example.")
    ] = None,
    at: At = None,
) -> None:
    """Write mails as they would look into preview/, for an example or for one customer.

    Example: regulars preview cart-reminder
    """
    run(context.obj, template=letter, customer=customer, now=parse_at(at))


def run(config: Path, *, template: str | None, customer: str | None, now: datetime) -> None:
    """Write an HTML and a text file for `template`, or for every template the rules send.

    `customer` is an e-mail address; without it, sample facts are used and no database is opened.
    Raises WrongUsageError for a template that no rule sends.
    """
    from engine.config.owner_config import load_owner_config, renderer_beside
    from engine.messages.correction import TEMPLATE as CORRECTION
    from settings import environment

    environ = environment.load_environment(config.parent, os.environ)
    owner_config = load_owner_config(config, environ)
    appearance = owner_config.appearance(config.parent)
    renderer = renderer_beside(config, owner_config.language, appearance)
    if template == CORRECTION:
        facts = _correction_facts(owner_config, config.parent, customer, now)
        mail = _with_pictures(appearance, renderer.render(CORRECTION, facts))
        _show(config.parent, CORRECTION, mail, "regulars oops")
        return
    for rule, step in _select_steps(owner_config, template):
        facts = _rule_facts(owner_config, config.parent, (rule, step), customer, now)
        mail = _with_pictures(appearance, renderer.render(step.send, facts))
        _show(config.parent, step.send, mail, rule)


def _with_pictures(appearance: Appearance, mail: RenderedMail) -> RenderedMail:
    from mail.message.pictures import shown_pictures, viewable_html

    html = viewable_html(mail.html, shown_pictures(appearance, mail.html))
    return replace(mail, html=html)


def _correction_facts(
    owner_config: OwnerConfig, folder: Path, customer: str | None, now: datetime
) -> MailFacts:
    if customer is None:
        from engine.delivery.sample_customer import sample_correction_facts

        return sample_correction_facts(owner_config, now=now)
    from engine.delivery.preview import correction_facts_of_customer

    return correction_facts_of_customer(owner_config, folder, customer, now=now)


def _rule_facts(
    owner_config: OwnerConfig,
    folder: Path,
    sent: tuple[str, Send],
    customer: str | None,
    now: datetime,
) -> MailFacts:
    rule, step = sent
    if not customer:
        from engine.delivery.sample_customer import sample_rule_facts

        return sample_rule_facts(owner_config, rule, step, now=now)
    from engine.delivery.preview import facts_of_customer

    return facts_of_customer(owner_config, folder, rule, step, customer, now=now)


def _select_steps(owner_config: OwnerConfig, template: str | None) -> list[tuple[str, Send]]:
    """Returns the first rule and step that send `template`, or those of every template."""
    from settings.model import nearest

    sends: dict[str, tuple[str, Send]] = {}
    for rule, step in _send_steps(owner_config):
        sends.setdefault(step.send, (rule, step))
    if template is None:
        return list(sends.values())
    if template not in sends:
        similar = nearest(template, sends)
        names = ", ".join(sends) or "none"
        hint = f'Did you mean "{similar}"?' if similar else f"They send: {names}."
        raise WrongUsageError(f"No rule sends {template}. {hint}")
    return [sends[template]]


def _send_steps(owner_config: OwnerConfig) -> Iterator[tuple[str, Send]]:
    from triggers.config import Send

    for name, rule in owner_config.rules.items():
        yield from ((name, step) for step in rule.then if isinstance(step, Send))


def _show(folder: Path, template: str, mail: RenderedMail, rule: str) -> None:
    page = write_preview(folder, template, mail.html, mail.text)
    print_line(f"{mail.subject}  ({rule})", style="bold", markup=False)
    print_line(f"\n{mail.text}\n\n→ {page}\n", markup=False)
