"""`preview`: mails as they would look, into a folder, to nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from engine.config.owner_config import OwnerConfig, load_owner_config, renderer_beside
from engine.delivery.sample_customer import sample_correction_facts, sample_rule_facts
from engine.messages.correction import TEMPLATE as CORRECTION
from mail.render.facts import Facts
from mail.render.renderer import RenderedMail
from regulars.terminal.output import console
from settings import environment
from settings.errors import UnavailableError, WrongUsageError
from settings.model import nearest
from triggers.config import Send

FOLDER = "preview"


def run(config: Path, *, template: str | None, customer: str | None, now: datetime) -> None:
    """One page and one text a letter; the text is shown as well."""
    owner_config = load_owner_config(
        config, environment.load_environment(config.parent, os.environ)
    )
    renderer = renderer_beside(config, owner_config.language)
    if template == CORRECTION:
        facts = _correction_facts(owner_config, config.parent, customer, now)
        _write_and_print(
            config.parent, CORRECTION, renderer.render(CORRECTION, facts), "regulars oops"
        )
        return
    for rule, step in _select_steps(owner_config, template):
        facts = _step_facts(owner_config, config.parent, rule, step, customer, now)
        _write_and_print(config.parent, step.send, renderer.render(step.send, facts), rule)


def _write_and_print(folder: Path, name: str, mail: RenderedMail, rule: str) -> None:
    page = _write_preview(folder / FOLDER, name, mail)
    console.print(f"{mail.subject}  ({rule})", style="bold", markup=False)
    console.print(f"\n{mail.text}\n\n→ {page}\n", markup=False, soft_wrap=True)


def _correction_facts(
    owner_config: OwnerConfig, folder: Path, customer: str | None, now: datetime
) -> Facts:
    """No rule sends it."""
    if customer is None:
        return sample_correction_facts(owner_config, now=now)
    from engine.delivery.preview import correction_facts_of_customer

    return correction_facts_of_customer(owner_config, folder, customer, now=now)


def _step_facts(  # one step of one rule for one customer of one shop
    owner_config: OwnerConfig,
    folder: Path,
    rule: str,
    step: Send,
    customer: str | None,
    now: datetime,
) -> Facts:
    """Only a customer needs the database."""
    if not customer:
        return sample_rule_facts(owner_config, rule, step, now=now)
    from engine.delivery.preview import facts_of_customer

    return facts_of_customer(owner_config, folder, rule, step, customer, now=now)


def _select_steps(owner_config: OwnerConfig, template: str | None) -> list[tuple[str, Send]]:
    """The letters of the file's rules, each once, or the one that was asked for."""
    sends: dict[str, tuple[str, Send]] = {}
    for rule, step in _send_steps(owner_config):
        sends.setdefault(step.send, (rule, step))
    if template is None:
        return list(sends.values())
    if template not in sends:
        suggestion = nearest(template, sends)
        hint = (
            f'Did you mean "{suggestion}"?'
            if suggestion
            else f"They send: {', '.join(sends) or 'none'}."
        )
        raise WrongUsageError(f"No rule sends {template}. {hint}")
    return [sends[template]]


def _send_steps(owner_config: OwnerConfig) -> Iterator[tuple[str, Send]]:
    for name, rule in owner_config.rules.items():
        yield from ((name, step) for step in rule.then if isinstance(step, Send))


def _write_preview(folder: Path, name: str, mail: RenderedMail) -> Path:
    page = folder / f"{name}.html"
    try:
        folder.mkdir(exist_ok=True)
        page.write_text(mail.html, encoding="utf-8")
        page.with_suffix(".txt").write_text(mail.text, encoding="utf-8")
    except OSError as error:
        raise UnavailableError(f"{page} cannot be written: {error.strerror}.") from error
    return page
