"""`preview`: mails as they would look, into a folder, to nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from engine.config.owner_config import OwnersFile, letters_beside, read_owners_file
from engine.delivery.sample_customer import correction, example
from engine.messages.correction import LETTER as CORRECTION
from mail.render.facts import Facts
from mail.render.renderer import Letter
from regulars.terminal.output import console
from settings import environment
from settings.errors import OutOfReach, WrongUse
from settings.model import nearest
from triggers.config import Send

FOLDER = "preview"


def run(config: Path, *, letter: str | None, customer: str | None, now: datetime) -> None:
    """One page and one text a letter; the text is shown as well."""
    file = read_owners_file(config, environment.load(config.parent, os.environ))
    letters = letters_beside(config)
    if letter == CORRECTION:
        facts = _correction(file, config.parent, customer, now)
        _show(config.parent, CORRECTION, letters.write(CORRECTION, facts), "regulars oops")
        return
    for rule, step in _chosen(file, letter):
        facts = _facts(file, config.parent, rule, step, customer, now)
        _show(config.parent, step.send, letters.write(step.send, facts), rule)


def _show(beside: Path, name: str, written: Letter, rule: str) -> None:
    page = _keep(beside / FOLDER, name, written)
    console.print(f"{written.subject}  ({rule})", style="bold", markup=False)
    console.print(f"\n{written.text}\n\n→ {page}\n", markup=False, soft_wrap=True)


def _correction(file: OwnersFile, folder: Path, customer: str | None, now: datetime) -> Facts:
    """No rule sends it."""
    if customer is None:
        return correction(file, now=now)
    from engine.delivery.preview import correction_of_customer

    return correction_of_customer(file, folder, customer, now=now)


def _facts(  # one step of one rule for one customer of one shop
    file: OwnersFile, folder: Path, rule: str, step: Send, customer: str | None, now: datetime
) -> Facts:
    """Only a customer needs the database."""
    if not customer:
        return example(file, rule, step, now=now)
    from engine.delivery.preview import of_customer

    return of_customer(file, folder, rule, step, customer, now=now)


def _chosen(file: OwnersFile, letter: str | None) -> list[tuple[str, Send]]:
    """The letters of the file's rules, each once, or the one that was asked for."""
    sends: dict[str, tuple[str, Send]] = {}
    for rule, step in _sends(file):
        sends.setdefault(step.send, (rule, step))
    if letter is None:
        return list(sends.values())
    if letter not in sends:
        meant = nearest(letter, sends)
        hint = f'Did you mean "{meant}"?' if meant else f"They send: {', '.join(sends) or 'none'}."
        raise WrongUse(f"No rule sends {letter}. {hint}")
    return [sends[letter]]


def _sends(file: OwnersFile) -> Iterator[tuple[str, Send]]:
    for name, rule in file.rules.items():
        yield from ((name, step) for step in rule.then if isinstance(step, Send))


def _keep(folder: Path, name: str, letter: Letter) -> Path:
    page = folder / f"{name}.html"
    try:
        folder.mkdir(exist_ok=True)
        page.write_text(letter.html, encoding="utf-8")
        page.with_suffix(".txt").write_text(letter.text, encoding="utf-8")
    except OSError as error:
        raise OutOfReach(f"{page} cannot be written: {error.strerror}.") from error
    return page
